using System.Runtime.Versioning;
using Ratchet.Proving;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean;

namespace Ratchet.Verifiers.Tests.Lean;

[SupportedOSPlatform("linux")]
public sealed class LeanEnvironmentTests
{
    internal const string Statement = "theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by";

    // A REPL that knows one theorem. Its states are 0 (start), 1 (after constructor), 2 (after exact h.2); pickles hold the number.
    internal const string Swap = """
        *'"tactic"'*'"proofState":0'*)
          case "$request" in
          *'"constructor"'*) say '{"proofStatus": "Incomplete: open goals remain", "proofState": 1, "goals": ["case left\nh : p ∧ q\n⊢ q", "case right\nh : p ∧ q\n⊢ p"]}' ;;
          *'"exact ⟨h.2, h.1⟩"'*) say '{"proofStatus": "Completed", "proofState": 9, "goals": []}' ;;
          *'"refine ?x"'*) say '{"proofStatus": "Incomplete: contains metavariable(s)", "proofState": 9, "goals": []}' ;;
          *'"library_search"'*) say '{"proofStatus": "Incomplete: contains sorry", "proofState": 9, "goals": []}' ;;
          *'"have x : q := magic"'*) say '{"sorries": [{"proofState": 7, "goal": "⊢ q"}], "proofStatus": "Incomplete: open goals remain", "proofState": 8, "goals": ["x : q\n⊢ q ∧ p"]}' ;;
          *'"exact wrong"'*) say '{"proofStatus": "Incomplete: contains sorry", "proofState": 9, "messages": [{"severity": "error", "pos": {"line": 0, "column": 0}, "data": "Unknown identifier `wrong`"}], "goals": []}' ;;
          *'"simp"'*) say '{"proofStatus": "Incomplete: contains sorry", "proofState": 9, "messages": [{"severity": "error", "data": "(deterministic) timeout at `whnf`, maximum number of heartbeats (200000) has been reached"}], "goals": []}' ;;
          *'"rename_i"'*) say '{"proofStatus": "Incomplete: open goals remain", "proofState": '"$count"', "goals": ["x✝ : ?m.'"$count"'\n⊢ ?m.'"$count"' = ?u.3"]}' ;;
          *'"kernel"'*) say '{"proofStatus": "Error: kernel type check failed: (kernel) application type mismatch", "proofState": 9, "goals": []}' ;;
          *) say '{"message": "Lean error:\n<input>:2:3: unknown tactic"}' ;;
          esac ;;
        *'"tactic":"exact h.2"'*'"proofState":1'*) say '{"proofStatus": "Incomplete: open goals remain", "proofState": 2, "goals": ["case right\nh : p ∧ q\n⊢ p"]}' ;;
        *'"tactic":"exact h.1"'*'"proofState":2'*) say '{"proofStatus": "Completed", "proofState": 3, "goals": []}' ;;
        *'"pickleTo"'*) state=${request#*'"proofState":'}; state=${state%%[,\}]*}; file=${request#*'"pickleTo":"'}; file=${file%%'"'*}; echo "$state" > "$file"; say '{"proofState": '"$state"', "goals": ["any"]}' ;;
        *'"unpickleProofStateFrom"'*) file=${request#*'"unpickleProofStateFrom":"'}; file=${file%%'"'*}; read -r state < "$file"; say '{"proofState": '"$state"', "goals": ["any"]}' ;;
        *'sorry'*) say '{"sorries": [{"proofState": 0, "pos": {"line": 2, "column": 2}, "endPos": {"line": 2, "column": 7}, "goal": "p q : Prop\nh : p ∧ q\n⊢ q ∧ p"}], "messages": [{"severity": "warning", "pos": {"line": 1, "column": 8}, "data": "declaration uses `sorry`"}], "env": 1}' ;;
        """ + "\n" + ReplScript.Usual;

