using System.Text.Json;
using CsCheck;
using Ratchet.Domains.Propositional;
using Ratchet.Problems;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Tests.Propositional;

public sealed class TokenizerTests
{
    private static readonly PropositionalTokenizer Tokenizer = new();

    [Fact]
    public void The_vocabulary_is_a_multiple_of_eight() => Assert.Equal(64, Tokenizer.VocabularySize);

    [Fact]
    public void A_prompt_shows_the_premises_under_their_names_and_ends_with_the_separator()
    {
        var domain = new PropositionalDomain();
        var ids = Tokenizer.Encode(domain.Prompt(domain.Parse("x", @"A->~B->~(B/\A)", Split.Train)));

        Assert.Equal(PropositionalTokenizer.SeparatorId, ids[^1]);
        Assert.Equal(@"A h0. ~ B h1. B /\ A h2. False Proof.", Tokenizer.Decode(ids));
    }

    [Fact]
    public void Text_has_the_usual_spacing()
    {
        const string text = @"intros h0 h1. destruct (h0 h1) as [h2 | [h3 h4]]. assert (~ (A -> B) \/ C) as h15. destruct h2 as [].";

        Assert.Equal(text, Tokenizer.Decode(Tokenizer.Encode(text)));
    }

    [Fact]
    public void Any_ids_decode_and_come_back() => Gen.Int[0, 63].Array[0, 60].Sample(ids =>
    {
        var visible = ids.Where(id => id >= 3 && !Tokenizer.Decode([id]).Equals("", StringComparison.Ordinal)).ToArray();
        return Tokenizer.Encode(Tokenizer.Decode(ids)).SequenceEqual(visible);
    });

    [Fact]
    public void Ids_outside_the_vocabulary_give_no_text() => Assert.Equal("A", Tokenizer.Decode([-5, 4, 64, int.MaxValue]));

    [Theory]
    [InlineData("intros h16.", 7)]
    [InlineData("A -> G", 5)]
    [InlineData("A & B", 2)]
    [InlineData("A (* open", 2)]
    public void A_symbol_outside_the_vocabulary_is_named_with_its_place(string text, int position) =>
        Assert.Equal(position, Assert.Throws<TokenizationException>(() => Tokenizer.Encode(text)).Position);

    [Fact]
    public void The_saved_file_lists_every_token_with_its_id()
    {
        var (name, json) = Assert.Single(Tokenizer.Save());

        Assert.Equal("tokenizer.json", name);
        using var document = JsonDocument.Parse(json);
        var vocabulary = document.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32());
        Assert.Equal(Enumerable.Range(0, Tokenizer.VocabularySize), vocabulary.Values.Order());
        int[] expected = [vocabulary["A"], vocabulary[@"/\"], vocabulary["h3"]];
        Assert.Equal(expected, Tokenizer.Encode(@"A /\ h3"));
    }
}
