using Ratchet.Verdicts;
using Ratchet.Verifiers.Audits;
using Ratchet.Verifiers.Lean.Syntax;

namespace Ratchet.Verifiers.Lean;

/// <summary>What Lean's answer about a file says of the attempt in it.</summary>
/// <param name="Reason">Reason of the verdict.</param>
/// <param name="Feedback">Messages with their places in the attempt's text.</param>
/// <param name="OnlyStatementErrors">Whether all errors point into the statement, so that the statement itself may be what Lean refuses.</param>
internal sealed record LeanJudgement(VerdictReason Reason, IReadOnlyList<Feedback> Feedback, bool OnlyStatementErrors = false);

/// <summary>Judges Lean's answers.</summary>
/// <remarks>
/// An attempt is proved only where nothing is an error, no hole was met, Lean read to the end of the file (the marker is printed), and, where axioms are
/// asked for, Lean's list for this very theorem holds allowed ones alone. Whatever is missing from an answer counts against accepting it.
/// </remarks>
internal static class LeanJudge
{
    private const int ShownMessages = 20;
    private const int ShownLength = 2000;

    /// <summary>Judges an answer.</summary>
    /// <param name="source">The file that Lean was given.</param>
    /// <param name="answer">What Lean said.</param>
    /// <param name="allowedAxioms">Axioms that a proof may rest on, or null where they were not asked for.</param>
    public static LeanJudgement Judge(LeanSource source, LeanAnswer answer, IReadOnlyCollection<string>? allowedAxioms)
    {
        if (answer.Failure is { } failure)
            return new(failure, [new Feedback(-1, -1, answer.FailureText)]);
        var markers = Markers(source, answer.Messages);
        var messages = Calibrated(source, answer.Messages, markers);
        var errors = messages.Where(m => m.Severity == LeanSeverity.Error).ToList();
        if (errors.Count > 0)
            return OfErrors(source, errors);
        if (Holes(source, answer, messages) is { Count: > 0 } holes)
            return new(VerdictReason.Cheat, holes);
        if (markers.Count != 2)
            return Unavailable("Lean's answer does not show that it read to the end of the file.");
        return allowedAxioms is null ? new(VerdictReason.Proved, []) : OfAxioms(source, messages, markers, allowedAxioms);
    }

    private static LeanJudgement Unavailable(string message) => new(VerdictReason.Unavailable, [new Feedback(-1, -1, message)]);

    private static List<int> Markers(LeanSource source, IReadOnlyList<LeanMessage> messages) =>
        [.. Enumerable.Range(0, messages.Count).Where(i => messages[i].Severity == LeanSeverity.Information && messages[i].Text.Trim() == source.Marker)];

    /// <summary>
    /// Messages with places in lines of the whole file. Servers count from other lines, after the imports or without empty ones; where they put
    /// the marker, whose line we know, tells by how many.
    /// </summary>
    private static List<LeanMessage> Calibrated(LeanSource source, IReadOnlyList<LeanMessage> messages, List<int> markers)
    {
        var shift = markers.Count > 0 && messages[markers[0]].Start is { } at ? source.MarkerLine - at.Line : 0;
        return shift == 0 ? [.. messages] : [.. messages.Select(m => m with { Start = Moved(m.Start), End = Moved(m.End) })];

        LeanPosition? Moved(LeanPosition? position) => position is { } p ? p with { Line = p.Line + shift } : null;
    }

