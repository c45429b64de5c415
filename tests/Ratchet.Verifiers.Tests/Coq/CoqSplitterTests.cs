using Ratchet.Verifiers.Coq;

namespace Ratchet.Verifiers.Tests.Coq;

public sealed class CoqSplitterTests
{
    [Theory]
    [InlineData("intros. auto.", "intros.|auto.")]
    [InlineData("apply Nat.add_comm. exact (f.1).", "apply Nat.add_comm.|exact (f.1).")]
    [InlineData("- auto. + lia. -- x. *** y.", "-|auto.|+|lia.|--|x.|***|y.")]
    [InlineData("{ auto. } 2: { lia. } all:lia.", "{|auto.|}|2: {|lia.|}|all:lia.")]
    [InlineData("[goal]: { lia. } 1,3-4: auto.", "[goal]: {|lia.|}|1,3-4: auto.")]
    [InlineData("idtac \"a. (* b \"\" c\". auto.", "idtac \"a. (* b \"\" c\".|auto.")]
    [InlineData("auto...\nlia.", "auto...|lia.")]
    [InlineData("intros x .. y. auto.", "intros x .. y.|auto.")]
    [InlineData("", "")]
    [InlineData(" (* nothing. *) ", "")]
    public void A_text_is_split_into_these_sentences(string text, string sentences) =>
        Assert.Equal(sentences, string.Join('|', CoqSplitter.Split(text).Select(s => s.Text)));

    [Theory]
    [InlineData("auto (* a (* b. *) \" *) \" . *) . lia.", "auto .|lia.")]
    [InlineData("(* x *) intros (* y *) n.", "intros n.")]
    [InlineData("a(*\n*)b.", "a b.")]
    public void Comments_are_blanks_nest_and_hold_strings(string text, string sentences) =>
        Assert.Equal(sentences, string.Join('|', CoqSplitter.Split(text).Select(s => s.Normal)));

    [Fact]
    public void Offsets_are_those_of_the_text()
    {
        const string Text = "(* é *) intros n.\n  - lia (* why *) .";
        var sentences = CoqSplitter.Split(Text);
        Assert.Equal([(8, 17), (20, 21), (22, 37)], sentences.Select(s => (s.Start, s.End)));
        Assert.Equal("lia" + new string(' ', 11) + ".", sentences[2].Text);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused() =>
        Assert.Equal(4, Assert.Throws<CoqSyntaxException>(() => CoqSplitter.Split("auto" + '\ud800' + ".")).Start);

    [Theory]
    [InlineData("auto", 0, "The last sentence has no dot at its end.")]
    [InlineData("auto. lia", 6, "The last sentence has no dot at its end.")]
    [InlineData("auto. (* x", 6, "A comment is not closed.")]
    [InlineData("auto. (* \" *) lia.", 9, "A string is not closed.")]
    [InlineData("idtac \"x. lia.", 6, "A string is not closed.")]
    [InlineData("auto.\0", 5, "The text holds the character U+0000, which Coq does not read.")]
    [InlineData("auto\ufffe.", 4, "The text holds the character U+FFFE, which Coq does not read.")]
    public void What_cannot_be_split_is_refused_at_its_place(string text, int start, string message)
    {
        var e = Assert.Throws<CoqSyntaxException>(() => CoqSplitter.Split(text));
        Assert.Equal((start, message), (e.Start, e.Message));
    }
}
