using Ratchet.Verifiers.Answers.Algebra;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

internal sealed partial class AnswerComparer
{
    private AnswerComparison CompareRelations(Node reference, Node answer)
    {
        // 3 + 2 = 5 is 5 where it is true.
        if ((reference as RelationNode) is { } x && Calculation(x) is { } resultX)
            return Compare(resultX, answer);
        if ((answer as RelationNode) is { } y && Calculation(y) is { } resultY)
            return Compare(reference, resultY);
        var (a, b) = (Shape.Definition(reference), Shape.Definition(answer));
        if (a is var (nameA, valueA) && b is var (nameB, valueB))
            return CompareDefinitions(nameA, valueA, nameB, valueB, (RelationNode)reference, (RelationNode)answer);
        if (reference is RelationNode first && answer is RelationNode second)
            return CompareTwoRelations(first, second, a, b);
        var relation = (RelationNode)(reference is RelationNode ? reference : answer);
        if ((a ?? b) is var (_, value))
        {
            if (!_profile.OptionalName)
                return AnswerComparison.Different(AnswerReason.OtherForm, "a value against an equation");
            return reference is RelationNode ? Compare(value, answer) : Compare(reference, value);
        }

        if (SetReader.IsInequality(relation))
        {
            if (!_profile.InequalitiesAsSets)
                return OtherKind("an inequality against something else");
            return CompareSets(reference, answer);
        }

        return OtherKind("an equation against something else");
    }

    private AnswerComparison CompareDefinitions(Node nameA, Node valueA, Node nameB, Node valueB, RelationNode reference, RelationNode answer)
    {
        var same = NamedValues.NameOf(nameA) == NamedValues.NameOf(nameB);

        // y = 2x and f(x) = 2x say the same; x = 2 and y = 2 do not.
        if (same)
            return Compare(valueA, valueB);
        if (_profile.OptionalName && !(nameA is SymbolNode { Name.Length: 1 } && nameB is SymbolNode { Name.Length: 1 }) && Compare(valueA, valueB) is { IsEqual: true } equal)
            return equal;
        return reference.Operators is [Relation.Equal] && answer.Operators is [Relation.Equal] && Shape.IsScalar(valueA) && Shape.IsScalar(valueB)
            ? _equations.Compare(reference, answer)
            : AnswerComparison.Different(AnswerReason.OtherText, "values of different names");
    }

    private AnswerComparison CompareTwoRelations(RelationNode a, RelationNode b, (Node Name, Node Value)? definitionA, (Node Name, Node Value)? definitionB)
    {
        var (inequalityA, inequalityB) = (SetReader.IsInequality(a), SetReader.IsInequality(b));
        if (inequalityA && inequalityB)
            return CompareInequalities(a, b);
        if (inequalityA || inequalityB)
        {
            // x in [1, 2] against 1 <= x <= 2; an equation never meets an inequality.
            var other = inequalityA ? definitionB : definitionA;
            return other is not null && _profile.InequalitiesAsSets ? CompareSets(a, b) : OtherKind("an equation against an inequality");
        }

        if (a.Operators is [Relation.Equal] && b.Operators is [Relation.Equal])
            return CompareEquations(a, b);
        if (!a.Operators.SequenceEqual(b.Operators))
            return OtherKind("other relations");
        return CompareInOrder(a.Terms, b.Terms);
    }

    private AnswerComparison CompareEquations(RelationNode a, RelationNode b)
    {
        if (!a.Terms.Concat(b.Terms).All(Shape.IsScalar))
            return CompareInOrder(a.Terms, b.Terms);
        var result = _equations.Compare(a, b);
        return result.Outcome == AnswerOutcome.Undecided && CompareInOrder(a.Terms, b.Terms) is { IsEqual: true } sides ? sides : result;
    }

    private AnswerComparison CompareInequalities(RelationNode a, RelationNode b)
    {
        if (SubjectOf(a) == SubjectOf(b) && (_sets.Read(a) ?? _sets.SolveLinear(a, _budget)) is { } first && (_sets.Read(b) ?? _sets.SolveLinear(b, _budget)) is { } second)
            return ComparePieces(first, second);
        if (a.Terms.Count == 2 && b.Terms.Count == 2)
            return _equations.Compare(a, b);
        if (a.Terms.Count != b.Terms.Count)
            return AnswerComparison.Different(AnswerReason.OtherCount, "chains of another length");
        var operators = b.Operators;
        var terms = b.Terms;
        if (!a.Operators.SequenceEqual(operators))
            (terms, operators) = ([.. b.Terms.Reverse()], [.. b.Operators.Reverse().Select(SetReader.Flipped)]);
        return a.Operators.SequenceEqual(operators) ? CompareInOrder(a.Terms, terms) : OtherKind("other relations");
    }

    /// <summary>What a relation is about: its names, so that x &gt; 2 is not taken for y &gt; 2.</summary>
    private string SubjectOf(RelationNode relation)
    {
        var scan = new VariableScan(_budget, [.. relation.Terms]);
        return string.Join(" ", scan.Variables.Concat(scan.Applications));
    }

    private Node? Calculation(RelationNode relation)
    {
        if (relation.Operators.Any(o => o != Relation.Equal) || relation.Terms.Any(t => !Shape.IsScalar(t) || new VariableScan(_budget, t) is not { Variables.Count: 0, Applications.Count: 0 }))
            return null;
        for (var i = 1; i < relation.Terms.Count; i++)
        {
            if (!_equality.Decide(relation.Terms[i - 1], relation.Terms[i]).IsEqual)
                return null;
        }

        return relation.Terms[^1];
    }

    private AnswerComparison CompareSets(Node reference, Node answer)
    {
        var (a, b) = (_sets.Read(reference), _sets.Read(answer));
        if (reference is BuilderNode first && answer is BuilderNode second && (a is null || b is null))
            return CompareInOrder([first.Head, first.Condition], [second.Head, second.Condition]);
        if (reference is RegionNode x && answer is RegionNode y && a is null && b is null && x.Operators.SequenceEqual(y.Operators))
            return CompareInOrder(x.Items, y.Items);
        if (a is null || b is null)
            return OtherKind("a set of numbers against something else");
        return ComparePieces(a, b);
    }

    private AnswerComparison ComparePieces(RealSet reference, RealSet answer)
    {
        var (a, b) = (reference.Normalized(_equality).Pieces, answer.Normalized(_equality).Pieces);
        if (a.Count != b.Count)
            return AnswerComparison.Different(AnswerReason.OtherCount, $"{a.Count} parts against {b.Count}");
        AnswerComparison? open = null;
        for (var i = 0; i < a.Count; i++)
        {
            var (low, high) = (_equality.Decide(a[i].Low, b[i].Low), _equality.Decide(a[i].High, b[i].High));
            foreach (var (end, same) in new[] { (low, a[i].LowClosed == b[i].LowClosed), (high, a[i].HighClosed == b[i].HighClosed) })
            {
                if (end.Outcome == AnswerOutcome.Different)
                    return AnswerComparison.Different(AnswerReason.OtherValue, $"another end of part {i + 1}");
                if (!same)
                    return AnswerComparison.Different(AnswerReason.OtherKind, $"an end of part {i + 1} is open in one and closed in the other");
                if (!end.IsEqual)
                    open ??= end;
            }
        }

        return open ?? AnswerComparison.Equal(AnswerReason.SameValue, "the same set of numbers");
    }
}
