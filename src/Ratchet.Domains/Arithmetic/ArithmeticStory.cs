using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Domains.Arithmetic;

/// <summary>An event of a story as it is told.</summary>
/// <param name="Sentence">Wording.</param>
/// <param name="A">Number of slot a, 0 where there is none.</param>
/// <param name="B">Number of slot b, 0 where there is none.</param>
/// <param name="Other">Person of slot O, or empty.</param>
/// <param name="OtherThing">Thing of slot U, or empty.</param>
internal sealed record ArithmeticEvent(ArithmeticSentence Sentence, int A, int B = 0, string Other = "", string OtherThing = "");

/// <summary>A word problem: who, what, what happens.</summary>
/// <param name="Name">Person.</param>
/// <param name="Thing">What is counted.</param>
/// <param name="Events">Events in order; the first one begins the story.</param>
internal sealed record ArithmeticStory(string Name, string Thing, IReadOnlyList<ArithmeticEvent> Events)
{
    /// <summary>Operations that give the answer; at least one, each result from 0 to <see cref="ArithmeticWords.Largest"/>.</summary>
    public IReadOnlyList<ArithmeticStep> Steps { get; } = StepsOf(Events);

    /// <summary>The answer.</summary>
    public int Answer => ArithmeticStep.Results(Steps)![^1];

    /// <summary>The price is asked for.</summary>
    public bool AsksForPrice => Events[^1].Sentence.Kind == ArithmeticEventKind.Price;

    /// <summary>The normal text, question included.</summary>
    public string Write()
    {
        var question = ArithmeticSentence.Of(AsksForPrice ? ArithmeticEventKind.PriceQuestion : ArithmeticEventKind.Question)[0];
        return string.Join(' ', Events.Append(new ArithmeticEvent(question, 0)).Select(Write));
    }

    /// <summary>The same story of other people.</summary>
    public ArithmeticStory Renamed(Func<string, string> to) => new(to(Name), Thing, [.. Events.Select(e => e.Other.Length == 0 ? e : e with { Other = to(e.Other) })]);

    /// <summary>
    /// Hexadecimal hash of what is computed: the same for stories that differ in people, things, wordings, asides and the order of the operands of sums and products.
    /// </summary>
    public string Hash()
    {
        var texts = new string[Steps.Count];
        for (var i = 0; i < texts.Length; i++)
        {
            var (left, right) = (Text(Steps[i].Left), Text(Steps[i].Right));
            if (Steps[i].Operator is ArithmeticOperator.Plus or ArithmeticOperator.Times && string.CompareOrdinal(left, right) > 0)
                (left, right) = (right, left);
            texts[i] = $"({left}{"+-*/"[(int)Steps[i].Operator]}{right})";
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(texts[^1])))[..32];

        string Text(ArithmeticOperand operand) => operand.IsStep ? texts[operand.Value] : operand.Value.ToString(CultureInfo.InvariantCulture);
    }

    private string Write(ArithmeticEvent told) => string.Join(' ', told.Sentence.Words.Select(word => word switch
    {
        "{N}" => Name,
        "{O}" => told.Other,
        "{T}" => Thing,
        "{U}" => told.OtherThing,
        "{a}" => told.A.ToString(CultureInfo.InvariantCulture),
        "{b}" => told.B.ToString(CultureInfo.InvariantCulture),
        _ => word,
    }));

    private static List<ArithmeticStep> StepsOf(IReadOnlyList<ArithmeticEvent> events)
    {
        var steps = new List<ArithmeticStep>();
        var now = new ArithmeticOperand(false, 0);
        foreach (var told in events)
        {
            switch (told.Sentence.Kind)
            {
                case ArithmeticEventKind.Start:
                    now = Number(told.A);
                    break;
                case ArithmeticEventKind.StartGroups:
                    now = Add(Number(told.A), ArithmeticOperator.Times, Number(told.B));
                    break;
                case ArithmeticEventKind.GainGroups:
                    now = Add(now, ArithmeticOperator.Plus, Add(Number(told.A), ArithmeticOperator.Times, Number(told.B)));
                    break;
                case ArithmeticEventKind.LoseGroups:
                    now = Add(now, ArithmeticOperator.Minus, Add(Number(told.A), ArithmeticOperator.Times, Number(told.B)));
                    break;
                case ArithmeticEventKind.Gain:
                    now = Add(now, ArithmeticOperator.Plus, Number(told.A));
                    break;
                case ArithmeticEventKind.Lose:
                    now = Add(now, ArithmeticOperator.Minus, Number(told.A));
                    break;
                case ArithmeticEventKind.Scale or ArithmeticEventKind.Price:
                    now = Add(now, ArithmeticOperator.Times, Number(told.A));
                    break;
                case ArithmeticEventKind.Share:
                    now = Add(now, ArithmeticOperator.DividedBy, Number(told.A));
                    break;
            }
        }

        return steps;

        static ArithmeticOperand Number(int value) => new(false, value);

        ArithmeticOperand Add(ArithmeticOperand left, ArithmeticOperator operation, ArithmeticOperand right)
        {
            steps.Add(new ArithmeticStep(left, operation, right));
            return new ArithmeticOperand(true, steps.Count - 1);
        }
    }
}
