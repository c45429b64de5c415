using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Ratchet.Recipes;

/// <summary>Reads YAML into nodes with positions. Unlike a deserializer it keeps going after a duplicate key.</summary>
internal sealed class RecipeYaml
{
    private readonly string _source;
    private readonly List<RecipeMistake> _mistakes;
    private readonly Dictionary<AnchorName, RecipeNode> _anchors = [];
    private readonly bool _isOption;

    private RecipeYaml(string source, List<RecipeMistake> mistakes, bool isOption)
    {
        _source = source;
        _mistakes = mistakes;
        _isOption = isOption;
    }

    /// <summary>The document of a text, or null where it is empty or its syntax is broken (a mistake is added).</summary>
    public static RecipeNode? Read(string text, string source, List<RecipeMistake> mistakes, bool isOption = false)
    {
        var reader = new RecipeYaml(source, mistakes, isOption);
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (!parser.Accept<DocumentStart>(out _))
                return null;
            parser.Consume<DocumentStart>();
            var node = reader.Node(parser, "");
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
                mistakes.Add(new(reader.At(second.Start), "", "A second document begins here.", "A recipe is one YAML document; remove the '---'."));
            return node;
        }
        catch (YamlException e)
        {
            mistakes.Add(new(reader.At(e.Start), "", $"This is not YAML: {Sentence(e.Message)}", "Check indentation, colons, brackets and quotes on this line and the one above."));
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The scanner fails in this way on some broken flow lists, without a position of its own.
            mistakes.Add(new(reader.At(parser.Current?.End ?? Mark.Empty), "", "This is not YAML: the syntax breaks after this place.", "Check brackets, quotes and colons on this line and the next."));
            return null;
        }
    }

    private RecipeNode Node(IParser parser, string path)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (_anchors.TryGetValue(alias.Value, out var named))
                return named;
            _mistakes.Add(new(At(alias.Start), path, $"No anchor is called '{alias.Value}'.", "Define it above with '&'."));
            return new ScalarNode(At(alias.Start), "", false);
        }

        if (parser.TryConsume<Scalar>(out var scalar))
            return Anchored(scalar.Anchor, new ScalarNode(At(scalar.Start), scalar.Value, scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any)));

        if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<RecipeNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Node(parser, $"{path}[{items.Count}]"));
            return Anchored(sequence.Anchor, new ListNode(At(sequence.Start), items));
        }

        var start = parser.Consume<MappingStart>();
        var map = new MapNode(At(start.Start), []);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
                throw new YamlException(parser.Current!.Start, parser.Current.End, "a key must be a plain word");
            var inner = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            var value = Node(parser, inner);
            if (map.Find(key.Value) is { } first)
                _mistakes.Add(new(At(key.Start), inner, $"This key is already there, in line {first.Position.Line}.", "Keep one of the two."));
            else
                map.Entries.Add(new(key.Value, At(key.Start), value));
        }

        return Anchored(start.Anchor, map);
    }

    private RecipeNode Anchored(AnchorName anchor, RecipeNode node)
    {
        if (!anchor.IsEmpty)
            _anchors[anchor] = node;
        return node;
    }

    private RecipePosition At(Mark mark) => _isOption ? new(_source, 0, 0) : new(_source, (int)mark.Line, (int)mark.Column);

    private static string Sentence(string message)
    {
        // YamlDotNet puts its own position before the text in some versions: "(Line: 3, Col: 1, Idx: 20) - ...".
        var dash = message.IndexOf(") - ", StringComparison.Ordinal);
        var text = (dash >= 0 && message[0] == '(' ? message[(dash + 4)..] : message).Trim();
        if (text.Length == 0)
            return "the syntax is broken.";
        return char.ToLowerInvariant(text[0]) + text[1..].TrimEnd('.') + ".";
    }
}
