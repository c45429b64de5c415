using Ratchet.Verifiers.Answers;

namespace Ratchet.Verifiers.Tests.Answers;

public sealed class AnswerExtractorTests
{
    [Theory]
    [InlineData(@"Thus \boxed{42}.", "42")]
    [InlineData(@"First \boxed{1}. But no: \boxed{2}.", "2")]
    [InlineData(@"So $\boxed{\frac{1}{\sqrt{2}}}$ is it.", @"\frac{1}{\sqrt{2}}")]
    [InlineData(@"so \boxed 7 then", "7")]
    [InlineData(@"so \fbox{x+\{1\}} then", @"x+\{1\}")]
    [InlineData(@"\boxed{\boxed{3}}", @"\boxed{3}")]
    [InlineData(@"the roots are \boxed{2}, \boxed{3} and \boxed{5}", "2, 3, 5")]
    [InlineData(@"$y_1=\boxed{2x}$ and $y_2=\boxed{3x}$", "2x, 3x")]
    [InlineData(@"\boxed{9", null)]
    [InlineData("no answer here", null)]
    public void The_last_box_is_the_answer(string solution, string? answer) =>
        Assert.Equal(answer, AnswerExtractor.Extract(solution, AnswerProfiles.Math with { Places = AnswerPlaces.Box }).Text);

    [Theory]
    [InlineData("He has 3+4=7 left.\n#### 7", "7")]
    [InlineData("#### 1,200\n", "1,200")]
    [InlineData("text\n#### 5\nmore\n#### 6", "6")]
    [InlineData("#### \n", null)]
    public void A_hash_mark_starts_the_answer(string solution, string? answer) =>
        Assert.Equal(answer, AnswerExtractor.Extract(solution, AnswerProfiles.Gsm8k with { Places = AnswerPlaces.HashMark }).Text);

    [Theory]
    [InlineData("Hence the answer is 12.", "12")]
    [InlineData("The answer is: $x^2$. I hope it is correct.", "$x^2$")]
    [InlineData("**Answer:** 3.5 miles", "3.5 miles")]
    [InlineData("Final Answer: The final answer is $(2, 9)$. I hope it is correct.", "$(2, 9)$")]
    [InlineData("Final Answer: Ann planted 14 trees.", "14")]
    [InlineData("Final answer: The area of the field is 120.", "120")]
    [InlineData("因此，答案是 36。", "36")]
    [InlineData("故选B。", "B")]
    [InlineData("The answer is 4:30 p.m.", "4:30 p.m.")]
    public void Phrases_announce_the_answer(string solution, string answer) =>
        Assert.Equal(answer, AnswerExtractor.Extract(solution, AnswerProfiles.Lenient).Text);

    [Theory]
    [InlineData(@"We get \boxed{3} at first. Final answer: 4.", "4")]
    [InlineData(@"Final answer: \boxed{5}. Thank you, the answer is nice.", "5")]
    public void A_final_answer_behind_the_last_box_counts_before_it(string solution, string answer) =>
        Assert.Equal(answer, AnswerExtractor.Extract(solution, AnswerProfiles.Lenient).Text);

    [Theory]
    [InlineData("3x + 5", "3x + 5")]
    [InlineData("Therefore $x \\ge 4$ is the solution.", "$x \\ge 4$")]
    [InlineData("The last one has 15 of them.\nThank you!", "15")]
    [InlineData("She pays $12 in all.", "12")]
    [InlineData("Result \\( 8 \\)", "\\( 8 \\)")]
    public void Without_mark_or_phrase_the_last_formula_or_number_counts(string solution, string answer) =>
        Assert.Equal(answer, AnswerExtractor.Extract(solution, AnswerProfiles.Lenient).Text);

    [Fact]
    public void No_number_is_mined_out_of_a_formula()
    {
        var solution = "So one gets " + string.Concat(Enumerable.Repeat("a+b^{3}*", 60)) + "c/7z in the end";

        Assert.NotEqual("7", AnswerExtractor.Extract(solution, AnswerProfiles.Lenient).Text);
        Assert.NotEqual("3", AnswerExtractor.Extract(solution, AnswerProfiles.Lenient).Text);
    }

    [Theory]
    [InlineData(@"It is \boxed{1} or maybe it is \boxed{2}.", true)]
    [InlineData(@"It is \boxed{1/2}, that means it is \boxed{0.5}.", false)]
    [InlineData(@"It is \boxed{4}. Yes, \boxed{4}.", false)]
    public void Several_different_boxes_are_no_answer_under_the_one_box_rule(string solution, bool several)
    {
        var answer = AnswerExtractor.Extract(solution, AnswerProfiles.Strict);

        Assert.Equal(several, answer.HasSeveral);
        Assert.Equal(several, answer.Text is null);
        Assert.False(AnswerExtractor.Extract(solution, AnswerProfiles.Math).HasSeveral);
    }

    [Fact]
    public void The_place_of_the_answer_is_told()
    {
        const string Solution = @"Thus \boxed{42}.";

        var answer = AnswerExtractor.Extract(Solution, AnswerProfiles.Math);

        Assert.Equal(AnswerPlaces.Box, answer.Place);
        Assert.Equal(@"\boxed{42}", Solution[answer.Start..answer.End]);
    }

    [Theory]
    [InlineData(@"Work. \boxed{9}", "9")]
    [InlineData("Work.\n#### 9", "9")]
    [InlineData("9", "9")]
    public void A_reference_is_an_answer_or_a_solution(string reference, string answer) => Assert.Equal(answer, AnswerExtractor.FromReference(reference).Trim());
}
