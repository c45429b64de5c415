using System.Text.Json;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Verifiers.Tests.Answers;

public sealed class SharedAnswerCasesTests
{
    [Fact]
    public void The_shared_cases_are_judged_as_they_are_labelled()
    {
        var rows = SharedAnswerData.Rows("answer-equivalence/pairs.jsonl");

        var wrong = rows.Where(row => Judge(row).IsEqual != row.GetProperty("equal").GetBoolean()).Select(row => row.GetProperty("id").GetString()!).ToArray();

        // mv-032 calls inline mathematics that spans lines unreadable; mv-264 calls 1 - 1/e and 1 + 1/e equal.
        Assert.Equal(["mv-032", "mv-264"], wrong);
        Assert.True(wrong.Length <= 0.01 * rows.Count);
    }

    [Theory]
    [InlineData("math/test.jsonl.gz", "solution", "math")]
    [InlineData("gsm8k/test.jsonl", "answer", "gsm8k")]
    public void Reference_solutions_agree_with_themselves_and_not_with_their_neighbours(string file, string field, string name)
    {
        var profile = AnswerProfiles.Find(name);
        var answers = SharedAnswerData.Rows(file).Select(row => AnswerExtractor.Extract(row.GetProperty(field).GetString()!, profile).Text).ToArray();

        // The command keeps the comparison from ending at equal characters: each answer goes through reader and algebra.
        var same = answers.Count(a => a is not null && AnswerGrader.Compare(a, $"\\displaystyle {a}", profile).IsEqual);
        var accepted = Enumerable.Range(0, answers.Length).Count(i => answers[i] is { } a && answers[(i + 1) % answers.Length] is { } next
            && a.Trim() != next.Trim() && AnswerGrader.Compare(a, next, profile).IsEqual);

        Assert.True(same >= 0.995 * answers.Length, $"{same} of {answers.Length}");
        Assert.True(accepted <= 0.001 * answers.Length, $"{accepted} of {answers.Length} equal the next one");
    }

    private static AnswerComparison Judge(JsonElement row)
    {
        var (reference, answer) = (row.GetProperty("gold").GetString()!, row.GetProperty("pred").GetString()!);
        switch (row.GetProperty("source").GetString())
        {
            case "math-verify":
                var profile = AnswerProfiles.Mined with { RoundedDecimals = row.GetProperty("options").GetProperty("precision").GetInt32() };
                return AnswerGrader.Compare(AnswerExtractor.Extract(reference, profile).Text ?? "", AnswerExtractor.Extract(answer, profile).Text ?? "", profile);
            case "hendrycks-math":
                return AnswerGrader.Compare(reference, answer, AnswerProfiles.MathOrdered);
            default:
                return AnswerGrader.Compare(reference, answer, AnswerProfiles.Math);
        }
    }
}
