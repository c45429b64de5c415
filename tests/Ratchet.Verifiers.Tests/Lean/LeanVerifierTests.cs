using Ratchet.Problems;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean;
using static Ratchet.Verifiers.Tests.Lean.StandInBackend;

namespace Ratchet.Verifiers.Tests.Lean;

public sealed class LeanVerifierTests
{
    [Fact]
    public async Task The_version_names_rules_Lean_Mathlib_axioms_and_trust()
    {
        await using var full = await LeanVerifier.CreateAsync(new StandInBackend(s => Fine(s)));
        await using var guide = await LeanVerifier.CreateAsync(new StandInBackend(s => Fine(s)), new LeanVerifierOptions { AllowedAxioms = ["propext"], Trust = TrustLevel.Guide });

        Assert.Equal("rules 1, Lean 4.19.0 (abcdef), Mathlib 0123abc, axioms Classical.choice Quot.sound propext, full", full.Version);
        Assert.Equal("rules 1, Lean 4.19.0 (abcdef), Mathlib 0123abc, axioms propext, guide", guide.Version);
        Assert.Equal("Lean 4.9.0, Mathlib unstated", new LeanToolchain("4.9.0", null).ToString());
    }

    [Fact]
    public async Task A_proof_without_errors_holes_and_strange_axioms_is_accepted_in_full()
    {
        var verdict = await VerdictAsync("  rfl", s => Fine(s, ["propext", "Quot.sound"]));

        Assert.Equal((VerdictReason.Proved, TrustLevel.Full), (Assert.IsType<Verdict.Accepted>(verdict).Reason, verdict.Trust));
    }

    [Fact]
    public async Task A_guide_does_not_ask_for_axioms_and_says_so()
    {
        LeanSource? seen = null;
        await using var verifier = await LeanVerifier.CreateAsync(
            new StandInBackend(s => new LeanAnswer { Messages = [Info((seen = s).MarkerLine, s.Marker), Info(s.MarkerLine + 1, s.Marker)] }),
            new LeanVerifierOptions { Trust = TrustLevel.Guide });

        var verdict = await verifier.VerifyAsync(LeanData.Problem(), "  rfl", CancellationToken.None);

        Assert.Equal(TrustLevel.Guide, Assert.IsType<Verdict.Accepted>(verdict).Trust);
        Assert.DoesNotContain("#print axioms", seen!.Text);
    }

    [Theory]
    [InlineData("unsolved goals\n⊢ False", VerdictReason.Incomplete)]
    [InlineData("unexpected token '=>'; expected term", VerdictReason.Syntax)]
    [InlineData("expected command", VerdictReason.Syntax)]
    [InlineData("linarith failed to find a contradiction", VerdictReason.StepFailed)]
    [InlineData("unknown identifier 'foo'", VerdictReason.StepFailed)]
    public async Task Errors_are_rejections_with_their_place(string message, VerdictReason reason)
    {
        var verdict = await VerdictAsync("  intro h\n  exact foo h", s => Fine(s, [], Error(3, 8, message, new LeanPosition(3, 11))));

        Assert.Equal(reason, Assert.IsType<Verdict.Rejected>(verdict).Reason);
        Assert.Equal(new Feedback(18, 21, message), Assert.Single(verdict.Feedback));
        Assert.Equal("foo", "  intro h\n  exact foo h"[18..21]);
    }

    [Fact]
    public async Task Columns_are_code_points()
    {
        const string Text = "  have 𝓝x : ℝ = ℝ := rfl\n  exact ⟨𝓝𝓝, 𝓝y⟩";
        var verdict = await VerdictAsync(Text, s => Fine(s, [], Error(3, 13, "unknown identifier '𝓝y'", new LeanPosition(3, 15))));

        Assert.Equal("𝓝y", Text[verdict.Feedback[0].Start..verdict.Feedback[0].End]);
    }

    [Fact]
    public async Task A_block_in_the_first_column_is_indented_and_its_places_are_those_of_the_text()
    {
        const string Text = "intro h\nhave : s = \"a\nb\" := rfl\nexact foo";
        LeanSource? seen = null;
        var verdict = await VerdictAsync(Text, s => Fine(seen = s, [], Error(5, 8, "unknown identifier 'foo'", new LeanPosition(5, 11)), Error(4, 0, "strange", new LeanPosition(4, 1))));

        Assert.Contains("by\n  intro h\n  have : s = \"a\nb\" := rfl\n  exact foo\n", seen!.Text);
        Assert.Equal("foo", Text[verdict.Feedback[0].Start..verdict.Feedback[0].End]);
        Assert.Equal("b", Text[verdict.Feedback[1].Start..verdict.Feedback[1].End]);
    }

