using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Ratchet.Service.Admission;
using Ratchet.Service.Http;

namespace Ratchet.Service.Mcp;

/// <summary>
/// Reads agents' messages before the protocol's library does: within the limits that all bodies have, and only as well-formed JSON. What the
/// library then cannot make sense of is the agent's mistake.
/// </summary>
internal static class AgentMessages
{
    /// <summary>Runs a request to the agents' route.</summary>
    public static async Task RunAsync(CheckService service, HttpContext context, RequestDelegate next)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        using var body = await RequestBody.ReadAsync(context, service, Pipeline.Client(context)).ConfigureAwait(false);
        CheckJson(body.Bytes);
        using var message = body.ToStream();
        context.Request.Body = message;
        context.Request.ContentLength = message.Length;
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception e) when (!context.Response.HasStarted && e is JsonException or InvalidOperationException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new RequestRefusedException(400, "This is no message of the Model Context Protocol.");
        }
    }

    private static void CheckJson(ReadOnlySpan<byte> bytes)
    {
        if (!Utf8.IsValid(bytes))
            throw new RequestRefusedException(400, "The body is not UTF-8.");
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 32 });
            while (reader.Read())
            {
                // An escaped half of a surrogate pair is JSON, but no text.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                    _ = reader.GetString();
            }
        }
        catch (JsonException e)
        {
            throw new RequestRefusedException(400, $"The body is not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }
        catch (InvalidOperationException)
        {
            throw new RequestRefusedException(400, "The body holds a text that is not valid Unicode.");
        }
    }
}
