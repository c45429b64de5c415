using System.Globalization;
using System.Text;
using Ratchet.Loop;

namespace Ratchet.Domains.Arithmetic;

/// <summary>Text that has nothing of the solutions' formats: what a model reads besides problems with solutions.</summary>
internal static class ArithmeticBackground
{
    private const int MostLines = 8;

    private static readonly string[] Adjectives = ["old", "young", "small", "quiet", "bright", "green", "tired", "happy", "cold", "busy"];
    private static readonly string[] Nouns = ["dog", "river", "garden", "teacher", "train", "window", "bird", "house", "road", "lamp", "farmer", "boat", "hill", "cat", "song"];
    private static readonly string[] Verbs = ["sleeps", "waits", "stands", "sings", "rests", "shines", "moves", "turns", "stays", "hides"];
    private static readonly string[] Places = ["near", "behind", "under", "beside", "above", "before"];

    /// <summary>Words of the sentences.</summary>
    public static IEnumerable<string> Words => Adjectives.Concat(Nouns).Concat(Verbs).Concat(Places).Append("the").Append(".");

    /// <summary>Some facts of arithmetic in words, with numbers as the problems have them.</summary>
    public static string Facts(RandomStream stream)
    {
        var text = new StringBuilder();
        for (var lines = 3 + stream.NextInt(MostLines - 2); lines > 0; lines--)
        {
            var (left, operation, right) = Fact(ref stream);
            var result = ArithmeticStep.Results([new ArithmeticStep(new(false, left), operation, new(false, right))])![0];
            text.Append(CultureInfo.InvariantCulture, $"{left} {ArithmeticSolutionWriter.Word(operation)} {right} is {result} . ");
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>Some sentences about other things.</summary>
    public static string Sentences(RandomStream stream)
    {
        var text = new StringBuilder();
        for (var lines = 2 + stream.NextInt(MostLines - 2); lines > 0; lines--)
        {
            text.Append("the ").Append(Of(Adjectives, ref stream)).Append(' ').Append(Of(Nouns, ref stream)).Append(' ').Append(Of(Verbs, ref stream)).Append(' ')
                .Append(Of(Places, ref stream)).Append(" the ").Append(Of(Nouns, ref stream)).Append(" . ");
        }

        return text.ToString().TrimEnd();
    }

    private static (int Left, ArithmeticOperator Operation, int Right) Fact(ref RandomStream stream)
    {
        switch (stream.NextInt(4))
        {
            case 0:
                var b = 1 + stream.NextInt(45);
                return (stream.NextInt(ArithmeticWords.Largest - b + 1), ArithmeticOperator.Plus, b);
            case 1:
                var c = 1 + stream.NextInt(45);
                return (c + stream.NextInt(ArithmeticWords.Largest - c + 1), ArithmeticOperator.Minus, c);
            case 2:
                var d = 2 + stream.NextInt(8);
                return (1 + stream.NextInt(ArithmeticWords.Largest / d), ArithmeticOperator.Times, d);
            default:
                var e = 2 + stream.NextInt(5);
                return (e * (1 + stream.NextInt(ArithmeticWords.Largest / e)), ArithmeticOperator.DividedBy, e);
        }
    }

    private static string Of(string[] words, ref RandomStream stream) => words[stream.NextInt(words.Length)];
}
