using System.Text;
using System.Text.Json;

namespace Ratchet.Verifiers.Isabelle.Protocol;

/// <summary>A message of the Isabelle server: a name and an argument, mostly JSON.</summary>
/// <param name="Name"><c>OK</c>, <c>ERROR</c>, <c>NOTE</c>, <c>FINISHED</c> or <c>FAILED</c>.</param>
/// <param name="Argument">The argument; undefined where there is none or where it is no JSON.</param>
/// <param name="Text">The whole message.</param>
/// <remarks>Isabelle System Manual, chapter "The Isabelle server". Both framings are read; long messages are written where a line would be long.</remarks>
internal sealed record IsabelleMessage(string Name, JsonElement Argument, string Text)
{
    private const int ShortLength = 100;

    /// <summary>The task that the message is about, or null.</summary>
    public string? Task => Argument.ValueKind == JsonValueKind.Object && Argument.TryGetProperty("task", out var task) ? task.GetString() : null;

    /// <summary>Reads a message without its framing.</summary>
    public static IsabelleMessage Parse(string text)
    {
        var end = 0;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '.'))
            end++;
        JsonElement argument = default;
        if (text[end..].Trim() is { Length: > 0 } json)
        {
            try
            {
                argument = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 512 }).RootElement;
            }
            catch (JsonException)
            {
                // The argument may also be plain text or YXML; then the text alone is kept.
            }
        }

        return new IsabelleMessage(text[..end], argument, text);
    }

    /// <summary>A command as bytes: one line, or its length on a line and then the command.</summary>
    public static byte[] Encode(string command)
    {
        var bytes = Encoding.UTF8.GetBytes(command);
        return bytes.Length <= ShortLength && !bytes.AsSpan().ContainsAny((byte)'\n', (byte)'\r') && !bytes.AsSpan().ContainsAnyExceptInRange((byte)' ', (byte)'~')
            ? [.. bytes, (byte)'\n']
            : [.. Encoding.ASCII.GetBytes($"{bytes.Length}\n"), .. bytes];
    }

    /// <summary>Reads the next message of a stream, without its framing; null at the end.</summary>
    /// <param name="stream">A buffered stream.</param>
    /// <param name="limit">Most bytes of a message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The connection broke, or a message is too long or broken off.</exception>
    public static async Task<string?> ReadAsync(Stream stream, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await LineAsync(stream, limit, cancellationToken) is not { } line)
                return null;
            if (line.Length == 0)
                continue;
            if (!line.All(char.IsAsciiDigit))
                return line;
            if (!int.TryParse(line, out var length) || length > limit)
                throw new IOException($"a message of {line} bytes is longer than {limit}");
            var block = new byte[length];
            await stream.ReadExactlyAsync(block, cancellationToken);
            return Encoding.UTF8.GetString(block).TrimEnd('\r', '\n');
        }
    }

    private static async Task<string?> LineAsync(Stream stream, int limit, CancellationToken cancellationToken)
    {
        var line = new List<byte>(256);
        var one = new byte[1];
        while (true)
        {
            if (await stream.ReadAsync(one, cancellationToken) == 0)
                return line.Count == 0 ? null : throw new IOException("the connection ended within a message");
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
            if (line.Count > limit)
                throw new IOException($"a message is longer than {limit} bytes");
        }
    }
}
