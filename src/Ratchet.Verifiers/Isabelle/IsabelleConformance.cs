using Ratchet.Verifiers.Conformance;

namespace Ratchet.Verifiers.Isabelle;

/// <summary>Checks that a real Isabelle server does what the adapter relies on.</summary>
/// <remarks>
/// The adapter was written against the system manual. Who uses it with an Isabelle of his own runs this once. Texts that the audits would refuse
/// go past them on purpose, so that Isabelle's own words for holes and oracles are checked too. The time-out check takes as long as the options
/// give a theory.
/// </remarks>
public static class IsabelleConformance
{
    private const string Statement = "theory Conf imports Main begin\ntheorem conf_and:\n  fixes p q :: bool\n  assumes hp: \"p\" and hq: \"q\"\n  shows \"p \\<and> q\"\n";

    /// <summary>Runs all checks.</summary>
    /// <param name="options">The server; its session must have the theory Main.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task<IReadOnlyList<ConformanceCheck>> RunAsync(IsabelleServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var run = new ConformanceRun();
        IsabelleVerifier? verifier = null;
        await run.AddAsync("the session comes up and Isabelle says which version it is", "rules", async () => (verifier = await IsabelleVerifier.CreateAsync(options, cancellationToken)).Version);
        if (verifier is null)
            return run.Checks;
        await using (verifier)
        {
            await AddVerdictsAsync(run, verifier, cancellationToken);
            await AddUnauditedAsync(run, verifier, cancellationToken);
        }

        return run.Checks;
    }

    private static async Task AddVerdictsAsync(ConformanceRun run, IsabelleVerifier verifier, CancellationToken cancellationToken)
    {
        Task Check(string name, string expected, string statement, string text) =>
            run.AddAsync(name, expected, async () => ConformanceRun.Shown(await verifier.VerifyAsync(ConformanceRun.Problem("isabelle", statement), text, cancellationToken)));

        await Check("a right proof is accepted", "accepted Proved", Statement, "  using assms by simp");
        await Check("a structured proof is accepted", "accepted Proved", Statement, "proof\n  show \"p\" by (rule hp)\nnext\n  show \"q\" by (rule hq)\nqed");
        await Check("a theorem in a context is accepted", "accepted Proved", "theory Conf imports Main begin\ncontext fixes f :: \"nat \\<Rightarrow> nat\" begin\nlemma conf_ctx: \"f x = f x\"\n", "  by simp");
        await CheckPlaceAsync(run, verifier, "a wrong step is rejected with its place", "  by (rule hq)", cancellationToken);
        await CheckPlaceAsync(run, verifier, "places count symbols", "proof -\n  have \"\\<forall>x::nat. \\<exists>y. x = y\" by (rule hq)\n  then show ?thesis using assms by simp\nqed", cancellationToken);
        await Check("an unknown method is rejected", "rejected S", Statement, "  by konstruct");
        await Check("a proof that is not finished is incomplete", "rejected Incomplete", Statement, "proof -");
        await Check("a statement that Isabelle refuses is no fault of the proof", "unknown Unavailable at -1--1: Isabelle refuses the statement itself", "theory Conf imports Main begin\nlemma conf_bad: \"(1::nat) = True\"\n", "  by simp");
        await Check("imports that are missing are an outage", "unknown Unavailable", "theory Conf imports \"No_Such_Session.No_Such_Theory\" begin\nlemma conf_import: \"x = x\"\n", "  by simp");
        await Check("a theory that takes too long is unknown", "unknown TimedOut", Statement, "  apply (-)+");
        await Check("the next theory after that is read", "accepted Proved", Statement, "  using hp hq by blast");
    }

    /// <summary>A step that fails is <c>by (rule hq)</c>; the message must point into it.</summary>
    private static Task CheckPlaceAsync(ConformanceRun run, IsabelleVerifier verifier, string name, string text, CancellationToken cancellationToken) =>
        run.AddAsync(name, "in the step", async () =>
        {
            const string Step = "by (rule hq)";
            var verdict = await verifier.VerifyAsync(ConformanceRun.Problem("isabelle", Statement), text, cancellationToken);
            var at = text.IndexOf(Step, StringComparison.Ordinal);
            return verdict.Feedback is [var first, ..] && first.Start >= at && first.End <= at + Step.Length ? "in the step" : ConformanceRun.Shown(verdict);
        });

    /// <summary>What Isabelle itself says of texts that no audit has seen.</summary>
    private static async Task AddUnauditedAsync(ConformanceRun run, IsabelleVerifier verifier, CancellationToken cancellationToken)
    {
        Task Check(string name, string expected, string text, string statement = Statement) =>
            run.AddAsync(name, expected, async () => ConformanceRun.Shown(await verifier.CheckAsync(IsabelleStatement.Parse(statement), text, cancellationToken)));

        await Check("a hole is an error or an oracle", "rejected", "  sorry");
        await Check("an oracle is listed", "rejected Cheat at -1--1: Audit oracle:", "  by eval", "theory Conf imports Main begin\nlemma conf_eval: \"(2::nat) + 2 = 4\"\n");
        await Check("a printed answer about oracles does not count", "rejected", "  ML_prf \\<open>writeln \"oracles:\"\\<close>\n  sorry");
    }
}
