using System.Text.RegularExpressions;
using Ratchet.Loop;
using Ratchet.Verifiers.Answers.Algebra;
using Ratchet.Verifiers.Answers.Comparing;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers;

/// <summary>
/// Decides whether an answer is the same as a reference answer. Equal and different are proved, never guessed; what can be neither is
/// undecided. Safe from many threads; the same pair gives the same outcome everywhere.
/// </summary>
public static partial class AnswerGrader
{
    /// <summary>Version of the rules; two versions may judge differently.</summary>
    public const string Version = "1";

    /// <summary>Compares an answer with a reference answer.</summary>
    /// <param name="reference">The answer known to be right, in LaTeX or plain text.</param>
    /// <param name="answer">The answer to judge. Of any length: beyond 100,000 characters only the same characters are equal.</param>
    /// <param name="profile">What counts as the same.</param>
    public static AnswerComparison Compare(string reference, string answer, AnswerProfile profile)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(profile);
        if (!profile.Choices && PlainNumber.TryRead(reference, out var x) && PlainNumber.TryRead(answer, out var y) && (!profile.WholeStaysWhole || x.Decimals == y.Decimals) && !profile.DecimalComma)
        {
            return PlainNumber.SameValue(x, y)
                ? AnswerComparison.Equal(AnswerReason.SameValue, "the numbers are the same")
                : AnswerComparison.Different(AnswerReason.OtherValue, "the numbers differ");
        }

        if (reference.Length > AnswerReader.MaxLength || answer.Length > AnswerReader.MaxLength)
        {
            return reference.AsSpan().Trim().SequenceEqual(answer.AsSpan().Trim())
                ? AnswerComparison.Equal(AnswerReason.SameText, "the same characters")
                : AnswerComparison.Undecided(AnswerReason.Limit, $"an answer has more than {AnswerReader.MaxLength} characters");
        }

        var budget = new Budget(profile.MaxSteps);
        try
        {
            var result = CompareRead(reference, answer, profile, budget);
            if (!result.IsEqual && profile.DecimalComma && (WithPoint(reference) ?? WithPoint(answer)) is not null)
            {
                // 1,22 is a list or a decimal: the answers are the same where they are under one of the readings.
                var other = CompareRead(WithPoint(reference) ?? reference, WithPoint(answer) ?? answer, profile, budget);
                result = other.IsEqual ? other : result;
            }

            return result with { Steps = budget.Spent };
        }
        catch (UndecidedException e)
        {
            return AnswerComparison.Undecided(e.Reason, e.Message) with { Steps = budget.Spent };
        }
    }

    /// <summary>A number with a decimal comma written with a point, or null for any other text.</summary>
    private static string? WithPoint(string text) => DecimalComma().IsMatch(text) ? text.Replace(',', '.') : null;

    [GeneratedRegex(@"^\s*[-+]?\d{1,30},\d{1,30}(?![\d,.])[^\d]{0,40}$")]
    private static partial Regex DecimalComma();

    private static AnswerComparison CompareRead(string reference, string answer, AnswerProfile profile, Budget budget)
    {
        var (first, second) = (AnswerReader.Clean(reference), AnswerReader.Clean(answer));
        if (first.Length == 0)
            return AnswerComparison.Undecided(AnswerReason.UnreadableReference, "the reference answer is empty");
        if (second.Length == 0)
            return AnswerComparison.Undecided(AnswerReason.Unreadable, "the answer is empty");
        if (profile.Choices)
            return ChoiceComparer.Compare(first, second);
        if (first == second)
            return AnswerComparison.Equal(AnswerReason.SameText, "the same characters");
        Node expected;
        try
        {
            expected = AnswerReader.Read(first, budget);
        }
        catch (UndecidedException e) when (e.Reason == AnswerReason.Unreadable)
        {
            return AnswerComparison.Undecided(AnswerReason.UnreadableReference, $"the reference answer cannot be read: {e.Message}");
        }

        var given = AnswerReader.Read(second, budget);

        // What reads as words in one and as letters in the other is compared as words: \text{odd} and odd.
        if (expected is TextNode != given is TextNode)
        {
            var words = AnswerReader.WordsOf(Lexer.Tokens(expected is TextNode ? second : first, budget));
            if (words == ((expected as TextNode) ?? (TextNode)given).Words)
                return AnswerComparison.Equal(AnswerReason.SameText, "the same words");
        }

        // The stream depends on both texts, so that no answer can be written for the points it is tried at.
        var random = RandomStream.FromSeed(0).Derive(first).Derive(second);
        return new AnswerComparer(profile, budget, random).Compare(expected, given);
    }
}
