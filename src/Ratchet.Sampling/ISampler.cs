using Ratchet.Attempts;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Sampling.Constraints;

namespace Ratchet.Sampling;

/// <summary>Draws continuations of prompts from a decoder.</summary>
/// <remarks>Implementations: <c>CpuSampler</c> (own kernels, the default on CPU) and <c>TorchSampler</c> (tensor library, any device).</remarks>
public interface ISampler : IDisposable
{
    /// <summary>
    /// Draws all continuations of all prompts with a KV cache: a prompt's work is done once for all its samples, sequences leave
    /// the batch as they end and new ones enter.
    /// </summary>
    /// <returns>Samples in the order of prompts and then of sample numbers, whatever order they ended in.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IReadOnlyList<Sample> Generate(IReadOnlyList<SamplePrompt> prompts, SamplingOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Natural-log probability of each id after the first, under the plain distribution (temperature 1, no cut):
    /// <c>Ids.Count - 1</c> numbers a sequence, by the full forward pass. What neighbours begin with may be evaluated once for all of them.
    /// </summary>
    IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences);

    /// <summary>Takes over other weights of the same shape, in place: what is drawn next is drawn from them. Waits for a call that is in work.</summary>
    /// <exception cref="ArgumentException">The shape differs.</exception>
    void Load(DecoderWeights weights);
}

/// <summary>A prompt with the number of samples wanted.</summary>
/// <param name="Ids">Prompt, at least one id.</param>
/// <param name="Streams">One random stream for each sample wanted: sample i draws from <c>Streams[i]</c> only.</param>
public sealed record SamplePrompt(IReadOnlyList<int> Ids, IReadOnlyList<RandomStream> Streams);

/// <summary>How to draw.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits; 0 takes the most likely id (lowest id on a tie). At least 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Keeps the smallest set of most likely ids whose probability reaches this share; 1 keeps all. In (0, 1].</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keeps the k most likely ids; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Limit on sampled ids of a sequence, at least 1. The model's positions limit it as well.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Ids that end a sequence; the ending id is part of the sample.</summary>
    public IReadOnlyList<int> StopIds { get; init; } = [];

    /// <summary>Id sequences that end a sequence when they appear at its end (stop strings, already encoded); part of the sample.</summary>
    public IReadOnlyList<IReadOnlyList<int>> StopSequences { get; init; } = [];

    /// <summary>
    /// Ends a sequence after an id for a reason of the caller's own, with <see cref="StopReason.StopString"/>: given the ids sampled so far, the
    /// last one the newest. Asked after the other rules; called from many threads. Null for none.
    /// </summary>
    public SampledRule? StopWhen { get; init; }

    /// <summary>
    /// Most sequences decoded together by one worker. The default suits own kernels and a model that fits the cache; the tensor library
    /// gains from more.
    /// </summary>
    public int MaxBatch { get; init; } = 32;

    /// <summary>
    /// Language that texts are held to, or null for none. Needs a stop id: a text ends where it is whole and the id is drawn. Ids that are not allowed are
    /// taken out before temperature and cuts, so that recorded log-probabilities are those of the renormalised distribution that was drawn from.
    /// </summary>
    public ITokenConstraint? Constraint { get; init; }

    /// <summary>
    /// Also gives the model's own log-probability of each id (temperature 1, no cut, no language), with so many of the most likely ids at its place, 0 to 100;
    /// null for neither.
    /// </summary>
    public int? ModelScores { get; init; }

    /// <summary>
    /// Ids drafted ahead by looking up how the last ids went on before (prompt lookup), 0 for none; at most 64. One pass judges the draft, and an id stands where
    /// the plain draw from the same random number gives it, so samples are those of plain decoding bit by bit. Own kernels only.
    /// </summary>
    public int Draft { get; init; }
}

/// <summary>A rule on the ids sampled so far.</summary>
/// <param name="sampled">Sampled ids, at least one.</param>
public delegate bool SampledRule(ReadOnlySpan<int> sampled);

/// <summary>One drawn continuation.</summary>
/// <param name="Ids">Sampled ids, ending id included.</param>
/// <param name="LogProbabilities">Natural-log probability of each id under the distribution that it was drawn from.</param>
/// <param name="Stop">Why it ended.</param>
public sealed record Sample(int[] Ids, float[] LogProbabilities, StopReason Stop)
{
    /// <summary>The model's own view of each id; empty unless <see cref="SamplingOptions.ModelScores"/> asked for it.</summary>
    public IReadOnlyList<TokenScore> ModelScores { get; init; } = [];
}

/// <summary>The model's own view of an id at its place: temperature 1, no cut, no language.</summary>
/// <param name="LogProbability">Natural-log probability of the id.</param>
/// <param name="Top">The most likely ids of the place with theirs, most likely first, lower id first among equals.</param>
public sealed record TokenScore(float LogProbability, IReadOnlyList<(int Id, float LogProbability)> Top);
