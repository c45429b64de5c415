using System.Security.Cryptography;
using System.Text.Json;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Runs;

namespace Ratchet.Learning;

/// <summary>
/// A training in progress on disk, beside the checkpoint's place: weights, optimizer, and how far it has come. The order of
/// data and all draws follow from the step alone, so nothing else is needed to go on to the same bits.
/// </summary>
internal sealed record TrainingSnapshot
{
    private const string FileName = "snapshot.json";

    /// <summary>Hash of the request, see <see cref="RequestHash"/>.</summary>
    public required string Request { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public required int Step { get; init; }

    /// <summary>Tokens trained on.</summary>
    public required long Tokens { get; init; }

    /// <summary>Sum of weighted losses over the last tenth of the steps, so far.</summary>
    public required double LossSum { get; init; }

    /// <summary>Sum of weights that belongs to <see cref="LossSum"/>.</summary>
    public required double LossWeight { get; init; }

    /// <summary>Points of the learning curve so far.</summary>
    public IReadOnlyList<LearningStep> Curve { get; init; } = [];

    /// <summary>SHA-256 of the files of the snapshot, by name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the snapshot of a checkpoint folder lies.</summary>
    public static string FolderOf(string checkpointFolder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(checkpointFolder)) + ".snapshot";

    /// <summary>Writes the snapshot whole, in place of an earlier one.</summary>
    /// <param name="checkpointFolder">Folder of the checkpoint that is trained.</param>
    /// <param name="trainer">Trainer; its adapter is saved where it trains one, else its weights.</param>
    /// <param name="baseModel">The model that the adapter changes, where there is one.</param>
    public void Save(string checkpointFolder, IDecoderTrainer trainer, Checkpoint? baseModel)
    {
        var none = new Dictionary<string, string>();
        if (trainer.ExportAdapter() is { } adapter)
            AdapterStore.Save(FolderOf(checkpointFolder), "snapshot", adapter, baseModel!, none, partial => SaveRest(partial, AdapterStore.WeightsFile));
        else
            CheckpointStore.Save(FolderOf(checkpointFolder), "snapshot", trainer.Export(), none, writeMore: partial => SaveRest(partial, CheckpointStore.WeightsFile));

        void SaveRest(string partial, string weightsFile)
        {
            OptimizerFile.Save(partial, trainer.ExportOptimizer());
            string[] names = [weightsFile, OptimizerFile.Name];
            var whole = this with { Files = names.ToDictionary(n => n, n => Hash(Path.Combine(partial, n))) };
            using var stream = new FileStream(Path.Combine(partial, FileName), FileMode.CreateNew);
            JsonSerializer.Serialize(stream, whole);
            stream.Flush(flushToDisk: true);
        }
    }

    /// <summary>
    /// The snapshot of a request, or null where there is none, where it is of another request, or where a
    /// file is torn or changed: training then begins anew and comes to the same result. Weights and optimizer lie in <see cref="FolderOf"/>.
    /// </summary>
    public static TrainingSnapshot? TryLoad(string checkpointFolder, string request)
    {
        var folder = FolderOf(checkpointFolder);
        try
        {
            var path = Path.Combine(folder, FileName);
            if (!File.Exists(path))
                return null;
            var snapshot = JsonSerializer.Deserialize<TrainingSnapshot>(File.ReadAllBytes(path));
            return snapshot is { Files.Count: 2 } && snapshot.Request == request && snapshot.Files.All(f => Hash(Path.Combine(folder, f.Key)) == f.Value) ? snapshot : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or RatchetException)
        {
            return null;
        }
    }

    /// <summary>Removes the snapshot of a finished training.</summary>
    public static void Delete(string checkpointFolder)
    {
        var folder = FolderOf(checkpointFolder);
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The checkpoint is whole; a snapshot that stays costs only space, and is of no other request.
        }
    }

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
