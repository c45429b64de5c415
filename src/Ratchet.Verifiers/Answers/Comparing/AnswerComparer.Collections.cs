using Ratchet.Verifiers.Answers.Algebra;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

internal sealed partial class AnswerComparer
{
    private const int MaxItems = 400;

    private AnswerComparison CompareInOrder(IReadOnlyList<Node> a, IReadOnlyList<Node> b)
    {
        if (a.Count != b.Count)
            return AnswerComparison.Different(AnswerReason.OtherCount, $"{a.Count} items against {b.Count}");
        AnswerComparison? open = null;
        for (var i = 0; i < a.Count; i++)
        {
            var result = Compare(a[i], b[i]);
            if (result.Outcome == AnswerOutcome.Different)
                return result with { Message = $"item {i + 1}: {result.Message}" };
            if (!result.IsEqual)
                open ??= result;
        }

        return open ?? AnswerComparison.Equal(AnswerReason.SameValue, "all items are the same");
    }

    /// <summary>Whether each item of one is an item of the other: sets, so that order and repetition say nothing.</summary>
    private AnswerComparison CompareAsSets(IReadOnlyList<Node> a, IReadOnlyList<Node> b)
    {
        if (a.Count > MaxItems || b.Count > MaxItems)
            throw new UndecidedException(AnswerReason.Limit, $"a set has more than {MaxItems} items");
        AnswerComparison? open = null;
        var matched = new bool[b.Count];
        for (var i = 0; i < a.Count; i++)
        {
            if (Find(a[i], b, answerFirst: false, matched) is { } result && Settles(result, ref open, a[i]) is { } different)
                return different;
        }

        for (var j = 0; j < b.Count; j++)
        {
            if (!matched[j] && Find(b[j], a, answerFirst: true, null) is { } result && Settles(result, ref open, b[j]) is { } different)
                return different;
        }

        return open ?? AnswerComparison.Equal(AnswerReason.SameValue, "the same items");
    }

    private static AnswerComparison? Settles(AnswerComparison result, ref AnswerComparison? open, Node item)
    {
        if (result.Outcome == AnswerOutcome.Different)
            return AnswerComparison.Different(AnswerReason.OtherValue, item is NumberNode number ? $"{number.Value} is in one only" : "an item is in one only");
        open ??= result;
        return null;
    }

    /// <summary>Null where an item is found; else why not.</summary>
    private AnswerComparison? Find(Node item, IReadOnlyList<Node> among, bool answerFirst, bool[]? matched)
    {
        AnswerComparison? open = null;
        var found = false;
        for (var j = 0; j < among.Count; j++)
        {
            if (matched is { } seen && seen[j] && found)
                continue;
            var result = answerFirst ? Compare(among[j], item) : Compare(item, among[j]);
            if (result.IsEqual)
            {
                found = true;
                if (matched is null)
                    return null;
                matched[j] = true;
                break;
            }

            if (result.Outcome == AnswerOutcome.Undecided)
                open ??= result;
        }

        return found ? null : open ?? AnswerComparison.Different(AnswerReason.OtherValue, "an item is in one only");
    }

    private AnswerComparison CompareLists(ListNode reference, ListNode answer)
    {
        var (a, b) = (NamedValues.Of(reference), NamedValues.Of(answer));
        if (a.IsRecord && b.IsRecord && a.Names!.ToHashSet().SetEquals(b.Names!))
            return CompareInOrder(a.InNameOrder(), b.InNameOrder());
        if (a.IsRecord || b.IsRecord)
            return a.IsRecord && b.IsRecord ? CompareAsSets(reference.Items, answer.Items) : NamesMayBeMissing() ?? CompareInOrder(a.Values, b.Values);
        if (AreInequalities(reference) && AreInequalities(answer))
            return CompareSets(reference, answer);
        if (_profile.OrderedLists)
            return CompareInOrder(Shape.SpreadAll(a.Values), Shape.SpreadAll(b.Values));
        return CompareAsSets(Shape.SpreadAll(a.Values), Shape.SpreadAll(b.Values));
    }

    private AnswerComparison? NamesMayBeMissing() => _profile.OptionalName ? null : OtherKind("names are missing in one");

    private static bool AreInequalities(ListNode list) => list.Items.Count > 0 && list.Items.All(SetReader.IsInequality);

    /// <summary>A set, tuple, interval or list against another of them or a single value.</summary>
    private AnswerComparison CompareCollections(Node reference, Node answer)
    {
        if (reference is BracketNode a && answer is BracketNode b)
            return CompareBrackets(a, b);
        var (collection, other) = reference is BracketNode or ListNode ? (reference, answer) : (answer, reference);
        if (collection is ListNode list && other is BracketNode bracket)
            return CompareListWithBrackets(list, bracket, ReferenceEquals(collection, reference));
        if (other is ListNode otherList && collection is BracketNode otherBracket)
            return CompareListWithBrackets(otherList, otherBracket, ReferenceEquals(other, reference));

        // One value against several of them: only {5} and 5 can agree, and n = 2, 3 never does with 2.
        if (collection is BracketNode { IsSet: true } set && _profile.OptionalName)
        {
            var values = Shape.SpreadAll(set.Items);
            return values.Count == 1
                ? ReferenceEquals(collection, reference) ? Compare(values[0], answer) : Compare(reference, values[0])
                : AnswerComparison.Different(AnswerReason.OtherCount, $"{values.Count} items against one");
        }

        if (collection is ListNode { Items.Count: 0 })
            return OtherKind("nothing against something");
        return AnswerComparison.Different(AnswerReason.OtherCount, "several values against one");
    }

    private AnswerComparison CompareListWithBrackets(ListNode list, BracketNode bracket, bool listIsReference)
    {
        var values = NamedValues.Of(list);
        if (bracket.IsSet)
        {
            var (items, others) = (Shape.SpreadAll(values.Values), Shape.SpreadAll(bracket.Items));
            return values.IsRecord ? OtherKind("named values against a set") : listIsReference ? CompareAsSets(items, others) : CompareAsSets(others, items);
        }

        if (!_profile.ListsAsTuples || bracket.Open == '[' != (bracket.Close == ']') || (bracket.Open == '[' && bracket.Items.Count == 2))
            return OtherKind("a list against brackets");
        if (list.Joint == Joint.Or)
            return OtherKind("a choice of values against a tuple");
        return listIsReference ? CompareInOrder(values.Values, bracket.Items) : CompareInOrder(bracket.Items, values.Values);
    }

    private AnswerComparison CompareBrackets(BracketNode a, BracketNode b)
    {
        if (a.IsSet != b.IsSet)
            return OtherKind("a set against a tuple or an interval");
        if (a.IsSet)
            return CompareAsSets(Shape.SpreadAll(a.Items), Shape.SpreadAll(b.Items));
        if (a.Items.Count != b.Items.Count)
            return AnswerComparison.Different(AnswerReason.OtherCount, $"{a.Items.Count} items against {b.Items.Count}");
        if (a.Open == b.Open && a.Close == b.Close)
            return CompareInOrder(a.Items, b.Items);
        var vector = a.Open == '⟨' != (b.Open == '⟨') && (a.IsRound || b.IsRound || a.Items.Count > 2);
        if ((vector && _profile.VectorsAsTuples) || (a.Items.Count > 2 && _profile.ListsAsTuples))
            return CompareInOrder(a.Items, b.Items);
        var ends = CompareInOrder(a.Items, b.Items);
        return ends.IsEqual ? OtherKind("brackets of another kind: an end is open in one and closed in the other") : ends;
    }
}
