namespace Ratchet.Domains.Arithmetic;

/// <summary>An arithmetic operation.</summary>
public enum ArithmeticOperator
{
    /// <summary>Sum.</summary>
    Plus,

    /// <summary>Difference.</summary>
    Minus,

    /// <summary>Product.</summary>
    Times,

    /// <summary>Quotient; only where nothing is left over.</summary>
    DividedBy,
}

/// <summary>A number, or the result of an earlier step.</summary>
/// <param name="IsStep"><paramref name="Value"/> is the number of a step, counted from 0.</param>
/// <param name="Value">Number, or number of a step.</param>
public readonly record struct ArithmeticOperand(bool IsStep, int Value);

/// <summary>One operation of a solution.</summary>
/// <param name="Left">Left operand.</param>
/// <param name="Operator">Operation.</param>
/// <param name="Right">Right operand.</param>
public sealed record ArithmeticStep(ArithmeticOperand Left, ArithmeticOperator Operator, ArithmeticOperand Right)
{
    /// <summary>Results of steps in order.</summary>
    /// <param name="steps">Steps; each refers to earlier ones only.</param>
    /// <returns>Null where a division leaves a rest.</returns>
    public static int[]? Results(IReadOnlyList<ArithmeticStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var results = new int[steps.Count];
        for (var i = 0; i < steps.Count; i++)
        {
            var (left, right) = (Value(steps[i].Left), Value(steps[i].Right));
            if (steps[i].Operator == ArithmeticOperator.DividedBy && (right == 0 || left % right != 0))
                return null;
            results[i] = steps[i].Operator switch
            {
                ArithmeticOperator.Plus => left + right,
                ArithmeticOperator.Minus => left - right,
                ArithmeticOperator.Times => left * right,
                _ => left / right,
            };
        }

        return results;

        int Value(ArithmeticOperand operand) => operand.IsStep ? results[operand.Value] : operand.Value;
    }
}
