using Ratchet.Runs;

namespace Ratchet.Models;

/// <summary>
/// Shape of a decoder: pre-norm transformer with RMSNorm, rotary positions, SwiGLU and grouped-query attention
/// (the Llama 2/3, Mistral, Qwen 2/3 family), with latent attention and mixtures of experts (DeepSeek-V2) as options. Serialised as a Hugging Face <c>config.json</c> by <c>HuggingFaceConfig</c>.
/// </summary>
public sealed partial record DecoderConfig
{
    /// <summary>Number of token ids.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of one head; even.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width of the SwiGLU's hidden layer.</summary>
    public required int FeedForwardSize { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>Added to the mean square in RMSNorm.</summary>
    public float NormEpsilon { get; init; } = 1e-5f;

    /// <summary>RMSNorm on each head's queries and keys before the rotation (Qwen 3).</summary>
    public bool QkNorm { get; init; }

    /// <summary>Biases on the query, key and value projections (Qwen 2).</summary>
    public bool QkvBias { get; init; }

    /// <summary>Scaling of rotary positions, or null for none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Positions that a token sees, itself included (Mistral); null for all before it.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Latent attention in place of grouped-query attention, or null.</summary>
    public LatentAttention? LatentAttention { get; init; }

    /// <summary>Mixture of experts in place of the feed-forward layer, or null.</summary>
    public ExpertMixture? Mixture { get; init; }

    /// <summary>The output head shares the embedding's weights. Means nothing with <see cref="ScalarHead"/>.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>
    /// One number a token in the place of logits: the head is a vector, <c>score.weight</c> [1, hidden], as in Hugging Face's classes for sequence classification with one
    /// label. Reward models and critics are such models; nothing can be sampled from them.
    /// </summary>
    public bool ScalarHead { get; init; }

    /// <summary>Id that starts sequences.</summary>
    public int BeginId { get; init; } = 1;

    /// <summary>Id that ends sequences.</summary>
    public int EndId { get; init; } = 2;

    /// <summary>Id that fills unused places.</summary>
    public int PadId { get; init; }

    /// <summary>All that is wrong with the shape, one sentence each; empty when it can be built.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        void Positive(int value, string name)
        {
            if (value <= 0)
                errors.Add($"{name} must be positive, not {value}.");
        }

        Positive(VocabularySize, nameof(VocabularySize));
        Positive(HiddenSize, nameof(HiddenSize));
        Positive(Layers, nameof(Layers));
        Positive(Heads, nameof(Heads));
        Positive(KeyValueHeads, nameof(KeyValueHeads));
        Positive(HeadSize, nameof(HeadSize));
        Positive(FeedForwardSize, nameof(FeedForwardSize));
        Positive(MaxPositions, nameof(MaxPositions));
        if (KeyValueHeads > 0 && Heads % KeyValueHeads != 0)
            errors.Add($"{nameof(Heads)} ({Heads}) must be a multiple of {nameof(KeyValueHeads)} ({KeyValueHeads}).");
        if (HeadSize % 2 != 0)
            errors.Add($"{nameof(HeadSize)} ({HeadSize}) must be even: rotary positions turn pairs.");
        if (!(RopeTheta > 0))
            errors.Add($"{nameof(RopeTheta)} must be positive, not {RopeTheta}.");
        if (SlidingWindow is <= 0)
            errors.Add($"{nameof(SlidingWindow)} must be positive, not {SlidingWindow}.");
        errors.AddRange(RopeScaling?.Validate() ?? []);
        errors.AddRange(LatentAttention?.Validate(this) ?? []);
        errors.AddRange(Mixture?.Validate(this) ?? []);
        return errors;
    }

    /// <summary>Numbers that the head gives at a token: one a token id, or one.</summary>
    public int HeadOutputs => ScalarHead ? 1 : VocabularySize;

    /// <summary>
    /// True where the own kernels (<c>engine.sampler</c> and <c>engine.learner</c> <c>own</c>) compute this model; the tensor library computes all.
    /// </summary>
    public bool RunsOnOwnKernels => !NotOnOwnKernels(training: false).Any();

    /// <summary>True where the own kernels can train this model: beside what they sample from, mixtures of experts without groups.</summary>
    public bool TrainsOnOwnKernels => !NotOnOwnKernels(training: true).Any();

    /// <summary>Throws where only the tensor library computes this model.</summary>
    /// <param name="training">For training; otherwise for sampling.</param>
    /// <exception cref="RatchetException">Names what the own kernels lack.</exception>
    public void ThrowIfNotOnOwnKernels(bool training = false)
    {
        if (NotOnOwnKernels(training).Any())
            throw new RatchetException($"The own kernels do not compute this model: it has {string.Join(" and ", NotOnOwnKernels(training))}.", "Use the tensor library: engine.sampler: torch and engine.learner: torch.");
    }

    /// <summary>Throws where the model has a scalar head, and so no distribution over ids.</summary>
    /// <exception cref="RatchetException">It has one.</exception>
    public void ThrowIfScalarHead()
    {
        if (ScalarHead)
            throw new RatchetException("The model has a scalar head: it gives values and no log-probabilities, and nothing can be sampled from it.", "Use a model with an output head; a reward model is read by RewardModel, and trained on objectives that ask for values.");
    }

    private IEnumerable<string> NotOnOwnKernels(bool training)
    {
        if (LatentAttention is not null)
            yield return "latent attention";
        if (Mixture is not null && !training)
            yield return "a mixture of experts";
        if (Mixture is { Groups: > 1 } && training)
            yield return "a mixture of experts in groups";
        if (SlidingWindow is not null)
            yield return $"a sliding window of {SlidingWindow} positions";
    }

    /// <summary>Throws when the shape cannot be built.</summary>
    /// <exception cref="RatchetException">Something is wrong with the shape; the message names all of it.</exception>
    public void ThrowIfInvalid()
    {
        var errors = Validate();
        if (errors.Count > 0)
            throw new RatchetException("The model's shape cannot be built: " + string.Join(" ", errors), "Correct the model section of the recipe or config.json.");
    }
}