    [Fact]
    public async Task A_text_that_breaks_off_is_a_syntax_error_at_its_end()
    {
        var verdict = await VerdictAsync("  exact (", s => Fine(s, [], Error(s.MarkerLine, 0, "unexpected token '#print'; expected term")));

        Assert.Equal(VerdictReason.Syntax, Assert.IsType<Verdict.Rejected>(verdict).Reason);
        Assert.Equal((9, 9), (verdict.Feedback[0].Start, verdict.Feedback[0].End));
    }

    [Fact]
    public async Task Goals_that_stay_open_are_shown_over_the_part_of_the_text_that_Lean_means()
    {
        // Lean points from "by" in the statement to the end of the block.
        var verdict = await VerdictAsync("  constructor", s => Fine(s, [], Error(1, 38, "unsolved goals\ncase left", new LeanPosition(2, 13))));

        Assert.Equal((VerdictReason.Incomplete, 0, 13), (verdict.Reason, verdict.Feedback[0].Start, verdict.Feedback[0].End));
    }

    [Fact]
    public async Task Lines_are_set_right_by_where_a_server_puts_the_marker()
    {
        var verdict = await VerdictAsync("  exact foo", s =>
        {
            var fine = Fine(s, [], Error(2, 8, "unknown identifier 'foo'", new LeanPosition(2, 11)));
            return fine with { Messages = [.. fine.Messages.Select(m => m with { Start = Back(m.Start), End = Back(m.End) })] };
        });

        Assert.Equal((8, 11), (verdict.Feedback[0].Start, verdict.Feedback[0].End));
        static LeanPosition? Back(LeanPosition? p) => p is { } q ? q with { Line = q.Line - 7 } : null;
    }

    [Theory]
    [InlineData("(deterministic) timeout at `whnf`, maximum number of heartbeats (200000) has been reached")]
    [InlineData("(kernel) deep recursion detected")]
    public async Task Lean_s_own_limits_are_unknown(string message)
    {
        var alone = await VerdictAsync("  simp", s => Fine(s, [], Error(2, 2, message)));
        var withAnother = await VerdictAsync("  simp", s => Fine(s, [], Error(2, 2, message), Error(2, 4, "simp made no progress")));

        Assert.Equal(VerdictReason.ResourceLimit, Assert.IsType<Verdict.Unknown>(alone).Reason);
        Assert.Equal(VerdictReason.StepFailed, Assert.IsType<Verdict.Rejected>(withAnother).Reason);
    }

    [Theory]
    [InlineData(VerdictReason.TimedOut)]
    [InlineData(VerdictReason.Crashed)]
    [InlineData(VerdictReason.OutOfMemory)]
    [InlineData(VerdictReason.Unavailable)]
    public async Task An_outage_is_unknown_with_its_reason(VerdictReason reason)
    {
        var verdict = await VerdictAsync("  rfl", _ => LeanAnswer.Failed(reason, "no luck"));

        Assert.Equal((reason, "no luck"), (Assert.IsType<Verdict.Unknown>(verdict).Reason, verdict.Feedback[0].Message));
    }

    [Fact]
    public async Task Nothing_is_accepted_on_an_answer_that_is_not_whole()
    {
        var silent = await VerdictAsync("  rfl", _ => new LeanAnswer());
        var halfway = await VerdictAsync("  rfl", s => new LeanAnswer { Messages = [Info(s.MarkerLine, s.Marker), Info(s.MarkerLine + 1, "'goal' does not depend on any axioms")] });
        var withoutAxioms = await VerdictAsync("  rfl", s => new LeanAnswer { Messages = [Info(s.MarkerLine, s.Marker), Info(s.MarkerLine + 2, s.Marker)] });
        var ofAnother = await VerdictAsync("  rfl", s => new LeanAnswer { Messages = [Info(s.MarkerLine, s.Marker), Info(s.MarkerLine + 1, "'other' does not depend on any axioms"), Info(s.MarkerLine + 2, s.Marker)] });

        Assert.All([silent, halfway, withoutAxioms, ofAnother], v => Assert.Equal(VerdictReason.Unavailable, Assert.IsType<Verdict.Unknown>(v).Reason));
    }

    [Fact]
    public async Task A_printed_answer_about_axioms_counts_only_where_the_question_stands()
    {
        // The tactic trace prints what it likes, at its own place.
        var verdict = await VerdictAsync("  trace \"'goal' does not depend on any axioms\"\n  magic", s => Fine(s, ["Bad.axiom"], Info(2, "'goal' does not depend on any axioms")));

        Assert.Equal(VerdictReason.Cheat, Assert.IsType<Verdict.Rejected>(verdict).Reason);
        Assert.Equal("Audit axiom: the theorem rests on the axiom Bad.axiom, which is not allowed.", verdict.Feedback[0].Message);
    }

