using Ratchet.Verifiers.Answers.Algebra;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>Takes answers as sets of real numbers: intervals and their unions, finite sets, inequalities that are solved for one name.</summary>
internal sealed class SetReader(ScalarEquality equality)
{
    /// <summary>Whether a node is a chain of inequalities, or says which values are left out.</summary>
    public static bool IsInequality(Node node) => node is RelationNode relation
        && relation.Operators.All(o => o is Relation.Less or Relation.LessOrEqual or Relation.Greater or Relation.GreaterOrEqual or Relation.NotEqual);

    /// <summary>The set that a node stands for, or null where it is none.</summary>
    public RealSet? Read(Node node)
    {
        switch (node)
        {
            case ConstantNode { Constant: MathConstant.Reals }:
                return RealSet.All;
            case ConstantNode { Constant: MathConstant.EmptySet }:
                return RealSet.Empty;
            case BracketNode { CanBeInterval: true } bracket:
                return new([new(bracket.Items[0], bracket.Open == '[', bracket.Items[1], bracket.Close == ']')]);
            case BracketNode { IsSet: true } set:
                return Shape.SpreadAll(set.Items).Aggregate(RealSet.Empty, (union, item) => RealSet.Union(union, RealSet.Point(item)));
            case RegionNode region:
                return Region(region);
            case BuilderNode builder:
                return Read(builder.Condition);
            case RelationNode { Operators: [Relation.In], Terms: [_, var set] }:
                return Read(set);
            case RelationNode { Operators: [Relation.Equal], Terms: [var name, var value] } when Shape.IsName(name) && Shape.IsScalar(value):
                return Shape.Spread(value).Aggregate(RealSet.Empty, (union, item) => RealSet.Union(union, RealSet.Point(item)));
            case RelationNode relation when IsInequality(relation):
                return Inequality(relation);
            case ListNode list when list.Items.Count > 0 && list.Items.All(i => i is RelationNode or RegionNode):
                return Several(list);
            default:
                return null;
        }
    }

    /// <summary>The solutions of an inequality that is linear in its only variable, or null.</summary>
    public RealSet? SolveLinear(RelationNode relation, Budget budget)
    {
        if (relation.Operators is not [var relationOperator])
            return null;
        var difference = new SumNode([relation.Terms[0], new NegateNode(relation.Terms[1])]);
        if (new VariableScan(budget, difference) is not { Applications.Count: 0, Variables: { Count: 1 } variables })
            return null;
        var name = variables.Min!;
        if (ValueAt(difference, name, 0) is not { } atZero || ValueAt(difference, name, 1) is not { } atOne)
            return null;
        var slope = atOne - atZero;
        var line = new SumNode([new NumberNode(atZero), new ProductNode([new(new NumberNode(slope)), new(new SymbolNode(name))])]);
        if (slope.IsZero || !equality.Decide(difference, line).IsEqual)
            return null;
        var root = new NumberNode(-atZero / slope);
        return OneSided(slope.Sign > 0 ? relationOperator : Flipped(relationOperator), root);
    }

    private static BigRational? ValueAt(Node node, string name, BigRational value)
    {
        var context = new RealContext(new Budget(10_000));
        return new Evaluator(context, new Dictionary<string, BigRational> { [name] = value }).Evaluate(node)?.Rational;
    }

    private RealSet? Region(RegionNode region)
    {
        var result = Read(Shape.Unwrap(region.Items[0]));
        for (var i = 1; i < region.Items.Count && result is not null; i++)
        {
            if (Read(Shape.Unwrap(region.Items[i])) is not { } next)
                return null;
            result = region.Operators[i - 1] switch
            {
                'u' => RealSet.Union(result, next),
                'n' => RealSet.Intersection(result, next, equality),
                _ => RealSet.Intersection(result, RealSet.Complement(next, equality), equality),
            };
        }

        return result;
    }

