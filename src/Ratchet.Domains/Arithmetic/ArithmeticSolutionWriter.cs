using System.Globalization;
using System.Text;

namespace Ratchet.Domains.Arithmetic;

/// <summary>Writes a solution in each of the formats, in the form that the tokenizer decodes to.</summary>
internal static class ArithmeticSolutionWriter
{
    public static string Write(ArithmeticStory story, ArithmeticFormat format) => format switch
    {
        ArithmeticFormat.Function => Function(story.Steps),
        ArithmeticFormat.Tagged => $"[code] {Expression(story.Steps, story.Steps.Count - 1).Text} [/code]\n[output] {Number(story.Answer)} [/output] answer {Number(story.Answer)}",
        _ => Prose(story.Steps),
    };

    private static string Function(IReadOnlyList<ArithmeticStep> steps)
    {
        var text = new StringBuilder("def solve :");
        for (var i = 0; i < steps.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"\nlet {Letter(i)} = {Operand(steps[i].Left)} {"+-*/"[(int)steps[i].Operator]} {Operand(steps[i].Right)}");
        return text.Append("\nreturn ").Append(Letter(steps.Count - 1)).ToString();

        static char Letter(int step) => ArithmeticWords.Letters[step];

        static string Operand(ArithmeticOperand operand) => operand.IsStep ? Letter(operand.Value).ToString() : Number(operand.Value);
    }

    private static string Prose(IReadOnlyList<ArithmeticStep> steps)
    {
        var results = ArithmeticStep.Results(steps)!;
        var text = new StringBuilder();
        for (var i = 0; i < steps.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"{Value(steps[i].Left)} {Word(steps[i].Operator)} {Value(steps[i].Right)} is {results[i]} . ");
        return text.Append(CultureInfo.InvariantCulture, $@"the answer is \boxed{{ {results[^1]} }}").ToString();

        int Value(ArithmeticOperand operand) => operand.IsStep ? results[operand.Value] : operand.Value;
    }

    /// <summary>An operation as prose has it.</summary>
    public static string Word(ArithmeticOperator operation) => operation switch
    {
        ArithmeticOperator.Plus => "plus",
        ArithmeticOperator.Minus => "minus",
        ArithmeticOperator.Times => "times",
        _ => "divided by",
    };

    /// <summary>Steps folded into one expression with no more parentheses than needed.</summary>
    private static (string Text, bool IsSum) Expression(IReadOnlyList<ArithmeticStep> steps, int step)
    {
        var (left, operation, right) = steps[step];
        var isSum = operation is ArithmeticOperator.Plus or ArithmeticOperator.Minus;
        return ($"{Part(left, isRight: false)} {"+-*/"[(int)operation]} {Part(right, isRight: true)}", isSum);

        string Part(ArithmeticOperand operand, bool isRight)
        {
            if (!operand.IsStep)
                return Number(operand.Value);
            var inner = Expression(steps, operand.Value);
            var needs = isSum ? inner.IsSum && isRight && operation == ArithmeticOperator.Minus : inner.IsSum || isRight;
            return needs ? $"( {inner.Text} )" : inner.Text;
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
