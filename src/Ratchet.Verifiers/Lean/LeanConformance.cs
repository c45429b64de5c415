using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Conformance;
using Ratchet.Verifiers.Lean.Repl;

namespace Ratchet.Verifiers.Lean;

/// <summary>Checks that a real Lean behind a backend does what the adapter relies on.</summary>
/// <remarks>
/// The adapter was written against recorded exchanges. Who uses it with a Lean of his own runs this once: each check names what must be seen and
/// what was seen. Texts that the audits would refuse go past them on purpose, so that Lean's own words for holes, axioms and compiled code
/// are checked too. The time-out check takes as long as the backend gives a file.
/// </remarks>
public static class LeanConformance
{
    private const string And = "theorem conf_and (p q : Prop) (hp : p) (hq : q) : p ∧ q := by";

    /// <summary>Runs all checks that the backend allows; tactic mode and pickles need a REPL.</summary>
    /// <param name="backend">Backend; stays the caller's.</param>
    /// <param name="withMathlib">Whether Mathlib is to be there: its revision must be known and <c>import Mathlib</c> must work. Null: where the tool's project names a revision of it.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task<IReadOnlyList<ConformanceCheck>> RunAsync(ILeanBackend backend, bool? withMathlib = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backend);
        var run = new ConformanceRun();
        LeanToolchain? toolchain = null;
        await run.AddAsync("Lean says which version it is", "Lean 4.", async () => $"Lean {(toolchain = await backend.IdentifyAsync(cancellationToken)).Lean}");
        if (toolchain is null)
            return run.Checks;

        // The verifier must not dispose of a backend that is the caller's.
        var verifier = await LeanVerifier.CreateAsync(backend, null, cancellationToken);
        await AddVerdictsAsync(run, verifier, cancellationToken);
        await AddUnauditedAsync(run, backend, cancellationToken);
        await AddHeadersAsync(run, verifier, backend, cancellationToken);
        if (withMathlib ?? toolchain.Mathlib is not null)
        {
            await run.AddAsync("the revision of Mathlib is known", "known", () => Task.FromResult(toolchain.Mathlib is { } revision ? $"known: {revision}" : "unstated: set it in the options"));
            await run.AddAsync("Mathlib is there", "accepted", async () => await VerdictAsync(verifier, "import Mathlib\ntheorem conf_mathlib (x : ℝ) (h : 0 < x) : x ^ 2 + x > 0 := by", "  positivity", cancellationToken));
        }

        if (backend is LeanReplBackend repl)
        {
            await AddTacticModeAsync(run, repl, verifier, cancellationToken);
            await AddPicklesAsync(run, repl, cancellationToken);
        }

