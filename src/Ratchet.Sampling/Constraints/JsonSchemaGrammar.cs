using System.Text.Encodings.Web;
using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Sampling.Constraints;

/// <summary>
/// Writes the texts that a JSON schema allows as a grammar. Members come in the order of <c>properties</c>; none is added that the schema does not name.
/// Every text is valid for the schema; not every valid text can be made. What would be passed over silently is refused by name.
/// </summary>
internal sealed class JsonSchemaGrammar
{
    private const int DeepestNesting = 100;
    private const string Any = "any value", AnyObject = "any object", String = "string", Space = "space";

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Annotations =
        ["title", "description", "default", "examples", "$schema", "$id", "$comment", "format", "deprecated", "readOnly", "writeOnly", "$defs", "definitions"];

    private static readonly string[] Types = ["object", "array", "string", "number", "integer", "boolean", "null"];

    private static readonly CharactersNode Plain = CodePoints.Node([(0x20, 0x21), (0x23, 0x5B), (0x5D, CodePoints.Last)]);
    private static readonly CharactersNode Hex = CodePoints.Node([('0', '9'), ('A', 'F'), ('a', 'f')]);
    private static readonly CharactersNode Digit = CodePoints.Node(CodePoints.Digits);

    private readonly JsonElement _root;
    private readonly Dictionary<string, GrammarNode> _rules = new(StringComparer.Ordinal);
    private int _depth;

    private JsonSchemaGrammar(JsonElement root)
    {
        _root = root;
        _rules[Space] = new RepeatNode(CodePoints.Node([(' ', ' '), ('\n', '\n')]), 0, 8);

        // An escaped character counts as one; halves of surrogate pairs are never escaped, so that every text is one.
        var escaped = GrammarNode.Sequence(
            GrammarNode.Text("u"),
            GrammarNode.Choice(
                GrammarNode.Sequence(CodePoints.Node([('0', '9'), ('A', 'C'), ('E', 'F'), ('a', 'c'), ('e', 'f')]), new RepeatNode(Hex, 3, 3)),
                GrammarNode.Sequence(CodePoints.Node([('D', 'D'), ('d', 'd')]), CodePoints.Node([('0', '7')]), new RepeatNode(Hex, 2, 2))));
        _rules["character"] = GrammarNode.Choice(Plain, GrammarNode.Sequence(GrammarNode.Text("\\"), GrammarNode.Choice(CodePoints.Node("\"\\/bfnrt".Select(c => ((int)c, (int)c))), escaped)));
        _rules[String] = Text(0, null);
        _rules["integer"] = Integer(negative: true);
        _rules["number"] = GrammarNode.Sequence(
            Integer(negative: true),
            GrammarNode.Optional(GrammarNode.Sequence(GrammarNode.Text("."), new RepeatNode(Digit, 1, 15))),
            GrammarNode.Optional(GrammarNode.Sequence(CodePoints.Node([('E', 'E'), ('e', 'e')]), GrammarNode.Optional(CodePoints.Node([('+', '+'), ('-', '-')])), new RepeatNode(Digit, 1, 2))));
        _rules["boolean"] = GrammarNode.Choice(GrammarNode.Text("true"), GrammarNode.Text("false"));
        _rules["null"] = GrammarNode.Text("null");
        _rules[AnyObject] = List("{", "}", Member(new RuleNode(String), new RuleNode(Any)), 0, null);
        _rules["any array"] = List("[", "]", new RuleNode(Any), 0, null);
        _rules[Any] = GrammarNode.Choice([.. new[] { AnyObject, "any array", String, "number", "boolean", "null" }.Select(n => new RuleNode(n))]);
    }

    /// <summary>The texts that a schema allows.</summary>
    public static Grammar Read(JsonElement schema)
    {
        var reader = new JsonSchemaGrammar(schema);
        reader._rules["#"] = reader.Value(schema, "#");
        return new Grammar(reader._rules, "#");
    }

    /// <summary>Any JSON object.</summary>
    public static Grammar Object() => new(new JsonSchemaGrammar(default)._rules, AnyObject);

    private static RatchetException Mistake(string path, string message) =>
        new($"The JSON schema cannot be used: at {path}: {message}.", "Correct it, or leave the part out; docs/sampling.md lists what is supported.") { ExitCode = 2 };

