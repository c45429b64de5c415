namespace Ratchet.Models.Cpu;

/// <summary>How matrices are held in memory. Activations, keys, values and sums are float32 in all.</summary>
public enum WeightPrecision
{
    /// <summary>As they are: log-probabilities agree with a float32 trainer.</summary>
    Float32,

    /// <summary>Rounded to bfloat16: half the memory traffic for models that do not fit the caches.</summary>
    BFloat16,

    /// <summary>
    /// Rounded to whole numbers from -127 to 127 times a scale for each output: a quarter of the memory traffic of float32, for sampling of models that do
    /// not fit the caches. Own kernels only.
    /// </summary>
    Int8,
}
