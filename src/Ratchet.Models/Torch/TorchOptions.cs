using Ratchet.Runs;

namespace Ratchet.Models.Torch;

/// <summary>Where and how the tensor library computes.</summary>
public sealed record TorchOptions
{
    /// <summary>Device of options that name none: <c>cpu</c> unless set. A setting of the whole process, for one that does all its work elsewhere, such as tests on a GPU.</summary>
    public static string DefaultDevice { get; set; } = "cpu";

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; <see cref="DefaultDevice"/> unless named.</summary>
    public string Device { get; init; } = DefaultDevice;

    /// <summary>
    /// Type of matrix products: float32 (the default) or bfloat16. With bfloat16 a trainer keeps float32 weights; norms, rotations, the residual
    /// stream, loss and optimizer stay float32.
    /// </summary>
    public WeightsType Compute { get; init; } = WeightsType.Float32;

    /// <summary>Most tokens, padding included, that go through the model together; 16 or more. Longer lists of rows are divided.</summary>
    public int MaxBatchTokens { get; init; } = 8192;

    /// <summary>
    /// A training pass keeps the blocks' inputs only and computes the values inside them again on the way back: less memory, about a third more work,
    /// the same gradients.
    /// </summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Most tokens, padding included, that go through a model together: fewer than <see cref="MaxBatchTokens"/> where a large vocabulary makes the logits large.</summary>
    public int PassTokens(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Math.Min(MaxBatchTokens, Math.Max(16, (1 << 27) / config.VocabularySize));
    }

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="RatchetException">Names all settings concerned.</exception>
    public void ThrowIfInvalid()
    {
        List<string> errors = [];
        if (Compute is not (WeightsType.Float32 or WeightsType.BFloat16))
            errors.Add($"{nameof(Compute)} must be Float32 or BFloat16, not {Compute}.");
        if (MaxBatchTokens < 16)
            errors.Add($"{nameof(MaxBatchTokens)} must be at least 16, not {MaxBatchTokens}.");
        if (errors.Count > 0)
            throw new RatchetException("The tensor library's settings cannot be used: " + string.Join(" ", errors), "Correct the settings.");
    }
}
