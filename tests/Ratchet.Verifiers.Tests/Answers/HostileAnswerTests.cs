using System.Text;
using Ratchet.Loop;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Verifiers.Tests.Answers;

/// <summary>Answers that were made to break a grader: it neither crashes nor hangs, and it never says equal.</summary>
public sealed class HostileAnswerTests
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";

    private static readonly string[] Pieces =
    [
        "\\frac", "{", "}", "(", ")", "[", "]", "\\{", "\\}", "|", "1", "2", "10", "0", "0.5", "x", "y", "n", "e", "i", "\\pi", "\\sqrt", "^", "_", "+", "-", "*", "/", "=", "<", ">", "\\le", ",", ";",
        " and ", " or ", "\\cup", "\\infty", "\\sin", "\\cos", "\\ln", "\\log_", "!", "\\%", "^\\circ", "\\text{", "cm", "\\begin{pmatrix}", "\\end{pmatrix}", "&", "\\\\", ":", "\\pm", "\\in",
        "\\sum_{k=1}^", "答案", "是", "$", "\\boxed{", "####", "f(", "\\left", "\\right", "'", ".", "\\overline{", "1,000", "3\\frac12", "\\binom", "²", "√", "°", "\n", " ", "the answer is ",
        "99999999999999999999", "1e5", "9^9", "\\arctan", "\\tan", "\\max(", "\\mod", "\\cdot", " 5 ", "\\{x\\mid x>", "am", "p.m.", "12:30", "\\textcircled{", "\\mathbb{", "＋", "\ud83d",
    ];

    [Fact]
    public void No_string_of_pieces_crashes_the_grader_or_the_extractor()
    {
        var random = RandomStream.FromSeed(20);
        var previous = "1";
        var outcomes = new Dictionary<AnswerOutcome, int>();
        for (var i = 0; i < (Long ? 1_000_000 : 15_000); i++)
        {
            var text = Random(ref random, i % 10 == 0 ? 40 : 12);
            var profile = AnswerProfiles.All[random.NextInt(AnswerProfiles.All.Count)];
            var answer = AnswerExtractor.Extract(text, profile);
            Assert.True(answer.Start >= -1 && answer.End <= text.Length);
            Count(AnswerGrader.Compare(previous, text, profile));
            Count(AnswerGrader.Compare(text, $"\\displaystyle {text}", profile));
            Assert.NotEqual(AnswerOutcome.Different, AnswerGrader.Compare(text, text, profile with { Choices = false }).Outcome);
            if (i % 3 == 0)
                previous = text;
        }

        // All three outcomes occur, so the strings are not all refused at the first character.
        Assert.Equal(3, outcomes.Count);

        void Count(AnswerComparison result) => outcomes[result.Outcome] = outcomes.GetValueOrDefault(result.Outcome) + 1;
    }

    [Theory]
    [InlineData("(", "")]
    [InlineData("\\boxed{", "")]
    [InlineData("\\boxed{1}", "")]
    [InlineData("$", "")]
    [InlineData("7", "")]
    [InlineData("the answer is ", "")]
    [InlineData("####", "")]
    [InlineData("\\", "")]
    [InlineData("a. ", "")]
    [InlineData("1.", "")]
    [InlineData("\n", "")]
    public void Ten_megabytes_are_read_in_linear_time(string piece, string end)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 10_000_000 / piece.Length)) + end;

        var answer = AnswerExtractor.Extract(text, AnswerProfiles.Lenient);

        Assert.NotEqual(AnswerOutcome.Equal, AnswerGrader.Compare("x+1", answer.Text ?? "", AnswerProfiles.Lenient).Outcome);
        Assert.NotEqual(AnswerOutcome.Equal, AnswerGrader.Compare("x+1", text, AnswerProfiles.Lenient).Outcome);
        Assert.Equal(AnswerOutcome.Equal, AnswerGrader.Compare(text + "1", text + "1 ", AnswerProfiles.Lenient).Outcome);
    }

    [Theory]
    [InlineData("{0}1{1}", "(", ")", 50_000)]
    [InlineData("{0}1{1}", "\\frac{1}{1+", "}", 8_000)]
    [InlineData("{0}2{1}", "\\sqrt{", "}", 10_000)]
    [InlineData("{0}1{1}", "2^{", "}", 20_000)]
    [InlineData("{0}1{1}", "-", "", 99_000)]
    [InlineData("{0}1{1}", "", "!", 99_000)]
    [InlineData("{0}1{1}", "x+", "", 40_000)]
    [InlineData("{0}1{1}", "1/", "", 40_000)]
    [InlineData("{0}1{1}", "\\text{", "}", 10_000)]
    [InlineData("{0}1{1}", "x_", "", 30_000)]
    [InlineData("{0}1{1}", "\\{", "\\}", 30_000)]
    [InlineData("{0}1{1}", "|", "|", 30_000)]
    [InlineData("{0}1{1}", "\\sin ", "", 10_000)]
    [InlineData("{0}1{1}", "1,", "", 40_000)]
    [InlineData("{0}x{1}", "-2<", "<2", 20_000)]
    public void Deep_nesting_and_long_chains_fit_a_small_stack(string form, string open, string close, int count)
    {
        var text = string.Format(null, form, string.Concat(Enumerable.Repeat(open, count)), string.Concat(Enumerable.Repeat(close, count)));
        var few = string.Format(null, form, string.Concat(Enumerable.Repeat(open, 110)), string.Concat(Enumerable.Repeat(close, 110)));
        AnswerComparison? many = null, some = null;
        var thread = new Thread(
            () =>
            {
                many = AnswerGrader.Compare("5/7", text, AnswerProfiles.Lenient);
                some = AnswerGrader.Compare("5/7", few, AnswerProfiles.Lenient);
            },
            512 << 10);
        thread.Start();
        thread.Join();

        Assert.NotEqual(AnswerOutcome.Equal, many!.Outcome);
        Assert.NotEqual(AnswerOutcome.Equal, some!.Outcome);
    }

    [Theory]
    [InlineData("9^{9^{9^{9}}}")]
    [InlineData("10^{10^{10}}")]
    [InlineData("1e999999999")]
    [InlineData("99999999!")]
    [InlineData(@"\binom{1000000000}{500000000}")]
    [InlineData(@"\sqrt[99]{2}+\sqrt[98]{3}+\sqrt[97]{5}")]
    [InlineData(@"\sum_{k=1}^{1000000000} k")]
    [InlineData(@"e^{e^{e^{e^{9}}}}")]
    [InlineData(@"\sin(10^{100000})")]
    [InlineData(@"(1+\sqrt2)^{100000}")]
    [InlineData(@"\cos\frac{\pi}{1234567891}+\sqrt{2}")]
    [InlineData(@"\ln\ln\ln\ln\ln 10^{1000}")]
    [InlineData("(x+y+z+t)^{1999}")]
    [InlineData("((((x+1)^{99}+1)^{99}+1)^{99}+1)^{99}")]
    public void Costly_values_stay_within_the_step_limit(string answer)
    {
        var result = AnswerGrader.Compare("5", answer, AnswerProfiles.Lenient);

        Assert.NotEqual(AnswerOutcome.Equal, result.Outcome);
        Assert.InRange(result.Steps, 0, AnswerProfiles.Lenient.MaxSteps + 100_000);
        var other = AnswerGrader.Compare($"{answer}+{answer}", $"2\\cdot({answer})", AnswerProfiles.Lenient);
        Assert.NotEqual(AnswerOutcome.Different, other.Outcome);
        Assert.InRange(other.Steps, 0, AnswerProfiles.Lenient.MaxSteps + 100_000);
    }

    [Fact]
    public void Integers_of_any_length_are_compared_exactly()
    {
        var digits = new string('7', 90_000);

        Grading.Equal(digits, $"{digits}.0", AnswerProfiles.Lenient);
        Grading.Different(digits, digits[..^1] + "8", AnswerProfiles.Lenient);
    }

    private static string Random(ref RandomStream random, int most)
    {
        var text = new StringBuilder();
        for (var count = 1 + random.NextInt(most); count > 0; count--)
        {
            if (random.NextInt(12) == 0)
                text.Append((char)random.NextInt(random.NextInt(4) == 0 ? 65_536 : 128));
            else
                text.Append(Pieces[random.NextInt(Pieces.Length)]);
        }

        return text.ToString();
    }
}
