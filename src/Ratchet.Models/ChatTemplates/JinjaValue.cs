using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ratchet.Models.ChatTemplates;

/// <summary>A variable or attribute that is not there. It is false and writes nothing; reading further into it is a mistake.</summary>
/// <param name="Name">What was looked for.</param>
internal sealed record JinjaUndefined(string Name);

/// <summary>The object of <c>namespace()</c>, whose attributes can be set from inner scopes.</summary>
internal sealed class JinjaNamespace
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// Values of a template: null (none), <see cref="JinjaUndefined"/>, bool, long, double, string, a list, a dictionary with text keys in the order
/// of insertion, a namespace or a function.
/// </summary>
internal static class JinjaValue
{
    public static object? FromJson(JsonNode? node) => node switch
    {
        null => null,
        JsonArray list => list.Select(FromJson).ToList(),
        JsonObject map => Map(map.Select(p => KeyValuePair.Create(p.Key, FromJson(p.Value)))),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String => node.GetValue<string>(),
            JsonValueKind.Number => long.TryParse(node.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? (object)whole : double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture),
            _ => null,
        },
    };

    public static OrderedDictionary<string, object?> Map(IEnumerable<KeyValuePair<string, object?>> entries) => new(entries, StringComparer.Ordinal);

    public static bool IsTrue(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool b => b,
        long n => n != 0,
        double d => d != 0,
        string s => s.Length > 0,
        ICollection c => c.Count > 0,
        _ => true,
    };

    /// <summary>A value as it is written into the text.</summary>
    public static string Text(object? value) => value switch
    {
        JinjaUndefined => string.Empty,
        string s => s,
        _ => Representation(value),
    };

    /// <summary>The items of a value that can be gone through.</summary>
    public static IReadOnlyList<object?> Items(object? value) => value switch
    {
        List<object?> list => list,
        OrderedDictionary<string, object?> map => [.. map.Keys],
        string text => [.. text.EnumerateRunes().Select(r => (object?)r.ToString())],
        JinjaUndefined => [],
        _ => throw new JinjaException($"{Kind(value)} cannot be gone through"),
    };

    public static new bool Equals(object? a, object? b) => (a, b) switch
    {
        (JinjaUndefined or null, JinjaUndefined or null) => a?.GetType() == b?.GetType(),
        (bool or long or double, bool or long or double) => Number(a) == Number(b),
        (string x, string y) => x == y,
        (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(p => Equals(p.First, p.Second)),
        (OrderedDictionary<string, object?> x, OrderedDictionary<string, object?> y) => x.Count == y.Count && x.All(p => y.TryGetValue(p.Key, out var other) && Equals(p.Value, other)),
        _ => ReferenceEquals(a, b),
    };

    public static int Compare(object? a, object? b) => (a, b) switch
    {
        (bool or long or double, bool or long or double) => Number(a).CompareTo(Number(b)),
        (string x, string y) => string.CompareOrdinal(x, y),
        _ => throw new JinjaException($"{Kind(a)} and {Kind(b)} have no order"),
    };

    public static double Number(object? value) => value switch
    {
        bool b => b ? 1 : 0,
        long n => n,
        double d => d,
        _ => throw new JinjaException($"{Kind(value)} is no number"),
    };

    public static long Whole(object? value) => value switch
    {
        bool b => b ? 1 : 0,
        long n => n,
        _ => throw new JinjaException($"{Kind(value)} is no whole number"),
    };

    public static string String(object? value) => value as string ?? throw new JinjaException($"{Kind(value)} is no text");

    public static string Kind(object? value) => value switch
    {
        null => "none",
        JinjaUndefined undefined => $"'{undefined.Name}' (undefined)",
        bool => "a truth value",
        long or double => "a number",
        string => "a text",
        List<object?> => "a list",
        OrderedDictionary<string, object?> => "a dictionary",
        JinjaNamespace => "a namespace",
        _ => "a function",
    };

    /// <summary>A value as Python's <c>repr</c> writes it inside lists.</summary>
    private static string Representation(object? value) => value switch
    {
        null => "None",
        JinjaUndefined => string.Empty,
        bool b => b ? "True" : "False",
        long n => n.ToString(CultureInfo.InvariantCulture),
        double d => JinjaJson.Number(d),
        string s => s.Contains('\'', StringComparison.Ordinal) && !s.Contains('"', StringComparison.Ordinal) ? $"\"{Escape(s, '"')}\"" : $"'{Escape(s, '\'')}'",
        List<object?> list => "[" + string.Join(", ", list.Select(Representation)) + "]",
        OrderedDictionary<string, object?> map => "{" + string.Join(", ", map.Select(p => Representation(p.Key) + ": " + Representation(p.Value))) + "}",
        _ => throw new JinjaException($"{Kind(value)} cannot be written"),
    };

    private static string Escape(string text, char quote) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(quote.ToString(), "\\" + quote, StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);
}
