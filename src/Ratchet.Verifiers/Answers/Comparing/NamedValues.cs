using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>
/// The values of a list with their names: <c>x = 1, y = 2</c> is a record, <c>x = 1, x = 2</c> and <c>x = 1, 2</c> are values of one name.
/// </summary>
internal sealed class NamedValues
{
    private NamedValues(IReadOnlyList<Node> values, IReadOnlyList<string>? names)
    {
        Values = values;
        Names = names;
    }

    /// <summary>The values in the order written.</summary>
    public IReadOnlyList<Node> Values { get; }

    /// <summary>The names in the order written, where there are at least two different ones.</summary>
    public IReadOnlyList<string>? Names { get; }

    public bool IsRecord => Names is not null;

    public static NamedValues Of(ListNode list)
    {
        var definitions = list.Items.Select(Shape.Definition).ToArray();
        if (definitions.All(d => d is not null))
        {
            var names = definitions.Select(d => NameOf(d!.Value.Name)).ToArray();
            var values = definitions.Select(d => d!.Value.Value).ToArray();
            return names.Distinct(StringComparer.Ordinal).Count() == names.Length && names.Length > 1 ? new(values, names) : new(values, null);
        }

        // n = 1, 2, 3: the name belongs to all.
        if (definitions[0] is var (_, first) && list.Items.Skip(1).All(i => i is not RelationNode))
            return new([first, .. list.Items.Skip(1)], null);

        // Records in a list: p = 5, q = 2; p = 7, q = 2 are tuples.
        if (list.Items.All(i => i is ListNode inner && Of(inner).IsRecord))
            return new([.. list.Items.Select(i => new BracketNode('(', ')', Of((ListNode)i).Values))], null);
        return new(list.Items, null);
    }

    /// <summary>The values in ordinal order of their names.</summary>
    public IReadOnlyList<Node> InNameOrder() => [.. Values.Zip(Names!).OrderBy(p => p.Second, StringComparer.Ordinal).Select(p => p.First)];

    /// <summary>A text that is the same for the same name.</summary>
    public static string NameOf(Node node) => node switch
    {
        SymbolNode symbol => symbol.Name,
        ApplyNode apply => $"{apply.Name}({string.Join(",", apply.Arguments.Select(NameOf))})",
        NumberNode number => number.Value.ToString(),
        CallNode call => $"{call.Function}({string.Join(",", call.Arguments.Select(NameOf))})",
        BracketNode bracket => $"{bracket.Open}{string.Join(",", bracket.Items.Select(NameOf))}{bracket.Close}",
        RatioNode ratio => string.Join(":", ratio.Items.Select(NameOf)),
        ProductNode product => string.Concat(product.Factors.Select(f => NameOf(f.Node))),
        DegreeNode degree => NameOf(degree.Operand),
        _ => node.GetType().Name,
    };
}