    [Fact]
    public async Task A_proof_is_made_step_by_step_and_its_text_is_what_the_verifier_reads()
    {
        using var script = new ReplScript(Swap);
        await using var backend = new LeanReplBackend(script.Options);
        using var world = await LeanEnvironment.CreateAsync(backend);

        var start = await OpenAsync(world);
        var two = await MovedAsync(world, start, "constructor");
        var one = await MovedAsync(world, two, "  exact h.2\n");
        var done = Assert.IsType<StepOutcome.Finished>(await world.RunAsync(one, "exact h.1", CancellationToken.None));

        Assert.Equal(["p q : Prop\nh : p ∧ q\n⊢ q ∧ p"], start.Goals);
        Assert.Equal(2, two.Goals.Count);
        Assert.Equal(["constructor", "  exact h.2\n", "exact h.1"], done.Path);
        Assert.Equal("  constructor\n  exact h.2\n  exact h.1", world.ProofText(start.Problem, done.Path));
        Assert.Equal("Lean 4.19.0, Mathlib unstated", world.Version);
        await using var verifier = await LeanVerifier.CreateAsync(backend);
        Assert.IsType<Verdict.Accepted>(await verifier.VerifyAsync(start.Problem, world.ProofText(start.Problem, done.Path), CancellationToken.None));
    }

    [Fact]
    public async Task States_may_be_returned_to_in_any_order()
    {
        using var script = new ReplScript(Swap);
        await using var backend = new LeanReplBackend(script.Options);
        using var world = await LeanEnvironment.CreateAsync(backend);

        var start = await OpenAsync(world);
        var two = await MovedAsync(world, start, "constructor");
        Assert.IsType<StepOutcome.Failed>(await world.RunAsync(start, "exact wrong", CancellationToken.None));
        var again = await MovedAsync(world, start, "constructor");
        Assert.IsType<StepOutcome.Moved>(await world.RunAsync(two, "exact h.2", CancellationToken.None));

        Assert.Equal(two.Key, again.Key);
        Assert.NotEqual(start.Key, two.Key);
    }

    [Theory]
    [InlineData("exact wrong", VerdictReason.StepFailed, "Unknown identifier `wrong`", 0, 11)]
    [InlineData("kernel", VerdictReason.StepFailed, "Error: kernel type check failed: (kernel) application type mismatch", 0, 6)]
    [InlineData("first\n    | konstructor", VerdictReason.Syntax, "Lean error:\n<input>:2:3: unknown tactic", 9, 10)]
    [InlineData("native_decide", VerdictReason.Cheat, "Audit native: \"native_decide\" trusts the compiler in place of the kernel.", 0, 13)]
    [InlineData("simp #eval 1", VerdictReason.Cheat, "Audit execution: \"#eval\" is a command.", 5, 10)]
    [InlineData("simp /- and", VerdictReason.Syntax, "Audit lexical: a comment is opened and not closed.", 5, 11)]
    [InlineData(" -- nothing", VerdictReason.Syntax, "The step is empty.", 0, 11)]
    public async Task A_step_that_does_not_apply_fails_with_its_place(string step, VerdictReason reason, string message, int start, int end)
    {
        var outcome = Assert.IsType<StepOutcome.Failed>(await StepAsync(step));

        Assert.Equal((reason, new Feedback(start, end, message)), (outcome.Reason, outcome.Feedback));
    }

    [Theory]
    [InlineData("sorry")]
    [InlineData("refine ?x")]
    [InlineData("library_search")]
    [InlineData("have x : q := magic")]
    public async Task A_hole_is_no_step(string step)
    {
        Assert.IsType<StepOutcome.GaveUp>(await StepAsync(step));
    }

    [Fact]
    public async Task Lean_s_own_time_limit_is_unknown()
    {
        Assert.Equal(VerdictReason.ResourceLimit, Assert.IsType<StepOutcome.Unknown>(await StepAsync("simp")).Reason);
    }

