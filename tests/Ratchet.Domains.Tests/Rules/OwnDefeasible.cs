using System.Text.Json;

namespace Ratchet.Domains.Tests.Rules;

/// <summary>Turns a row of the shared theories into a statement of the domain.</summary>
internal static class OwnDefeasible
{
    public static string Statement(JsonElement row)
    {
        static string Id(JsonElement rule) => rule.ToString().Replace("Rule", "r", StringComparison.Ordinal);
        static string Literal(JsonElement literal) =>
            (literal.GetProperty("holds").GetBoolean() ? "" : "not ") + string.Join(' ', literal.GetProperty("atom").EnumerateArray().Select(w => w.GetString()));
        IEnumerable<string> sentences =
        [
            .. row.GetProperty("facts").EnumerateArray().Select(Literal),
            .. row.GetProperty("rules").EnumerateArray().Select(r => $"{Id(r.GetProperty("id"))} : {string.Join(" & ", r.GetProperty("body").EnumerateArray().Select(Literal))} -> {Literal(r.GetProperty("head"))}"),
            .. row.GetProperty("preferences").EnumerateArray().Select(p => $"{Id(p[0])} > {Id(p[1])}"),
        ];
        return string.Concat(sentences.Select(s => s + " . ")) + "? " + Literal(row.GetProperty("query"));
    }
}
