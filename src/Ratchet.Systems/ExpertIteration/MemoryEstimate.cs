using System.Globalization;
using Ratchet.Models;
using Ratchet.Models.Cpu;
using Ratchet.Models.Torch;
using Ratchet.Runs;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>Memory that a run needs at its largest, in bytes: while a round is learned, when the sampler's model is still there.</summary>
/// <remarks>All but <see cref="Activations"/> follows from the shapes. What is inside the blocks is counted for the tensor library's graph.</remarks>
public sealed record MemoryEstimate
{
    /// <summary>The program, its libraries and the journal.</summary>
    private const long Program = 250_000_000;

    /// <summary>Weights that the learner computes with.</summary>
    public required long Weights { get; init; }

    /// <summary>Gradients of what is trained.</summary>
    public required long Gradients { get; init; }

    /// <summary>The optimizer's two moments.</summary>
    public required long Optimizer { get; init; }

    /// <summary>Values of one pass that the way back needs, the logits among them.</summary>
    public required long Activations { get; init; }

    /// <summary>The sampler's copy of the weights.</summary>
    public required long Sampler { get; init; }

    /// <summary>Keys and values of the sequences that are sampled together.</summary>
    public required long KeyValueCache { get; init; }

    /// <summary>Weights, and moments of what is trained, on their way from and to the disk; always in the machine's memory.</summary>
    public required long Transfer { get; init; }

    /// <summary>Sum of all.</summary>
    public long Total => Certain + Activations;

    /// <summary>Sum of what follows from the shapes alone.</summary>
    public long Certain => Program + Weights + Gradients + Optimizer + Sampler + KeyValueCache + Transfer;

    /// <summary>Memory that this process may use, in bytes: the machine's, or less where a limit is set on the process or its container.</summary>
    public static long Available => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Estimates a run. What an external trainer needs is not in it.</summary>
    /// <param name="recipe">Recipe, read and checked.</param>
    /// <param name="shape">Shape of its model.</param>
    public static MemoryEstimate Of(ExpertIterationRecipe recipe, DecoderConfig shape)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(shape);
        var learn = recipe.Learn;
        var own = ExpertIterationWorld.Engine(recipe, shape, recipe.Engine.Sampler) == "own";
        var sampled = recipe.Model.WeightsType switch { WeightPrecision.Int8 => 1, WeightPrecision.BFloat16 => 2, _ => 4 };
        var together = own ? 32L * Math.Max(1, recipe.Threads == 0 ? Environment.ProcessorCount : recipe.Threads) : 128;
        var positions = Math.Min(shape.MaxPositions, (long)CostEstimate.TokensOfPrompt + recipe.Propose.MaxNewTokens);
        var sampler = new MemoryEstimate
        {
            Weights = 0,
            Gradients = 0,
            Optimizer = 0,
            Activations = 0,
            Sampler = shape.ParameterCount * sampled,
            KeyValueCache = together * positions * 2 * shape.Layers * shape.KeyValueHeads * shape.HeadSize * (own ? 4 : sampled),
            Transfer = shape.ParameterCount * 4,
        };

        if (learn.External is not null && recipe.Model.Path is not null)
            return sampler;

        // Round 0 trains fresh weights whole, whatever is trained later.
        var lora = recipe.Model.Path is null ? null : learn.Lora;
        var trained = lora is null ? shape.ParameterCount : lora.Options().Modules(shape).Sum(m => ((long)(m.Inputs + m.Outputs) * lora.Rank) + (lora.Dora ? m.Outputs : 0));
        var torch = ExpertIterationWorld.LearnerEngineOf(recipe, shape) == "torch";
        var pass = Math.Min(learn.BatchTokens, new TorchOptions { MaxBatchTokens = learn.MicroBatchTokens ?? new TorchOptions().MaxBatchTokens }.PassTokens(shape));
        return sampler with
        {
            Weights = shape.ParameterCount * (lora is not null && learn.Compute == WeightPrecision.BFloat16 ? 2 : 4),
            Gradients = trained * 4 * (torch ? 1 : learn.Shards),
            Optimizer = trained * 8,
            Activations = torch ? TorchActivations(shape, pass, learn.Compute == WeightPrecision.BFloat16 ? 2 : 4, learn.GradientCheckpointing) : OwnActivations(shape, learn.BatchTokens),
            Transfer = sampler.Transfer + (trained * 8),
        };
    }

    /// <summary>Refuses a run that cannot fit, and gives a note where it may not.</summary>
    /// <param name="available">Bytes that there are.</param>
    /// <returns>A note for the user, or null.</returns>
    /// <exception cref="RatchetException">What follows from the shapes alone is more than there is.</exception>
    public string? Check(long available)
    {
        if (Certain > available)
        {
            throw new RatchetException(
                $"The run needs about {Gigabytes(Total)} of memory, and there are {Gigabytes(available)}: {Parts()}.",
                "Use a smaller model, learn.lora, bfloat16 (model.weights_type, and learn.compute beside learn.lora), or a machine with more memory.");
        }

        return Total > 0.9 * available
            ? $"The run needs about {Gigabytes(Total)} of {Gigabytes(available)} of memory ({Parts()}). If it does not fit: learn.gradient_checkpointing: true, or a smaller learn.micro_batch_tokens."
            : null;
    }

    /// <summary>The parts in words, the largest first.</summary>
    public string Parts() => string.Join(", ", new (string Name, long Bytes)[]
    {
        ("learner's weights", Weights), ("gradients", Gradients), ("optimizer", Optimizer), ("activations", Activations),
        ("sampler's weights", Sampler), ("key-value cache", KeyValueCache), ("loading and saving", Transfer),
    }.Where(p => p.Bytes > 0).OrderByDescending(p => p.Bytes).Select(p => $"{p.Name} {Gigabytes(p.Bytes)}"));

    internal static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB");

    /// <summary>
    /// A token's values in a block: inputs and outputs of two norms, of the projections and of both sums (14 widths), queries, keys and values as they come, turned,
    /// padded and spread over the heads (7 and 5 widths), gate, up, their product and its factor (4 widths of the hidden layer). Then logits, their
    /// softmax and their gradient.
    /// </summary>
    internal static long TorchActivations(DecoderConfig shape, long tokens, int size, bool checkpointing)
    {
        long queries = (long)shape.Heads * shape.HeadSize, keys = (long)shape.KeyValueHeads * shape.HeadSize;
        var hidden = shape.Mixture is { } mixture ? (long)mixture.ExpertSize * (mixture.ExpertsPerToken + mixture.SharedExperts) : shape.FeedForwardSize;
        var block = tokens * ((7L * shape.HiddenSize * 4) + (size * ((7L * shape.HiddenSize) + (7 * queries) + (5 * keys) + (4 * hidden))));
        var blocks = checkpointing ? block + (tokens * shape.HiddenSize * 4L * shape.Layers) : block * shape.Layers;
        return blocks + (tokens * shape.VocabularySize * 12L);
    }

    private static long OwnActivations(DecoderConfig shape, long tokens) => tokens * shape.Layers * ((8L * shape.HiddenSize) + (3L * shape.FeedForwardSize)) * 4;
}
