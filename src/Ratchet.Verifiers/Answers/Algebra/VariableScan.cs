using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>The names in an expression and where they stand.</summary>
internal sealed class VariableScan
{
    private readonly Budget _budget;

    public VariableScan(Budget budget, params ReadOnlySpan<Node> nodes)
    {
        _budget = budget;
        foreach (var node in nodes)
            Visit(node, null, false);
    }

    /// <summary>Variables, in ordinal order.</summary>
    public SortedSet<string> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>Applications such as f(2), by their canonical key.</summary>
    public SortedSet<string> Applications { get; } = new(StringComparer.Ordinal);

    /// <summary>Variables in exponents, factorials and the like, where only whole numbers are sure to make sense.</summary>
    public SortedSet<string> WholeVariables { get; } = new(StringComparer.Ordinal);

    /// <summary>True where the imaginary unit occurs.</summary>
    public bool IsComplex { get; private set; }

    private void Visit(Node node, string? bound, bool whole)
    {
        _budget.Spend(1);
        switch (node)
        {
            case SymbolNode symbol when symbol.Name != bound:
                Variables.Add(symbol.Name);
                if (whole)
                    WholeVariables.Add(symbol.Name);
                break;
            case ConstantNode { Constant: MathConstant.I }:
                IsComplex = true;
                break;
            case ApplyNode apply:
                Applications.Add(Canonical.KeyOf(apply, _budget));
                break;
            case NegateNode negate:
                Visit(negate.Operand, bound, whole);
                break;
            case DegreeNode degree:
                Visit(degree.Operand, bound, whole);
                break;
            case PercentNode percent:
                Visit(percent.Operand, bound, whole);
                break;
            case UnitNode unit:
                Visit(unit.Value, bound, whole);
                break;
            case SumNode sum:
                VisitAll(sum.Terms, bound, whole);
                break;
            case ProductNode product:
                VisitAll(product.Factors.Select(f => f.Node), bound, whole);
                break;
            case PowerNode power:
                Visit(power.Base, bound, whole);
                Visit(power.Exponent, bound, whole || power.Base is not ConstantNode { Constant: MathConstant.E });
                break;
            case CallNode { Function: Function.Sum or Function.Product } range:
                Visit(range.Arguments[0], ((SymbolNode)range.Arguments[1]).Name, whole);
                Visit(range.Arguments[2], bound, true);
                Visit(range.Arguments[3], bound, true);
                break;
            case CallNode call:
                VisitAll(call.Arguments, bound, whole || call.Function is Function.Factorial or Function.Binomial or Function.Gcd or Function.Lcm);
                break;
            case BracketNode bracket:
                VisitAll(bracket.Items, bound, whole);
                break;
            case RatioNode ratio:
                VisitAll(ratio.Items, bound, whole);
                break;
        }
    }

    private void VisitAll(IEnumerable<Node> nodes, string? bound, bool whole)
    {
        foreach (var node in nodes)
            Visit(node, bound, whole);
    }
}
