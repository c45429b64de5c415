using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean.Protocol;

namespace Ratchet.Verifiers.Lean.Server;

/// <summary>Requests and answers of Kimina-style servers.</summary>
internal static class ServerProtocol
{
    /// <summary>Path of a route.</summary>
    public static string PathOf(LeanServerRoute route) => route == LeanServerRoute.Check ? "api/check" : "verify";

    /// <summary>The body of a request for some files, which get their numbers as identifiers.</summary>
    public static string Request(LeanServerRoute route, IReadOnlyList<string> codes, int timeoutSeconds)
    {
        var items = new JsonArray();
        for (var i = 0; i < codes.Count; i++)
        {
            var id = i.ToString(CultureInfo.InvariantCulture);
            items.Add(route == LeanServerRoute.Check ? new JsonObject { ["id"] = id, ["code"] = codes[i] } : new JsonObject { ["custom_id"] = id, ["proof"] = codes[i] });
        }

        var request = route == LeanServerRoute.Check
            ? new JsonObject { ["snippets"] = items, ["timeout"] = timeoutSeconds, ["debug"] = false, ["reuse"] = true }
            : new JsonObject { ["codes"] = items, ["timeout"] = timeoutSeconds, ["disable_cache"] = false };
        return request.ToJsonString();
    }

    /// <summary>The answers for the files of a request, in their order.</summary>
    /// <param name="body">Body of the server's answer.</param>
    /// <param name="count">Number of files that were sent.</param>
    public static IReadOnlyList<LeanAnswer> Answers(string body, int count)
    {
        var answers = new LeanAnswer?[count];
        if (LeanJson.TryParse(body, out var document))
        {
            using (document)
            {
                foreach (var result in LeanJson.Items(document.RootElement, "results"))
                {
                    var id = LeanJson.Text(result, "id") ?? LeanJson.Text(result, "custom_id");
                    if (int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < count)
                        answers[index] = Answer(result);
                }
            }
        }

        return [.. answers.Select(a => a ?? LeanAnswer.Failed(VerdictReason.Unavailable, $"The Lean server's answer leaves a file out: {LeanToolchain.Shown(body)}"))];
    }

    /// <summary>The answer for one file.</summary>
    public static LeanAnswer Answer(JsonElement result)
    {
        if (LeanJson.Text(result, "error") is { Length: > 0 } error)
            return LeanAnswer.Failed(ReasonOf(error), $"The Lean server says: {LeanToolchain.Shown(error)}");
        if (!result.TryGetProperty("response", out var response) || response.ValueKind != JsonValueKind.Object)
            return LeanAnswer.Failed(VerdictReason.Unavailable, "The Lean server gives neither an answer nor an error.");
        return LeanJson.Text(response, "message") is { } message
            ? LeanAnswer.Failed(ReasonOf(message), $"The server's REPL says: {LeanToolchain.Shown(message)}")
            : new LeanAnswer { Messages = LeanJson.Messages(response), Holes = LeanJson.Holes(response) };
    }

    /// <summary>Errors come as free text; the words that servers use for time and memory are told apart, the rest is an outage.</summary>
    private static VerdictReason ReasonOf(string error)
    {
        bool Says(string word) => error.Contains(word, StringComparison.OrdinalIgnoreCase);
        return Says("timed out") || Says("timeout") ? VerdictReason.TimedOut
            : Says("memory") ? VerdictReason.OutOfMemory
            : Says("process") && (Says("died") || Says("crash") || Says("exited") || Says("terminated")) ? VerdictReason.Crashed
            : VerdictReason.Unavailable;
    }
}