    [Fact]
    public async Task Numbers_of_metavariables_are_no_part_of_the_key()
    {
        using var script = new ReplScript(Swap);
        await using var backend = new LeanReplBackend(script.Options);
        using var world = await LeanEnvironment.CreateAsync(backend);
        var start = await OpenAsync(world);

        var first = await MovedAsync(world, start, "rename_i");
        var second = await MovedAsync(world, start, "rename_i");

        Assert.NotEqual(first.Goals[0], second.Goals[0]);
        Assert.Equal(first.Key, second.Key);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_state_of_another_process_is_replayed_or_read_from_its_pickle(int pickleEvery)
    {
        using var script = new ReplScript(Swap);
        await using var backend = new LeanReplBackend(script.Options with { RecycleAfterUses = 1 });
        using var world = await LeanEnvironment.CreateAsync(backend, new LeanEnvironmentOptions { PickleEvery = pickleEvery });

        var start = await OpenAsync(world);
        var two = await MovedAsync(world, start, "constructor");
        var one = await MovedAsync(world, two, "exact h.2");
        Assert.IsType<StepOutcome.Finished>(await world.RunAsync(one, "exact h.1", CancellationToken.None));

        int Sent(string tactic) => script.Requests.Count(r => r.TryGetProperty("tactic", out var sent) && sent.GetString() == tactic);
        Assert.Equal(pickleEvery == 0 ? (3, 2, 1) : (1, 1, 1), (Sent("constructor"), Sent("exact h.2"), Sent("exact h.1")));
        Assert.Equal(pickleEvery == 0 ? 0 : 2, script.Requests.Count(r => r.TryGetProperty("unpickleProofStateFrom", out _)));
        world.Release(two);
        Assert.IsType<StepOutcome.Moved>(await world.RunAsync(two, "exact h.2", CancellationToken.None));
        Assert.Equal(pickleEvery == 0 ? 4 : 2, Sent("constructor"));
    }

    [Fact]
    public async Task A_statement_that_is_refused_and_a_process_that_dies_are_told_apart()
    {
        using var script = new ReplScript("*'no_such_type'*) say '{\"messages\": [{\"severity\": \"error\", \"data\": \"unknown identifier\"}], \"env\": 1}' ;;\n*'\"tactic\"'*) exit 3 ;;\n" + Swap);
        await using var backend = new LeanReplBackend(script.Options);
        using var world = await LeanEnvironment.CreateAsync(backend);

        var notLean = await world.OpenAsync(LeanData.Problem("def x := 1"), CancellationToken.None);
        var unknownType = await world.OpenAsync(LeanData.Problem("theorem t : no_such_type := by"), CancellationToken.None);
        var dead = await world.RunAsync(await OpenAsync(world), "constructor", CancellationToken.None);

        Assert.Equal(VerdictReason.Syntax, Assert.IsType<StepOutcome.Failed>(notLean).Reason);
        Assert.Equal("Lean refuses the statement: unknown identifier", Assert.IsType<StepOutcome.Failed>(unknownType).Feedback.Message);
        Assert.Equal(VerdictReason.Crashed, Assert.IsType<StepOutcome.Unknown>(dead).Reason);
    }

    private static async Task<StepOutcome> StepAsync(string step)
    {
        using var script = new ReplScript(Swap);
        await using var backend = new LeanReplBackend(script.Options);
        using var world = await LeanEnvironment.CreateAsync(backend);
        return await world.RunAsync(await OpenAsync(world), step, CancellationToken.None);
    }

    private static async Task<ProofState> OpenAsync(LeanEnvironment world) =>
        Assert.IsType<StepOutcome.Moved>(await world.OpenAsync(LeanData.Problem(Statement), CancellationToken.None)).State;

    private static async Task<ProofState> MovedAsync(LeanEnvironment world, ProofState state, string step) =>
        Assert.IsType<StepOutcome.Moved>(await world.RunAsync(state, step, CancellationToken.None)).State;
}
