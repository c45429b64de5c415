using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ratchet.Sampling;

namespace Ratchet.Service.Completions;

/// <summary>Writes answers in the shapes of the OpenAI interface.</summary>
internal sealed class CompletionAnswer(CompletionRequest request)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly string _id = (request.IsChat ? "chatcmpl-" : "cmpl-") + Guid.NewGuid().ToString("N");
    private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>The whole answer.</summary>
    public byte[] Whole(CompletionResult result) => Json(w =>
    {
        Head(w, request.IsChat ? "chat.completion" : "text_completion");
        w.WriteStartArray("choices");
        for (var i = 0; i < result.Choices.Count; i++)
        {
            var choice = result.Choices[i];
            var prompt = request.Prompts[i / request.Count];
            var echo = request.Echo ? request.Model.Decode(prompt) : "";
            w.WriteStartObject();
            w.WriteNumber("index", i);
            if (request.IsChat)
            {
                w.WriteStartObject("message");
                w.WriteString("role", "assistant");
                w.WriteString("content", choice.Text);
                w.WriteNull("refusal");
                w.WriteEndObject();
            }
            else
            {
                w.WriteString("text", echo + choice.Text);
            }

            Scores(w, choice.Tokens, echo.Length, request.Echo ? (prompt, result.PromptScores[i / request.Count]) : null);
            w.WriteString("finish_reason", choice.Finish);
            if (request.TokenIds)
                Ids(w, prompt, choice.Sample!);
            w.WriteEndObject();
        }

        w.WriteEndArray();
        Usage(w, result.Choices);
        w.WriteNull("system_fingerprint");
    });

    /// <summary>Events of a stream before the first piece: the roles, and the echo of the prompts.</summary>
    public IEnumerable<byte[]> Begin()
    {
        for (var i = 0; i < request.Prompts.Count * request.Count; i++)
        {
            if (request.IsChat)
                yield return Event(i, "", [], null, role: true);
            else if (request.Echo)
                yield return Event(i, request.Model.Decode(request.Prompts[i / request.Count]), [], null, role: false);
        }
    }

    /// <summary>An event of a stream.</summary>
    public byte[] Piece(ChoicePiece piece) => Event(piece.Choice, piece.Text, piece.Tokens, piece.Finish, role: false);

    /// <summary>The last events of a stream.</summary>
    public IEnumerable<byte[]> End(CompletionResult result)
    {
        if (request.StreamUsage)
        {
            yield return Data(Json(w =>
            {
                Head(w, request.IsChat ? "chat.completion.chunk" : "text_completion");
                w.WriteStartArray("choices");
                w.WriteEndArray();
                Usage(w, result.Choices);
            }));
        }

        yield return "data: [DONE]\n\n"u8.ToArray();
    }

    /// <summary>A mistake in the shape of the interface.</summary>
    public static byte[] Error(int status, string message, string? parameter, string? code) => Json(w =>
    {
        w.WriteStartObject("error");
        w.WriteString("message", message);
        w.WriteString("type", status switch { 401 => "authentication_error", 403 => "permission_error", 429 => "rate_limit_error", >= 500 => "server_error", _ => "invalid_request_error" });
        w.WriteString("param", parameter);
        w.WriteString("code", code ?? (status switch { 401 => "invalid_api_key", 429 => "rate_limit_exceeded", _ => null }));
        w.WriteEndObject();
    });

    /// <summary>A line of an event stream.</summary>
    public static byte[] Data(byte[] json) => [.. "data: "u8, .. json, .. "\n\n"u8];

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Options))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private byte[] Event(int choice, string text, IReadOnlyList<ChoiceToken> tokens, string? finish, bool role) => Data(Json(w =>
    {
        Head(w, request.IsChat ? "chat.completion.chunk" : "text_completion");
        w.WriteStartArray("choices");
        w.WriteStartObject();
        w.WriteNumber("index", choice);
        if (request.IsChat)
        {
            w.WriteStartObject("delta");
            if (role)
                w.WriteString("role", "assistant");
            if (role || text.Length > 0)
                w.WriteString("content", text);
            w.WriteEndObject();
        }
        else
        {
            w.WriteString("text", text);
        }

        Scores(w, tokens, 0, null);
        w.WriteString("finish_reason", finish);
        w.WriteEndObject();
        w.WriteEndArray();
        if (request.StreamUsage)
            w.WriteNull("usage");
    }));

    private void Head(Utf8JsonWriter w, string kind)
    {
        w.WriteString("id", _id);
        w.WriteString("object", kind);
        w.WriteNumber("created", _created);
        w.WriteString("model", request.Model.Name);
    }

    private void Usage(Utf8JsonWriter w, IReadOnlyList<ChoiceText> choices)
    {
        var (prompt, text) = (request.Prompts.Sum(p => p.Length), choices.Sum(c => c.Sample!.Ids.Length));
        w.WriteStartObject("usage");
        w.WriteNumber("prompt_tokens", prompt);
        w.WriteNumber("completion_tokens", text);
        w.WriteNumber("total_tokens", prompt + text);
        w.WriteEndObject();
    }

    private static void Ids(Utf8JsonWriter w, int[] prompt, Sample sample)
    {
        w.WriteStartArray("prompt_token_ids");
        foreach (var id in prompt)
            w.WriteNumberValue(id);
        w.WriteEndArray();
        w.WriteStartArray("token_ids");
        foreach (var id in sample.Ids)
            w.WriteNumberValue(id);
        w.WriteEndArray();
        w.WriteStartArray("sampled_logprobs");
        foreach (var value in sample.LogProbabilities)
            w.WriteNumberValue(value);
        w.WriteEndArray();
    }

    private void Scores(Utf8JsonWriter w, IReadOnlyList<ChoiceToken> tokens, int offset, (int[] Ids, IReadOnlyList<TokenScore> Scores)? prompt)
    {
        if (!request.Scores)
        {
            w.WriteNull("logprobs");
            return;
        }

        w.WriteStartObject("logprobs");
        if (request.IsChat)
        {
            w.WriteStartArray("content");
            foreach (var token in tokens)
            {
                w.WriteStartObject();
                Token(w, token.Id, token.Score!.LogProbability);
                w.WriteStartArray("top_logprobs");
                foreach (var (id, logProbability) in token.Score.Top)
                {
                    w.WriteStartObject();
                    Token(w, id, logProbability);
                    w.WriteEndObject();
                }

                w.WriteEndArray();
                w.WriteEndObject();
            }

            w.WriteEndArray();
            w.WriteNull("refusal");
        }
        else
        {
            Lists(w, tokens, offset, prompt);
        }

        w.WriteEndObject();
    }

    /// <summary>The older shape: four lists with an element for each token; the first token of an echo has no log-probability.</summary>
    private void Lists(Utf8JsonWriter w, IReadOnlyList<ChoiceToken> tokens, int offset, (int[] Ids, IReadOnlyList<TokenScore> Scores)? prompt)
    {
        var all = new List<(int Id, TokenScore? Score, int Offset)>();
        if (prompt is { } echo)
        {
            for (var i = 0; i < echo.Ids.Length; i++)
                all.Add((echo.Ids[i], i == 0 ? null : echo.Scores[i - 1], request.Model.Decode(echo.Ids.AsSpan(0, i)).Length));
        }

        all.AddRange(tokens.Select(t => (t.Id, t.Score, offset + t.Offset)));
        w.WriteStartArray("tokens");
        foreach (var (id, _, _) in all)
            w.WriteStringValue(request.Model.TokenText(id));
        w.WriteEndArray();
        w.WriteStartArray("token_logprobs");
        foreach (var (_, score, _) in all)
        {
            if (score is null)
                w.WriteNullValue();
            else
                w.WriteNumberValue(score.LogProbability);
        }

        w.WriteEndArray();
        w.WriteStartArray("top_logprobs");
        foreach (var (_, score, _) in all)
        {
            if (score is null)
            {
                w.WriteNullValue();
                continue;
            }

            // Two tokens may look alike; the more likely one keeps the name.
            w.WriteStartObject();
            foreach (var group in score.Top.GroupBy(t => request.Model.TokenText(t.Id), StringComparer.Ordinal))
                w.WriteNumber(group.Key, group.First().LogProbability);
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteStartArray("text_offset");
        foreach (var (_, _, at) in all)
            w.WriteNumberValue(at);
        w.WriteEndArray();
    }

    private void Token(Utf8JsonWriter w, int id, float logProbability)
    {
        var text = request.Model.TokenText(id);
        w.WriteString("token", text);
        w.WriteNumber("logprob", logProbability);
        w.WriteStartArray("bytes");
        foreach (var b in Encoding.UTF8.GetBytes(text))
            w.WriteNumberValue(b);
        w.WriteEndArray();
    }
}
