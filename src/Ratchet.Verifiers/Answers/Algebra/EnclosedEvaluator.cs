namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>Evaluates an expression where one variable is only known to lie between two numbers: the value encloses all it can be.</summary>
internal sealed class EnclosedEvaluator(RealContext context, IReadOnlyDictionary<string, BigRational> variables, string name, Real between) : Evaluator(context, variables)
{
    protected override ComplexReal Variable(string variable) => variable == name ? new(between) : base.Variable(variable);
}
