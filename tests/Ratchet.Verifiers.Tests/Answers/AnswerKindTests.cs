using Ratchet.Verifiers.Answers;

namespace Ratchet.Verifiers.Tests.Answers;

/// <summary>The kinds of answers that are more than one number.</summary>
public sealed class AnswerKindTests
{
    [Theory]
    [InlineData("3 km", "3000 meters")]
    [InlineData(@"250\text{ cm}", @"2.5\mathrm{~m}")]
    [InlineData("2 hours", "120 minutes")]
    [InlineData("5 feet 6 inches", "66 inches")]
    [InlineData(@"40\text{ cm}^2", "0.004 square meters")]
    [InlineData(@"72\text{ km/h}", @"20\text{ m/s}")]
    [InlineData("$\\$3.50$", "3.5 dollars")]
    [InlineData("50 cents", @"\$0.50")]
    [InlineData("30 厘米", "0.3 米")]
    [InlineData("5 元", "5 yuan")]
    [InlineData("63° 45'", @"63.75^\circ")]
    public void Units_of_one_kind_are_converted(string reference, string answer)
    {
        Grading.Equal(reference, answer, AnswerProfiles.Strict);
        Grading.Equal(answer, reference, AnswerProfiles.Strict);
    }

    [Theory]
    [InlineData("5 km", "5 kg")]
    [InlineData("5 km", "5 miles")]
    [InlineData("40 cm", "40 square cm")]
    [InlineData("5 dollars", "5 euros")]
    [InlineData("10 meters", "10%")]
    public void Units_of_different_kinds_differ_even_where_units_are_optional(string reference, string answer) =>
        Grading.Different(reference, answer, AnswerProfiles.Lenient);

    [Fact]
    public void A_missing_unit_passes_only_where_the_profile_says_so()
    {
        Grading.Equal("12 cm", "12", AnswerProfiles.Math);
        Grading.Equal(@"6\text{ ways}", "6", AnswerProfiles.Math);
        Grading.Different("12 cm", "12", AnswerProfiles.Strict);
        Grading.Different("12 apples", "12 pears", AnswerProfiles.Strict);
    }

    [Theory]
    [InlineData(@"35\%", "35", true)]
    [InlineData(@"35\%", "0.35", true)]
    [InlineData("35 percent", @"\frac{7}{20}", true)]
    [InlineData(@"35\%", "3500", false)]
    [InlineData(@"35\%", "0.0035", false)]
    public void Percent_is_a_hundredth_and_its_sign_may_be_missing(string reference, string answer, bool equal)
    {
        Assert.Equal(equal, AnswerGrader.Compare(reference, answer, AnswerProfiles.Math).IsEqual);
        Assert.Equal(equal && answer != "35", AnswerGrader.Compare(reference, answer, AnswerProfiles.Strict).IsEqual);
    }

    [Theory]
    [InlineData(@"(-\infty,3)\cup(3,\infty)", @"x\neq 3")]
    [InlineData("[2,5)", @"2\le x<5")]
    [InlineData("(4,+\\infty)", "x>4")]
    [InlineData("(4,+\\infty)", "4<x")]
    [InlineData("(-3,3)", "|x|<3")]
    [InlineData(@"(-\infty,-3]\cup[3,\infty)", @"|t|\ge 3")]
    [InlineData("(1,3)", @"x>1\text{ and }x<3")]
    [InlineData(@"(-\infty,1)\cup(3,\infty)", @"x<1\text{ or }x>3")]
    [InlineData(@"\{x\mid -1<x\le 2\}", @"x\in(-1,2]")]
    [InlineData(@"[0,2]\cup[1,4]", "[0,4]")]
    [InlineData(@"(0,5)\cap[2,9]", "[2,5)")]
    [InlineData(@"[0,4]\setminus\{2\}", @"[0,2)\cup(2,4]")]
    [InlineData("(-\\infty,\\infty)", @"\mathbb{R}")]
    [InlineData("(-\\infty,\\infty)", "all real numbers")]
    [InlineData(@"\left(\frac12,\sqrt2\right]", "(0.5,2^{1/2}]")]
    [InlineData("x<1, x>3", "x>3, x<1")]
    [InlineData("[a,a+1]", @"a\le x\le 1+a")]
    public void Intervals_unions_and_solved_inequalities_are_sets_of_numbers(string reference, string answer)
    {
        Grading.Equal(reference, answer, AnswerProfiles.Lenient);
        Grading.Equal(answer, reference, AnswerProfiles.Lenient);
    }

