using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ratchet.Evaluation;

namespace Ratchet.Runs;

/// <summary>Writes each k of pass@k as a key of its own, as the run-folder contract asks.</summary>
internal sealed class EvaluationSummaryConverter : JsonConverter<EvaluationSummary>
{
    private const string Prefix = "pass@";

    public override EvaluationSummary Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var node = JsonNode.Parse(ref reader)?.AsObject() ?? throw new JsonException("An evaluation must be an object.");
        var passAtK = new SortedDictionary<int, Estimate>();
        foreach (var (key, value) in node)
        {
            if (key.StartsWith(Prefix, StringComparison.Ordinal) && value is not null)
                passAtK[int.Parse(key.AsSpan(Prefix.Length))] = value.Deserialize<Estimate>(options)!;
        }

        return new EvaluationSummary
        {
            Problems = node["problems"]!.GetValue<int>(),
            Attempts = node["attempts"]!.GetValue<int>(),
            Unknown = node["unknown"]?.GetValue<int>() ?? 0,
            Greedy = node["greedy"]?.Deserialize<Estimate>(options),
            PassAtK = passAtK,
            Excluded = node["excluded"]?.Deserialize<SortedDictionary<int, int>>(options) ?? [],
            ByStratum = new SortedDictionary<string, EvaluationSummary>(node["by_stratum"]?.Deserialize<Dictionary<string, EvaluationSummary>>(options) ?? [], NaturalOrder.Instance),
            Tokens = node["tokens"]?.GetValue<long>() ?? 0,
            VerifierCalls = node["verifier_calls"]?.GetValue<long>() ?? 0,
        };
    }

    public override void Write(Utf8JsonWriter writer, EvaluationSummary value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("problems", value.Problems);
        writer.WriteNumber("attempts", value.Attempts);
        writer.WriteNumber("unknown", value.Unknown);
        foreach (var (k, estimate) in value.PassAtK.OrderBy(p => p.Key))
        {
            writer.WritePropertyName($"{Prefix}{k}");
            JsonSerializer.Serialize(writer, estimate, options);
        }

        if (value.Excluded.Count > 0)
        {
            writer.WritePropertyName("excluded");
            JsonSerializer.Serialize(writer, value.Excluded, options);
        }

        if (value.Greedy is not null)
        {
            writer.WritePropertyName("greedy");
            JsonSerializer.Serialize(writer, value.Greedy, options);
        }

        writer.WriteNumber("tokens", value.Tokens);
        writer.WriteNumber("verifier_calls", value.VerifierCalls);
        if (value.ByStratum.Count > 0)
        {
            writer.WritePropertyName("by_stratum");
            JsonSerializer.Serialize(writer, value.ByStratum, options);
        }

        writer.WriteEndObject();
    }
}
