using System.Security.Cryptography;
using System.Text.Json;
using Ratchet.Models;
using Ratchet.Rollouts;

namespace Ratchet.Learning.Policies;

/// <summary>A batch of judged rollouts.</summary>
internal sealed record RolloutBatch
{
    /// <summary>Update whose weights drew it.</summary>
    public required int Version { get; init; }

    /// <summary>All that was sampled, in order.</summary>
    public required IReadOnlyList<Rollout> All { get; init; }

    /// <summary>Those to learn from, by place in <see cref="All"/>: groups that dynamic sampling left out are missing.</summary>
    public required IReadOnlyList<int> Kept { get; init; }

    /// <summary>Seconds of drawing.</summary>
    public double Sampling { get; init; }

    /// <summary>Seconds of judging.</summary>
    public double Judging { get; init; }
}

/// <summary>
/// A policy training between two updates, on disk in <c>FOLDER.snapshot</c>: policy, critic, both optimizers, and the state. What random draws need follows from the numbers of update,
/// prompt and epoch.
/// </summary>
internal sealed record PolicySnapshot
{
    private const string FileName = "snapshot.json";
    private const string CriticFile = "critic.safetensors";
    private const string CriticOptimizerFolder = "critic-optimizer";

    /// <summary>Hash of the request.</summary>
    public required string Request { get; init; }

    /// <summary>Updates done.</summary>
    public int Update { get; init; }

    /// <summary>Prompts taken so far.</summary>
    public long Cursor { get; init; }

    /// <summary>Cost of a nat.</summary>
    public double KlCoefficient { get; init; }

    /// <summary>Optimizer steps of the policy.</summary>
    public int Steps { get; init; }

    /// <summary>Numbers of the updates so far.</summary>
    public IReadOnlyList<PolicyUpdate> Updates { get; init; } = [];

    /// <summary>A batch that was sampled ahead.</summary>
    public RolloutBatch? Pending { get; init; }

    /// <summary>SHA-256 of the files of the snapshot, by name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Writes the snapshot whole, in place of an earlier one.</summary>
    public void Save(string checkpointFolder, IDecoderTrainer policy, IDecoderTrainer? critic)
    {
        CheckpointStore.Save(TrainingSnapshot.FolderOf(checkpointFolder), "snapshot", policy.Export(), new Dictionary<string, string>(), writeMore: partial =>
        {
            OptimizerFile.Save(partial, policy.ExportOptimizer());
            var names = new List<string> { CheckpointStore.WeightsFile, OptimizerFile.Name };
            if (critic is not null)
            {
                var weights = critic.Export();
                CheckpointStore.SaveTensors(Path.Combine(partial, CriticFile), weights.Config.WeightShapes().ToDictionary(s => s.Name, s => weights[s.Name], StringComparer.Ordinal));
                Directory.CreateDirectory(Path.Combine(partial, CriticOptimizerFolder));
                OptimizerFile.Save(Path.Combine(partial, CriticOptimizerFolder), critic.ExportOptimizer());
                names.AddRange([CriticFile, Path.Combine(CriticOptimizerFolder, OptimizerFile.Name)]);
            }

            var whole = this with { Files = names.ToDictionary(n => n, n => HashOf(Path.Combine(partial, n))) };
            using var stream = new FileStream(Path.Combine(partial, FileName), FileMode.CreateNew);
            JsonSerializer.Serialize(stream, whole, PolicyManifest.Json);
            stream.Flush(flushToDisk: true);
        });
    }

    /// <summary>The snapshot of a request, or null where there is none, where it is of another request, or where a file is torn or changed.</summary>
    public static PolicySnapshot? TryLoad(string checkpointFolder, string request)
    {
        var folder = TrainingSnapshot.FolderOf(checkpointFolder);
        try
        {
            var path = Path.Combine(folder, FileName);
            if (!File.Exists(path))
                return null;
            var snapshot = JsonSerializer.Deserialize<PolicySnapshot>(File.ReadAllBytes(path), PolicyManifest.Json);
            return snapshot is { Files.Count: 2 or 4 } && snapshot.Request == request && snapshot.Files.All(f => HashOf(Path.Combine(folder, f.Key)) == f.Value) ? snapshot : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The policy's weights and optimizer.</summary>
    public static (DecoderWeights Weights, OptimizerState Optimizer) Policy(string checkpointFolder)
    {
        var folder = TrainingSnapshot.FolderOf(checkpointFolder);
        return (CheckpointStore.LoadWeights(folder), OptimizerFile.Load(folder));
    }

    /// <summary>The critic's weights and optimizer.</summary>
    public static (DecoderWeights Weights, OptimizerState Optimizer) Critic(string checkpointFolder, DecoderConfig config)
    {
        var folder = TrainingSnapshot.FolderOf(checkpointFolder);
        return (new DecoderWeights(config, CheckpointStore.LoadTensors(Path.Combine(folder, CriticFile)).Tensors), OptimizerFile.Load(Path.Combine(folder, CriticOptimizerFolder)));
    }

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
