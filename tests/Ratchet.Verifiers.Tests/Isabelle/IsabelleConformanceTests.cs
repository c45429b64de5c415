using System.Text.Json.Nodes;
using Ratchet.Verifiers.Conformance;
using Ratchet.Verifiers.Isabelle;

namespace Ratchet.Verifiers.Tests.Isabelle;

/// <summary>The kit passes a server that answers as Isabelle would, and catches ones that do not.</summary>
public sealed class IsabelleConformanceTests
{
    [Fact]
    public async Task A_server_that_answers_as_Isabelle_does_passes_every_check()
    {
        await using var peer = new IsabellePeer { Judge = AsIsabelle };
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

        Assert.Equal([new ConformanceCheck("the session comes up and Isabelle says which version it is", false, "rules", "There is no program /nowhere/isabelle.")], checks);
    }

    private static JsonObject? AsIsabelle(string name, string text)
    {
        JsonObject Failed(string at, string message) => IsabellePeer.Result(name, text, "", [IsabellePeer.Error(text, at, message)]);
        bool Says(string part) => text.Contains(part, StringComparison.Ordinal);
        return Says("(-)+") ? null
            : Says("No_Such_Theory") ? IsabellePeer.Result(name, text, "", [new JsonObject { ["kind"] = "error", ["message"] = "Bad theory import \"No_Such_Session.No_Such_Theory\"" }])
            : Says("(1::nat) = True") ? Failed("(1::nat)", "Type unification failed: Clash of types")
            : Says("konstruct") ? Failed("konstruct", "Undefined method: \"konstruct\"")
            : Says("sorry") ? Failed("sorry", "Cheating requires quick_and_dirty mode!")
            : Says("by eval") ? IsabellePeer.Result(name, text, "holds_by_evaluation", [])
            : Says("by (rule hq)\nqed") || Says("\n  by (rule hq)\n") || Says("y\" by (rule hq)") ? (Says("next") ? IsabellePeer.Fine(name, text) : Failed("by (rule hq)", "Failed to apply initial proof method"))
            : Says("proof -\n\nthm_oracles") ? IsabellePeer.Result(name, text, "", [IsabellePeer.Error(text, "thm_oracles", "Undefined fact: \"conf_and\"")])
            : IsabellePeer.Fine(name, text);
    }
}
