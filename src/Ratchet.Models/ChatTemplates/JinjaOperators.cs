namespace Ratchet.Models.ChatTemplates;

/// <summary>Operators, attributes and slices, with Python's rules.</summary>
internal static class JinjaOperators
{
    private const int MaxItems = 1_000_000;

    public static object? Add(object? a, object? b) => (a, b) switch
    {
        (string x, string y) => Bounded(x + y),
        (List<object?> x, List<object?> y) => x.Count + y.Count <= MaxItems ? new List<object?>([.. x, .. y]) : throw new JinjaException($"a list has more than {MaxItems} items"),
        _ => Arithmetic(a, b, (x, y) => x + y, (x, y) => x + y, "added"),
    };

    public static object? Subtract(object? a, object? b) => Arithmetic(a, b, (x, y) => x - y, (x, y) => x - y, "subtracted");

    public static object? Multiply(object? a, object? b) => (a, b) switch
    {
        (string text, bool or long) => Repeat(text, JinjaValue.Whole(b)),
        (bool or long, string text) => Repeat(text, JinjaValue.Whole(a)),
        _ => Arithmetic(a, b, (x, y) => x * y, (x, y) => x * y, "multiplied"),
    };

    public static object? Divide(object? a, object? b) => JinjaValue.Number(b) == 0 ? throw new JinjaException("a number is divided by zero") : JinjaValue.Number(a) / JinjaValue.Number(b);

    public static object? FloorDivide(object? a, object? b)
    {
        if (JinjaValue.Number(b) == 0)
            throw new JinjaException("a number is divided by zero");
        return Arithmetic(a, b, (x, y) => (x - Modulo(x, y)) / y, (x, y) => Math.Floor(x / y), "divided");
    }

    public static object? Remainder(object? a, object? b)
    {
        if (JinjaValue.Number(b) == 0)
            throw new JinjaException("a number is divided by zero");
        return Arithmetic(a, b, Modulo, (x, y) => x - (y * Math.Floor(x / y)), "divided");
    }

    public static object? Power(object? a, object? b)
    {
        var result = Math.Pow(JinjaValue.Number(a), JinjaValue.Number(b));
        return a is long && b is long and >= 0 && Math.Abs(result) < 1L << 53 ? (object)(long)result : result;
    }

    public static string Bounded(string text) => text.Length <= JinjaOutput.MaxLength ? text : throw new JinjaException($"a text has more than {JinjaOutput.MaxLength} characters");

    /// <summary>Python's <c>a in b</c>.</summary>
    public static bool In(object? item, object? container) => container switch
    {
        string text => text.Contains(JinjaValue.String(item), StringComparison.Ordinal),
        OrderedDictionary<string, object?> map => item is string key && map.ContainsKey(key),
        List<object?> list => list.Exists(i => JinjaValue.Equals(i, item)),
        JinjaUndefined => false,
        _ => throw new JinjaException($"{JinjaValue.Kind(container)} holds nothing"),
    };

    /// <summary><c>value.name</c>: an entry, or a method.</summary>
    public static object? Attribute(object? value, string name) => value switch
    {
        OrderedDictionary<string, object?> map => map.TryGetValue(name, out var entry) ? entry : JinjaMethods.Find(map, name) ?? (object)new JinjaUndefined(name),
        JinjaNamespace space => space.Values.TryGetValue(name, out var entry) ? entry : new JinjaUndefined(name),
        string text => JinjaMethods.Find(text, name) ?? throw new JinjaException($"the method '{name}' of a text is not supported"),
        JinjaUndefined => throw new JinjaException($"{JinjaValue.Kind(value)} has no '{name}'"),
        _ => new JinjaUndefined(name),
    };

    /// <summary><c>value[index]</c>.</summary>
    public static object? Item(object? value, object? index)
    {
        switch (value)
        {
            case OrderedDictionary<string, object?> map:
                return index is string key && map.TryGetValue(key, out var entry) ? entry : new JinjaUndefined(JinjaValue.Text(index));
            case JinjaNamespace space:
                return Attribute(space, JinjaValue.String(index));
            case List<object?> or string when index is long or bool:
                var items = JinjaValue.Items(value);
                var at = JinjaValue.Whole(index);
                at += at < 0 ? items.Count : 0;
                return at >= 0 && at < items.Count ? items[(int)at] : new JinjaUndefined($"item {JinjaValue.Text(index)}");
            case JinjaUndefined:
                throw new JinjaException($"{JinjaValue.Kind(value)} has no items");
            default:
                return new JinjaUndefined(JinjaValue.Text(index));
        }
    }

    /// <summary><c>value[start:stop:step]</c> of a list or a text.</summary>
    public static object? Slice(object? value, object? start, object? stop, object? step)
    {
        if (value is not (List<object?> or string))
            throw new JinjaException($"{JinjaValue.Kind(value)} cannot be sliced");
        var items = JinjaValue.Items(value);
        var by = step is null ? 1 : JinjaValue.Whole(step);
        if (by == 0)
            throw new JinjaException("a slice has the step 0");
        long low = by > 0 ? 0 : -1, high = by > 0 ? items.Count : items.Count - 1;
        var from = Place(start, by > 0 ? low : high);
        var to = Place(stop, by > 0 ? high : low);
        var result = new List<object?>();
        for (var i = from; by > 0 ? i < to : i > to; i += by)
            result.Add(items[(int)i]);
        return value is string ? string.Concat(result) : result;

        long Place(object? index, long missing)
        {
            if (index is null)
                return missing;
            var at = JinjaValue.Whole(index);
            return Math.Clamp(at < 0 ? at + items.Count : at, low, high);
        }
    }

    private static long Modulo(long a, long b)
    {
        var rest = a % b;
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }

    private static string Repeat(string text, long count) =>
        count <= 0 || text.Length == 0 ? string.Empty : count * (decimal)text.Length <= JinjaOutput.MaxLength ? new System.Text.StringBuilder().Insert(0, text, (int)count).ToString() : throw new JinjaException($"a text has more than {JinjaOutput.MaxLength} characters");

    private static object Arithmetic(object? a, object? b, Func<long, long, long> whole, Func<double, double, double> real, string verb)
    {
        if (a is not (bool or long or double) || b is not (bool or long or double))
            throw new JinjaException($"{JinjaValue.Kind(a)} and {JinjaValue.Kind(b)} cannot be {verb}");
        return a is double || b is double ? (object)real(JinjaValue.Number(a), JinjaValue.Number(b)) : whole(JinjaValue.Whole(a), JinjaValue.Whole(b));
    }
}