    private GrammarNode Value(JsonElement schema, string path)
    {
        if (schema.ValueKind == JsonValueKind.True)
            return new RuleNode(Any);
        if (schema.ValueKind != JsonValueKind.Object)
            throw Mistake(path, "a schema is an object or true");
        if (++_depth > DeepestNesting)
            throw Mistake(path, $"it is nested deeper than {DeepestNesting}");
        try
        {
            if (schema.TryGetProperty("$ref", out var reference))
            {
                Allow(schema, path, "$ref");
                return Reference(reference, path);
            }

            if (schema.TryGetProperty("const", out var constant))
            {
                Allow(schema, path, "const", "type");
                return Constant(constant);
            }

            if (schema.TryGetProperty("enum", out var values))
            {
                Allow(schema, path, "enum", "type");
                return values.ValueKind == JsonValueKind.Array && values.GetArrayLength() > 0
                    ? GrammarNode.Choice([.. values.EnumerateArray().Select(Constant)])
                    : throw Mistake(path, "enum must be a list with values");
            }

            foreach (var key in (string[])["anyOf", "oneOf", "allOf"])
            {
                if (!schema.TryGetProperty(key, out var parts))
                    continue;
                Allow(schema, path, key);
                if (parts.ValueKind != JsonValueKind.Array || parts.GetArrayLength() == 0 || (key == "allOf" && parts.GetArrayLength() > 1))
                    throw Mistake(path, key == "allOf" ? "allOf is supported with one schema only" : $"{key} must be a list of schemas");
                return GrammarNode.Choice([.. parts.EnumerateArray().Select((p, i) => Value(p, $"{path}/{key}/{i}"))]);
            }

            return OfType(schema, path);
        }
        finally
        {
            _depth--;
        }
    }

    private GrammarNode OfType(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("type", out var type))
        {
            if (schema.TryGetProperty("properties", out _))
                return Object(schema, path);
            Allow(schema, path);
            return new RuleNode(Any);
        }

