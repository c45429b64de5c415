using System.Text.Json;

namespace Ratchet.Service.Http;

/// <summary>Writes answers as the Kimina Lean server does.</summary>
internal static class KiminaAnswer
{
    /// <summary>Answer of <c>/api/check</c>: fields without a value are left out.</summary>
    public static void WriteCheck(Utf8JsonWriter writer, IReadOnlyList<KiminaResult> results, string? verifier)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("results");
        foreach (var result in results)
        {
            writer.WriteStartObject();
            writer.WriteString("id", result.Id);
            writer.WriteNumber("time", Math.Round(result.Seconds, 6));
            if (result.Error is not null)
            {
                writer.WriteString("error", result.Error);
            }
            else
            {
                writer.WriteStartObject("response");
                WriteResponse(writer, result);
                writer.WriteEndObject();
            }

            if (verifier is not null)
            {
                writer.WriteStartObject("diagnostics");
                writer.WriteString("verifier", verifier);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Answer of <c>/verify</c>: <c>error</c> is always there, and the time stands in the response.</summary>
    public static void WriteVerify(Utf8JsonWriter writer, IReadOnlyList<KiminaResult> results)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("results");
        foreach (var result in results)
        {
            writer.WriteStartObject();
            writer.WriteString("custom_id", result.Id);
            if (result.Error is not null)
            {
                writer.WriteString("error", result.Error);
                writer.WriteNull("response");
            }
            else
            {
                writer.WriteNull("error");
                writer.WriteStartObject("response");
                WriteResponse(writer, result);
                writer.WriteNumber("time", Math.Round(result.Seconds, 6));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteResponse(Utf8JsonWriter writer, KiminaResult result)
    {
        writer.WriteNumber("env", 0);
        if (result.Messages.Count == 0)
            return;
        writer.WriteStartArray("messages");
        foreach (var message in result.Messages)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", message.Severity);
            WritePosition(writer, "pos", message.Start);
            if (message.End is { } end)
                WritePosition(writer, "endPos", end);
            writer.WriteString("data", message.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WritePosition(Utf8JsonWriter writer, string name, CodePosition position)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("line", position.Line);
        writer.WriteNumber("column", position.Column);
        writer.WriteEndObject();
    }
}
