namespace Ratchet.Models.ChatTemplates;

/// <summary>The methods of texts and dictionaries.</summary>
internal static class JinjaMethods
{
    public static JinjaFunction? Find(OrderedDictionary<string, object?> map, string name) => name switch
    {
        "items" => (_, _) => map.Select(p => (object?)new List<object?> { p.Key, p.Value }).ToList(),
        "keys" => (_, _) => map.Keys.Cast<object?>().ToList(),
        "values" => (_, _) => map.Values.ToList(),
        "get" => (arguments, _) => arguments.Count > 0 && arguments[0] is string key && map.TryGetValue(key, out var value) ? value : arguments.ElementAtOrDefault(1),
        _ => null,
    };

    public static JinjaFunction? Find(string text, string name) => name switch
    {
        "upper" => (_, _) => text.ToUpperInvariant(),
        "lower" => (_, _) => text.ToLowerInvariant(),
        "title" => (_, _) => JinjaFilters.Title(text),
        "capitalize" => (_, _) => JinjaFilters.Capitalize(text),
        "strip" => (arguments, _) => arguments is [string characters, ..] ? text.Trim(characters.ToCharArray()) : text.Trim(),
        "lstrip" => (arguments, _) => arguments is [string characters, ..] ? text.TrimStart(characters.ToCharArray()) : text.TrimStart(),
        "rstrip" => (arguments, _) => arguments is [string characters, ..] ? text.TrimEnd(characters.ToCharArray()) : text.TrimEnd(),
        "startswith" => (arguments, _) => Any(arguments, prefix => text.StartsWith(prefix, StringComparison.Ordinal)),
        "endswith" => (arguments, _) => Any(arguments, suffix => text.EndsWith(suffix, StringComparison.Ordinal)),
        "replace" => (arguments, _) => Replace(text, JinjaValue.String(arguments.ElementAtOrDefault(0)), JinjaValue.String(arguments.ElementAtOrDefault(1)), arguments.Count > 2 ? JinjaValue.Whole(arguments[2]) : long.MaxValue),
        "split" => (arguments, _) => Split(text, arguments.ElementAtOrDefault(0) as string, arguments.Count > 1 ? JinjaValue.Whole(arguments[1]) : -1),
        "find" => (arguments, _) => (long)text.IndexOf(JinjaValue.String(arguments.ElementAtOrDefault(0)), StringComparison.Ordinal),
        "join" => (arguments, _) => string.Join(text, JinjaValue.Items(arguments.ElementAtOrDefault(0)).Select(JinjaValue.String)),
        _ => null,
    };

    public static string Replace(string text, string old, string replacement, long most)
    {
        if (old.Length == 0)
            throw new JinjaException("nothing cannot be replaced");
        if (most == long.MaxValue)
            return JinjaOperators.Bounded(text.Replace(old, replacement, StringComparison.Ordinal));
        var result = new System.Text.StringBuilder();
        var done = 0;
        for (; most > 0 && text.IndexOf(old, done, StringComparison.Ordinal) is var at and >= 0; most--)
        {
            result.Append(text, done, at - done).Append(replacement);
            done = at + old.Length;
        }

        return JinjaOperators.Bounded(result.Append(text, done, text.Length - done).ToString());
    }

    private static bool Any(IReadOnlyList<object?> arguments, Func<string, bool> holds) => arguments.ElementAtOrDefault(0) switch
    {
        List<object?> several => several.Exists(s => holds(JinjaValue.String(s))),
        var one => holds(JinjaValue.String(one)),
    };

    private static List<object?> Split(string text, string? separator, long most)
    {
        if (separator is { Length: 0 })
            throw new JinjaException("a text is split at nothing");
        var count = most < 0 ? int.MaxValue : (int)Math.Min(most + 1, int.MaxValue);
        return separator is null
            ? [.. text.Split((char[]?)null, count, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]
            : [.. text.Split(separator, count)];
    }
}
