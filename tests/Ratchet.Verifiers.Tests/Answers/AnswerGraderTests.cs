using Ratchet.Verifiers.Answers;

namespace Ratchet.Verifiers.Tests.Answers;

/// <summary>What known graders get wrong in one direction or the other, and what every grader must do.</summary>
public sealed class AnswerGraderTests
{
    [Theory]
    [InlineData(@"\frac{1}{34}", @"\frac{13}{4}")]
    [InlineData("30000", "30001")]
    [InlineData("0.07", "7")]
    [InlineData("7", "700")]
    [InlineData("0.07", "700")]
    [InlineData("[3,8]", "(3,8)")]
    [InlineData("[3,8)", "(3,8]")]
    [InlineData("6", @"6\sqrt{3}")]
    [InlineData("6", @"6\sqrt(3)")]
    [InlineData(@"2-\frac{1}{\mathrm{e}}", @"2+\frac{1}{\mathrm{e}}")]
    [InlineData(@"\frac{1}{1999!}", @"\frac{1}{2001!}")]
    [InlineData("k=3,4,5", "k=2,3,4")]
    [InlineData("D=(0,2)", "D=(0,2.5)")]
    [InlineData("11:00", "2:00")]
    [InlineData(@"\pm 37", "37")]
    [InlineData("2x+3y=0", "5x-y=0")]
    [InlineData("x+2y-3=0", "0")]
    [InlineData("12", "1,2")]
    [InlineData("32349", "32, 349")]
    [InlineData("x^2", "x^3")]
    [InlineData("x", "-x")]
    [InlineData(@"\sqrt{x^2}", "x")]
    [InlineData("2", "{2,3}")]
    [InlineData("(1,2)", "(2,1)")]
    [InlineData(@"\{1,2\}", "(1,2)")]
    [InlineData("5", "five apples and six pears")]
    [InlineData("yes", "no")]
    [InlineData("X", "x")]
    [InlineData("x^2=9", "9")]
    [InlineData(@"9^{99}", @"9^{98}")]
    [InlineData("1.0000000000000000000000001", "1")]
    [InlineData(@"\log_2 7", @"\log_2 8")]
    public void Answers_that_differ_are_never_taken_for_the_same(string reference, string answer)
    {
        foreach (var profile in AnswerProfiles.All)
        {
            Assert.NotEqual(AnswerOutcome.Equal, AnswerGrader.Compare(reference, answer, profile).Outcome);
            Assert.NotEqual(AnswerOutcome.Equal, AnswerGrader.Compare(answer, reference, profile).Outcome);
        }

        Grading.Different(reference, answer, AnswerProfiles.Lenient);
    }

    [Theory]
    [InlineData(@"\text{27}", "27")]
    [InlineData("**58**", "58")]
    [InlineData("(3, 4)", @"\left(3,4\right)")]
    [InlineData(@"\sqrt{\frac{1}{m}}", @"\frac{1}{\sqrt{m}}")]
    [InlineData("y=3x-2", "3x-y-2=0")]
    [InlineData("6x-2y-4=0", "y=3x-2")]
    [InlineData("1/4", "0.25")]
    [InlineData(@"\dfrac{3}{7}", @"\frac{3}{7}")]
    [InlineData(@"\frac37", "3/7")]
    [InlineData("8 cm", @"8\text{ centimeters}")]
    [InlineData("1,234,567", "1234567")]
    [InlineData(@"12{,}345", "12345")]
    [InlineData(@"12,\!345", "12 345")]
    [InlineData(@"5\frac{3}{4}", "5.75")]
    [InlineData("5 3/4", "23/4")]
    [InlineData(@"-2\frac12", "-2.5")]
    [InlineData(@"\{4,5,6\}", "6, 5, 4")]
    [InlineData(@"45^\circ", "45")]
    [InlineData(@"45^\circ", @"\frac{\pi}{4}")]
    [InlineData("7", "x=7")]
    [InlineData("$7$", @"\(7\)")]
    [InlineData(@"\frac{\sqrt{2}}{2}", @"\frac{1}{\sqrt2}")]
    [InlineData("2x+3", "3+2x")]
    [InlineData("(x-2)(x+2)", "x^2-4")]
    [InlineData(@"2\sin x\cos x", @"\sin 2x")]
    [InlineData(@"\tan^2 y+1", @"\sec^2 y")]
    [InlineData(@"\ln 12", @"2\ln 2+\ln 3")]
    [InlineData("3.0E4", "30000")]
    [InlineData(@"4.5\times 10^{3}", "4500")]
    [InlineData(@"0.\overline{27}", @"\frac{3}{11}")]
    [InlineData("３／４", "0.75")]
    public void Ways_of_writing_one_answer_are_the_same(string reference, string answer)
    {
        Grading.Equal(reference, answer, AnswerProfiles.Lenient);
        Grading.Equal(answer, reference, AnswerProfiles.Lenient);
    }

