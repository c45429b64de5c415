using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Sampling;
using Ratchet.Sampling.Constraints;
using Ratchet.Service.Admission;

namespace Ratchet.Service.Completions;

/// <summary>A request for texts, in either form, read and checked.</summary>
internal sealed record CompletionRequest
{
    private const int MostStops = 16, MostTop = 20, MostPrompts = 1024;

    // What would change the answer and is not there: better refused than passed over. Values that change nothing are let through.
    private static readonly string[] Unsupported =
        ["tools", "functions", "tool_choice", "function_call", "logit_bias", "presence_penalty", "frequency_penalty", "repetition_penalty", "min_p", "suffix", "audio", "modalities", "prediction", "use_beam_search"];

    public required ModelDesk Model { get; init; }

    /// <summary>The form of a conversation, else that of plain texts.</summary>
    public required bool IsChat { get; init; }

    /// <summary>Prompts as ids.</summary>
    public required IReadOnlyList<int[]> Prompts { get; init; }

    /// <summary>Choices of each prompt.</summary>
    public required int Count { get; init; }

    public required SamplingOptions Sampling { get; init; }

    public required long? Seed { get; init; }

    public required IReadOnlyList<string> Stops { get; init; }

    public required bool Stream { get; init; }

    /// <summary>A stream ends with the numbers of tokens.</summary>
    public required bool StreamUsage { get; init; }

    /// <summary>Log-probabilities are shown.</summary>
    public required bool Scores { get; init; }

    /// <summary>The prompt is repeated before the text.</summary>
    public required bool Echo { get; init; }

    /// <summary>No text is drawn; only an echo is wanted.</summary>
    public required bool OnlyEcho { get; init; }

    /// <summary>Ids are shown, with the log-probabilities of the distribution that they were drawn from.</summary>
    public required bool TokenIds { get; init; }

    /// <summary>Reads a body.</summary>
    /// <exception cref="RequestRefusedException">A field is wrong (400, with its name), or the model is not here (404).</exception>
    public static CompletionRequest Read(JsonElement body, bool chat, IReadOnlyList<ModelDesk> models, ServiceOptions options)
    {
        var fields = new RequestFields(body);
        var model = Find(fields.Text("model"), models);
        foreach (var name in Unsupported)
        {
            if (fields.Find(name) is { } value && !IsNeutral(value, name == "repetition_penalty" ? 1 : 0))
                throw RequestFields.Wrong(name, "is not supported");
        }

        if (fields.Whole("best_of", 1, 1024) is { } best && best != (fields.Whole("n", 1, 1024) ?? 1))
            throw RequestFields.Wrong("best_of", "is supported with the value of 'n' only");
        var count = fields.Whole("n", 1, options.MaxChoices) ?? 1;
        var prompts = chat ? [model.Encode(Messages(fields))] : Prompt(fields, model, options.MaxChoices / count);
        var echo = !chat && fields.Flag("echo");
        var left = model.MaxPositions - prompts.Max(p => p.Length);
        var asked = (chat ? fields.Whole("max_completion_tokens", 1, int.MaxValue) : null) ?? fields.Whole("max_tokens", echo ? 0 : 1, int.MaxValue);
        var most = Math.Min(options.MaxTokens, left);
        if (prompts.Any(p => p.Length == 0))
            throw RequestFields.Wrong(chat ? "messages" : "prompt", "is empty");
        if (left < 1 && asked != 0)
            throw new RequestRefusedException(400, $"The prompt has {prompts.Max(p => p.Length)} tokens, and the model has {model.MaxPositions} positions for prompt and text.") { Parameter = chat ? "messages" : "prompt", Code = "context_length_exceeded" };
        if (prompts.Any(p => p.Length > model.MaxPositions))
            throw new RequestRefusedException(400, $"The prompt has more tokens than the model's {model.MaxPositions} positions.") { Parameter = "prompt", Code = "context_length_exceeded" };
        if (asked > most)
            throw RequestFields.Wrong("max_tokens", $"is {asked}; with this prompt the model may write at most {most} tokens");
        var onlyEcho = asked == 0;
        var constraint = Constraint(fields, model);
        if (constraint is not null && fields.Flag("ignore_eos"))
            throw RequestFields.Wrong("ignore_eos", "cannot be set where the text is held to a language, which must be able to end");
        int? scores = chat ? fields.Flag("logprobs") ? fields.Whole("top_logprobs", 0, MostTop) ?? 0 : null : fields.Whole("logprobs", 0, MostTop);
        var stream = fields.Flag("stream");
        var top = fields.Whole("top_k", -1, int.MaxValue) ?? model.Generation?.TopK ?? 0;
        return new CompletionRequest
        {
            Model = model,
            IsChat = chat,
            Prompts = prompts,
            Count = count,
            Seed = fields.Seed("seed"),
            Stops = Stopping(fields),
            Stream = stream,
            StreamUsage = stream && fields.Find("stream_options") is { ValueKind: JsonValueKind.Object } more && new RequestFields(more).Flag("include_usage"),
            Scores = scores is not null,
            Echo = echo,
            OnlyEcho = onlyEcho,
            TokenIds = fields.Flag("return_token_ids"),
            Sampling = new SamplingOptions
            {
                Temperature = Temperature(fields.Number("temperature", 0, 100) ?? model.Generation?.Temperature ?? 1),
                TopP = fields.Number("top_p", 1e-6, 1) ?? model.Generation?.TopP ?? 1,
                TopK = Math.Max(top, 0),
                MaxNewTokens = onlyEcho ? 1 : Math.Min(asked ?? (chat ? most : Math.Min(16, most)), most),
                StopIds = fields.Flag("ignore_eos") ? [] : model.EndIds,
                ModelScores = scores,
                Constraint = constraint,
            },
        };
    }

