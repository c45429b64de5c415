using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Tests.Propositional;

public sealed class GeneratorTests
{
    private static readonly PropositionalDomain Domain = new();

    private static readonly ProblemSet Set = Domain.Generate(new ProblemCounts(100, 600, 100), RandomStream.FromSeed(1));

    [Fact]
    public void Every_split_and_stratum_has_its_share()
    {
        Assert.Equal(100, Set.In(Split.Seed).Count);
        Assert.Equal(600, Set.In(Split.Train).Count);
        Assert.Equal(100, Set.In(Split.Heldout).Count);
        Assert.Equal([420, 138, 30, 12], Strata(Split.Train));
        Assert.Equal([70, 23, 5, 2], Strata(Split.Heldout));
        Assert.Equal([75, 23, 2, 0], Strata(Split.Seed));

        static int[] Strata(Split split) =>
            [.. new[] { "depth 1-3", "depth 4-6", "depth 7-9", "depth 10-14" }.Select(s => Set.In(split).Count(p => p.Stratum == s))];
    }

    [Fact]
    public void All_wrong_options_are_named_at_once()
    {
        var options = new PropositionalGeneratorOptions { MaxTokens = 2, Strata = [new(5, 3, 0, 2)] };

        var error = Assert.Throws<Runs.RatchetException>(() => new PropositionalDomain(options));

        Assert.Equal(4, error.Message.Split('\n').Length);
    }

    [Fact]
    public void No_two_problems_share_a_hash_and_duplicates_are_counted()
    {
        Assert.Equal(Set.All.Count, Set.All.Select(p => p.CanonicalHash).Distinct().Count());
        Assert.True(Set.Removed["same canonical hash as another problem"] > 0);
    }

    [Fact]
    public void Every_reference_is_accepted_encodable_and_of_its_depth() => Assert.All(Set.All, problem =>
    {
        var script = Set.References[problem.Id];
        Assert.True(Domain.PropositionalVerifier.Verify(problem.Statement, script).IsAccepted, $"{problem.Statement}\n{script}");
        Assert.Equal(script, Domain.Tokenizer.Decode(Domain.Tokenizer.Encode(script)));
        Assert.True(Domain.Tokenizer.Encode(Domain.Prompt(problem) + script).Length + 2 <= 128);
        var bounds = problem.Stratum["depth ".Length..].Split('-').Select(int.Parse).ToArray();
        Assert.InRange(script.Count(c => c == '.'), bounds[0], bounds[1]);
        Assert.Equal(problem.Statement, Domain.Parse("x", problem.Statement, Split.Train).Statement);
        Assert.Equal(problem.CanonicalHash, Domain.Parse("x", problem.Statement, Split.Train).CanonicalHash);
    });

    [Fact]
    public void The_oracle_calls_every_generated_goal_provable() => Assert.All(Set.All, problem =>
        Assert.True(PropositionalOracle.Decide(problem.Statement).Provable, problem.Statement));

    [Fact]
    public void One_seed_gives_the_same_problems_and_another_gives_others()
    {
        var again = Domain.Generate(new ProblemCounts(100, 600, 100), RandomStream.FromSeed(1));
        var other = Domain.Generate(new ProblemCounts(100, 600, 100), RandomStream.FromSeed(2));

        Assert.Equal(Set.All, again.All);
        Assert.Equal(Set.References.OrderBy(r => r.Key), again.References.OrderBy(r => r.Key));
        Assert.NotEqual(Set.All.Select(p => p.Statement), other.All.Select(p => p.Statement));
    }

    [Fact]
    public void A_renamed_pair_stays_right_and_keeps_its_hash()
    {
        var stream = RandomStream.FromSeed(3);
        foreach (var problem in Set.All)
        {
            var (statement, script) = Domain.Rename(problem.Statement, Set.References[problem.Id], stream.Derive(problem.Id));

            Assert.True(Domain.PropositionalVerifier.Verify(statement, script).IsAccepted, $"{statement}\n{script}");
            Assert.Equal(problem.CanonicalHash, Domain.Parse("x", statement, Split.Train).CanonicalHash);
        }
    }

    [Fact]
    public void Coq_accepts_five_hundred_references_and_the_oracles_scripts()
    {
        Assert.SkipUnless(CoqBatchCheck.IsInstalled, CoqBatchCheck.Missing);
        var references = Set.All.Take(500).Select(p => (p.Statement, Set.References[p.Id])).ToList();
        var oracle = Set.All.Take(200).Select(p => (p.Statement, PropositionalOracle.Decide(p.Statement).Script!)).ToList();

        Assert.Empty(CoqBatchCheck.Refused([.. references, .. oracle]));
    }

    /// <summary>What the kernel accepts, Coq accepts. Negative control: a proof that both refuse is found among the same batch.</summary>
    [Fact]
    public void Coq_accepts_every_mutant_that_the_kernel_accepts()
    {
        Assert.SkipUnless(CoqBatchCheck.IsInstalled, CoqBatchCheck.Missing);
        var wanted = RandomFormulas.Long ? 10_000 : 500;
        var stream = RandomStream.FromSeed(17);
        var accepted = new HashSet<(string Statement, string Proof)>();
        var tried = new HashSet<(string, string)>();
        while (tried.Count < wanted)
        {
            var problem = Set.All[stream.NextInt(Set.All.Count)];
            var reference = Set.References[problem.Id];
            var mutant = Mutants.Mutate(Domain.Tokenizer, reference, ref stream);
            if (mutant == reference || !tried.Add((problem.Statement, mutant)))
                continue;
            if (Domain.PropositionalVerifier.Verify(problem.Statement, mutant).IsAccepted)
                accepted.Add((problem.Statement, mutant));
        }

        var batch = accepted.ToList();
        batch.Add(("A -> B", "intros h0. exact h0."));
        var refused = CoqBatchCheck.Refused(batch);

        Assert.True(accepted.Count > wanted / 100, $"{accepted.Count} of {tried.Count} mutants accepted");
        Assert.True(refused.Count == 1 && refused[0] == batch.Count - 1, string.Join('\n', refused.Select(i => batch[i])));
        TestContext.Current.TestOutputHelper?.WriteLine($"{tried.Count} mutants, {accepted.Count} accepted by the kernel, all of them by Coq");
    }
}
