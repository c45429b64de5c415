using Ratchet.Verifiers.Conformance;
using Ratchet.Verifiers.Isabelle;

namespace Ratchet.Verifiers.Tests.Isabelle;

/// <summary>The kit passes a server that answers as Isabelle would, and catches ones that do not.</summary>
public sealed class IsabelleConformanceTests
{
    [Fact]
    public async Task A_server_that_answers_as_Isabelle_does_passes_every_check()
    {
        await using var peer = new IsabellePeer { Judge = IsabellePeer.AsIsabelle };
        var checks = await IsabelleConformance.RunAsync(peer.Options with { Timeout = TimeSpan.FromSeconds(2) });

        Assert.Equal("", string.Join('\n', checks.Where(c => !c.Passed).Select(c => $"{c.Name}: expected {c.Expected}, saw {c.Seen}")));
        Assert.Equal(15, checks.Count);
    }

    [Fact]
    public async Task A_server_that_says_yes_to_everything_fails_the_checks_that_matter()
    {
        await using var peer = new IsabellePeer();
        var checks = await IsabelleConformance.RunAsync(peer.Options);

        Assert.Equal(10, checks.Count(c => !c.Passed));
        Assert.False(checks.Single(c => c.Name == "a hole is an error or an oracle").Passed);
    }

    [Fact]
    public async Task A_dead_server_gives_one_failed_check()
    {
        var checks = await IsabelleConformance.RunAsync(new IsabelleServerOptions { Program = "/nowhere/isabelle" });

        Assert.Equal([new ConformanceCheck("the session comes up and Isabelle says which version it is", false, "rules", "There is no program /nowhere/isabelle. Install Isabelle (https://isabelle.in.tum.de) and set the path of bin/isabelle, or start \"isabelle server\" and set its port and password.")], checks);
    }
}