    [Theory]
    [InlineData("[2,5)", @"2\le x\le 5")]
    [InlineData("(4,\\infty)", "x<4")]
    [InlineData("(4,\\infty)", @"x\ge 4")]
    [InlineData(@"[0,2]\cup[3,4]", "[0,4]")]
    [InlineData("(-3,3)", "x^2<9")]
    [InlineData("(0,1)", "(0,2)")]
    [InlineData("x>2", "y>2")]
    public void Other_ends_and_unsolved_inequalities_are_no_match(string reference, string answer) =>
        Assert.NotEqual(AnswerOutcome.Equal, AnswerGrader.Compare(reference, answer, AnswerProfiles.Lenient).Outcome);

    [Theory]
    [InlineData("2x+4y=6", "x+2y=3")]
    [InlineData("x-3y+z-5=0", "-2x+6y-2z=-10")]
    [InlineData(@"\frac{x^2}{9}+\frac{y^2}{4}=1", "4x^2+9y^2=36")]
    [InlineData(@"y=\frac{1}{x}", "xy=1")]
    [InlineData("y=2(x-1)^2+3", "y=2x^2-4x+5")]
    [InlineData("f(x)=x+1", "y=1+x")]
    [InlineData("-x>-2", "x<2")]
    [InlineData(@"3x+1\le 7", @"x\le 2")]
    [InlineData("x+y>1", "2>-2x-2y+4")]
    [InlineData("f(1)<f(3)<f(2)", "f(2)>f(3)>f(1)")]
    public void Equations_and_inequalities_are_the_same_up_to_a_factor(string reference, string answer)
    {
        Grading.Equal(reference, answer, AnswerProfiles.Lenient);
        Grading.Equal(answer, reference, AnswerProfiles.Lenient);
    }

    [Theory]
    [InlineData("2x+4y=6", "x+2y=4")]
    [InlineData("x^2+y^2=25", "x^2+y^2=5")]
    [InlineData("x^2-3x+2=0", "x^2-3x-2=0")]
    [InlineData("x=2", "y=2")]
    [InlineData("x+y>1", "x+y<1")]
    [InlineData("x+y>1", "x+y>2")]
    [InlineData("x+y=1", "x+y>1")]
    [InlineData("0=0", "x=1")]
    public void Equations_with_other_solutions_are_proved_different(string reference, string answer) => Grading.Different(reference, answer, AnswerProfiles.Lenient);

    [Theory]
    [InlineData("x=1,y=2", "y=2,x=1")]
    [InlineData("x=1,y=2", "(1,2)")]
    [InlineData("a=3,b=7;a=5,b=11", "(3,7),(5,11)")]
    [InlineData("(2,8)or(8,2)", "(8,2),(2,8)")]
    [InlineData("n=4,6", "4 and 6")]
    [InlineData(@"2\pm\sqrt3", @"2+\sqrt3, 2-\sqrt3")]
    [InlineData(@"x=\pm 4", "-4, 4")]
    [InlineData("3, 5, and 9", @"\{9,5,3\}")]
    [InlineData("x = 1/2, x = -3", @"-3,\ \frac12")]
    [InlineData("1或3", "3,1")]
    [InlineData("(1,2,3)", "[1,2,3]")]
    [InlineData("P(2,5)", "(2,5)")]
    public void Lists_of_values_names_and_points_are_matched(string reference, string answer) => Grading.Equal(reference, answer, AnswerProfiles.Lenient);

    [Fact]
    public void Order_counts_where_the_profile_says_so()
    {
        Grading.Equal("4, 10, -2", "10, 4, -2", AnswerProfiles.Math);
        Grading.Different("4, 10, -2", "10, 4, -2", AnswerProfiles.MathOrdered);
    }

