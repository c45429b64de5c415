using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Coq;

/// <summary>An attempt's text, read: the sentences of the proof without their closing <c>Qed.</c></summary>
/// <param name="Sentences">Sentences to execute.</param>
/// <param name="Length">Length of the text, where a message about its end points.</param>
internal sealed record CoqProof(IReadOnlyList<CoqSentence> Sentences, int Length)
{
    /// <summary>Lemmas and definitions before the proof.</summary>
    public IReadOnlyList<CoqSentence> Helpers { get; init; } = [];

    /// <summary>Reads a text and filters it.</summary>
    /// <param name="text">Attempt.</param>
    /// <param name="mayHelp">Whether it may bring lemmas and definitions before the proof.</param>
    /// <returns>The proof, or why it is refused.</returns>
    public static (CoqProof? Proof, CoqRefusal? Refusal) Read(string text, bool mayHelp)
    {
        List<CoqSentence> sentences;
        try
        {
            sentences = CoqSplitter.Split(text);
        }
        catch (CoqSyntaxException e)
        {
            return (null, new CoqRefusal(VerdictReason.Syntax, new Feedback(e.Start, e.End, e.Message)));
        }

        var (helpers, wrong) = mayHelp ? CoqHelpers.Count(sentences) : (0, null);
        var before = sentences[..helpers];
        sentences.RemoveRange(0, helpers);
        if ((wrong ?? CoqFilter.Check(sentences, mayClose: true)) is { } forbidden)
            return (null, new CoqRefusal(VerdictReason.Cheat, forbidden));
        if (sentences.Count > 0 && CoqFilter.IsClosing(sentences[^1]))
            sentences.RemoveAt(sentences.Count - 1);
        return (new CoqProof(sentences, text.Length) { Helpers = before }, null);
    }

    /// <summary>
    /// Has a worker that stands after the header execute the statement's definitions, what else is given, the helpers, and the theorem. Null where
    /// Coq took them.
    /// </summary>
    public CoqRefusal? Load(CoqWorker worker, CoqStatement statement, IReadOnlyList<string> between, Deadline deadline)
    {
        foreach (var sentence in statement.Preamble.Select(s => s.Text).Concat(between))
        {
            var reply = worker.Execute(sentence, deadline);
            if (reply.Outcome != CoqOutcome.Done)
                return new CoqRefusal(VerdictReason.Unavailable, new Feedback(-1, -1, $"The statement does not load: {reply.Message}"));
        }

        foreach (var helper in Helpers)
        {
            var reply = worker.Execute(helper.Text, deadline);
            if (reply.Outcome != CoqOutcome.Done)
                return CoqRefusal.For(reply, helper);
        }

        var stated = worker.Execute(statement.Theorem.Text, deadline);
        if (stated.Outcome == CoqOutcome.Done)
            return null;
        return Helpers.Count == 0 || stated.Outcome is not (CoqOutcome.Failed or CoqOutcome.Syntax)
            ? new CoqRefusal(VerdictReason.Unavailable, new Feedback(-1, -1, $"The statement does not load: {stated.Message}"))
            : new CoqRefusal(VerdictReason.StepFailed, new Feedback(0, Helpers[^1].End, $"After these lemmas the theorem cannot be stated: {stated.Message}"));
    }

    /// <summary>Runs the sentences on a worker that stands after the theorem, and closes the proof. Null where Coq took it.</summary>
    public CoqRefusal? Run(CoqWorker worker, Deadline deadline)
    {
        foreach (var sentence in Sentences)
        {
            var reply = worker.Step(sentence.Text, deadline);
            if (reply.Outcome != CoqOutcome.Done)
                return CoqRefusal.For(reply, sentence);
        }

        var closed = worker.Step("Qed.", deadline);
        if (closed.Outcome == CoqOutcome.Done)
            return worker.OpenProofs(deadline).Count == 0 ? null : new CoqRefusal(VerdictReason.Incomplete, new Feedback(Length, Length, "A proof is still open after Qed."));
        var end = new CoqSentence(Length, "");
        return closed.Outcome == CoqOutcome.Failed && worker.Conclusions(deadline) is { Count: > 0 } goals
            ? new CoqRefusal(VerdictReason.Incomplete, new Feedback(Length, Length, Open(goals)))
            : CoqRefusal.For(closed with { Start = -1, End = -1 }, end);
    }

    private static string Open(CoqGoals goals)
    {
        var first = goals.Focused.Concat(goals.Background).Concat(goals.Shelved).Concat(goals.GivenUp).First();
        var given = goals.GivenUp.Count > 0 ? $", {goals.GivenUp.Count} of them given up" : "";
        return $"{goals.Count} goal{(goals.Count == 1 ? " is" : "s are")} open at the end{given}. The first: {first.Conclusion}";
    }
}