        var names = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().ToList() : [type];
        if (names.Count == 0 || names.Any(n => n.ValueKind != JsonValueKind.String || !Types.Contains(n.GetString())))
            throw Mistake(path, $"type must be of {string.Join(", ", Types)}");
        return GrammarNode.Choice([.. names.Select(n => n.GetString() switch
        {
            "object" => Object(schema, path),
            "array" => Array(schema, path),
            "string" => StringOf(schema, path),
            "integer" => Number(schema, path, "integer"),
            "number" => Number(schema, path, "number"),
            var simple => Simple(schema, path, simple!, names.Count),
        })]);
    }

    private static RuleNode Simple(JsonElement schema, string path, string name, int alternatives)
    {
        if (alternatives == 1)
            Allow(schema, path, "type");
        return new RuleNode(name);
    }

    private GrammarNode Object(JsonElement schema, string path)
    {
        Allow(schema, path, "type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "pattern", "minLength", "maxLength", "minimum");
        var required = schema.TryGetProperty("required", out var list) ? list.EnumerateArray().Select(r => r.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        var members = new List<(GrammarNode Node, bool Required)>();
        if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                members.Add((Member(Constant(property.Name), Value(property.Value, $"{path}/properties/{property.Name}")), required.Contains(property.Name)));
                required.Remove(property.Name);
            }
        }

        foreach (var name in required)
            members.Add((Member(Constant(name), new RuleNode(Any)), true));
        var more = schema.TryGetProperty("additionalProperties", out var additional);
        if (members.Count == 0)
        {
            return more && additional.ValueKind == JsonValueKind.False ? GrammarNode.Text("{}")
                : more ? List("{", "}", Member(new RuleNode(String), Value(additional, path + "/additionalProperties")), 0, null)
                : new RuleNode(AnyObject);
        }

        // From the back: what may follow when something stands before (with a comma), and when nothing does.
        GrammarNode after = GrammarNode.Empty, first = GrammarNode.Empty;
        for (var i = members.Count - 1; i >= 0; i--)
        {
            var (node, needed) = members[i];
            var (rest, alone) = ($"{path} after {i}", $"{path} from {i}");
            _rules[rest] = after;
            first = needed ? GrammarNode.Sequence(node, new RuleNode(rest)) : GrammarNode.Choice(GrammarNode.Sequence(node, new RuleNode(rest)), first);
            _rules[alone] = first;
            first = new RuleNode(alone);
            var comma = GrammarNode.Sequence(GrammarNode.Text(","), new RuleNode(Space), node);
            after = GrammarNode.Sequence(needed ? comma : GrammarNode.Optional(comma), new RuleNode(rest));
        }

        return GrammarNode.Sequence(GrammarNode.Text("{"), new RuleNode(Space), first, new RuleNode(Space), GrammarNode.Text("}"));
    }

    private GrammarNode Array(JsonElement schema, string path)
    {
        Allow(schema, path, "type", "items", "minItems", "maxItems", "properties", "required", "additionalProperties", "pattern", "minLength", "maxLength", "minimum");
        var item = schema.TryGetProperty("items", out var items) ? Value(items, path + "/items") : new RuleNode(Any);
        return List("[", "]", item, Count(schema, path, "minItems") ?? 0, Count(schema, path, "maxItems"));
    }

    private static GrammarNode List(string open, string close, GrammarNode item, int least, int? most)
    {
        var space = new RuleNode(Space);
        var more = GrammarNode.Sequence(GrammarNode.Text(","), space, item);
        var some = GrammarNode.Sequence(item, new RepeatNode(more, Math.Max(least - 1, 0), most - 1), space);
        return GrammarNode.Sequence(
            GrammarNode.Text(open), space, most == 0 ? GrammarNode.Empty : least > 0 ? some : GrammarNode.Optional(some), GrammarNode.Text(close));
    }

    private static GrammarNode Member(GrammarNode name, GrammarNode value) => GrammarNode.Sequence(name, GrammarNode.Text(":"), new RuleNode(Space), value);

    private static GrammarNode Text(int least, int? most) =>
        GrammarNode.Sequence(GrammarNode.Text("\""), new RepeatNode(new RuleNode("character"), least, most), GrammarNode.Text("\""));

    private static GrammarNode StringOf(JsonElement schema, string path)
    {
        Allow(schema, path, "type", "pattern", "minLength", "maxLength", "items", "minItems", "maxItems", "properties", "required", "additionalProperties", "minimum");
        var (least, most) = (Count(schema, path, "minLength"), Count(schema, path, "maxLength"));
        if (!schema.TryGetProperty("pattern", out var pattern))
            return least is null && most is null ? new RuleNode(String) : most < (least ?? 0) ? throw Mistake(path, "maxLength is below minLength") : Text(least ?? 0, most);
        if (least is not null || most is not null)
            throw Mistake(path, "pattern and a length together are not supported");
        var text = pattern.GetString() ?? throw Mistake(path, "pattern must be a text");
        if (!text.StartsWith('^') || !text.EndsWith('$'))
            throw Mistake(path, "pattern must begin with ^ and end with $");
        return GrammarNode.Sequence(GrammarNode.Text("\""), Escape(RegexGrammar.Read(text)), GrammarNode.Text("\""));
    }

    /// <summary>The characters of a pattern as a JSON text spells them.</summary>
    private static GrammarNode Escape(GrammarNode node)
    {
        switch (node)
        {
            case SequenceNode s:
                return GrammarNode.Sequence([.. s.Items.Select(Escape)]);
            case ChoiceNode c:
                return GrammarNode.Choice([.. c.Items.Select(Escape)]);
            case RepeatNode r:
                return r with { Item = Escape(r.Item) };
            case CharactersNode set:
                var outside = CodePoints.Complement(Plain.Ranges);
                var kept = CodePoints.Node(set.Ranges, negated: false) with { Ranges = CodePoints.Node(CodePoints.Complement([.. CodePoints.Complement(set.Ranges), .. outside])).Ranges };
                var spelled = Enumerable.Range(0, 128).Where(c => outside.Any(o => c >= o.Low && c <= o.High) && set.Ranges.Any(r => c >= r.Low && c <= r.High))
                    .Select(c => GrammarNode.Text(JsonSerializer.Serialize(((char)c).ToString(), Compact)[1..^1]));
                return GrammarNode.Choice([kept, .. spelled]);
            default:
                return node;
        }
    }

    private static GrammarNode Number(JsonElement schema, string path, string kind)
    {
        Allow(schema, path, "type", "minimum", "pattern", "minLength", "maxLength", "items", "minItems", "maxItems", "properties", "required", "additionalProperties");
        if (!schema.TryGetProperty("minimum", out var minimum))
            return new RuleNode(kind);
        if (minimum.ValueKind != JsonValueKind.Number || minimum.GetDouble() != 0 || kind != "integer")
            throw Mistake(path, "minimum is supported for integers and with 0 only");
        return Integer(negative: false);
    }

    private static GrammarNode Integer(bool negative) => GrammarNode.Sequence(
        negative ? GrammarNode.Optional(GrammarNode.Text("-")) : GrammarNode.Empty,
        GrammarNode.Choice(GrammarNode.Text("0"), GrammarNode.Sequence(CodePoints.Node([('1', '9')]), new RepeatNode(Digit, 0, 14))));

    private RuleNode Reference(JsonElement reference, string path)
    {
        var name = reference.ValueKind == JsonValueKind.String ? reference.GetString()! : "";
        if (name != "#" && !name.StartsWith("#/", StringComparison.Ordinal))
            throw Mistake(path, "$ref must point into the schema itself (#/$defs/name)");
        if (name == "#" || _rules.ContainsKey(name))
            return new RuleNode(name);
        var target = _root;
        foreach (var part in name[2..].Split('/'))
        {
            if (target.ValueKind != JsonValueKind.Object || !target.TryGetProperty(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal), out target))
                throw Mistake(path, $"$ref points to '{name}', which is not there");
        }

        _rules[name] = GrammarNode.Empty;
        _rules[name] = Value(target, name);
        return new RuleNode(name);
    }

    private static GrammarNode Constant(JsonElement value) => GrammarNode.Text(JsonSerializer.Serialize(value, Compact));

    private static GrammarNode Constant(string text) => GrammarNode.Text(JsonSerializer.Serialize(text, Compact));

    private static int? Count(JsonElement schema, string path, string key) => !schema.TryGetProperty(key, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count is >= 0 and <= 10_000 ? count : throw Mistake(path, $"{key} must be a whole number from 0 to 10000");

    private static void Allow(JsonElement schema, string path, params string[] keys)
    {
        foreach (var property in schema.EnumerateObject())
        {
            if (!keys.Contains(property.Name) && !Annotations.Contains(property.Name))
                throw Mistake(path, $"'{property.Name}' is not supported here");
        }
    }
}
