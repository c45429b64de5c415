using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ratchet.Models;
using Ratchet.Runs;

namespace Ratchet.Learning.Policies;

/// <summary>What a policy was trained with, <c>policy-training.json</c> in its checkpoint's folder.</summary>
internal sealed record PolicyManifest
{
    public const string FileName = "policy-training.json";

    /// <summary>Numbers that are none are written by name.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n", NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Hash of the request.</summary>
    public required string RequestHash { get; init; }

    /// <summary>Settings, to be read by people.</summary>
    public required JsonElement Options { get; init; }

    /// <summary>Hash of the start weights.</summary>
    public required string FromWeightsHash { get; init; }

    /// <summary>Hash of the reference's weights.</summary>
    public required string ReferenceWeightsHash { get; init; }

    /// <summary>Numbers of all updates, without times: they would make equal trainings differ.</summary>
    public required IReadOnlyList<PolicyUpdate> Updates { get; init; }

    /// <summary>SHA-256 of all that a training's result depends on but the judge.</summary>
    public static string Hash(PolicyTrainingRequest request, PolicyTrainingOptions options, PolicyEngine engine)
    {
        var text = new StringBuilder()
            .Append("ratchet policy training 1\n")
            .Append(JsonSerializer.Serialize(options with { SnapshotInterval = 0 }, Json)).Append('\n')
            .Append(engine.Name).Append('\n')
            .Append(request.From.WeightsHash).Append(' ').Append((request.Reference ?? request.From).WeightsHash).Append(' ').Append(request.Critic?.WeightsHash ?? "-").Append('\n')
            .Append(FormattableString.Invariant($"{request.Stream.Key:x} {request.Stream.Position}\n"));
        foreach (var prompt in request.Prompts)
            text.Append(prompt.ProblemId).Append(' ').AppendJoin(' ', prompt.Ids).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Folder of the critic's checkpoint.</summary>
    public static string CriticFolder(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + ".critic";

    /// <summary>A checkpoint's identifier: its folder's name.</summary>
    public static string IdOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    /// <summary>The result of a request that was finished before, read back; null where it was not.</summary>
    public static PolicyTrainingResult? Finished(PolicyTrainingRequest request, PolicyTrainingOptions options, PolicyEngine engine)
    {
        try
        {
            var path = Path.Combine(request.Folder, FileName);
            if (!File.Exists(path))
                return null;
            var manifest = JsonSerializer.Deserialize<PolicyManifest>(File.ReadAllBytes(path), Json);
            if (manifest is null || manifest.RequestHash != Hash(request, options, engine))
                return null;
            var critic = options.Algorithm == PolicyAlgorithm.Ppo ? CheckpointStore.Open(CriticFolder(request.Folder)) : null;
            var policy = CheckpointStore.Open(request.Folder, IdOf(request.Folder));
            TrainingSnapshot.Delete(request.Folder);
            return new PolicyTrainingResult(policy, critic, manifest.Updates);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or RatchetException)
        {
            return null;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}
