using Ratchet.Models;

namespace Ratchet.Sampling;

/// <summary>
/// A sampler for many callers at once: each call joins the running batch with settings of its own and leaves it when it is done (continuous batching).
/// </summary>
/// <remarks>
/// Implementations: <see cref="CpuBatchSampler"/> (own kernels) and <see cref="TorchBatchSampler"/> (tensor library, any device). Prompts are started in the order of the
/// calls. Workers live as long as the sampler; disposing it fails calls that are still in work.
/// </remarks>
public interface IBatchSampler : IAsyncDisposable
{
    /// <summary>Shape of the model.</summary>
    DecoderConfig Config { get; }

    /// <summary>Samples being drawn at the moment.</summary>
    int Active { get; }

    /// <summary>Samples that wait for a place.</summary>
    int Waiting { get; }

    /// <summary>Tokens drawn since the start.</summary>
    long TokensSampled { get; }

    /// <summary>Workers are there to take calls: false after a failure that stopped them.</summary>
    bool IsAlive { get; }

    /// <summary>Draws the samples of one prompt.</summary>
    /// <param name="prompt">Prompt with a stream for each sample; without one only <paramref name="scorePrompt"/> makes sense.</param>
    /// <param name="options">How to draw. <see cref="SamplingOptions.MaxBatch"/> is the sampler's own.</param>
    /// <param name="observer">Hears of tokens as they come, or null.</param>
    /// <param name="scorePrompt">Gives the prompt's own ids after the first their scores too.</param>
    /// <param name="cancellationToken">Takes the samples out of the batch at its next step.</param>
    /// <returns>The samples in order, and the scores of the prompt's ids after the first where they were asked for.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, too long or has an id outside the vocabulary; or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<(IReadOnlyList<Sample> Samples, IReadOnlyList<TokenScore> Prompt)> GenerateAsync(
        SamplePrompt prompt, SamplingOptions options, ISampleObserver? observer = null, bool scorePrompt = false, CancellationToken cancellationToken = default);
}
