using System.Globalization;
using System.Text;

namespace Ratchet.Verifiers.Coq;

/// <summary>
/// An element of Coq's dialogue. A reader of its own, because the dialogue is no XML document: elements follow each other without a root, and
/// <c>&amp;nbsp;</c> is used without being declared.
/// </summary>
internal sealed class XmlNode
{
    // Deeper than any answer; a printed term may nest deeply and must not overflow the stack.
    private const int MostDepth = 2000;

    private readonly Dictionary<string, string> _attributes = [];
    private readonly List<object> _content = [];

    private XmlNode(string name) => Name = name;

    public string Name { get; }

    /// <summary>The elements in it.</summary>
    public IEnumerable<XmlNode> Children => _content.OfType<XmlNode>();

    /// <summary>All text in it, at any depth.</summary>
    public string Text
    {
        get
        {
            var builder = new StringBuilder();
            Collect(builder);
            return builder.ToString();
        }
    }

    /// <summary>The child at a position.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public XmlNode this[int index] => Children.ElementAtOrDefault(index) ?? throw new FormatException($"<{Name}> has no element {index}.");

    /// <summary>An attribute, or null.</summary>
    public string? Attribute(string name) => _attributes.GetValueOrDefault(name);

    /// <summary>An attribute that is a number, or null.</summary>
    public int? Number(string name) => int.TryParse(Attribute(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>The first element of a name in it, at any depth, or null.</summary>
    public XmlNode? Find(string name) => Children.Select(c => c.Name == name ? c : c.Find(name)).FirstOrDefault(c => c is not null);

    /// <summary>Reads the elements of a text.</summary>
    /// <exception cref="FormatException">It does not follow the dialogue's rules.</exception>
    public static List<XmlNode> Parse(string text)
    {
        var root = new XmlNode("");
        var open = new Stack<XmlNode>();
        open.Push(root);
        var i = 0;
        while (i < text.Length)
        {
            var mark = text.IndexOf('<', i);
            if (mark < 0)
                mark = text.Length;
            if (mark > i)
                open.Peek()._content.Add(Decode(text.AsSpan(i, mark - i)));
            if (mark == text.Length)
                break;
            var end = text.IndexOf('>', mark);
            if (end < 0 || open.Count > MostDepth)
                throw new FormatException("An element does not end, or the answer nests too deeply.");
            var tag = text.AsSpan(mark + 1, end - mark - 1);
            if (tag.Length > 0 && tag[0] == '/')
            {
                if (open.Count == 1 || !tag[1..].Trim().SequenceEqual(open.Pop().Name))
                    throw new FormatException($"</{tag[1..]}> closes nothing.");
            }
            else
            {
                var alone = tag.EndsWith("/");
                var node = ReadTag(alone ? tag[..^1] : tag);
                open.Peek()._content.Add(node);
                if (!alone)
                    open.Push(node);
            }

            i = end + 1;
        }

        return open.Count == 1 ? [.. root.Children] : throw new FormatException($"<{open.Peek().Name}> is not closed.");
    }

    private static XmlNode ReadTag(ReadOnlySpan<char> tag)
    {
        tag = tag.Trim();
        var blank = tag.IndexOf(' ');
        var node = new XmlNode((blank < 0 ? tag : tag[..blank]).ToString());
        var rest = blank < 0 ? [] : tag[blank..].Trim();
        while (rest.Length > 0)
        {
            var equals = rest.IndexOf("=\"");
            var length = equals < 0 ? -1 : rest[(equals + 2)..].IndexOf('"');
            if (length < 0)
                throw new FormatException($"The attributes of <{node.Name}> cannot be read.");
            node._attributes[rest[..equals].Trim().ToString()] = Decode(rest.Slice(equals + 2, length));
            rest = rest[(equals + 3 + length)..].Trim();
        }

        return node;
    }

    private static string Decode(ReadOnlySpan<char> text) =>
        text.Contains('&')
            ? text.ToString().Replace("&nbsp;", " ", StringComparison.Ordinal).Replace("&#160;", " ", StringComparison.Ordinal).Replace("&lt;", "<", StringComparison.Ordinal)
                .Replace("&gt;", ">", StringComparison.Ordinal).Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&apos;", "'", StringComparison.Ordinal)
                .Replace("&#39;", "'", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
            : text.ToString();

    private void Collect(StringBuilder builder)
    {
        foreach (var part in _content)
        {
            if (part is XmlNode node)
                node.Collect(builder);
            else
                builder.Append((string)part);
        }
    }
}
