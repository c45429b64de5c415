using System.Text.Json;
using Ratchet.Examples;
using Ratchet.Loop;

namespace Ratchet.Learning;

/// <summary>
/// What a checkpoint was trained on, <c>manifest.json</c> in its folder: the lineage from weights to rows and from rows to the
/// attempts behind them.
/// </summary>
public sealed record TrainingManifest
{
    /// <summary>Name of the file in a checkpoint's folder.</summary>
    public const string FileName = "manifest.json";

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n" };

    /// <summary>Round that the checkpoint ends.</summary>
    public required int Round { get; init; }

    /// <summary>SHA-256 of the whole request: rows, options, stream and start weights. Equal hashes mean equal weights.</summary>
    public required string RequestHash { get; init; }

    /// <summary>Checkpoint that training started from; null for fresh weights.</summary>
    public required string? FromId { get; init; }

    /// <summary>SHA-256 of the start weights; null for fresh weights.</summary>
    public required string? FromWeightsHash { get; init; }

    /// <summary>Passes over the rows.</summary>
    public required double Epochs { get; init; }

    /// <summary>Optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Tokens trained on, context and targets.</summary>
    public required long Tokens { get; init; }

    /// <summary>Mean loss per target token over the last tenth of the steps, nats.</summary>
    public required double FinalLoss { get; init; }

    /// <summary>Learning curve, thinned to at most 100 steps.</summary>
    public IReadOnlyList<LearningStep> Curve { get; init; } = [];

    /// <summary>SHA-256 of the rows in order, ids and weights included.</summary>
    public required string RowsHash { get; init; }

    /// <summary>Rows in order. A row of weight 0 is listed, although it was not trained on.</summary>
    public required IReadOnlyList<ManifestRow> Rows { get; init; }

    /// <summary>Reads the manifest of a checkpoint's folder; null where there is none or it is not readable.</summary>
    public static TrainingManifest? TryLoad(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<TrainingManifest>(File.ReadAllBytes(path), s_json) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The file's text.</summary>
    internal string ToJson() => JsonSerializer.Serialize(this, s_json) + "\n";

    /// <summary>Entries of rows.</summary>
    internal static IReadOnlyList<ManifestRow> Entries(IReadOnlyList<Example> rows) =>
        [.. rows.Select(r => new ManifestRow(r.Id, r.ProblemId, r.Weight, r.Ids.Count, r.Targets, r.AttemptIds))];
}

/// <summary>A row in a manifest.</summary>
/// <param name="Id">Identifier of the row.</param>
/// <param name="ProblemId">Problem that it solves.</param>
/// <param name="Weight">Factor on its loss.</param>
/// <param name="Tokens">Ids in it.</param>
/// <param name="Targets">Ids that carried loss.</param>
/// <param name="AttemptIds">Attempts that it was made from; empty for a reference solution.</param>
public sealed record ManifestRow(string Id, string ProblemId, float Weight, int Tokens, int Targets, IReadOnlyList<string> AttemptIds);
