using CsCheck;
using Ratchet.Reports;
using Ratchet.Reports.Charts;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Reports;

public sealed class ProofTextTests
{
    [Fact]
    public void A_proof_is_shown_one_sentence_a_line()
    {
        const string Text = "intros H. split.\nexact H.";

        Assert.Equal(["intros H.", "split.", "exact H."], ProofText.Lines(Text).Select(l => Text[l.Start..l.End]));
    }

    [Fact]
    public void The_message_stands_under_the_place()
    {
        var html = ProofText.Render("split. exact H1. left.", [new Feedback(13, 15, "H1 is not <this>")]).ToString();

        Assert.Contains("<code>exact <mark>H1</mark>.</code>", html);
        Assert.Contains("""<span class="note" style="--column:6">H1 is not &lt;this&gt;</span>""", html);
        Assert.True(html.IndexOf("note", StringComparison.Ordinal) < html.IndexOf("left.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_message_at_the_end_marks_the_end_and_one_without_a_place_comes_last()
    {
        var html = ProofText.Render("split.", [new Feedback(6, 6, "goals are open"), new Feedback(-1, -1, "by the way")]).ToString();

        Assert.Contains("<code>split.<mark>\u2423</mark></code>", html);
        Assert.EndsWith("""by the way</span></div>""", html);
    }

    [Fact]
    public void No_text_or_position_breaks_it() =>
        Gen.Select(Gen.String[Gen.Char["a. \nb<"], 0, 20], Gen.Int[-3, 25], Gen.Int[-3, 25]).Sample((text, start, end) =>
            ProofText.Render(text, [new Feedback(start, end, "message")]).ToString().Contains("message"));

    [Theory]
    [InlineData(0, 1, 5, new[] { 0, 0.2, 0.4, 0.6, 0.8, 1 })]
    [InlineData(0, 3, 5, new[] { 0.0, 1, 2, 3 })]
    [InlineData(5, 5, 4, new[] { 5.0 })]
    public void Ticks_are_round(double min, double max, int wanted, double[] expected)
    {
        var ticks = new Axis(min, max, 0, 100).Ticks(wanted);

        Assert.Equal(expected.Length, ticks.Count);
        Assert.All(expected.Zip(ticks), pair => Assert.Equal(pair.First, pair.Second, 9));
    }

    [Fact]
    public void Bins_hold_both_ends() =>
        Gen.Int[0, 5000].Select(Gen.Int[0, 5000], (a, b) => (Min: Math.Min(a, b), Max: Math.Max(a, b))).Sample(x =>
        {
            var (start, width, count) = BarChart.Bins(x.Min, x.Max);
            return count is >= 1 and <= 16 && start <= x.Min && start + (width * count) > x.Max;
        });

    [Theory]
    [InlineData(0.5, "50.0\u00A0%")]
    [InlineData(1.0, "100\u00A0%")]
    [InlineData(0.0, "0\u00A0%")]
    [InlineData(0.99996, ">\u200A99.9\u00A0%")]
    [InlineData(0.0004, "<\u200A0.1\u00A0%")]
    public void Shares_never_round_to_certainty(double share, string expected) => Assert.Equal(expected, Numbers.Percent(share));
}
