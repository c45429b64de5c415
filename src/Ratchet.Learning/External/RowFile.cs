using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Parquet.Serialization;
using Ratchet.Runs;

namespace Ratchet.Learning.External;

/// <summary>A row as text.</summary>
/// <param name="Prompt">What the model is shown.</param>
/// <param name="Completion">What it is to answer.</param>
/// <param name="Rejected">A worse answer, for <see cref="RowFormat.Preference"/>; else null.</param>
public sealed record TextRow(string Prompt, string Completion, string? Rejected = null);

/// <summary>Layout of rows for other trainers: those of the TRL library.</summary>
public enum RowFormat
{
    /// <summary><c>prompt</c> and <c>completion</c>, for supervised training on the completion.</summary>
    PromptCompletion,

    /// <summary><c>messages</c>: a user's turn and the assistant's, each with <c>role</c> and <c>content</c>.</summary>
    Messages,

    /// <summary><c>prompt</c>, <c>chosen</c> and <c>rejected</c>, for preference training (DPO and the like).</summary>
    Preference,
}

/// <summary>Kind of file.</summary>
public enum RowFileType
{
    /// <summary>One JSON object a line.</summary>
    Jsonl,

    /// <summary>Apache Parquet.</summary>
    Parquet,
}

/// <summary>Writes rows for other trainers.</summary>
public static class RowFile
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file whole or not at all; one that is there is replaced. The same rows give the same bytes.</summary>
    /// <param name="path">File.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="format">Layout.</param>
    /// <param name="type">Kind of file.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ArgumentException">A row of <see cref="RowFormat.Preference"/> has no worse answer.</exception>
    /// <exception cref="RatchetException">The file cannot be written.</exception>
    public static async Task WriteAsync(string path, IReadOnlyList<TextRow> rows, RowFormat format, RowFileType type, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(rows);
        if (format == RowFormat.Preference && rows.Any(r => r.Rejected is null))
            throw new ArgumentException("A row has no worse answer, and preferences need one.", nameof(rows));
        var partial = path + ".tmp";
        try
        {
            await using (var stream = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                switch (format)
                {
                    case RowFormat.PromptCompletion:
                        await WriteAsync(stream, rows.Select(r => new PromptCompletionRow { Prompt = r.Prompt, Completion = r.Completion }), type, cancellationToken);
                        break;
                    case RowFormat.Messages:
                        await WriteAsync(stream, rows.Select(r => new MessagesRow { Messages = [new Message { Role = "user", Content = r.Prompt }, new Message { Role = "assistant", Content = r.Completion }] }), type, cancellationToken);
                        break;
                    default:
                        await WriteAsync(stream, rows.Select(r => new PreferenceRow { Prompt = r.Prompt, Chosen = r.Completion, Rejected = r.Rejected! }), type, cancellationToken);
                        break;
                }

                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"'{path}' cannot be written");
        }
    }

    private static async Task WriteAsync<T>(Stream stream, IEnumerable<T> rows, RowFileType type, CancellationToken cancellationToken)
        where T : class, new()
    {
        if (type == RowFileType.Parquet)
        {
            await ParquetSerializer.SerializeAsync(rows, stream, cancellationToken: cancellationToken);
            return;
        }

        foreach (var row in rows)
        {
            await JsonSerializer.SerializeAsync(stream, row, s_json, cancellationToken);
            stream.WriteByte((byte)'\n');
        }
    }

    // Classes with setters, as the Parquet library wants them.
    private sealed class PromptCompletionRow
    {
        [JsonPropertyName("prompt")]
        public string Prompt { get; set; } = "";

        [JsonPropertyName("completion")]
        public string Completion { get; set; } = "";
    }

    private sealed class PreferenceRow
    {
        [JsonPropertyName("prompt")]
        public string Prompt { get; set; } = "";

        [JsonPropertyName("chosen")]
        public string Chosen { get; set; } = "";

        [JsonPropertyName("rejected")]
        public string Rejected { get; set; } = "";
    }

    private sealed class MessagesRow
    {
        [JsonPropertyName("messages")]
        public List<Message> Messages { get; set; } = [];
    }

    private sealed class Message
    {
        [JsonPropertyName("role")]
        public string Role { get; set; } = "";

        [JsonPropertyName("content")]
        public string Content { get; set; } = "";
    }
}
