namespace Ratchet.Domains.Arithmetic;

/// <summary>
/// Says of any text which format it has, and computes its answer. Total: it answers for every text and never throws.
/// </summary>
/// <remarks>
/// <para>A format is a grammar that holds from the first to the last character, white space aside. So a text that has <c>undefined</c> in it is no function, a function with words
/// behind it is malformed, and a text that is cut off is malformed. A text of the right form whose computation fails (an unknown variable, a division with a rest) keeps
/// its label and has no answer.</para>
/// <code>
/// function  := def solve : { let NAME = EXPRESSION } return EXPRESSION
/// tagged    := [code] EXPRESSION [/code] [output] NUMBER [/output] answer NUMBER
/// prose     := { NUMBER (plus | minus | times | divided by) NUMBER is NUMBER . } the answer is \boxed{ NUMBER }
/// </code>
/// <para>A tagged text's answer is what its expression comes to; what it claims beside it does not count. Prose counts by its boxed number alone. Safe to call from
/// many threads.</para>
/// </remarks>
public static class ArithmeticClassifier
{
    /// <summary>Most characters that are read.</summary>
    public const int MaxLength = 10_000;

    /// <summary>Reads a text.</summary>
    public static ArithmeticReading Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
            return new ArithmeticReading { HitLimit = true, Mistake = $"The text has {text.Length} characters; at most {MaxLength} are read.", Position = MaxLength };
        var tokens = ArithmeticTokens.Split(text);
        var opening = Opening(tokens);
        if (opening is null)
            return new ArithmeticReading { Mistake = "The text begins like none of the formats.", Position = tokens.Count == 0 ? text.Length : tokens[0].Start };
        var parser = new ArithmeticParser(tokens, text.Length);
        try
        {
            var answer = opening switch
            {
                ArithmeticFormat.Function => parser.Function(),
                ArithmeticFormat.Tagged => parser.Tagged(),
                _ => parser.Prose(),
            };
            return answer.Mistake is null
                ? new ArithmeticReading { Format = opening, Opening = opening, Answer = answer.Number, Steps = parser.Steps }
                : new ArithmeticReading { Format = opening, Opening = opening, Mistake = answer.Mistake, Position = answer.Position, HitLimit = answer.HitLimit, Steps = parser.Steps };
        }
        catch (ArithmeticSyntaxException e)
        {
            return new ArithmeticReading { Opening = opening, Mistake = e.Message, Position = e.Position, HitLimit = e.HitLimit, Steps = parser.Steps };
        }
    }

    private static ArithmeticFormat? Opening(List<ArithmeticToken> tokens) => tokens switch
    {
        [] => null,
        [{ Text: "def" }, ..] => ArithmeticFormat.Function,
        [{ Text: "[code]" }, ..] => ArithmeticFormat.Tagged,
        [{ Kind: ArithmeticTokenKind.Number }, ..] or [{ Text: "the" }, { Text: "answer" }, ..] => ArithmeticFormat.Prose,
        _ => null,
    };
}
