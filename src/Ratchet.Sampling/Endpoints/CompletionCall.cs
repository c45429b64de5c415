using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Sampling.Endpoints;

/// <summary>One turn of a prompt.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What is said.</param>
public sealed record PromptMessage(string Role, string Content);

/// <summary>What a model elsewhere is asked for.</summary>
public sealed record CompletionCall
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The conversation; null for a plain text.</summary>
    public IReadOnlyList<PromptMessage>? Messages { get; init; }

    /// <summary>The text to continue; null for a conversation.</summary>
    public string? Prompt { get; init; }

    /// <summary>Texts wanted, at least 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Limit on the tokens of a text, at least 1.</summary>
    public int MaxTokens { get; init; } = 1024;

    /// <summary>Divides the logits; 0 for the most likely text. At least 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Share of probability that is kept, above 0 and at most 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Seed, from 0 to 2^31 - 1.</summary>
    public required int Seed { get; init; }

    /// <summary>Texts that end an answer.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>Log-probabilities are asked for.</summary>
    public bool LogProbabilities { get; init; }

    /// <summary>Added to the logits of tokens, by the endpoint's own token ids; empty for none.</summary>
    public IReadOnlyDictionary<string, double> LogitBias { get; init; } = new SortedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Most likely first tokens that are asked for with their log-probabilities, 0 to 20; 0 asks for none.</summary>
    public int TopLogProbabilities { get; init; }

    /// <summary>Hash of all of this (hexadecimal): equal calls have the same key, which is also the identity that repeated sendings show the server.</summary>
    public string Key()
    {
        // Every part is preceded by its length, so that no two calls run together.
        var text = new StringBuilder();
        string[] parts = [Model, Prompt ?? "", Messages is null ? "text" : "chat", .. (Messages ?? []).SelectMany(m => (string[])[m.Role, m.Content]), "stops", .. Stops];
        foreach (var part in parts)
            text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part}");
        text.Append(CultureInfo.InvariantCulture, $"|{Count}|{MaxTokens}|{Temperature:R}|{TopP:R}|{Seed}|{LogProbabilities}");

        // Only where they are used, so that replies recorded without them keep their keys.
        if (LogitBias.Count > 0 || TopLogProbabilities > 0)
            text.Append(CultureInfo.InvariantCulture, $"|{TopLogProbabilities}|{string.Join(',', LogitBias.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => FormattableString.Invariant($"{b.Key}:{b.Value:R}")))}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}

/// <summary>One text of a model elsewhere.</summary>
public sealed record CompletionChoice
{
    /// <summary>Text.</summary>
    public required string Text { get; init; }

    /// <summary>Why it ended, in the server's word: <c>stop</c>, <c>length</c> ...</summary>
    public string? Finish { get; init; }

    /// <summary>Ids of the prompt; empty where the server does not tell.</summary>
    public IReadOnlyList<int> PromptIds { get; init; } = [];

    /// <summary>Ids of the text, the ending one included; empty where the server does not tell.</summary>
    public IReadOnlyList<int> TokenIds { get; init; } = [];

    /// <summary>Natural-log probability of each token; empty where the server does not tell. With ids, one for each id, under the distribution that it was drawn from.</summary>
    public IReadOnlyList<float> LogProbabilities { get; init; } = [];

    /// <summary>The most likely first tokens by their text, with natural-log probabilities; empty where they were not asked for or the server does not tell.</summary>
    public IReadOnlyDictionary<string, float> FirstToken { get; init; } = new SortedDictionary<string, float>(StringComparer.Ordinal);
}

/// <summary>What a model elsewhere answered.</summary>
public sealed record CompletionReply
{
    /// <summary>Texts; a server may give fewer than it was asked for.</summary>
    public required IReadOnlyList<CompletionChoice> Choices { get; init; }

    /// <summary>Tokens of the prompt that were charged; null where the server does not tell.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Tokens of the texts that were charged; null where the server does not tell.</summary>
    public long? OutputTokens { get; init; }
}

/// <summary>A model that answers calls.</summary>
public interface ICompletionModel
{
    /// <summary>Answers a call. Safe to call from many threads.</summary>
    /// <exception cref="Runs.RatchetException">It cannot be answered, whatever is tried: what was said, and what to do.</exception>
    Task<CompletionReply> CompleteAsync(CompletionCall call, CancellationToken cancellationToken);
}
