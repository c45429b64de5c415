using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>Questions about the outward form of an answer.</summary>
internal static class Shape
{
    private const int MaxSpread = 64;

    /// <summary>Whether a node only names a thing: x, f(x), |AB|, (x, y), P(A), A:B.</summary>
    public static bool IsName(Node node) => node switch
    {
        SymbolNode or ApplyNode => true,
        CallNode { Function: Function.Abs, Arguments: [var inner] } => IsName(inner),
        CallNode { Function: Function.Sin or Function.Cos or Function.Tan or Function.Cot or Function.Sec or Function.Csc, Arguments: [var angle] } => angle is SymbolNode,
        CallNode { Function: Function.Max or Function.Min, Arguments: [var inner] } => IsName(inner),
        RatioNode ratio => ratio.Items.All(i => i is SymbolNode),
        BracketNode { IsRound: true } bracket => bracket.Items.All(i => i is SymbolNode),
        ProductNode { Factors: [{ Inverted: false, Node: SymbolNode symbol }, { Inverted: false, Node: BracketNode { IsRound: true } argument }] } =>
            char.IsUpper(symbol.Name[0]) || argument.Items.All(i => i is SymbolNode or NumberNode),
        ProductNode product => product.Factors.Count <= 4 && product.Factors.All(f => !f.Inverted && f.Node is SymbolNode { Name.Length: 1 }),
        DegreeNode degree => IsName(degree.Operand),
        PowerNode { Base: SymbolNode inverse, Exponent: NegateNode { Operand: NumberNode { Value.IsOne: true } } } => char.IsUpper(inverse.Name[0]),
        _ => false,
    };

    /// <summary>
    /// The value of <c>name = ... = value</c>, or null where a node is no such chain. What follows an approximation sign is left out, unless
    /// nothing exact stands before it.
    /// </summary>
    public static (Node Name, Node Value)? Definition(Node node)
    {
        if (node is not RelationNode relation || !IsName(relation.Terms[0]))
            return null;
        var last = 0;
        for (var i = 0; i < relation.Operators.Count; i++)
        {
            if (relation.Operators[i] is Relation.Approximately)
            {
                if (last > 0)
                    break;
            }
            else if (relation.Operators[i] is not (Relation.Equal or Relation.In))
            {
                return null;
            }

            last = i + 1;
        }

        return (relation.Terms[0], relation.Terms[last]);
    }

    /// <summary>
    /// The values of a node with plus-minus signs, one for the upper and one for the lower signs; the node alone where it has none.
    /// </summary>
    public static IReadOnlyList<Node> Spread(Node node) => HasSigns(node) ? [WithSigns(node, true), WithSigns(node, false)] : [node];

    /// <summary>The items of a list, set or tuple, plus-minus signs spread out.</summary>
    public static List<Node> SpreadAll(IReadOnlyList<Node> items)
    {
        var result = new List<Node>();
        foreach (var item in items)
            result.AddRange(result.Count < MaxSpread ? Spread(item) : [item]);
        return result;
    }

    /// <summary>Without brackets around a single thing, and without the name of a point: P(1, 2) is (1, 2).</summary>
    public static Node Unwrap(Node node)
    {
        while (true)
        {
            switch (node)
            {
                case BracketNode { Items: [var inner], Open: '(' or '[' }:
                    node = inner;
                    break;
                case ProductNode { Factors: [{ Inverted: false, Node: SymbolNode name }, { Inverted: false, Node: BracketNode { IsRound: true, Items.Count: > 1 } point }] } when char.IsUpper(name.Name[0]):
                    node = point;
                    break;
                default:
                    return node;
            }
        }
    }

    /// <summary>Whether a node is a single value: no list, set, matrix, relation or text.</summary>
    public static bool IsScalar(Node node) => node is NumberNode or SymbolNode or SumNode or NegateNode or PlusMinusNode or ProductNode or PowerNode or CallNode or ApplyNode
        or DegreeNode or PercentNode or UnitNode or BasedNode or ConstantNode { Constant: not (MathConstant.EmptySet or MathConstant.Reals) }
        || (node is BracketNode { Items: [var inner], Open: '(' or '[' } && IsScalar(inner));

    private static bool HasSigns(Node node) => node switch
    {
        PlusMinusNode => true,
        NegateNode negate => HasSigns(negate.Operand),
        SumNode sum => sum.Terms.Any(HasSigns),
        ProductNode product => product.Factors.Any(f => HasSigns(f.Node)),
        PowerNode power => HasSigns(power.Base) || HasSigns(power.Exponent),
        CallNode call => call.Arguments.Any(HasSigns),
        BracketNode { IsSet: false } bracket => bracket.Items.Any(HasSigns),
        RelationNode relation => relation.Terms.Any(HasSigns),
        UnitNode unit => HasSigns(unit.Value),
        DegreeNode degree => HasSigns(degree.Operand),
        PercentNode percent => HasSigns(percent.Operand),
        _ => false,
    };

    private static Node WithSigns(Node node, bool upper) => node switch
    {
        PlusMinusNode sign => sign.Upper == upper ? WithSigns(sign.Operand, upper) : new NegateNode(WithSigns(sign.Operand, upper)),
        NegateNode negate => new NegateNode(WithSigns(negate.Operand, upper)),
        SumNode sum => new SumNode([.. sum.Terms.Select(t => WithSigns(t, upper))]),
        ProductNode product => new ProductNode([.. product.Factors.Select(f => f with { Node = WithSigns(f.Node, upper) })]),
        PowerNode power => new PowerNode(WithSigns(power.Base, upper), WithSigns(power.Exponent, upper)),
        CallNode call => new CallNode(call.Function, [.. call.Arguments.Select(a => WithSigns(a, upper))]),
        BracketNode { IsSet: false } bracket => new BracketNode(bracket.Open, bracket.Close, [.. bracket.Items.Select(i => WithSigns(i, upper))]),
        RelationNode relation => new RelationNode([.. relation.Terms.Select(t => WithSigns(t, upper))], relation.Operators),
        UnitNode unit => new UnitNode(WithSigns(unit.Value, upper), unit.Unit),
        DegreeNode degree => new DegreeNode(WithSigns(degree.Operand, upper)),
        PercentNode percent => new PercentNode(WithSigns(percent.Operand, upper)),
        _ => node,
    };
}
