using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Tests.ExpertIteration;

namespace Ratchet.Systems.Tests.Domains;

/// <summary>Every domain of the catalog drives a whole run.</summary>
public sealed class DomainRunTests
{
    [Theory]
    [InlineData("blocks", 128, 60)]
    [InlineData("rules", 400, 60)]
    [InlineData("arithmetic", 128, 60)]
    [InlineData("instructions", 64, 20)]
    public async Task A_recipe_that_names_the_domain_runs_end_to_end(string domain, int positions, int tokens)
    {
        using var folder = new TemporaryFolder();
        var recipe = TinyRun.Recipe with
        {
            Rounds = 1,
            Problems = new ProblemSettings { Domain = domain, Seed = 30, Train = 10, Heldout = 6 },
            Model = TinyRun.Recipe.Model with { MaxPositions = positions },
            Propose = TinyRun.Recipe.Propose with { Samples = 2, MaxNewTokens = tokens },
        };
        var summary = await TinyRun.StartAsync(recipe, folder["run"]);
        Assert.Equal("completed", summary.Status);
        Assert.Equal(2, summary.Rounds.Count);
        Assert.Equal((10, 20, 6), (summary.Rounds[1].Train.Problems, summary.Rounds[1].Train.Attempts, summary.Rounds[1].Heldout.Problems));
        Assert.Equal(30, summary.Rounds[0].Examples);
        Assert.Empty(summary.Verifier.Unknown);
        Assert.True(summary.Verifier.Calls > 0);
    }

    [Fact]
    public void The_catalog_names_domains_that_know_their_names()
    {
        Assert.Equal(["propositional", "blocks", "rules", "arithmetic", "instructions"], DomainCatalog.Names);
        Assert.All(DomainCatalog.Names, name => Assert.Equal(name, DomainCatalog.Create(name).Name));
        Assert.Equal("Use one of: propositional, blocks, rules, arithmetic, instructions.", Assert.Throws<RatchetException>(() => DomainCatalog.Create("chess")).Remedy);
    }
}
