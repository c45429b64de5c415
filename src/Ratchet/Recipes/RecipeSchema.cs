using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ratchet.Recipes;

/// <summary>JSON schema (draft 2020-12) of recipes, for editors: keys, types, bounds, defaults and descriptions.</summary>
public static class RecipeSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema of all systems of a catalog, indented, with a line break at the end.</summary>
    public static string Write(RecipeCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var definitions = new JsonObject();
        var cases = new JsonArray();
        foreach (var system in catalog.Systems)
        {
            var shape = Section(catalog.ShapeOf(system));
            shape["description"] = catalog.Describe(system);
            ((JsonObject)shape["properties"]!).Insert(0, "system", new JsonObject { ["const"] = system });
            definitions[system] = shape;
            cases.Add(new JsonObject
            {
                ["if"] = new JsonObject { ["properties"] = new JsonObject { ["system"] = new JsonObject { ["const"] = system } } },
                ["then"] = new JsonObject { ["$ref"] = $"#/$defs/{system}" },
            });
        }

        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Ratchet recipe",
            ["type"] = "object",
            ["required"] = new JsonArray("system"),
            ["properties"] = new JsonObject
            {
                ["system"] = new JsonObject
                {
                    ["description"] = "The system that the recipe drives; selects which keys there are.",
                    ["enum"] = new JsonArray([.. catalog.Systems.Select(s => (JsonNode)s)]),
                },
            },
            ["allOf"] = cases,
            ["$defs"] = definitions,
        };
        return root.ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";
    }

    private static JsonObject Section(RecipeShape shape)
    {
        var properties = new JsonObject();
        foreach (var key in shape.Keys)
            properties[key.Name] = Key(key);
        var section = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (shape.Keys.Where(k => k.IsRequired).Select(k => (JsonNode)k.Name).ToArray() is { Length: > 0 } required)
            section["required"] = new JsonArray(required);
        return section;
    }

    private static JsonObject Key(RecipeKey key)
    {
        var node = key.Section is { } shape ? Section(shape) : key.ElementType is { } element
            ? new JsonObject { ["type"] = "array", ["items"] = Bounded(Value(element), key) }
            : Bounded(Value(key.ValueType), key);
        if (key.Section is not null && !key.IsNullable)
            node["type"] = new JsonArray("object", "null");
        else if (key.IsNullable && node["type"] is JsonValue type)
            node["type"] = new JsonArray(type.DeepClone(), "null");
        if (key.Description.Length > 0)
            node.Insert(0, "description", key.Description);
        if (key.Section is null && !key.IsRequired)
            node["default"] = Default(key.Default);
        return node;
    }

    private static JsonObject Value(Type type)
    {
        if (type == typeof(bool))
            return new() { ["type"] = "boolean" };
        if (type == typeof(int) || type == typeof(long))
            return new() { ["type"] = "integer" };
        if (type == typeof(ulong))
            return new() { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = ulong.MaxValue };
        if (type == typeof(double))
            return new() { ["type"] = "number" };
        if (type == typeof(ShareRange))
            return new() { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 1 }, ["minItems"] = 2, ["maxItems"] = 2 };
        if (!type.IsEnum)
            return new() { ["type"] = "string" };
        var fields = type.GetFields(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Static);
        return new()
        {
            ["oneOf"] = new JsonArray([.. fields.Select(f => (JsonNode)new JsonObject { ["const"] = RecipeValues.Word(f), ["description"] = DocComments.Of(type, f.Name) })]),
        };
    }

    private static JsonObject Bounded(JsonObject node, RecipeKey key)
    {
        foreach (var bound in key.Bounds)
        {
            if (bound.Lower is { } lower)
                node[lower.Exclusive ? "exclusiveMinimum" : "minimum"] = Number(lower.Value);
            if (bound.Upper is { } upper)
                node[upper.Exclusive ? "exclusiveMaximum" : "maximum"] = Number(upper.Value);
            if (bound is FormAttribute form)
                node["pattern"] = $"^(?:{form.Pattern})$";
        }

        return node;
    }

    private static JsonNode Number(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e15 ? JsonValue.Create((long)value) : JsonValue.Create(value);

    private static JsonNode? Default(object? value) => value switch
    {
        null => null,
        bool b => b,
        double d => Number(d),
        int i => i,
        long l => l,
        ulong u => u,
        string s => s,
        ShareRange r => new JsonArray(Number(r.Low), Number(r.High)),
        Enum e => RecipeValues.Word(e.GetType(), e),
        System.Collections.IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(Default)]),
        _ => throw new NotSupportedException($"No JSON form for a default of type {value.GetType()}."),
    };
}
