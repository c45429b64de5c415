using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Systems.EchoChamber;

/// <summary>One evaluation of one model on one task in one way of decoding: a line of <c>records.jsonl</c> in the run folder. The schema is described in <c>docs/systems/echo-chamber.md</c>.</summary>
public sealed record EchoRecord
{
    /// <summary>Name of the file in a run folder.</summary>
    public const string FileName = "records.jsonl";

    /// <summary>Task of problems like those that are trained on.</summary>
    public const string Heldout = "heldout";

    /// <summary>Beginning of the tasks of other numbers of steps.</summary>
    public const string TransferPrefix = "transfer-";

    /// <summary>Version of the schema.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>Name of the recipe.</summary>
    public required string Run { get; init; }

    /// <summary>Master seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Mixture, as <c>33-33-33</c>: shares of function, tagged and prose among the formats, in hundredths.</summary>
    public required string Mix { get; init; }

    /// <summary>Parameters of the model.</summary>
    public required long Size { get; init; }

    /// <summary>Method: <c>ppo</c>, <c>grpo</c>, <c>reinforce</c>, <c>quark</c>, <c>exit-base</c>, <c>exit-continue</c>, <c>sft</c>, <c>none</c>; <c>-shuffled</c> behind it is the control.</summary>
    public required string Algo { get; init; }

    /// <summary>Cost of a nat of divergence; null where the method has none.</summary>
    public double? Beta { get; init; }

    /// <summary>Passes over the training problems so far.</summary>
    public required double Episode { get; init; }

    /// <summary>Updates so far; rounds with expert iteration, optimizer steps with training on reference solutions.</summary>
    public required int Rollout { get; init; }

    /// <summary>Samples that training has drawn so far.</summary>
    public required long Sampled { get; init; }

    /// <summary><c>heldout</c>: as many steps as training problems; <c>transfer-3</c>: 3 steps, which is another number.</summary>
    public required string Task { get; init; }

    /// <summary><c>greedy</c>, or the temperature of samples as <c>t0.7</c>.</summary>
    public required string Decode { get; init; }

    /// <summary>Problems.</summary>
    public required int Problems { get; init; }

    /// <summary>Answers to each.</summary>
    public required int Samples { get; init; }

    /// <summary>Share of each label among all answers: <c>function</c>, <c>tagged</c>, <c>prose</c>, <c>malformed</c>. A cut-off answer is malformed.</summary>
    public required IReadOnlyDictionary<string, double> Share { get; init; }

    /// <summary>Accepted share of the answers of each label that has one.</summary>
    public required IReadOnlyDictionary<string, double> Acc { get; init; }

    /// <summary>Accepted share of all answers: pass@1.</summary>
    public required double Pass1 { get; init; }

    /// <summary>Unbiased pass@k by k; none for greedy answers.</summary>
    public IReadOnlyDictionary<string, double> Passk { get; init; } = new Dictionary<string, double>();

    /// <summary>Share of problems whose most frequent answer among the first k is right, by k; none for greedy answers.</summary>
    public IReadOnlyDictionary<string, double> Majk { get; init; } = new Dictionary<string, double>();

    /// <summary>Mean number of different answers to a problem.</summary>
    public double DistinctAnswers { get; init; }

    /// <summary>Mean entropy of the next token at places of the model's own answers (temperature 1), nats.</summary>
    public required double Entropy { get; init; }

    /// <summary>Mean exact divergence KL(model || base) at those places, nats a token.</summary>
    public required double KlRef { get; init; }

    /// <summary>Mean tokens of an answer, end mark included.</summary>
    public required double LenMean { get; init; }

    /// <summary>Share of answers that end with the end mark.</summary>
    public required double EosRate { get; init; }

    /// <summary>Answers without a verdict; they are in no accuracy.</summary>
    public int Unknown { get; init; }

    /// <summary>Reads the records of a run in order; none where it has not come so far.</summary>
    /// <exception cref="RatchetException">The file is damaged.</exception>
    public static IReadOnlyList<EchoRecord> Read(string folder) => JsonLog.Read<EchoRecord>(Path.Combine(folder, FileName));
}

/// <summary>What a batch of rollouts was: a line of <c>formats.jsonl</c> in the run folder.</summary>
public sealed record FormatCounts
{
    /// <summary>Name of the file in a run folder.</summary>
    public const string FileName = "formats.jsonl";

    /// <summary>Update that learned from it, counted from 0.</summary>
    public required int Update { get; init; }

    /// <summary>Rollouts by label.</summary>
    public required IReadOnlyDictionary<string, int> Count { get; init; }

    /// <summary>Accepted rollouts by label.</summary>
    public required IReadOnlyDictionary<string, int> Accepted { get; init; }

    /// <summary>Rollouts without a verdict.</summary>
    public int Unknown { get; init; }

    /// <summary>All rollouts.</summary>
    public int Total => Count.Values.Sum();

    /// <summary>Share of a label.</summary>
    public double Share(string label) => Total == 0 ? 0 : (double)Count.GetValueOrDefault(label) / Total;

    /// <summary>Reads those of a run in order of updates; none where it has none.</summary>
    /// <exception cref="RatchetException">The file is damaged.</exception>
    public static IReadOnlyList<FormatCounts> Read(string folder) => JsonLog.Read<FormatCounts>(Path.Combine(folder, FileName));
}

/// <summary>Files of one JSON object a line.</summary>
internal static class JsonLog
{
    private static readonly JsonSerializerOptions Options = new(RunSummary.JsonOptions)
    {
        WriteIndented = false,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T? Parse<T>(string line) => JsonSerializer.Deserialize<T>(line, Options);

    public static void Write<T>(string path, IEnumerable<T> values) => RunFolder.WriteAtomically(path, string.Concat(values.Select(v => Line(v) + "\n")));

    public static IReadOnlyList<T> Read<T>(string path)
    {
        try
        {
            return File.Exists(path) ? [.. File.ReadLines(path).Where(l => l.Length > 0).Select(l => Parse<T>(l) ?? throw new JsonException("A line is empty."))] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RatchetException($"'{path}' cannot be read: {e.Message}", "Write it anew with 'ratchet resume'.", e);
        }
    }
}
