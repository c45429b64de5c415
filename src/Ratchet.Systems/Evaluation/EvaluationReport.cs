using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Runs;

namespace Ratchet.Systems.Evaluation;

/// <summary>The result of an evaluation.</summary>
public sealed record EvaluationReport
{
    /// <summary>Who proposed: a checkpoint folder, a file of responses, or the name of a portfolio.</summary>
    public required string Proposer { get; init; }

    /// <summary>Name of the verifier.</summary>
    public required string Verifier { get; init; }

    /// <summary>Version of the verifier.</summary>
    public required string VerifierVersion { get; init; }

    /// <summary>pass@k over all problems and by stratum.</summary>
    public required EvaluationSummary Summary { get; init; }

    /// <summary>Attempts of each problem that vote in <see cref="Majority"/>.</summary>
    public int Voters { get; init; }

    /// <summary>maj@k with k = <see cref="Voters"/>; null where answers are not compared.</summary>
    public Estimate? Majority { get; init; }

    /// <summary>The summary's keys, and <c>proposer</c>, <c>verifier</c>, <c>verifier_version</c> and <c>maj@k</c> beside them.</summary>
    public string ToJson()
    {
        var node = JsonSerializer.SerializeToNode(Summary, RunSummary.JsonOptions)!.AsObject();
        node["proposer"] = Proposer;
        node["verifier"] = Verifier;
        node["verifier_version"] = VerifierVersion;
        if (Majority is { } majority)
            node[FormattableString.Invariant($"maj@{Voters}")] = JsonSerializer.SerializeToNode(majority, RunSummary.JsonOptions);
        return node.ToJsonString(RunSummary.JsonOptions);
    }
}
