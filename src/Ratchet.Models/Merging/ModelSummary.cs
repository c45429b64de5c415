using Ratchet.Runs;

namespace Ratchet.Models.Merging;

/// <summary>What a model on disk consists of.</summary>
/// <param name="Tensors">Number of tensors.</param>
/// <param name="Parameters">Number of elements.</param>
/// <param name="Bytes">Bytes of all elements.</param>
/// <param name="Types">Elements by type name of the safetensors format, in ordinal order.</param>
/// <param name="Shape">Shape of the decoder, or null where this library does not compute the model.</param>
/// <param name="NotComputed">Why not, or null.</param>
public sealed record ModelSummary(int Tensors, long Parameters, long Bytes, IReadOnlyList<(string Type, long Elements)> Types, DecoderConfig? Shape, string? NotComputed)
{
    /// <summary>Reads headers only.</summary>
    /// <exception cref="RatchetException">The weights are missing or damaged.</exception>
    public static ModelSummary Read(string folder)
    {
        using var files = WeightFiles.Open(folder);
        var tensors = files.Names.Select(n => files.Find(n)!).ToList();
        DecoderConfig? shape = null;
        string? reason = null;
        try
        {
            shape = CheckpointStore.LoadConfig(folder);
        }
        catch (RatchetException e)
        {
            // A model that cannot be computed can still be looked at, averaged and converted.
            reason = e.Message;
        }

        var types = tensors.GroupBy(t => Safetensors.TensorTypes.Name(t.Type)).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Sum(t => t.Length)));
        return new ModelSummary(tensors.Count, tensors.Sum(t => t.Length), tensors.Sum(t => t.ByteLength), [.. types], shape, reason);
    }
}