    [Fact]
    public async Task Without_places_the_order_of_the_messages_decides()
    {
        static LeanMessage Bare(string text) => new(LeanSeverity.Information, null, null, text);
        var fine = await VerdictAsync("  rfl", s => new LeanAnswer { Messages = [Bare(s.Marker), Bare("'goal' depends on axioms: [propext,"), Bare(" Quot.sound]"), Bare(s.Marker)] });
        var forged = await VerdictAsync("  trace \"'goal' does not depend on any axioms\"", s => new LeanAnswer { Messages = [Bare("'goal' does not depend on any axioms"), Bare(s.Marker), Bare("'goal' depends on axioms: [sorryAx]"), Bare(s.Marker)] });

        Assert.IsType<Verdict.Accepted>(fine);
        Assert.StartsWith("Audit hole:", Assert.IsType<Verdict.Rejected>(forged).Feedback[0].Message);
    }

    [Fact]
    public async Task A_statement_that_Lean_refuses_is_no_fault_of_the_proof()
    {
        var backend = new StandInBackend(s => Fine(s, [], Error(1, 20, "unknown identifier 'Finset.old_name'")));
        await using var verifier = await LeanVerifier.CreateAsync(backend);

        var first = await verifier.VerifyAsync(LeanData.Problem(), "  rfl", CancellationToken.None);
        var second = await verifier.VerifyAsync(LeanData.Problem(), "  simp", CancellationToken.None);

        Assert.All([first, second], v => Assert.Equal(VerdictReason.Unavailable, Assert.IsType<Verdict.Unknown>(v).Reason));
        Assert.StartsWith("Lean refuses the statement itself, whatever the proof: unknown identifier 'Finset.old_name'", first.Feedback[0].Message);
        Assert.Equal(3, backend.Checks);
    }

    [Fact]
    public async Task An_error_of_the_kernel_at_the_theorem_s_name_is_a_fault_of_the_proof()
    {
        var verdict = await VerdictAsync(
            "  apply ?later",
            s => s.Attempt == "sorry" ? Fine(s, [], Warning(1, 8, "declaration uses 'sorry'")) : Fine(s, [], Error(1, 8, "(kernel) declaration has metavariables 'goal'")));

        Assert.Equal(VerdictReason.StepFailed, Assert.IsType<Verdict.Rejected>(verdict).Reason);
    }

    [Fact]
    public async Task Imports_that_are_not_there_are_an_outage_that_says_what_to_set()
    {
        await using var verifier = await LeanVerifier.CreateAsync(new StandInBackend(_ => new LeanAnswer { Messages = [Error(1, 0, "unknown module prefix 'Mathlib'")] }));

        var verdict = await verifier.VerifyAsync(LeanData.Problem("import Mathlib\ntheorem t : True := by"), "  trivial", CancellationToken.None);

        Assert.Equal(VerdictReason.Unavailable, Assert.IsType<Verdict.Unknown>(verdict).Reason);
        Assert.Equal("Lean cannot load the imports: unknown module prefix 'Mathlib' Set the project folder to a Lake project that has these modules built.", verdict.Feedback[0].Message);
    }

    [Fact]
    public async Task Equal_texts_are_checked_once()
    {
        var backend = new StandInBackend(s => Fine(s));
        await using var verifier = await LeanVerifier.CreateAsync(backend);

        for (var i = 0; i < 3; i++)
            Assert.IsType<Verdict.Accepted>(await verifier.VerifyAsync(LeanData.Problem(), "  rfl", CancellationToken.None));

        Assert.Equal(1, backend.Checks);
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_unknown_and_a_broken_statement_is_the_user_s()
    {
        await using var verifier = await LeanVerifier.CreateAsync(new StandInBackend(s => Fine(s)), new LeanVerifierOptions { MaxLength = 10 });

        var verdict = await verifier.VerifyAsync(LeanData.Problem(), "  exact too_long", CancellationToken.None);

        Assert.Equal(VerdictReason.ResourceLimit, Assert.IsType<Verdict.Unknown>(verdict).Reason);
        await Assert.ThrowsAsync<StatementException>(async () => await verifier.VerifyAsync(LeanData.Problem("def x := 1"), "  rfl", CancellationToken.None));
    }

    private static async Task<Verdict> VerdictAsync(string text, Func<LeanSource, LeanAnswer> answer)
    {
        await using var verifier = await LeanVerifier.CreateAsync(new StandInBackend(answer));
        return await verifier.VerifyAsync(LeanData.Problem(), text, CancellationToken.None);
    }
}
