using System.Collections.Frozen;
using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>Known units: what they measure and how many base units one is.</summary>
internal static class Units
{
    // Dimension, then names with the size of one in the base unit of the dimension.
    private static readonly (string Dimension, BigRational Size, string Names)[] Table =
    [
        ("length", BigRational.Of(1, 1000), "mm millimeter millimeters millimetre millimetres 毫米"),
        ("length", BigRational.Of(1, 100), "cm centimeter centimeters centimetre centimetres 厘米"),
        ("length", BigRational.Of(1, 10), "dm decimeter decimeters decimetre decimetres 分米"),
        ("length", 1, "m meter meters metre metres 米"),
        ("length", 1000, "km kilometer kilometers kilometre kilometres 千米 公里"),
        ("length", BigRational.Of(254, 10_000), "inch inches"),
        ("length", BigRational.Of(3048, 10_000), "ft foot feet"),
        ("length", BigRational.Of(9144, 10_000), "yd yard yards"),
        ("length", BigRational.Of(1_609_344, 1000), "mi mile miles"),
        ("mass", BigRational.Of(1, 1000), "mg milligram milligrams 毫克"),
        ("mass", 1, "g gram grams 克"),
        ("mass", 1000, "kg kilogram kilograms 千克 公斤"),
        ("mass", 1_000_000, "t ton tons tonne tonnes 吨"),
        ("mass", BigRational.Of(45_359_237, 100_000), "lb lbs pound pounds"),
        ("mass", BigRational.Of(45_359_237, 1_600_000), "oz ounce ounces"),
        ("time", 1, "s sec secs second seconds 秒"),
        ("time", 60, "min mins minute minutes 分钟"),
        ("time", 3600, "h hr hrs hour hours 小时"),
        ("time", 86_400, "day days 天"),
        ("time", 604_800, "week weeks 周 星期"),
        ("years", BigRational.Of(1, 12), "month months 月"),
        ("years", 1, "yr year years 年"),
        ("volume", BigRational.Of(1, 1000), "ml mL milliliter milliliters millilitre millilitres 毫升"),
        ("volume", 1, "L l liter liters litre litres 升"),
        ("speed", 1, "mph"),
        ("angle", 1, "degree degrees deg 度"),
        ("radians", 1, "rad radian radians 弧度"),
        ("temperature", 1, "celsius 摄氏度"),
        ("dollars", BigRational.Of(1, 100), "cent cents ¢"),
        ("dollars", 1, "$ dollar dollars USD 美元"),
        ("euros", 1, "€ euro euros EUR 欧元"),
        ("sterling", 1, "£ GBP"),
        ("yuan", 1, "¥ yuan RMB CNY 元"),
        ("yuan", BigRational.Of(1, 10), "角"),
    ];

    private static readonly FrozenDictionary<string, (string Dimension, BigRational Size)> ByName = Table
        .SelectMany(row => row.Names.Split(' ').Select(name => (name, row.Dimension, row.Size)))
        .ToFrozenDictionary(r => r.name, r => (r.Dimension, r.Size), StringComparer.Ordinal);

    private static readonly FrozenSet<string> PercentWords = new[] { "percent", "pct", "per cent", "percents" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool IsUnit(string word) => ByName.ContainsKey(word) || PercentWords.Contains(word);

    /// <summary>A value with what stands after it: percent and degrees become part of the value.</summary>
    public static Node Attach(Node value, string unit)
    {
        if (PercentWords.Contains(unit))
            return new PercentNode(value);
        return Find(unit) is ("angle", _) ? new DegreeNode(value) : new UnitNode(value, unit);
    }

    /// <summary>What a unit measures and its size in base units; null for words that are no known unit, such as "apples".</summary>
    public static (string Dimension, BigRational Size)? Find(string unit)
    {
        if (ByName.TryGetValue(unit, out var known) || ByName.TryGetValue(unit.ToLowerInvariant(), out known))
            return known;

        // Squares, cubes and speeds of lengths.
        var words = unit.Split(' ');
        var power = 0;
        var name = unit;
        if (words.Length == 2 && words[0] is "square" or "sq" or "cubic" or "cu")
            (power, name) = (words[0][0] == 's' ? 2 : 3, words[1]);
        else if (unit.EndsWith("^2", StringComparison.Ordinal) || unit.EndsWith("^3", StringComparison.Ordinal))
            (power, name) = (unit[^1] - '0', unit[..^2]);
        else if (unit.StartsWith("平方", StringComparison.Ordinal) || unit.StartsWith("立方", StringComparison.Ordinal))
            (power, name) = (unit[0] == '平' ? 2 : 3, unit[2..]);
        if (power > 0)
            return ByName.TryGetValue(name, out known) && known.Dimension == "length" ? ($"length^{power}", known.Size.Power(power)) : null;
        var slash = unit.IndexOf('/');
        var (above, below) = slash > 0 ? (unit[..slash], unit[(slash + 1)..]) : words.Length == 3 && words[1] == "per" ? (words[0], words[2]) : ("", "");
        if (above.Length == 0 || !ByName.TryGetValue(above, out var over) || !ByName.TryGetValue(below, out var under))
            return null;
        if (over.Dimension == "length" && under.Dimension == "time" && above is "mi" or "mile" or "miles" && under.Size == 3600)
            return ByName["mph"];
        return ($"{over.Dimension}/{under.Dimension}", over.Size / under.Size);
    }

    /// <summary>Two quantities of one kind as one in the unit of the second: 5 feet 6 inches. Null where they are not of one kind.</summary>
    public static Node? Compound(Node first, Node second)
    {
        if (first is not UnitNode a || second is not UnitNode b || Find(a.Unit) is not var (dimension, size) || Find(b.Unit) is not var (other, part) || dimension != other || size <= part)
            return null;
        return new UnitNode(new SumNode([new ProductNode([new(a.Value), new(new NumberNode(size / part))]), b.Value]), b.Unit);
    }
}
