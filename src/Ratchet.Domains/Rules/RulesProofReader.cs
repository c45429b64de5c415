using Ratchet.Domains.Vocabulary;

namespace Ratchet.Domains.Rules;

/// <summary>What a step of a proof claims.</summary>
internal enum RulesStepKind
{
    /// <summary>A rule applies and its head is established.</summary>
    Use,

    /// <summary>A rule does not apply: a literal of its body is not established.</summary>
    Fail,

    /// <summary>A rule gives way to an opposing one that is preferred.</summary>
    Lose,

    /// <summary>A rule is opposed by one that nothing beats, without being beaten by it.</summary>
    Tie,
}

/// <summary>A step as it is written; whether its names mean anything is checked later.</summary>
internal sealed record RulesStep(RulesStepKind Kind, string Rule, RuleAtom? Atom, bool Holds, string? Other, int Start, int End);

/// <summary>A proof as it is written.</summary>
internal sealed record RulesProof(List<RulesStep> Steps, RulesAnswer? Answer, int AnswerStart, string? Mistake, int Position);

/// <summary>Reads proofs: <c>use r4 : raven trusts lynx</c>, <c>fail r2 : ...</c>, <c>lose r5 : r7</c>, <c>tie r5 : r7</c>, and last <c>answer proved</c>.</summary>
internal static class RulesProofReader
{
    /// <summary>Longest proof that is read, in characters.</summary>
    public const int MaxLength = 200_000;

    /// <summary>Words that start a step.</summary>
    public static IReadOnlyList<string> Words { get; } = ["use", "fail", "lose", "tie"];

    /// <summary>The word before the answer.</summary>
    public const string AnswerWord = "answer";

    /// <summary>Words of the answers, in the order of <see cref="RulesAnswer"/>.</summary>
    public static IReadOnlyList<string> Answers { get; } = ["proved", "disproved", "unknown"];

    public static RulesProof Read(string text)
    {
        var words = Word.Split(text, ":.");
        words.RemoveAll(w => w.Text == ".");
        var steps = new List<RulesStep>();
        var at = 0;
        RulesProof Wrong(string mistake) => new(steps, null, -1, mistake, at < words.Count ? words[at].Start : text.Length);
        string? Next(int ahead) => at + ahead < words.Count ? words[at + ahead].Text : null;
        while (at < words.Count && Next(0) != AnswerWord)
        {
            var start = words[at].Start;
            var kind = IndexOf(Words, Next(0)!);
            if (kind < 0)
                return Wrong($"'use', 'fail', 'lose', 'tie' or 'answer' is expected, not '{Next(0)}'.");
            if (Next(1) is not { } rule || Next(2) != ":")
                return Wrong($"'{Next(0)} RULE : ...' is expected.");
            at += 3;
            if ((RulesStepKind)kind is RulesStepKind.Lose or RulesStepKind.Tie)
            {
                if (Next(0) is not { } other)
                    return Wrong("A rule is expected.");
                steps.Add(new RulesStep((RulesStepKind)kind, rule, null, true, other, start, words[at++].End));
                continue;
            }

            var holds = Next(0) != "not";
            at += holds ? 0 : 1;
            if (Next(0) is not { } subject || Next(1) is not { } verb || Next(2) is not { } thing)
                return Wrong("A literal such as 'tapir trusts badger' is expected.");
            at += 3;
            steps.Add(new RulesStep((RulesStepKind)kind, rule, new RuleAtom(subject, verb, thing), holds, null, start, words[at - 1].End));
        }

        if (at == words.Count)
            return new RulesProof(steps, null, -1, null, -1);
        var answer = IndexOf(Answers, Next(1) ?? "");
        if (answer < 0)
            return Wrong($"'answer' and one of {string.Join(", ", Answers)} is expected.");
        var answerStart = words[at].Start;
        at += 2;
        return at < words.Count ? Wrong("Nothing can stand after the answer.") : new RulesProof(steps, (RulesAnswer)answer, answerStart, null, -1);
    }

    private static int IndexOf(IReadOnlyList<string> words, string word)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == word)
                return i;
        }

        return -1;
    }
}
