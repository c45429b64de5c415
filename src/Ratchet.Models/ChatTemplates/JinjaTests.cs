namespace Ratchet.Models.ChatTemplates;

/// <summary>The tests of <c>value is name</c>.</summary>
internal static class JinjaTests
{
    private static readonly Dictionary<string, Func<object?, object?, bool>> Known = new(StringComparer.Ordinal)
    {
        ["defined"] = (v, _) => v is not JinjaUndefined,
        ["undefined"] = (v, _) => v is JinjaUndefined,
        ["none"] = (v, _) => v is null,
        ["true"] = (v, _) => v is true,
        ["false"] = (v, _) => v is false,
        ["boolean"] = (v, _) => v is bool,
        ["integer"] = (v, _) => v is long,
        ["float"] = (v, _) => v is double,
        ["number"] = (v, _) => v is bool or long or double,
        ["string"] = (v, _) => v is string,
        ["mapping"] = (v, _) => v is OrderedDictionary<string, object?>,
        ["sequence"] = (v, _) => v is string or List<object?> or OrderedDictionary<string, object?>,
        ["iterable"] = (v, _) => v is string or List<object?> or OrderedDictionary<string, object?>,
        ["callable"] = (v, _) => v is JinjaFunction,
        ["odd"] = (v, _) => JinjaValue.Whole(v) % 2 != 0,
        ["even"] = (v, _) => JinjaValue.Whole(v) % 2 == 0,
        ["divisibleby"] = (v, a) => JinjaValue.Whole(a) is var by && by != 0 ? JinjaValue.Whole(v) % by == 0 : throw new JinjaException("a number is divided by zero"),
        ["equalto"] = JinjaValue.Equals,
        ["eq"] = JinjaValue.Equals,
        ["ne"] = (v, a) => !JinjaValue.Equals(v, a),
        ["lt"] = (v, a) => JinjaValue.Compare(v, a) < 0,
        ["le"] = (v, a) => JinjaValue.Compare(v, a) <= 0,
        ["gt"] = (v, a) => JinjaValue.Compare(v, a) > 0,
        ["ge"] = (v, a) => JinjaValue.Compare(v, a) >= 0,
        ["in"] = JinjaOperators.In,
    };

    public static Func<object?, object?, bool>? Find(string name) => Known.GetValueOrDefault(name);

    public static bool TakesArgument(string name) => name is "equalto" or "eq" or "ne" or "lt" or "le" or "gt" or "ge" or "in" or "divisibleby";
}
