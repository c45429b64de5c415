using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ratchet.Runs;

/// <summary>The machine-readable result of a run, written to <c>summary.json</c>. The schema is described in <c>docs/run-folder.md</c>.</summary>
public sealed record RunSummary
{
    /// <summary>Version of this schema.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary><c>running</c>, <c>completed</c>, <c>stopped</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Why a run failed or stopped, or null.</summary>
    public string? Message { get; init; }

    /// <summary>Name of the recipe.</summary>
    public required string Recipe { get; init; }

    /// <summary>Master seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Wall time of the run in seconds, summed over its sessions.</summary>
    public double WallSeconds { get; init; }

    /// <summary>Number of sessions: 1 unless the run was resumed.</summary>
    public int Sessions { get; init; } = 1;

    /// <summary>Number of trained parameters.</summary>
    public long Parameters { get; init; }

    /// <summary>Results by round; round 0 is the start model.</summary>
    public required IReadOnlyList<RoundSummary> Rounds { get; init; }

    /// <summary>Tokens sampled in all rounds, training and evaluation.</summary>
    public long TokensSampled { get; init; }

    /// <summary>Tokens trained on, start model included.</summary>
    public long TokensTrained { get; init; }

    /// <summary>Attempts without a log-probability for each token, which were written elsewhere: nothing may be computed from them that takes them for samples of the policy.</summary>
    public long OffPolicyAttempts { get; init; }

    /// <summary>What the endpoint that proposed was asked for and what it cost; null where none proposed.</summary>
    public EndpointSummary? Endpoint { get; init; }

    /// <summary>Work of the verifier.</summary>
    public required VerifierSummary Verifier { get; init; }

    /// <summary>Speeds, over the time that each stage was busy.</summary>
    public required SpeedSummary Speed { get; init; }

    /// <summary>Agreement between sampler and learner.</summary>
    public required ParitySummary Parity { get; init; }

    /// <summary>Results by name, of systems whose results are not rounds of attempts; null in others and before the end.</summary>
    public IReadOnlyDictionary<string, double>? Measures { get; init; }

    /// <summary>Most resident memory that training in the last session needed at once beyond what was there before it, in bytes; null where it was not looked at.</summary>
    public long? TrainingMemoryBytes { get; init; }

    /// <summary>Problems left out of the sets, by reason.</summary>
    public IReadOnlyDictionary<string, int> Removed { get; init; } = new Dictionary<string, int>();

    /// <summary>SHA-256 of the last round's weights.</summary>
    public string? WeightsHash { get; init; }

    /// <summary>What the run ran on: machine, runtime, commit.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Options for reading and writing: snake_case names, indented.</summary>
    public static JsonSerializerOptions JsonOptions { get; } = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

/// <summary>One round of a run.</summary>
public sealed record RoundSummary
{
    /// <summary>Round number; 0 is the start model.</summary>
    public required int Round { get; init; }

    /// <summary>Attempts on training problems (round 0: the seed problems' reference solutions).</summary>
    public required TrainSummary Train { get; init; }

    /// <summary>Evaluation of the round's checkpoint on held-out problems; with no problems in rounds that were not evaluated.</summary>
    public required EvaluationSummary Heldout { get; init; }

    /// <summary>Rows that the round's checkpoint was trained on.</summary>
    public int Examples { get; init; }

    /// <summary>Optimizer steps of the round.</summary>
    public int Steps { get; init; }

    /// <summary>Loss at the end of the round's training, nats per target token.</summary>
    public double Loss { get; init; }

    /// <summary>Checkpoint that the round made.</summary>
    public required string Checkpoint { get; init; }
}

/// <summary>Attempts on training problems.</summary>
/// <param name="Problems">Problems attempted.</param>
/// <param name="Attempts">Attempts made.</param>
/// <param name="Accepted">Attempts accepted.</param>
/// <param name="Unknown">Attempts without a verdict.</param>
/// <param name="Solved">Problems with at least one accepted attempt.</param>
public sealed record TrainSummary(int Problems, int Attempts, int Accepted, int Unknown, int Solved);

/// <summary>Evaluation on held-out problems. Serialised with one key a k: <c>pass@1</c>, <c>pass@8</c>.</summary>
[JsonConverter(typeof(EvaluationSummaryConverter))]
public sealed record EvaluationSummary
{
    /// <summary>Problems evaluated.</summary>
    public required int Problems { get; init; }

    /// <summary>Attempts made.</summary>
    public required int Attempts { get; init; }

    /// <summary>Attempts without a verdict: excluded from n and counted.</summary>
    public int Unknown { get; init; }

    /// <summary>Share of problems solved by the most likely attempt, or null where it was not asked for.</summary>
    public Estimate? Greedy { get; init; }

    /// <summary>pass@k by k.</summary>
    public required IReadOnlyDictionary<int, Estimate> PassAtK { get; init; }

    /// <summary>
    /// Problems left out of a pass@k, by k, because fewer than k of their attempts had a verdict; empty when there are none.
    /// </summary>
    public IReadOnlyDictionary<int, int> Excluded { get; init; } = new Dictionary<int, int>();

    /// <summary>The same by difficulty class.</summary>
    public IReadOnlyDictionary<string, EvaluationSummary> ByStratum { get; init; } = new Dictionary<string, EvaluationSummary>();

    /// <summary>Tokens sampled for the evaluation.</summary>
    public long Tokens { get; init; }

    /// <summary>Verifier calls made for the evaluation, cached ones included.</summary>
    public long VerifierCalls { get; init; }
}

/// <summary>A share with its interval.</summary>
/// <param name="Value">Estimate, 0 to 1.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
public sealed record Estimate(double Value, double Low, double High);

/// <summary>An endpoint that proposed.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Calls">Calls that it answered.</param>
/// <param name="InputTokens">Tokens of prompts that it charged.</param>
/// <param name="OutputTokens">Tokens of texts that it charged.</param>
/// <param name="Cost">Their price, in the currency of the recipe's prices.</param>
public sealed record EndpointSummary(string Model, long Calls, long InputTokens, long OutputTokens, double Cost);

/// <summary>Work of the verifier.</summary>
/// <param name="Calls">Attempts to judge.</param>
/// <param name="Cached">Of these, answered from the verdict cache.</param>
/// <param name="Accepted">Verdicts accepted.</param>
/// <param name="Rejected">Verdicts rejected.</param>
/// <param name="Unknown">Verdicts unknown, by reason.</param>
public sealed record VerifierSummary(long Calls, long Cached, long Accepted, long Rejected, IReadOnlyDictionary<string, long> Unknown);

/// <summary>Speeds while a stage was busy.</summary>
/// <param name="SampleTokensPerS">Sampled tokens per second.</param>
/// <param name="TrainTokensPerS">Trained tokens per second.</param>
/// <param name="ChecksPerS">Checks per second, cached ones not counted.</param>
public sealed record SpeedSummary(double SampleTokensPerS, double TrainTokensPerS, double ChecksPerS);

/// <summary>Agreement between sampler and learner.</summary>
/// <param name="MaxLogprobDifference">
/// Largest difference, in nats, between the log-probability that the sampler recorded for a token and the one that the
/// learner's full forward pass gives it, over a probe of each round's attempts.
/// </param>
public sealed record ParitySummary(double MaxLogprobDifference);
