using CsCheck;
using Ratchet.Verifiers.Lean.Syntax;

namespace Ratchet.Verifiers.Tests.Lean;

public sealed class LeanTokenizerTests
{
    [Theory]
    [InlineData("exact h.1.2.le", "exact|h|.|1.2|.|le")]
    [InlineData("Nat.add_comm' x₁ 𝓝x ℝ", "Nat.add_comm'|x₁|𝓝x|ℝ")]
    [InlineData("«a b».c d", "«a b».c|d")]
    [InlineData("a /- b /- c -/ d -/ e -- f\ng", "a|e|g")]
    [InlineData("f '' s ⁻¹' t", "f|'|'|s|⁻|¹|'|t")]
    [InlineData("'a' '\\n' \"b -- c\"", "'a'|'\\n'|\"b -- c\"")]
    [InlineData("s!\"x {y \"z\"} w\" v", "s!|\"x {|y|\"z\"|} w\"|v")]
    [InlineData("0x1Fa 0b10 1_000 1.5e-3 2.le", "0x1Fa|0b10|1_000|1.5e-3|2|.|le")]
    [InlineData("fun x ↦ λ y => Π z", "fun|x|↦|λ|y|=|>|Π|z")]
    [InlineData("r\"a\" r x", "r\"a\"|r|x")]
    [InlineData("exact? simp! h?.g", "exact?|simp!|h?.g")]
    public void Text_is_cut_as_Lean_cuts_it(string text, string expected)
    {
        var tokens = LeanTokenizer.Read(text);

        Assert.Equal(expected, string.Join('|', tokens.Items.Select(t => t.Text)));
        Assert.Empty(tokens.Faults);
        Assert.All(tokens.Items, t => Assert.Equal(text[t.Start..t.End], t.Text));
    }

    [Theory]
    [InlineData("a /- b", 2)]
    [InlineData("\"abc", 0)]
    [InlineData("s!\"a {b", 2)]
    [InlineData("«ab", 0)]
    [InlineData("r#\"ab\"", 0)]
    [InlineData("x <-- y", 2)]
    [InlineData("x //- y -/", 2)]
    [InlineData("\"{x}\"", 1)]
    [InlineData("'\"'", 0)]
    [InlineData("'\\''", 0)]
    [InlineData("«a\"b»", 0)]
    [InlineData("0x1g", 0)]
    public void Places_that_cannot_be_read_for_certain_are_faults(string text, int start)
    {
        Assert.Equal(start, LeanTokenizer.Read(text).Faults[0].Start);
    }

    [Fact]
    public void Any_text_is_read_to_its_end_and_tokens_do_not_overlap()
    {
        var pieces = Gen.OneOf([.. new[] { "/-", "-/", "--", "\"", "'", "s!\"", "{", "}", "«", "»", "r#\"", "\"#", "\\", "\n", " ", "a", "x.y", ".", "0x", "1e", "\ud835", "𝓝", "axiom", "(", "⟩", "\0" }.Select(Gen.Const)]);
        pieces.Array[0, 30].Sample(parts =>
        {
            var text = string.Concat(parts);
            var read = LeanTokenizer.Read(text);
            var end = 0;
            foreach (var token in read.Items)
            {
                Assert.True(token.Start >= end && token.End > token.Start && token.End <= text.Length, text);
                end = token.End;
            }

            Assert.All(read.Faults, f => Assert.True(f.Start >= 0 && f.Start <= f.End && f.End <= text.Length, text));
        }, iter: 20_000);
    }
}
