using System.Net;
using System.Text.Json;

namespace Ratchet.Verifiers.Tests.Lean;

/// <summary>A Lean server in memory: each request goes to a function, and is kept.</summary>
internal sealed class ServerPeer(Func<ServerPeer, HttpRequestMessage, JsonElement, HttpResponseMessage> answer) : HttpMessageHandler
{
    private readonly Lock _gate = new();

    public List<(string Path, string? Authorization, JsonElement Body)> Requests { get; } = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return Requests.Count;
        }
    }

    public HttpClient Client => new(this, disposeHandler: false);

    public static HttpResponseMessage Ok(object body) => new(HttpStatusCode.OK) { Content = new StringContent(JsonSerializer.Serialize(body)) };

    public static HttpResponseMessage Status(HttpStatusCode status, string text = "") => new(status) { Content = new StringContent(text) };

    /// <summary>The files of a request, whichever route it came by, with the identifiers under which they must be answered.</summary>
    public static IReadOnlyList<(string Id, string Code)> Files(JsonElement body) =>
        body.TryGetProperty("snippets", out var snippets)
            ? [.. snippets.EnumerateArray().Select(s => (s.GetProperty("id").GetString()!, s.GetProperty("code").GetString()!))]
            : [.. body.GetProperty("codes").EnumerateArray().Select(s => (s.GetProperty("custom_id").GetString()!, s.GetProperty("proof").GetString()!))];

    /// <summary>What Lean says of the end of a file, counted in the lines that the server counts: without the imports and the empty lines after them.</summary>
    public static IReadOnlyList<object> EndOf(string code, params string[] axioms)
    {
        var lines = code.Split('\n');
        var skipped = lines.TakeWhile(l => l.Length == 0 || l.StartsWith("import ", StringComparison.Ordinal)).Count();
        var marker = Array.FindIndex(lines, l => l.StartsWith("#print \"ratchet", StringComparison.Ordinal));
        if (marker < 0)
            return [];
        var name = lines[marker + 1]["#print axioms ".Length..];
        var said = axioms.Length == 0 ? $"'{name}' does not depend on any axioms" : $"'{name}' depends on axioms: [{string.Join(", ", axioms)}]";
        return [Said(marker, lines[marker][8..^1]), Said(marker + 1, said), Said(marker + 2, lines[marker][8..^1])];

        object Said(int index, string text) => new { severity = "info", pos = new { line = index + 1 - skipped, column = 0 }, endPos = new { line = index + 1 - skipped, column = 6 }, data = text };
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = JsonDocument.Parse(await request.Content!.ReadAsStringAsync(cancellationToken)).RootElement;
        lock (_gate)
            Requests.Add((request.RequestUri!.AbsolutePath, request.Headers.TryGetValues("Authorization", out var values) ? values.Single() : null, body));
        return answer(this, request, body);
    }
}