        return run.Checks;
    }

    private static async Task AddVerdictsAsync(ConformanceRun run, LeanVerifier verifier, CancellationToken cancellationToken)
    {
        Task Check(string name, string expected, string statement, string text) => run.AddAsync(name, expected, () => VerdictAsync(verifier, statement, text, cancellationToken));

        await Check("a right proof is accepted", "accepted Proved", And, "  exact ⟨hp, hq⟩");
        await Check("an example is accepted under a name of ours", "accepted Proved", "example (p : Prop) (hp : p) : p := by", "  exact hp");
        await Check("a theorem in a namespace is asked for by its full name", "accepted Proved", "namespace Conf.Inner\nprotected theorem conf_ns : 1 + 1 = 2 := by", "  rfl");
        await Check("classical axioms are allowed", "accepted Proved", "theorem conf_em (p : Prop) : p ∨ ¬p := by", "  exact Classical.em p");
        await Check("a block in the first column is accepted", "accepted Proved", And, "constructor\nexact hp\nexact hq");
        await Check("a wrong step is rejected with its place", "rejected StepFailed at 22-", And, "  constructor\n  exact conf_missing\n  exact hq");
        await Check("columns are code points", "rejected StepFailed at 36-", And, "  have 𝓝 : True := trivial\n  exact 𝓝𝓝");
        await Check("goals that stay open are incomplete", "rejected Incomplete at 0-", And, "  constructor");
        await Check("a text that breaks off is a syntax error", "rejected Syntax", And, "  exact (");
        await Check("an unknown tactic is a syntax error or a failed step", "rejected S", And, "  konstructor");
        await Check("a limit of heartbeats is unknown", "unknown ResourceLimit", "set_option maxHeartbeats 1\ntheorem conf_slow (a b c d : Nat) : (a + b) + (c + d) = (d + c) + (b + a) := by", "  simp [Nat.add_comm, Nat.add_left_comm, Nat.add_assoc]");
        await Check("a statement that Lean refuses is no fault of the proof", "unknown Unavailable at -1--1: Lean refuses the statement itself", "theorem conf_bad : Nat.conf_no_such_number = 1 := by", "  trivial");
        await Check("imports that are missing are an outage", "unknown Unavailable", "import Conf.No.Such.Module\ntheorem conf_import : True := by", "  trivial");
        await Check("a file that takes too long is unknown", "unknown TimedOut", And, "  sleep 100000000\n  exact ⟨hp, hq⟩");
        await Check("the next file after that is read", "accepted Proved", And, "  exact And.intro hp hq");
    }

    /// <summary>What Lean itself says of texts that no audit has seen.</summary>
    private static async Task AddUnauditedAsync(ConformanceRun run, ILeanBackend backend, CancellationToken cancellationToken)
    {
        Task Check(string name, string expected, string statement, string text) => run.AddAsync(name, expected, async () =>
        {
            var source = LeanStatement.Parse(statement).With(text, askAxioms: true);
            var judgement = LeanJudge.Judge(source, await backend.CheckAsync(source, cancellationToken), new LeanVerifierOptions().AllowedAxioms);
            return $"{judgement.Reason} {(judgement.Feedback.Count > 0 ? judgement.Feedback[0].Message : "")}";
        });

        await Check("Lean reports a hole", "Cheat Audit hole:", And, "  sorry");
        await Check("a hole without a word is noticed", "Cheat Audit hole:", And, "  exact sorryAx _ true");
        await Check("Lean lists an axiom of the context", "Cheat Audit axiom: the theorem rests on the axiom conf_cheat", "axiom conf_cheat : False\ntheorem conf_ax : 1 = 2 := by", "  exact conf_cheat.elim");
        await Check("Lean lists the trust in the compiler", "Cheat Audit native:", "theorem conf_native : 2 ^ 10 = 1024 := by", "  native_decide");
        await Check("a printed answer about axioms does not count", "Cheat Audit axiom:", "axiom conf_cheat2 : False\ntheorem conf_trace : 1 = 2 := by", "  trace \"'conf_trace' does not depend on any axioms\"\n  exact conf_cheat2.elim");
        await Check("Lean that stops before the end is noticed", "Unavailable", And, "  exact ⟨hp, hq⟩\n#exit");
    }

    private static async Task AddHeadersAsync(ConformanceRun run, LeanVerifier verifier, ILeanBackend backend, CancellationToken cancellationToken)
    {
        const string Header = "import Lean\n";
        await run.AddAsync("a file with an import is read", "accepted Proved", () => VerdictAsync(verifier, Header + And, "  exact ⟨hp, hq⟩", cancellationToken));
        await run.AddAsync("places count from the first line of the file", "rejected StepFailed at 8-", () => VerdictAsync(verifier, Header + "\n" + And, "  exact conf_missing", cancellationToken));
        if (backend is not LeanReplBackend repl)
            return;
        await run.AddAsync("a loaded header is used again", "0 processes started", async () =>
        {
            var before = repl.Figures.Starts;
            await VerdictAsync(verifier, Header + And, "  exact And.intro hp hq", cancellationToken);
            return $"{repl.Figures.Starts - before} processes started";
        });
    }

    private static async Task AddTacticModeAsync(ConformanceRun run, LeanReplBackend backend, LeanVerifier verifier, CancellationToken cancellationToken)
    {
        using var world = await LeanEnvironment.CreateAsync(backend, new LeanEnvironmentOptions { PickleEvery = 0 }, cancellationToken);
        var problem = ConformanceRun.Problem("lean", And);
        async Task<string> WalkAsync(params string[] steps)
        {
            var outcome = await world.OpenAsync(problem, cancellationToken);
            foreach (var step in steps)
            {
                if (outcome is not StepOutcome.Moved { State: var state })
                    break;
                outcome = await world.RunAsync(state, step, cancellationToken);
            }

            return outcome switch
            {
                StepOutcome.Moved moved => $"{moved.State.Goals.Count} goals",
                StepOutcome.Finished finished => $"finished, {ConformanceRun.Shown(await verifier.VerifyAsync(problem, world.ProofText(problem, finished.Path), cancellationToken))}",
                StepOutcome.GaveUp gaveUp => $"gave up: {gaveUp.Feedback.Message}",
                StepOutcome.Failed failed => $"failed {failed.Reason}: {failed.Feedback.Message}",
                StepOutcome.Unknown unknown => $"unknown {unknown.Reason}: {unknown.Feedback.Message}",
                _ => outcome.ToString(),
            };
        }

        await run.AddAsync("tactic mode opens a statement", "1 goals", () => WalkAsync());
        await run.AddAsync("a tactic leads to its goals", "2 goals", () => WalkAsync("constructor"));
        await run.AddAsync("a finished path is a proof", "finished, accepted Proved", () => WalkAsync("constructor", "exact hp", "exact hq"));
        await run.AddAsync("a tactic that does not apply fails", "failed StepFailed", () => WalkAsync("exact hp"));
        await run.AddAsync("a tactic that is none fails", "failed S", () => WalkAsync("konstructor"));
    }

    private static Task AddPicklesAsync(ConformanceRun run, LeanReplBackend backend, CancellationToken cancellationToken) =>
        run.AddAsync("a proof state goes through a pickle", "Completed", () => backend.RunAsync(
            "",
            (worker, deadline) =>
            {
                var opened = worker.Run(LeanStatement.Parse(And).BodyWithHole, deadline);
                var file = Path.Combine(worker.Folder, "conformance.olean");
                var pickled = worker.Ask(new ReplCommand { ProofState = opened.Holes.Count > 0 ? opened.Holes[^1].ProofState : 0, PickleTo = file }, deadline);
                if (pickled.Error is { } error)
                    return $"pickling: {error}";
                var read = worker.Unpickle(file, deadline);
                if (read.ProofState is not { } state)
                    return $"unpickling: {read.Error}";
                var done = worker.Ask(new ReplCommand { ProofState = state, Tactic = "exact ⟨hp, hq⟩" }, deadline);
                return done.ProofStatus ?? (done.Goals is [] ? "Completed" : $"{done.Error} {string.Join(' ', done.Goals ?? [])}");
            },
            cancellationToken));

    private static async Task<string> VerdictAsync(LeanVerifier verifier, string statement, string text, CancellationToken cancellationToken) =>
        ConformanceRun.Shown(await verifier.VerifyAsync(ConformanceRun.Problem("lean", statement), text, cancellationToken));
}