    [Theory]
    [InlineData(@"\begin{pmatrix}1&2\\3&4\end{pmatrix}", @"\left[\begin{array}{cc}1&2\\3&4\end{array}\right]")]
    [InlineData(@"\begin{pmatrix}1/2\\0.25\end{pmatrix}", @"(\frac12,\frac14)")]
    [InlineData(@"\begin{bmatrix}2&0\\0&2\end{bmatrix}", @"2\begin{pmatrix}1&0\\0&1\end{pmatrix}")]
    [InlineData(@"\begin{pmatrix}19&22\\43&50\end{pmatrix}", @"\begin{pmatrix}1&2\\3&4\end{pmatrix}\begin{pmatrix}5&6\\7&8\end{pmatrix}")]
    [InlineData(@"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[[1,2],[3,4]]")]
    [InlineData(@"\langle 1,2,3\rangle", "(1,2,3)")]
    public void Matrices_and_vectors_are_compared_by_entry(string reference, string answer)
    {
        Grading.Equal(reference, answer, AnswerProfiles.Lenient);
        Grading.Different(reference, answer.Replace("2", "7", StringComparison.Ordinal), AnswerProfiles.Lenient);
    }

    [Theory]
    [InlineData("4:30 p.m.", "16:30", true)]
    [InlineData("4:30 p.m.", @"\text{4:30 PM}", true)]
    [InlineData("12:15 a.m.", "0:15", false)]
    [InlineData("4:30 p.m.", "4:30", false)]
    [InlineData("12:00", "1:00", false)]
    [InlineData("March 5, 2021", "2021-03-05", true)]
    [InlineData("March 5, 2021", "5 March 2021", true)]
    [InlineData("2021年3月5日", "March 5, 2021", true)]
    [InlineData("March 5, 2021", "March 6, 2021", false)]
    [InlineData("March 5, 2021", "March 5", false)]
    public void Times_and_dates_are_read(string reference, string answer, bool equal) =>
        Assert.Equal(equal, AnswerGrader.Compare(reference, answer, AnswerProfiles.Lenient).IsEqual);

    [Theory]
    [InlineData("2:3", "4:6", true)]
    [InlineData("2:3", @"\frac23", true)]
    [InlineData("1:2:3", "2:4:6", true)]
    [InlineData("2:3", "3:2", false)]
    public void Ratios_are_the_same_up_to_a_factor(string reference, string answer, bool equal) =>
        Assert.Equal(equal, AnswerGrader.Compare(reference, answer, AnswerProfiles.Lenient).IsEqual);

    [Theory]
    [InlineData("1011_2", "1011_{2}", true)]
    [InlineData("1011_2", "1011", true)]
    [InlineData("1011_2", "1011_3", false)]
    [InlineData("1011_2", "11", false)]
    [InlineData("-27_8", "-27_{8}", true)]
    public void Numbers_in_a_base_keep_their_digits(string reference, string answer, bool equal) =>
        Assert.Equal(equal, AnswerGrader.Compare(reference, answer, AnswerProfiles.Math).IsEqual);

    [Theory]
    [InlineData(@"\text{Tuesday}", "tuesday", true)]
    [InlineData(@"\text{odd}", "odd", true)]
    [InlineData(@"\text{CBAD}", "ABCD", false)]
    [InlineData("no solution", "无解", true)]
    [InlineData("The lines are parallel.", "the lines are parallel", true)]
    [InlineData("The lines are parallel", "the lines are not parallel", false)]
    [InlineData("Monday", "星期一", true)]
    [InlineData("第一象限", "第二象限", false)]
    [InlineData(@"(\text{C})", "C", true)]
    [InlineData(@"\overline{AB}", "AB", true)]
    public void Words_are_compared_as_words(string reference, string answer, bool equal) =>
        Assert.Equal(equal, AnswerGrader.Compare(reference, answer, AnswerProfiles.Math).IsEqual);

    [Theory]
    [InlineData("B", "(B)", true)]
    [InlineData("B", @"\text{(B)}\ 12", true)]
    [InlineData("B", "B. the second", true)]
    [InlineData("b", "B", true)]
    [InlineData("B", "C", false)]
    [InlineData("ACD", "A, C, D", true)]
    [InlineData("ACD", "AC", false)]
    [InlineData("B", "Because", false)]
    [InlineData("D", "选D", true)]
    public void Choices_are_compared_by_letter(string reference, string answer, bool equal) =>
        Assert.Equal(equal, AnswerGrader.Compare(reference, answer, AnswerProfiles.Choice).IsEqual);
}