    private static LeanJudgement OfErrors(LeanSource source, List<LeanMessage> errors)
    {
        if (errors.FirstOrDefault(e => e.Start is { } at && at.Line <= source.HeaderLines) is { } import)
            return Unavailable($"Lean cannot load the imports: {Cut(import.Text)} Set the project folder to a Lake project that has these modules built.");

        // Where the proof breaks off, Lean notices at the next word, which is ours.
        var inside = errors.Where(e => e.Start is null || e.Start.Value.Line < source.MarkerLine || IsSyntax(e.Text)).ToList();
        if (inside.Count == 0)
            return Unavailable($"Lean does not answer a question about the theorem: {Cut(errors[0].Text)}");
        var feedback = inside.Take(ShownMessages).Select(e => ToFeedback(source, e)).ToList();
        if (inside.TrueForAll(e => IsLimit(e.Text)))
            return new(VerdictReason.ResourceLimit, feedback);
        var deciding = inside.Where(e => !IsLimit(e.Text)).ToList();
        var reason = deciding.TrueForAll(e => e.Text.StartsWith("unsolved goals", StringComparison.Ordinal)) ? VerdictReason.Incomplete
            : IsSyntax(deciding[0].Text) ? VerdictReason.Syntax
            : VerdictReason.StepFailed;
        return new(reason, feedback, feedback.TrueForAll(f => f.Start < 0));
    }

    private static List<Feedback> Holes(LeanSource source, LeanAnswer answer, List<LeanMessage> messages)
    {
        var holes = messages
            .Where(m => m.Severity == LeanSeverity.Warning && m.Text.StartsWith("declaration uses", StringComparison.Ordinal) && m.Text.Contains("sorry", StringComparison.Ordinal))
            .Select(m => new AuditFinding(LeanWords.Hole, ToFeedback(source, m).Start, ToFeedback(source, m).End, "Lean says that the declaration uses sorry").ToFeedback())
            .ToList();
        if (holes.Count == 0 && answer.Holes.Count > 0)
            holes.Add(new AuditFinding(LeanWords.Hole, -1, -1, $"Lean lists a hole with the goal {Cut(answer.Holes[0].Goal)}").ToFeedback());
        return holes;
    }

    private static LeanJudgement OfAxioms(LeanSource source, List<LeanMessage> messages, List<int> markers, IReadOnlyCollection<string> allowed)
    {
        // Plain output of lean gives information no place; there the order decides.
        var said = messages[markers[0]].Start is not null
            ? messages.Where(m => m.Severity == LeanSeverity.Information && m.Start?.Line == source.MarkerLine + 1).ToList()
            : messages[(markers[0] + 1)..markers[1]];
        var text = string.Join('\n', said.Select(m => m.Text));
        if (AxiomReport.Parse(text) is not { } report)
            return Unavailable($"Lean does not say which axioms the theorem rests on: {Cut(text)}");
        if (!report.IsAbout(source.Statement.FullName))
            return Unavailable($"Lean speaks of the axioms of {report.Theorem}, not of {source.Statement.FullName}.");
        var refused = report.Axioms.Where(a => !allowed.Contains(a)).ToList();
        return refused.Count == 0
            ? new(VerdictReason.Proved, [])
            : new(VerdictReason.Cheat, [.. refused.Select(a => new AuditFinding(AxiomReport.AuditOf(a), -1, -1, $"the theorem rests on the axiom {a}, which is not allowed").ToFeedback())]);
    }

    private static Feedback ToFeedback(LeanSource source, LeanMessage message)
    {
        if (message.Start is { } start && start.Line >= source.MarkerLine)
            return new Feedback(source.Attempt.Length, source.Attempt.Length, Cut(message.Text));
        var (from, to) = message.Start is { } at ? source.AttemptRange(at, message.End) : (-1, -1);
        return new Feedback(from, to, Cut(message.Text));
    }

    /// <summary>Limits that Lean counts itself, the same on every machine.</summary>
    private static bool IsLimit(string text) =>
        text.Contains("(deterministic) timeout", StringComparison.Ordinal) || text.Contains("maximum number of heartbeats", StringComparison.Ordinal) || text.StartsWith("(kernel) deep recursion", StringComparison.Ordinal);

    private static bool IsSyntax(string text) =>
        text.StartsWith("unexpected ", StringComparison.Ordinal) || text.StartsWith("expected ", StringComparison.Ordinal)
        || text.StartsWith("unterminated ", StringComparison.Ordinal) || text.StartsWith("unknown tactic", StringComparison.Ordinal);

    private static string Cut(string text) => text.Length <= ShownLength ? text : text[..ShownLength] + " ...";
}
