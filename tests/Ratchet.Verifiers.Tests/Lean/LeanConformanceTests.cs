using System.Runtime.Versioning;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Conformance;
using Ratchet.Verifiers.Lean;
using static Ratchet.Verifiers.Tests.Lean.StandInBackend;

namespace Ratchet.Verifiers.Tests.Lean;

/// <summary>The kit passes a backend that answers as Lean would, and catches ones that do not.</summary>
public sealed class LeanConformanceTests
{
    [Fact]
    public async Task A_backend_that_answers_as_Lean_does_passes_every_check()
    {
        var checks = await LeanConformance.RunAsync(new StandInBackend(AsLean), withMathlib: true);

        Assert.Equal("", Failures(checks));
        Assert.Equal(26, checks.Count);
    }

    [Fact]
    public async Task A_backend_that_says_yes_to_everything_fails_the_checks_that_matter()
    {
        var checks = await LeanConformance.RunAsync(new StandInBackend(s => Fine(s)));

        Assert.Equal(16, checks.Count(c => !c.Passed));
        Assert.All(
            ["a wrong step is rejected with its place", "goals that stay open are incomplete", "Lean reports a hole", "Lean lists an axiom of the context", "Lean lists the trust in the compiler", "a file that takes too long is unknown"],
            name => Assert.False(checks.Single(c => c.Name == name).Passed));
    }

    [Fact]
    public async Task A_backend_that_counts_columns_in_other_units_is_caught()
    {
        var checks = await LeanConformance.RunAsync(new StandInBackend(s => s.Attempt.Contains("𝓝𝓝", StringComparison.Ordinal) ? Fine(s, [], Error(3, 6, "unknown identifier")) : AsLean(s)));

        Assert.Equal("columns are code points", Assert.Single(checks, c => !c.Passed).Name);
    }

    [Fact]
    public async Task A_dead_backend_gives_one_failed_check()
    {
        var checks = await LeanConformance.RunAsync(new LeanFileBackend(new LeanFileOptions { Program = "/nowhere/lean" }));

        Assert.Equal([new ConformanceCheck("Lean says which version it is", false, "Lean 4.", "There is no program /nowhere/lean. Install Lean 4 with elan (https://github.com/leanprover/elan) and set the path of lean.")], checks);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task Tactic_mode_header_reuse_and_pickles_are_checked_on_a_REPL()
    {
        using var script = new ReplScript("""
            *'"tactic":"exact ⟨hp, hq⟩"'*) say '{"proofStatus": "Completed", "proofState": 9, "goals": []}' ;;
            *'"tactic":"constructor"'*) say '{"proofStatus": "Incomplete: open goals remain", "proofState": 1, "goals": ["⊢ p", "⊢ q"]}' ;;
            *'"tactic":"exact hp","proofState":1'*) say '{"proofStatus": "Incomplete: open goals remain", "proofState": 2, "goals": ["⊢ q"]}' ;;
            *'"tactic":"exact hq","proofState":2'*) say '{"proofStatus": "Completed", "proofState": 3, "goals": []}' ;;
            *'"tactic":"exact hp"'*) say '{"proofStatus": "Incomplete: contains sorry", "proofState": 9, "messages": [{"severity": "error", "data": "type mismatch"}], "goals": []}' ;;
            *'"tactic":"konstructor"'*) say '{"message": "Lean error:\n<input>:1:1: unknown tactic"}' ;;
            *'"pickleTo"'*|*'"unpickleProofStateFrom"'*) say '{"proofState": 5, "goals": ["⊢ p ∧ q"]}' ;;
            *'  sorry\n"'*) say '{"sorries": [{"proofState": 0, "goal": "⊢ p ∧ q"}], "env": 1}' ;;
            *'sleep 1'*) sleep 1000 ;;
            """ + "\n" + ReplScript.Usual);
        await using var backend = new LeanReplBackend(script.Options with { Limits = script.Options.Limits with { Wall = TimeSpan.FromSeconds(2) } });

        var checks = (await LeanConformance.RunAsync(backend)).ToDictionary(c => c.Name);

        Assert.All(
            ["a right proof is accepted", "a file that takes too long is unknown", "the next file after that is read", "a loaded header is used again", "tactic mode opens a statement", "a tactic leads to its goals", "a finished path is a proof", "a tactic that does not apply fails", "a tactic that is none fails", "a proof state goes through a pickle"],
            name => Assert.True(checks[name].Passed, $"{name}: {checks[name].Seen}"));
    }

    private static string Failures(IReadOnlyList<ConformanceCheck> checks) =>
        string.Join('\n', checks.Where(c => !c.Passed).Select(c => $"{c.Name}: expected {c.Expected}, saw {c.Seen}"));

    /// <summary>What Lean says of the kit's own files.</summary>
    private static LeanAnswer AsLean(LeanSource s)
    {
        var first = s.FirstLine;
        bool Says(string text) => s.Attempt.Contains(text, StringComparison.Ordinal);
        LeanAnswer At(int line, int column, string message) => Fine(s, ["sorryAx"], Error(line, column, message, new LeanPosition(line, column + 1)));
        return s.Statement.FullName switch
        {
            "conf_import" => new LeanAnswer { Messages = [Error(1, 0, "unknown module prefix 'Conf'")] },
            "conf_bad" => At(1, 19, "unknown constant 'Nat.conf_no_such_number'"),
            "conf_slow" => At(1, 8, "(deterministic) timeout at `whnf`, maximum number of heartbeats (1) has been reached"),
            "conf_ax" => Fine(s, ["conf_cheat"]),
            "conf_trace" => Fine(s, ["conf_cheat2"], Info(first, "'conf_trace' does not depend on any axioms")),
            "conf_native" => Fine(s, ["Lean.ofReduceBool"]),
            "conf_em" or "conf_mathlib" => Fine(s, ["propext", "Classical.choice", "Quot.sound"]),
            _ when Says("sorryAx") => Fine(s, ["sorryAx"]),
            _ when Says("sorry") => Fine(s, ["sorryAx"], Warning(1, 8, "declaration uses 'sorry'")),
            _ when Says("#exit") => new LeanAnswer { Messages = [Warning(first + 1, 0, "using 'exit' to interrupt Lean")] },
            _ when Says("sleep") => LeanAnswer.Failed(VerdictReason.TimedOut, "no answer in time"),
            _ when Says("exact (") => At(s.MarkerLine, 0, "unexpected token '#print'; expected ')', ',' or ':'"),
            _ when Says("konstructor") => At(first, 2, "unknown tactic"),
            _ when Says("𝓝𝓝") => At(first + 1, 8, "unknown identifier '𝓝𝓝'"),
            _ when Says("conf_missing") => At(first + (Says("constructor") ? 1 : 0), 8, "unknown identifier 'conf_missing'"),
            _ when s.Attempt == "  constructor" => Fine(s, ["sorryAx"], Error(first - 1, 60, "unsolved goals\ncase left\n⊢ p", new LeanPosition(first, 13))),
            _ => Fine(s),
        };
    }
}
