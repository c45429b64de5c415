using Ratchet.Verdicts;
using Ratchet.Verifiers.Audits;
using Ratchet.Verifiers.Isabelle.Syntax;

namespace Ratchet.Verifiers.Isabelle;

/// <summary>Judges Isabelle's answers.</summary>
/// <remarks>
/// A proof counts only where Isabelle says that all commands of the theory went well and lists the oracles of this theorem, on the line where
/// it was asked, and the list is empty.
/// </remarks>
internal static class IsabelleJudge
{
    private const int ShownNotes = 20;
    private const int ShownLength = 2000;
    private const string Oracles = "oracles:";

    /// <summary>What an answer says of the attempt.</summary>
    public static (VerdictReason Reason, IReadOnlyList<Feedback> Feedback) Judge(IsabelleTheory theory, IsabelleAnswer answer)
    {
        if (answer.Failure is { } failure)
            return (failure, [new Feedback(-1, -1, answer.FailureText)]);
        var errors = answer.Notes.Where(n => n.Kind == "error").ToList();
        if (errors.Count > 0)
            return OfErrors(theory, errors);
        if (answer.IsCanceled)
            return (VerdictReason.TimedOut, [new Feedback(-1, -1, "Isabelle has given a command of the theory up.")]);
        if (!answer.IsFine)
            return (VerdictReason.Unavailable, [new Feedback(-1, -1, "Isabelle is not through with the theory and does not say why.")]);
        var said = answer.Notes.FirstOrDefault(n => n.Kind == "writeln" && n.Line == theory.OraclesLine && n.Text.TrimStart().StartsWith(Oracles, StringComparison.Ordinal));
        if (said is null)
            return (VerdictReason.Unavailable, [new Feedback(-1, -1, "Isabelle does not say which oracles the theorem rests on.")]);
        var oracles = said.Text.Trim()[Oracles.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return oracles.Length == 0
            ? (VerdictReason.Proved, [])
            : (VerdictReason.Cheat, [new AuditFinding(Array.Exists(oracles, o => o.Contains("skip_proof", StringComparison.Ordinal)) ? IsabelleWords.Hole : IsabelleWords.Oracle, -1, -1, $"the theorem rests on {string.Join(' ', oracles)}").ToFeedback()]);
    }

    private static (VerdictReason Reason, IReadOnlyList<Feedback> Feedback) OfErrors(IsabelleTheory theory, List<IsabelleNote> errors)
    {
        var feedback = errors.Take(ShownNotes).Select(e => ToFeedback(theory, e)).ToList();
        if (errors.Find(e => e.Text.StartsWith("Bad theory import", StringComparison.Ordinal) || e.Text.Contains("Cannot load theory", StringComparison.Ordinal) || e.Text.StartsWith("No such file", StringComparison.Ordinal)) is { } import)
            return (VerdictReason.Unavailable, [new Feedback(-1, -1, $"Isabelle cannot load the imports: {Cut(import.Text)} Set the session that has them, or a folder that the server can read.")]);

        // An error before the proof is the statement's: no proof could mend it.
        if (errors.Find(e => e.Offset > 0 && ToFeedback(theory, e).Start < 0 && e.Line < theory.OraclesLine) is { } own)
            return (VerdictReason.Unavailable, [new Feedback(-1, -1, $"Isabelle refuses the statement itself, whatever the proof: {Cut(own.Text)}")]);

        // With the proof unfinished, our own question after it and the end of the theory fail.
        var first = errors.Find(e => e.Line < theory.OraclesLine)?.Text;
        var reason = first is null ? VerdictReason.Incomplete : IsSyntax(first) ? VerdictReason.Syntax : VerdictReason.StepFailed;
        return (reason, feedback);
    }

    private static bool IsSyntax(string error) =>
        error.StartsWith("Outer syntax error", StringComparison.Ordinal) || error.StartsWith("Inner syntax error", StringComparison.Ordinal) || error.StartsWith("Inner lexical error", StringComparison.Ordinal)
        || error.StartsWith("Malformed", StringComparison.Ordinal) || error.StartsWith("Undefined method", StringComparison.Ordinal);

    private static Feedback ToFeedback(IsabelleTheory theory, IsabelleNote note)
    {
        var (start, end) = note.Offset > 0 ? theory.AttemptRange(note.Offset, Math.Max(note.EndOffset, note.Offset + 1)) : (-1, -1);
        return start < 0 && note.Line >= theory.OraclesLine ? new Feedback(theory.Attempt.Length, theory.Attempt.Length, Cut(note.Text)) : new Feedback(start, end, Cut(note.Text));
    }

    private static string Cut(string text) => text.Length <= ShownLength ? text : text[..ShownLength] + " ...";
}