    /// <summary>"or" joins solutions, "and" narrows them; a comma narrows where something is left, and else joins.</summary>
    private RealSet? Several(ListNode list)
    {
        var sets = list.Items.Select(Read).ToArray();
        if (sets.Any(s => s is null))
            return null;
        if (list.Joint == Joint.Or)
            return sets.Aggregate(RealSet.Empty, (union, set) => RealSet.Union(union, set!));
        var narrowed = sets.Aggregate(RealSet.All, (rest, set) => RealSet.Intersection(rest, set!, equality));
        return narrowed.Pieces.Count > 0 || list.Joint == Joint.And
            ? narrowed
            : sets.Aggregate(RealSet.Empty, (union, set) => RealSet.Union(union, set!));
    }

    private RealSet? Inequality(RelationNode relation)
    {
        if (relation.Terms.Count == 2)
        {
            if (IsSubject(relation.Terms[0]))
                return Bounded(relation.Terms[0], relation.Operators[0], relation.Terms[1]);
            return IsSubject(relation.Terms[1]) ? Bounded(relation.Terms[1], Flipped(relation.Operators[0]), relation.Terms[0]) : null;
        }

        if (relation.Terms.Count != 3 || !IsSubject(relation.Terms[1]))
            return null;
        var left = Bounded(relation.Terms[1], Flipped(relation.Operators[0]), relation.Terms[0]);
        var right = Bounded(relation.Terms[1], relation.Operators[1], relation.Terms[2]);
        return left is null || right is null ? null : Narrowed(left, right, relation);
    }

    /// <summary>a &lt; x &lt; b is an interval even where a and b cannot be ordered.</summary>
    private RealSet Narrowed(RealSet left, RealSet right, RelationNode relation)
    {
        if (relation.Terms[1] is CallNode)
            return RealSet.Intersection(left, right, equality);
        var rising = relation.Operators.All(o => o is Relation.Less or Relation.LessOrEqual);
        if (rising)
            return new([new(relation.Terms[0], relation.Operators[0] == Relation.LessOrEqual, relation.Terms[2], relation.Operators[1] == Relation.LessOrEqual)]);
        var falling = relation.Operators.All(o => o is Relation.Greater or Relation.GreaterOrEqual);
        return falling
            ? new([new(relation.Terms[2], relation.Operators[1] == Relation.GreaterOrEqual, relation.Terms[0], relation.Operators[0] == Relation.GreaterOrEqual)])
            : RealSet.Intersection(left, right, equality);
    }

    private static bool IsSubject(Node node) => Shape.IsName(node) && node is not BracketNode;

    private RealSet Bounded(Node subject, Relation relation, Node bound)
    {
        if (subject is not CallNode { Function: Function.Abs, Arguments: [SymbolNode] })
            return OneSided(relation, bound);
        var minus = new NegateNode(bound);
        return relation switch
        {
            Relation.Less or Relation.LessOrEqual => new([new(minus, relation == Relation.LessOrEqual, bound, relation == Relation.LessOrEqual)]),
            Relation.Greater or Relation.GreaterOrEqual => RealSet.Union(RealSet.Below(minus, relation == Relation.GreaterOrEqual), RealSet.Above(bound, relation == Relation.GreaterOrEqual)),
            _ => RealSet.Complement(RealSet.Union(RealSet.Point(bound), RealSet.Point(minus)), equality),
        };
    }

    private static RealSet OneSided(Relation relation, Node bound) => relation switch
    {
        Relation.Less => RealSet.Below(bound, false),
        Relation.LessOrEqual => RealSet.Below(bound, true),
        Relation.Greater => RealSet.Above(bound, false),
        Relation.GreaterOrEqual => RealSet.Above(bound, true),
        _ => RealSet.Union(RealSet.Below(bound, false), RealSet.Above(bound, false)),
    };

    /// <summary>The relation read from right to left.</summary>
    public static Relation Flipped(Relation relation) => relation switch
    {
        Relation.Less => Relation.Greater,
        Relation.LessOrEqual => Relation.GreaterOrEqual,
        Relation.Greater => Relation.Less,
        Relation.GreaterOrEqual => Relation.LessOrEqual,
        _ => relation,
    };
}
