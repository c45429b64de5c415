using System.Globalization;

namespace Ratchet.Models.ChatTemplates;

/// <summary>The arguments of a filter.</summary>
/// <param name="filter">The filter's name, for messages.</param>
/// <param name="places">Arguments by place.</param>
/// <param name="named">Arguments by name.</param>
internal sealed class JinjaArguments(string filter, IReadOnlyList<object?> places, IReadOnlyDictionary<string, object?> named)
{
    /// <summary>All arguments by place.</summary>
    public IReadOnlyList<object?> Places => places;

    /// <summary>An argument by place or name, or what stands for a missing one.</summary>
    public object? Get(int place, string name, object? missing = null) => place < places.Count ? places[place] : named.TryGetValue(name, out var value) ? value : missing;

    /// <summary>An argument that must be given.</summary>
    public object? Need(int place, string name) => place < places.Count || named.ContainsKey(name) ? Get(place, name) : throw new JinjaException($"the filter '{filter}' needs '{name}'");

    /// <summary>True where an argument is given by its name.</summary>
    public bool Has(string name) => named.ContainsKey(name);
}

/// <summary>The filters of <c>value | name</c>.</summary>
internal static class JinjaFilters
{
    private static readonly Dictionary<string, Func<object?, JinjaArguments, object?>> Known = new(StringComparer.Ordinal)
    {
        ["abs"] = (v, _) => v is double d ? (object)Math.Abs(d) : Math.Abs(JinjaValue.Whole(v)),
        ["capitalize"] = (v, _) => Capitalize(JinjaValue.Text(v)),
        ["count"] = (v, _) => (long)JinjaValue.Items(v).Count,
        ["default"] = Default,
        ["d"] = Default,
        ["dictsort"] = (v, _) => Entries(v).OrderBy(p => p.Key.ToLowerInvariant(), StringComparer.Ordinal).Select(p => (object?)new List<object?> { p.Key, p.Value }).ToList(),
        ["first"] = (v, _) => JinjaValue.Items(v) is [var first, ..] ? first : new JinjaUndefined("first"),
        ["float"] = (v, a) => v is string s ? double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) ? (object?)d : a.Get(0, "default", 0.0) : JinjaValue.Number(v),
        ["indent"] = Indent,
        ["int"] = Int,
        ["items"] = (v, _) => v is JinjaUndefined ? [] : Entries(v).Select(p => (object?)new List<object?> { p.Key, p.Value }).ToList(),
        ["join"] = (v, a) => JinjaOperators.Bounded(string.Join(JinjaValue.Text(a.Get(0, "d", string.Empty)), Attributes(v, a.Get(1, "attribute")).Select(JinjaValue.Text))),
        ["last"] = (v, _) => JinjaValue.Items(v) is [.., var last] ? last : new JinjaUndefined("last"),
        ["length"] = (v, _) => (long)JinjaValue.Items(v).Count,
        ["list"] = (v, _) => JinjaValue.Items(v).ToList(),
        ["lower"] = (v, _) => JinjaValue.Text(v).ToLowerInvariant(),
        ["map"] = Map,
        ["reject"] = (v, a) => JinjaValue.Items(v).Where(i => !Test(a, 0)(i)).ToList(),
        ["rejectattr"] = (v, a) => JinjaValue.Items(v).Where(i => !Test(a, 1)(Path(i, JinjaValue.String(a.Need(0, "attribute"))))).ToList(),
        ["replace"] = (v, a) => JinjaMethods.Replace(JinjaValue.Text(v), JinjaValue.String(a.Need(0, "old")), JinjaValue.Text(a.Need(1, "new")), a.Get(2, "count") is { } count ? JinjaValue.Whole(count) : long.MaxValue),
        ["reverse"] = (v, _) => v is string ? string.Concat(JinjaValue.Items(v).Reverse()) : JinjaValue.Items(v).Reverse().ToList(),
        ["round"] = (v, a) => Math.Round(JinjaValue.Number(v), (int)JinjaValue.Whole(a.Get(0, "precision", 0L)), MidpointRounding.ToEven),
        ["safe"] = (v, _) => v,
        ["select"] = (v, a) => JinjaValue.Items(v).Where(Test(a, 0)).ToList(),
        ["selectattr"] = (v, a) => JinjaValue.Items(v).Where(i => Test(a, 1)(Path(i, JinjaValue.String(a.Need(0, "attribute"))))).ToList(),
        ["sort"] = Sort,
        ["string"] = (v, _) => JinjaValue.Text(v),
        ["sum"] = (v, a) => Attributes(v, a.Get(0, "attribute")).Aggregate((object?)0L, JinjaOperators.Add),
        ["title"] = (v, _) => Title(JinjaValue.Text(v)),
        ["tojson"] = (v, a) => JinjaJson.Write(v, a.Get(0, "indent") is { } indent ? (int)Math.Clamp(JinjaValue.Whole(indent), 0, 64) : null),
        ["trim"] = (v, a) => a.Get(0, "chars") is string characters ? JinjaValue.Text(v).Trim(characters.ToCharArray()) : JinjaValue.Text(v).Trim(),
        ["unique"] = (v, _) => JinjaValue.Items(v).Aggregate(new List<object?>(), (seen, i) => seen.Exists(s => JinjaValue.Equals(s, i)) ? seen : [.. seen, i]),
        ["upper"] = (v, _) => JinjaValue.Text(v).ToUpperInvariant(),
    };

    public static Func<object?, JinjaArguments, object?>? Find(string name) => Known.GetValueOrDefault(name);

    public static string Capitalize(string text) => text.Length == 0 ? text : text[..1].ToUpperInvariant() + text[1..].ToLowerInvariant();

    public static string Title(string text)
    {
        var result = text.ToLowerInvariant().ToCharArray();
        for (var i = 0; i < result.Length; i++)
        {
            if (i == 0 || !char.IsLetter(result[i - 1]))
                result[i] = char.ToUpperInvariant(result[i]);
        }

        return new string(result);
    }

    private static object? Default(object? value, JinjaArguments arguments) =>
        value is JinjaUndefined || (JinjaValue.IsTrue(arguments.Get(1, "boolean", false)) && !JinjaValue.IsTrue(value)) ? arguments.Get(0, "default_value", string.Empty) : value;

    private static string Indent(object? value, JinjaArguments arguments)
    {
        var width = arguments.Get(0, "width", 4L) is string text ? text : new string(' ', (int)Math.Clamp(JinjaValue.Whole(arguments.Get(0, "width", 4L)), 0, 1000));
        var first = JinjaValue.IsTrue(arguments.Get(1, "first", false));
        var blank = JinjaValue.IsTrue(arguments.Get(2, "blank", false));
        return JinjaOperators.Bounded(string.Join('\n', JinjaValue.Text(value).Split('\n').Select((line, i) => (i == 0 ? first : blank || line.Length > 0) ? width + line : line)));
    }

    private static object? Int(object? value, JinjaArguments arguments) => value switch
    {
        string text => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var whole) ? (object?)whole
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && Math.Abs(real) < 9e18 ? (object?)(long)real : arguments.Get(0, "default", 0L),
        double d => Math.Abs(d) < 9e18 ? (object?)(long)d : arguments.Get(0, "default", 0L),
        _ => JinjaValue.Whole(value),
    };

    private static IEnumerable<KeyValuePair<string, object?>> Entries(object? value) =>
        value as OrderedDictionary<string, object?> ?? throw new JinjaException($"{JinjaValue.Kind(value)} has no entries");

    private static object? Path(object? item, string path) => path.Split('.').Aggregate(item, JinjaOperators.Item);

    private static IEnumerable<object?> Attributes(object? value, object? attribute) =>
        attribute is string path ? JinjaValue.Items(value).Select(i => Path(i, path)) : JinjaValue.Items(value);

    private static Func<object?, bool> Test(JinjaArguments arguments, int place)
    {
        if (place >= arguments.Places.Count)
            return JinjaValue.IsTrue;
        var name = JinjaValue.String(arguments.Places[place]);
        if (name is "==" or "!=")
            name = name == "==" ? "eq" : "ne";
        var test = JinjaTests.Find(name) ?? throw new JinjaException($"the test '{name}' is not supported");
        var argument = arguments.Places.ElementAtOrDefault(place + 1);
        return value => test(value, argument);
    }

    private static List<object?> Map(object? value, JinjaArguments arguments)
    {
        if (arguments.Has("attribute"))
        {
            var missing = arguments.Get(int.MaxValue, "default");
            return [.. Attributes(value, arguments.Get(int.MaxValue, "attribute")).Select(v => v is JinjaUndefined && arguments.Has("default") ? missing : v)];
        }

        var name = JinjaValue.String(arguments.Need(0, "filter"));
        var filter = Find(name) ?? throw new JinjaException($"the filter '{name}' is not supported");
        var rest = new JinjaArguments(name, [.. arguments.Places.Skip(1)], new Dictionary<string, object?>());
        return [.. JinjaValue.Items(value).Select(i => filter(i, rest))];
    }

    private static List<object?> Sort(object? value, JinjaArguments arguments)
    {
        var attribute = arguments.Get(2, "attribute") as string;
        var down = JinjaValue.IsTrue(arguments.Get(0, "reverse", false));
        var exact = JinjaValue.IsTrue(arguments.Get(1, "case_sensitive", false));
        object? Key(object? item)
        {
            var key = attribute is null ? item : Path(item, attribute);
            return key is string text && !exact ? text.ToLowerInvariant() : key;
        }

        var order = Comparer<object?>.Create(JinjaValue.Compare);
        return down ? [.. JinjaValue.Items(value).OrderByDescending(Key, order)] : [.. JinjaValue.Items(value).OrderBy(Key, order)];
    }
}
