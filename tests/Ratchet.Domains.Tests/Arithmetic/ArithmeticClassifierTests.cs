using System.Text;
using Ratchet.Domains.Arithmetic;
using Ratchet.Loop;

namespace Ratchet.Domains.Tests.Arithmetic;

public sealed class ArithmeticClassifierTests
{
    private const string Function = "def solve :\nlet a = 3 * 4\nlet b = 12 + a\nreturn b";
    private const string Tagged = "[code] 12 + 3 * 4 [/code]\n[output] 24 [/output] answer 24";
    private const string Prose = @"3 times 4 is 12 . 12 plus 12 is 24 . the answer is \boxed{ 24 }";

    [Theory]
    [InlineData(Function, "function")]
    [InlineData(Tagged, "tagged")]
    [InlineData(Prose, "prose")]
    [InlineData("def solve:let a=3*4 let b=12+a return b", "function")]
    [InlineData("def solve : return 12 + 3 * 4", "function")]
    [InlineData("[code]12+3*4[/code][output]24[/output]answer 24", "tagged")]
    [InlineData(@"the answer is \boxed{24}", "prose")]
    public void A_whole_text_of_a_format_has_its_label_and_answer(string text, string label)
    {
        var reading = ArithmeticClassifier.Read(text);

        Assert.Equal((label, 24L, null), (reading.Label, reading.Answer, reading.Mistake));
    }

    [Theory]
    [InlineData("undefined solve : return 24")]
    [InlineData("the undefined def solve : return 24")]
    [InlineData("24")]
    [InlineData("")]
    [InlineData("def")]
    [InlineData("def solve :\nlet a = 3 * 4\nlet b = 12 +")]
    [InlineData("def solve : let a = 24")]
    [InlineData(Function + " " + Function)]
    [InlineData(Function + "\nthe end")]
    [InlineData(Tagged + " 24")]
    [InlineData("[code] 24 [/code] [output] 24 [/output]")]
    [InlineData("[code] a [/code [output] 24 [/output] answer 24")]
    [InlineData("the answer is 24")]
    [InlineData(@"the answer is \boxed{ 24")]
    [InlineData(@"the answer is \boxed{ 24 } 24")]
    [InlineData(@"24 times is 24 . the answer is \boxed{ 24 }")]
    [InlineData("def solve : return 2a")]
    public void A_text_that_follows_no_grammar_to_the_end_is_malformed(string text)
    {
        var reading = ArithmeticClassifier.Read(text);

        Assert.Equal(("malformed", null), (reading.Label, reading.Answer));
        Assert.NotNull(reading.Mistake);
        Assert.InRange(reading.Position, 0, text.Length);
    }

    [Theory]
    [InlineData("def solve : let a = 3 * 4 return b", "function", "There is no variable 'b'.")]
    [InlineData("def solve : let a = c return 24", "function", "There is no variable 'c'.")]
    [InlineData("def solve : return 25 / 2", "function", "25 divided by 2 leaves a rest.")]
    [InlineData("[code] 24 / ( 3 - 3 ) [/code] [output] 24 [/output] answer 24", "tagged", "Nothing can be divided by 0.")]
    public void A_computation_that_fails_keeps_its_label_and_has_no_answer(string text, string label, string mistake)
    {
        var reading = ArithmeticClassifier.Read(text);

        Assert.Equal((label, null, mistake, false), (reading.Label, reading.Answer, reading.Mistake, reading.HitLimit));
    }

    [Fact]
    public void What_a_tagged_text_claims_does_not_count() =>
        Assert.Equal(24, ArithmeticClassifier.Read("[code] 12 + 3 * 4 [/code] [output] 7 [/output] answer 9").Answer);

    [Fact]
    public void The_steps_of_prose_do_not_count() => Assert.Equal(24, ArithmeticClassifier.Read(@"3 times 4 is 11 . 12 plus 11 is 5 . the answer is \boxed{ 24 }").Answer);

    [Theory]
    [InlineData("def solve : let a = 999999 * 999999 let b = a * a return b", "function")]
    [InlineData("def solve : return 99999999999999999999", "function")]
    public void A_number_that_is_too_large_is_a_limit_and_no_mistake_of_the_text(string text, string label)
    {
        var reading = ArithmeticClassifier.Read(text);

        Assert.Equal((label, true), (reading.Label, reading.HitLimit));
    }

    [Fact]
    public void Deep_nesting_and_length_are_limits()
    {
        Assert.True(ArithmeticClassifier.Read("def solve : return " + new string('(', 200) + "1" + new string(')', 200)).HitLimit);
        Assert.True(ArithmeticClassifier.Read(new string('1', ArithmeticClassifier.MaxLength + 1)).HitLimit);
    }

    [Fact]
    public void Any_text_gets_one_of_the_labels()
    {
        // Words of the formats in any order, damaged right texts, and plain noise.
        string[] words = ["def", "solve", ":", "let", "a", "b", "=", "return", "+", "-", "*", "/", "(", ")", "[code]", "[/code]", "[output]", "[/output]", "answer", "plus", "divided", "by", "is", ".", "the", @"\boxed{", "}", "7", "24", "0", "undefined", "\n", "[", "\\", "\u00e9", "\ud83d"];
        var stream = RandomStream.FromSeed(7).Derive("fuzz");
        var labels = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < 30_000; i++)
        {
            var own = stream.Derive(i);
            var text = new StringBuilder();
            switch (i % 3)
            {
                case 0:
                    for (var n = own.NextInt(24); n > 0; n--)
                        text.Append(words[own.NextInt(words.Length)]).Append(own.NextInt(4) == 0 ? "" : " ");
                    break;
                case 1:
                    text.Append(((string[])[Function, Tagged, Prose])[own.NextInt(3)]);
                    for (var n = own.NextInt(3); n > 0; n--)
                    {
                        var at = own.NextInt(text.Length);
                        if (own.NextInt(2) == 0)
                            text.Remove(at, 1);
                        else
                            text.Insert(at, words[own.NextInt(words.Length)]);
                    }

                    break;
                default:
                    for (var n = own.NextInt(60); n > 0; n--)
                        text.Append((char)own.NextInt(0x300));
                    break;
            }

            var reading = ArithmeticClassifier.Read(text.ToString());

            labels[reading.Label] = labels.GetValueOrDefault(reading.Label) + 1;
            Assert.Equal(reading.Mistake is null, reading.Answer is not null);
            Assert.InRange(reading.Position, 0, text.Length);
        }

        Assert.Equal(ArithmeticReading.Labels.Order(StringComparer.Ordinal), labels.Keys);
    }
}
