using Ratchet.Runs;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Verifiers.Tests.Answers;

public sealed class AnswerProfileTests
{
    [Fact]
    public void A_new_profile_is_the_strictest_one()
    {
        var profile = new AnswerProfile { Name = "mine", Description = "none" };

        Assert.Equal(
            "AnswerProfile { Name = mine, Description = none, SeveralBoxes = Reject, Places = Box, OrderedLists = False, OptionalUnits = False, OptionalPercent = False, OptionalName = False, DecimalComma = False, "
            + "RoundedDecimals = 0, ReducedForm = False, WholeStaysWhole = False, InequalitiesAsSets = False, ListsAsTuples = False, VectorsAsTuples = False, RatiosAsQuotients = False, OptionalBase = False, "
            + "Choices = False, MaxSteps = 1000000 }",
            profile.ToString());
    }

    [Fact]
    public void Each_profile_is_found_by_its_name_and_says_what_it_is_for()
    {
        foreach (var profile in AnswerProfiles.All)
        {
            Assert.Same(profile, AnswerProfiles.Find(profile.Name));
            Assert.True(profile.Description.Length > 30);
        }

        Assert.Equal(AnswerProfiles.All.Count, AnswerProfiles.All.Select(p => p.Name).Distinct().Count());
    }

    [Fact]
    public void An_unknown_name_is_told_with_the_known_ones()
    {
        var mistake = Assert.Throws<RatchetException>(() => AnswerProfiles.Find("loose"));

        Assert.Equal("There is no answer profile \"loose\".", mistake.Message);
        Assert.Equal("Use one of strict, lenient, gsm8k, math, prm800k, math-ordered, mined, rounded, choice.", mistake.Remedy);
    }

    [Theory]
    [InlineData(@"\frac23", @"\frac46")]
    [InlineData("5", "3+2")]
    [InlineData("6", @"\frac{12}{2}")]
    [InlineData("4", "4.0")]
    [InlineData("12", @"3\cdot 4")]
    public void The_prm800k_profile_wants_numbers_carried_out(string reference, string answer)
    {
        Grading.Equal(reference, answer, AnswerProfiles.Math);
        var result = AnswerGrader.Compare(reference, answer, AnswerProfiles.Prm800k);
        Assert.Equal((AnswerOutcome.Different, AnswerReason.OtherForm), (result.Outcome, result.Reason));
    }

    [Theory]
    [InlineData(@"\sqrt{50}", "7.0711", 4, true)]
    [InlineData(@"\sqrt{50}", "7.0710", 4, true)]
    [InlineData(@"\sqrt{50}", "7.0712", 4, false)]
    [InlineData(@"\sqrt{50}", "7.071", 4, false)]
    [InlineData("1/3", "0.33333", 4, true)]
    [InlineData("1/3", "0.33333", 0, false)]
    [InlineData(@"(\frac13,\frac53]", "(0.333,1.667]", 3, true)]
    [InlineData("10000", "9999.999", 2, false)]
    [InlineData("0.3333", "0.33333", 2, false)]
    [InlineData("3.1416", @"\pi", 4, true)]
    public void A_rounded_decimal_passes_from_so_many_digits_on(string reference, string answer, int digits, bool equal) =>
        Assert.Equal(equal, AnswerGrader.Compare(reference, answer, AnswerProfiles.Lenient with { RoundedDecimals = digits }).IsEqual);

    [Theory]
    [InlineData("3,75", "3.75", true)]
    [InlineData("0,125", "0.125", true)]
    [InlineData("3,75", "75, 3", true)]
    [InlineData("1,234", "1234", true)]
    [InlineData("1,2,3", "1.2", false)]
    [InlineData("3,75", "375", false)]
    public void A_decimal_comma_is_read_beside_the_list(string reference, string answer, bool equal)
    {
        Assert.Equal(equal, AnswerGrader.Compare(reference, answer, AnswerProfiles.Mined).IsEqual);
        Assert.Equal(equal && !answer.Contains('.', StringComparison.Ordinal), AnswerGrader.Compare(reference, answer, AnswerProfiles.Lenient).IsEqual);
    }

    [Fact]
    public void Names_are_wanted_or_not_by_the_profile()
    {
        Grading.Equal("5", "x=5", AnswerProfiles.Math);
        Grading.Equal("|AB|=5", "5", AnswerProfiles.Math);
        Grading.Equal("5", "2+3=5", AnswerProfiles.Math);
        Grading.Different("5", "2+2=5", AnswerProfiles.Math);
        Grading.Different("5", "x=5", AnswerProfiles.Strict);
    }
}
