namespace Ratchet.Models.Cpu;

/// <summary>How matrices are held in memory. Activations, keys, values and sums are float32 in both.</summary>
public enum WeightPrecision
{
    /// <summary>As they are: log-probabilities agree with a float32 trainer.</summary>
    Float32,

    /// <summary>Rounded to bfloat16: half the memory traffic for models that do not fit the caches.</summary>
    BFloat16,
}
