using Ratchet.Loop;
using Ratchet.Verifiers.Answers.Algebra;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>Compares two answers as read, kind by kind.</summary>
internal sealed partial class AnswerComparer
{
    private const int MaxDepth = 60;
    private readonly AnswerProfile _profile;
    private readonly Budget _budget;
    private readonly ScalarEquality _equality;
    private readonly ScalarComparer _scalars;
    private readonly EquationComparer _equations;
    private readonly SetReader _sets;
    private int _depth;

    public AnswerComparer(AnswerProfile profile, Budget budget, RandomStream random)
    {
        _profile = profile;
        _budget = budget;
        _equality = new ScalarEquality(budget, random);
        _scalars = new ScalarComparer(profile, _equality, budget);
        _equations = new EquationComparer(_equality, budget);
        _sets = new SetReader(_equality);
    }

    public AnswerComparison Compare(Node reference, Node answer)
    {
        if (++_depth > MaxDepth)
            throw new UndecidedException(AnswerReason.Limit, $"the answers are nested deeper than {MaxDepth} levels");
        _budget.Spend(5);
        var result = Dispatch(Simplify(reference), Simplify(answer));
        _depth--;
        return result;
    }

    private static AnswerComparison OtherKind(string message) => AnswerComparison.Different(AnswerReason.OtherKind, message);

    private static Node Simplify(Node node)
    {
        node = Shape.Unwrap(node);
        if (Shape.Spread(node) is { Count: 2 } both)
            return new ListNode(both, Joint.Or);
        return MatrixArithmetic.Evaluate(node);
    }

    private AnswerComparison Dispatch(Node reference, Node answer)
    {
        if (reference is TextNode || answer is TextNode)
            return CompareTexts(reference, answer);
        if (reference is DateNode || answer is DateNode)
            return CompareDates(reference, answer);
        if (reference is TimeNode or RatioNode || answer is TimeNode or RatioNode)
            return CompareRatios(reference, answer);
        if ((reference is RelationNode && answer is not ListNode) || (answer is RelationNode && reference is not ListNode))
            return CompareRelations(reference, answer);
        if (reference is MatrixNode || answer is MatrixNode)
            return CompareMatrices(reference, answer);
        if (reference is ListNode a && answer is ListNode b)
            return CompareLists(a, b);
        if (IsRegion(reference) || IsRegion(answer))
            return CompareSets(reference, answer);
        if ((reference is ListNode first && AreInequalities(first)) || (answer is ListNode second && AreInequalities(second)))
            return _profile.InequalitiesAsSets ? CompareSets(reference, answer) : OtherKind("inequalities against something else");
        if (reference is BracketNode or ListNode || answer is BracketNode or ListNode)
            return CompareCollections(reference, answer);
        return _scalars.Compare(reference, answer);
    }

    private static bool IsRegion(Node node) => node is RegionNode or BuilderNode or ConstantNode { Constant: MathConstant.EmptySet or MathConstant.Reals };

    private static AnswerComparison CompareTexts(Node reference, Node answer)
    {
        if (reference is not TextNode a || answer is not TextNode b)
            return OtherKind("words against mathematics");
        return a.Words == b.Words
            ? AnswerComparison.Equal(AnswerReason.SameText, "the same words")
            : AnswerComparison.Different(AnswerReason.OtherText, "other words");
    }

    private static AnswerComparison CompareDates(Node reference, Node answer)
    {
        if (reference is not DateNode a || answer is not DateNode b)
            return OtherKind("a date against something else");
        if (a.Month != b.Month || a.Day != b.Day || (a.Year != b.Year && a.Year != 0 && b.Year != 0))
            return AnswerComparison.Different(AnswerReason.OtherValue, "another date");
        return a.Year == b.Year
            ? AnswerComparison.Equal(AnswerReason.SameValue, "the same date")
            : AnswerComparison.Different(AnswerReason.OtherForm, "the year is left out of one date");
    }

    private AnswerComparison CompareRatios(Node reference, Node answer)
    {
        if (reference is TimeNode || answer is TimeNode)
            return CompareTimes(reference, answer);
        if (reference is RatioNode a && answer is RatioNode b)
        {
            if (a.Items.Count != b.Items.Count)
                return AnswerComparison.Different(AnswerReason.OtherCount, "ratios of another number of parts");
            var same = CompareInOrder(a.Items, b.Items);
            if (same.IsEqual || (a.Clock && b.Clock && !BothWays(a, b)))
                return same;
            if (a.Clock && b.Clock)
                return AnswerComparison.Undecided(AnswerReason.NotSupported, "two times of day that differ, or one ratio written in two ways");
            return CompareScaled(a.Items, b.Items);
        }

        var (ratio, other) = reference is RatioNode r ? (r, answer) : ((RatioNode)answer, reference);
        if (Shape.Definition(other) is var (_, value))
            return reference is RatioNode ? Compare(reference, value) : Compare(value, answer);
        if (!_profile.RatiosAsQuotients || ratio.Items.Count != 2 || ratio.Clock || !Shape.IsScalar(other))
            return OtherKind("a ratio against something else");
        var quotient = new ProductNode([new(ratio.Items[0]), new(ratio.Items[1], true)]);
        return reference is RatioNode ? _scalars.Compare(quotient, answer) : _scalars.Compare(reference, quotient);
    }

