using System.Text.Json;
using Ratchet.Service.Admission;

namespace Ratchet.Service.Http;

/// <summary>A text to check, of a request in Kimina's form.</summary>
internal sealed record KiminaSnippet(string Id, string Code);

/// <summary>
/// A request in the form of the Kimina Lean server: <c>/api/check</c> with <c>snippets</c> of <c>id</c> and <c>code</c>, or the older <c>/verify</c>
/// with <c>codes</c> of <c>custom_id</c> and <c>proof</c> or <c>code</c>. What tells a Lean process how to work (<c>reuse</c>, <c>infotree</c>,
/// <c>disable_cache</c>) is passed over.
/// </summary>
internal sealed record KiminaRequest(IReadOnlyList<KiminaSnippet> Snippets, TimeSpan Timeout, bool Debug)
{
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan VerifyTimeout = TimeSpan.FromSeconds(300);

    /// <summary>Reads the body of <c>/api/check</c>.</summary>
    /// <exception cref="RequestRefusedException">It is not of that form.</exception>
    public static KiminaRequest ReadCheck(ReadOnlySpan<byte> json, int most)
    {
        List<KiminaSnippet>? snippets = null;
        TimeSpan? timeout = null;
        var debug = false;
        JsonFields.ReadBody(json, (ref reader, name) =>
        {
            switch (name)
            {
                case "snippets":
                    snippets = ReadSnippets(ref reader, "snippets", most, "id", ["code"]);
                    return true;
                case "timeout":
                    timeout = JsonFields.Seconds(ref reader, "\"timeout\"");
                    return true;
                case "debug":
                    debug = JsonFields.Flag(ref reader, "\"debug\"");
                    return true;
                default:
                    return false;
            }
        });
        return new(Checked(snippets, "snippets"), timeout ?? CheckTimeout, debug);
    }

    /// <summary>Reads the body of <c>/verify</c>.</summary>
    /// <exception cref="RequestRefusedException">It is not of that form.</exception>
    public static KiminaRequest ReadVerify(ReadOnlySpan<byte> json, int most)
    {
        List<KiminaSnippet>? codes = null;
        TimeSpan? timeout = null;
        JsonFields.ReadBody(json, (ref reader, name) =>
        {
            switch (name)
            {
                case "codes":
                    codes = ReadSnippets(ref reader, "codes", most, "custom_id", ["proof", "code"]);
                    return true;
                case "timeout":
                    timeout = JsonFields.Seconds(ref reader, "\"timeout\"");
                    return true;
                default:
                    return false;
            }
        });
        return new(Checked(codes, "codes"), timeout ?? VerifyTimeout, false);
    }

    /// <param name="reader">Reader at the array.</param>
    /// <param name="list">Name of the array.</param>
    /// <param name="most">Most elements.</param>
    /// <param name="idField">Field with the identifier.</param>
    /// <param name="codeFields">Fields that may hold the text; the first that is there counts.</param>
    private static List<KiminaSnippet> ReadSnippets(ref Utf8JsonReader reader, string list, int most, string idField, string[] codeFields)
    {
        var snippets = new List<KiminaSnippet>();
        JsonFields.ReadArray(ref reader, $"\"{list}\"", most, (ref element, index) =>
        {
            var where = $"{list}[{index}]";
            string? id = null;
            var texts = new string?[codeFields.Length];
            JsonFields.ReadObject(ref element, where, (ref value, name) =>
            {
                if (name == idField)
                {
                    id = JsonFields.Identifier(ref value, $"{where}.{name}");
                    return true;
                }

                var at = Array.IndexOf(codeFields, name);
                if (at >= 0)
                    texts[at] = JsonFields.Text(ref value, $"{where}.{name}");
                return at >= 0;
            });
            var code = Array.Find(texts, t => t is not null);
            if (id is null || code is null)
                throw JsonFields.Wrong(where, $"needs \"{idField}\" and \"{string.Join("\" or \"", codeFields)}\"");
            snippets.Add(new(id, code));
        });
        return snippets;
    }

    private static List<KiminaSnippet> Checked(List<KiminaSnippet>? snippets, string list)
    {
        if (snippets is null)
            throw new RequestRefusedException(400, $"There is no \"{list}\".");
        if (snippets.Count == 0)
            throw JsonFields.Wrong($"\"{list}\"", "is empty");
        var ids = new HashSet<string>(StringComparer.Ordinal);
        return snippets.Find(s => !ids.Add(s.Id)) is { } twice ? throw JsonFields.Wrong($"The identifier \"{CheckService.Shown(twice.Id)}\"", "stands twice") : snippets;
    }
}