    [Theory]
    [InlineData(@"\sqrt{3+2\sqrt{2}}", @"1+\sqrt{2}")]
    [InlineData(@"\sqrt{5+2\sqrt{6}}", @"\sqrt2+\sqrt3")]
    [InlineData(@"\sqrt[3]{7+5\sqrt{2}}", @"1+\sqrt2")]
    [InlineData(@"\cos 72^\circ", @"\frac{\sqrt5-1}{4}")]
    [InlineData(@"\sin\frac{\pi}{12}", @"\frac{\sqrt6-\sqrt2}{4}")]
    [InlineData(@"8^{2/3}", "4")]
    [InlineData(@"(-27)^{1/3}", "-3")]
    [InlineData(@"e^{\ln 5}", "5")]
    [InlineData(@"e^{\frac{i\pi}{3}}", @"\frac{1+i\sqrt3}{2}")]
    [InlineData("(1+i)^8", "16")]
    [InlineData(@"\frac{1}{2+i}", @"\frac{2-i}{5}")]
    [InlineData(@"\arctan\sqrt3", @"\frac{\pi}{3}")]
    [InlineData(@"\arcsin\frac12", @"30^\circ")]
    [InlineData(@"\log_4 8", @"\frac32")]
    [InlineData(@"\log_3 2\cdot\log_2 3", "1")]
    [InlineData(@"\binom{10}{3}", "120")]
    [InlineData("7!", "5040")]
    [InlineData(@"\sum_{k=1}^{20} k^2", "2870")]
    [InlineData(@"\lfloor\pi\rfloor+\lceil e\rceil", "6")]
    [InlineData(@"\gcd(84,36)", "12")]
    [InlineData(@"|3-\sqrt{10}|", @"\sqrt{10}-3")]
    [InlineData(@"2^{100}-1", "1267650600228229401496703205375")]
    [InlineData(@"\frac{\pi}{\frac{2}{3}}", @"1.5\pi")]
    [InlineData(@"\cosh 0", "1")]
    public void Constants_are_equal_by_proof(string reference, string answer)
    {
        Grading.Equal(reference, answer, AnswerProfiles.Strict with { OptionalUnits = true });
        Grading.Different(reference, $"{answer}+10^{{-60}}", AnswerProfiles.Strict with { OptionalUnits = true });
    }

    [Theory]
    [InlineData(@"\frac{x^2-9}{x-3}", "x+3")]
    [InlineData(@"\frac{1}{x}+\frac{1}{y}", @"\frac{x+y}{xy}")]
    [InlineData("x^{2/3}", @"\sqrt[3]{x^2}")]
    [InlineData(@"\sqrt{x^2}", "|x|")]
    [InlineData(@"\ln(xy)", @"\ln x+\ln y")]
    [InlineData(@"\ln\frac{x}{2}", @"\ln x-\ln 2")]
    [InlineData("e^{x+2}", "e^2e^x")]
    [InlineData(@"3^{n+2}", @"9\cdot 3^n")]
    [InlineData("4^n", "2^{2n}")]
    [InlineData(@"\cos(x-y)", @"\cos x\cos y+\sin x\sin y")]
    [InlineData(@"\cos^2\frac{t}{2}", @"\frac{1+\cos t}{2}")]
    [InlineData(@"\cosh^2 u-\sinh^2 u", "1")]
    [InlineData(@"\binom{n}{2}", @"\frac{n^2-n}{2}")]
    [InlineData("(n+1)!", @"(n+1)\cdot n!")]
    [InlineData(@"\frac{n(n+1)(2n+1)}{6}", @"\sum_{k=1}^{n} k^2")]
    [InlineData(@"\pi r^2h", @"h\pi r^{2}")]
    [InlineData("(a+b+c)^3", "(c+b+a)^3")]
    [InlineData(@"x\sqrt{y}", @"\sqrt{y}\,x")]
    [InlineData("f(2)+f(x+1)", "f(1+x)+f(2)")]
    public void Expressions_with_variables_are_equal_as_functions(string reference, string answer)
    {
        Grading.Equal(reference, answer, AnswerProfiles.Strict);
        Grading.Different(reference, $"{answer}+1", AnswerProfiles.Strict);
        Grading.Different(reference, $"2\\cdot({answer})", AnswerProfiles.Strict);
    }

    [Fact]
    public void The_same_pair_gives_the_same_outcome_every_time()
    {
        string[] answers = ["x^2-1", "(x-1)(x+1)", @"\sin 2x", @"\{1,2\}", "9^9^9^9", "x<3", "nonsense (", "12:30"];
        foreach (var a in answers)
        {
            foreach (var b in answers)
                Assert.Equal(AnswerGrader.Compare(a, b, AnswerProfiles.Lenient), AnswerGrader.Compare(a, b, AnswerProfiles.Lenient));
        }
    }

    [Theory]
    [InlineData("9^{9^{9^{9}}}", "5", AnswerReason.Limit)]
    [InlineData("5", "(3", AnswerReason.Unreadable)]
    [InlineData("(3", "5", AnswerReason.UnreadableReference)]
    [InlineData("", "5", AnswerReason.UnreadableReference)]
    [InlineData("5", " . ", AnswerReason.Unreadable)]
    [InlineData(@"\int_0^1 x\,dx", "1/2", AnswerReason.NotSupported)]
    [InlineData("f(2)", "f(3)", AnswerReason.NotSupported)]
    [InlineData("1", @"\frac{d}{dx}x", AnswerReason.NotSupported)]
    [InlineData(@"\arctan\frac12+\arctan\frac13", @"\frac{\pi}{4}", AnswerReason.Unproven)]
    public void What_cannot_be_decided_is_undecided_with_a_reason(string reference, string answer, AnswerReason reason)
    {
        var result = Grading.Undecided(reference, answer, AnswerProfiles.Lenient);

        Assert.Equal(reason, result.Reason);
        Assert.NotEmpty(result.Message);
    }

    [Fact]
    public void A_comparison_that_runs_out_of_steps_is_undecided()
    {
        var profile = AnswerProfiles.Lenient with { MaxSteps = 100 };

        var result = Grading.Undecided(@"\sqrt{2}+\sqrt{3}+\sqrt{5}+\sqrt{7}", @"\sqrt{7}+\sqrt{5}+\sqrt{3}+\sqrt{2}", profile);

        Assert.Equal(AnswerReason.Limit, result.Reason);
        Assert.Equal("the comparison needs more than 100 steps", result.Message);
    }
}