    private static double Temperature(double value) => value is > 0 and < 1e-4 ? 0 : value;

    private static bool IsNeutral(JsonElement value, double nothing) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Number => value.TryGetDouble(out var number) && number == nothing,
        JsonValueKind.String => value.ValueEquals("none") || value.ValueEquals("auto") || value.ValueEquals(""),
        JsonValueKind.False => true,
        _ => false,
    };

    private static ModelDesk Find(string? name, IReadOnlyList<ModelDesk> models)
    {
        if (models.Count == 0)
            throw new RequestRefusedException(404, "No model is served here; 'ratchet serve --model FOLDER' serves one.") { Code = "model_not_found" };
        if (name is null && models.Count == 1)
            return models[0];
        return models.FirstOrDefault(m => m.Name == name)
            ?? throw new RequestRefusedException(404, $"There is no model '{CheckService.Shown(name ?? "")}' here; there is {string.Join(", ", models.Select(m => m.Name))}.") { Parameter = "model", Code = "model_not_found" };
    }

    private static IReadOnlyList<string> Stopping(RequestFields fields)
    {
        var stops = fields.Texts("stop", MostStops);
        return stops.All(s => s.Length is > 0 and <= 1000) ? stops : throw RequestFields.Wrong("stop", "must hold texts of 1 to 1000 characters");
    }

    private static IReadOnlyList<int[]> Prompt(RequestFields fields, ModelDesk model, int most)
    {
        var prompt = fields.Find("prompt") ?? throw RequestFields.Wrong("prompt", "is missing");
        if (prompt.ValueKind == JsonValueKind.String)
            return [model.Encode(RequestFields.Text(prompt, "prompt"))];
        if (prompt.ValueKind != JsonValueKind.Array || prompt.GetArrayLength() == 0)
            throw RequestFields.Wrong("prompt", "must be a text, a list of token ids, or a list of either");
        if (prompt[0].ValueKind == JsonValueKind.Number)
            return [Ids(prompt, model)];
        if (prompt.GetArrayLength() > Math.Min(most, MostPrompts))
            throw RequestFields.Wrong("prompt", $"and 'n' together ask for too many texts; at most {Math.Min(most, MostPrompts)} prompts with this 'n'");
        return [.. prompt.EnumerateArray().Select(p => p.ValueKind == JsonValueKind.Array ? Ids(p, model) : model.Encode(RequestFields.Text(p, "prompt")))];
    }

    private static int[] Ids(JsonElement list, ModelDesk model) => [.. list.EnumerateArray().Select(v =>
        v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var id) && id >= 0 && id < model.Sampler.Config.VocabularySize ? id
            : throw RequestFields.Wrong("prompt", $"holds something that is no token id from 0 to {model.Sampler.Config.VocabularySize - 1}"))];

    /// <summary>The turns as a template reads them; contents in parts are put together.</summary>
    private static JsonArray Messages(RequestFields fields)
    {
        if (fields.Find("messages") is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0)
            throw RequestFields.Wrong("messages", "must be a list with at least one message");
        var result = new JsonArray();
        foreach (var message in list.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object)
                throw RequestFields.Wrong("messages", "must hold objects");
            var turn = new RequestFields(message);
            var role = turn.Text("role") ?? throw RequestFields.Wrong("messages", "holds a message without a role");
            var content = turn.Find("content");
            var text = content switch
            {
                null => "",
                { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(Part)),
                { } value => RequestFields.Text(value, "messages"),
            };

            // Newer clients say developer for what templates know as system.
            result.Add((JsonNode)new JsonObject { ["role"] = role == "developer" ? "system" : role, ["content"] = text });
        }

        return result;
    }

    private static string Part(JsonElement part)
    {
        if (part.ValueKind != JsonValueKind.Object || new RequestFields(part) is not { } fields || fields.Text("type") is not "text" || fields.Text("text") is not { } text)
            throw RequestFields.Wrong("messages", "holds a part that is no text");
        return text;
    }

    private static ITokenConstraint? Constraint(RequestFields fields, ModelDesk model)
    {
        if (fields.Text("grammar") is { } grammar)
            return model.Constraint("g" + grammar, () => Grammar.FromEbnf(grammar), "grammar");
        if (fields.Text("regex") is { } regex)
            return model.Constraint("r" + regex, () => Grammar.FromRegex(regex), "regex");
        if (fields.Find("response_format") is not { } format)
            return null;
        if (format.ValueKind != JsonValueKind.Object)
            throw RequestFields.Wrong("response_format", "must be an object");
        var form = new RequestFields(format);
        switch (form.Text("type"))
        {
            case "text":
                return null;
            case "json_object":
                return model.Constraint("o", () => Grammar.JsonObject, "response_format");
            case "json_schema":
                var schema = form.Find("json_schema") is { ValueKind: JsonValueKind.Object } outer ? new RequestFields(outer).Find("schema") : null;
                if (schema is not { } given)
                    throw RequestFields.Wrong("response_format", "of type json_schema needs json_schema.schema");
                return model.Constraint("s" + given.GetRawText(), () => Grammar.FromJsonSchema(given), "response_format");
            default:
                throw RequestFields.Wrong("response_format", "must have the type text, json_object or json_schema");
        }
    }
}