    /// <summary>Whether two clock times agree as ratios: 10:20 and 20:40. A part that is zero is none of a ratio.</summary>
    private bool BothWays(RatioNode a, RatioNode b) => a.Items.Concat(b.Items).All(i => i is NumberNode { Value.IsZero: false }) && CompareScaled(a.Items, b.Items).Outcome != AnswerOutcome.Different;

    /// <summary>a : b : c against a factor times it.</summary>
    private AnswerComparison CompareScaled(IReadOnlyList<Node> a, IReadOnlyList<Node> b)
    {
        var result = AnswerComparison.Equal(AnswerReason.SameValue, "the same ratio");
        for (var i = 1; i < a.Count; i++)
        {
            var cross = _equality.Decide(new ProductNode([new(a[0]), new(b[i])]), new ProductNode([new(a[i]), new(b[0])]));
            if (cross.Outcome == AnswerOutcome.Different)
                return AnswerComparison.Different(AnswerReason.OtherValue, "another ratio");
            if (!cross.IsEqual)
                result = cross;
        }

        return result;
    }

    private static AnswerComparison CompareTimes(Node reference, Node answer)
    {
        if (TimeOf(reference) is not var (first, firstHalf) || TimeOf(answer) is not var (second, secondHalf))
            return OtherKind("a time of day against something else");
        if (first == second && (firstHalf == secondHalf || first >= 13 * 60))
            return AnswerComparison.Equal(AnswerReason.SameValue, "the same time of day");
        return first == second
            ? AnswerComparison.Different(AnswerReason.OtherForm, "a.m. or p.m. is left out of one time")
            : AnswerComparison.Different(AnswerReason.OtherValue, "another time of day");
    }

    private static (BigRational Minutes, bool Half)? TimeOf(Node node)
    {
        if (node is TimeNode time)
            return (time.Minutes, time.HalfIsKnown);
        if (node is not RatioNode { Clock: true } ratio)
            return null;
        var minutes = (((NumberNode)ratio.Items[0]).Value * 60) + ((NumberNode)ratio.Items[1]).Value;
        return (ratio.Items.Count == 3 ? minutes + (((NumberNode)ratio.Items[2]).Value / 60) : minutes, false);
    }

    private AnswerComparison CompareMatrices(Node reference, Node answer)
    {
        if (reference is MatrixNode a && answer is MatrixNode b)
        {
            if (a.Rows.Count != b.Rows.Count || a.Columns != b.Columns)
            {
                return _profile.VectorsAsTuples && IsVector(a) && IsVector(b)
                    ? CompareInOrder(Entries(a), Entries(b))
                    : AnswerComparison.Different(AnswerReason.OtherCount, "matrices of another size");
            }

            return CompareInOrder(Entries(a), Entries(b));
        }

        var (matrix, other) = reference is MatrixNode r ? (r, answer) : ((MatrixNode)answer, reference);
        if (!_profile.VectorsAsTuples || other is not BracketNode { IsSet: false } bracket)
            return OtherKind("a matrix against something else");

        // [[1, 2], [3, 4]] is a matrix of rows, (1, 2) a vector.
        IReadOnlyList<Node>? entries = IsVector(matrix) ? bracket.Items : null;
        if (bracket.Items.All(i => i is BracketNode { IsSet: false }))
        {
            if (bracket.Items.Count != matrix.Rows.Count || bracket.Items.Any(i => ((BracketNode)i).Items.Count != matrix.Columns))
                return AnswerComparison.Different(AnswerReason.OtherCount, "rows of another size");
            entries = [.. bracket.Items.SelectMany(i => ((BracketNode)i).Items)];
        }

        if (entries is null)
            return OtherKind("a matrix against something else");
        return reference is MatrixNode ? CompareInOrder(Entries(matrix), entries) : CompareInOrder(entries, Entries(matrix));
    }

    private static bool IsVector(MatrixNode matrix) => matrix.Rows.Count == 1 || matrix.Columns == 1;

    private static List<Node> Entries(MatrixNode matrix) => [.. matrix.Rows.SelectMany(r => r)];
}
