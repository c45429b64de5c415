namespace Ratchet.Models;

/// <summary>Element type of weights on disk and of computation.</summary>
public enum WeightsType
{
    /// <summary>IEEE single precision.</summary>
    Float32,

    /// <summary>The upper half of a float32: its range, 8 bits of precision.</summary>
    BFloat16,

    /// <summary>IEEE half precision; for files only.</summary>
    Float16,
}
