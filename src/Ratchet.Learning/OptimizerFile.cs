using System.Globalization;
using Ratchet.Models;
using Ratchet.Runs;

namespace Ratchet.Learning;

/// <summary>AdamW's state on disk: <c>optimizer.safetensors</c> with moments named <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c>.</summary>
public static class OptimizerFile
{
    /// <summary>Name of the file in a checkpoint's folder.</summary>
    public const string Name = "optimizer.safetensors";

    private const string First = "exp_avg.";
    private const string Second = "exp_avg_sq.";

    /// <summary>Writes a state into a folder.</summary>
    /// <exception cref="RatchetException">The file cannot be written.</exception>
    public static void Save(string folder, OptimizerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var tensors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var (name, values) in state.FirstMoment)
            tensors.Add(First + name, values);
        foreach (var (name, values) in state.SecondMoment)
            tensors.Add(Second + name, values);
        CheckpointStore.SaveTensors(Path.Combine(folder, Name), tensors, new Dictionary<string, string> { ["steps"] = state.Steps.ToString(CultureInfo.InvariantCulture) });
    }

    /// <summary>Reads the state of a folder.</summary>
    /// <exception cref="RatchetException">The file is missing, not readable, cut off or damaged.</exception>
    public static OptimizerState Load(string folder)
    {
        var path = Path.Combine(folder, Name);
        var (tensors, metadata) = CheckpointStore.LoadTensors(path);
        if (!metadata.TryGetValue("steps", out var text) || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var steps))
            throw new RatchetException($"'{path}' does not say how many steps were done.", "Start with a fresh optimizer.");
        return new OptimizerState(steps, Moments(tensors, First), Moments(tensors, Second));
    }

    private static Dictionary<string, float[]> Moments(IReadOnlyDictionary<string, float[]> tensors, string prefix) =>
        tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value, StringComparer.Ordinal);
}
