using Ratchet.Runs;

namespace Ratchet.Models;

/// <summary>
/// Shape of a decoder: pre-norm transformer with RMSNorm, rotary positions, SwiGLU and grouped-query attention
/// (the Llama 2/3, Qwen 2/3 family). Serialised as a Hugging Face <c>config.json</c> by <c>HuggingFaceConfig</c>.
/// </summary>
public sealed record DecoderConfig
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

    /// <summary>The output head shares the embedding's weights.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>Id that starts sequences.</summary>
    public int BeginId { get; init; } = 1;

    /// <summary>Id that ends sequences.</summary>
    public int EndId { get; init; } = 2;

    /// <summary>Id that fills unused places.</summary>
    public int PadId { get; init; }

    /// <summary>Number of parameters; a tied head counts once.</summary>
    public long ParameterCount
    {
        get
        {
            long attention = (long)HiddenSize * HeadSize * ((2 * Heads) + (2 * KeyValueHeads));
            if (QkvBias)
                attention += (long)HeadSize * (Heads + (2 * KeyValueHeads));
            if (QkNorm)
                attention += 2L * HeadSize;
            var block = attention + (3L * HiddenSize * FeedForwardSize) + (2L * HiddenSize);
            return (block * Layers) + HiddenSize + ((long)VocabularySize * HiddenSize * (TiedHead ? 1 : 2));
        }
    }

    /// <summary>Names and shapes of all weights in the Hugging Face layout, in file order. Matrices are [out, in].</summary>
    public IReadOnlyList<(string Name, int[] Shape)> WeightShapes()
    {
        var shapes = new List<(string, int[])> { ("model.embed_tokens.weight", [VocabularySize, HiddenSize]) };
        for (var i = 0; i < Layers; i++)
        {
            var p = $"model.layers.{i}.";
            shapes.Add((p + "input_layernorm.weight", [HiddenSize]));
            shapes.Add((p + "self_attn.q_proj.weight", [Heads * HeadSize, HiddenSize]));
            shapes.Add((p + "self_attn.k_proj.weight", [KeyValueHeads * HeadSize, HiddenSize]));
            shapes.Add((p + "self_attn.v_proj.weight", [KeyValueHeads * HeadSize, HiddenSize]));
            if (QkvBias)
            {
                shapes.Add((p + "self_attn.q_proj.bias", [Heads * HeadSize]));
                shapes.Add((p + "self_attn.k_proj.bias", [KeyValueHeads * HeadSize]));
                shapes.Add((p + "self_attn.v_proj.bias", [KeyValueHeads * HeadSize]));
            }

            if (QkNorm)
            {
                shapes.Add((p + "self_attn.q_norm.weight", [HeadSize]));
                shapes.Add((p + "self_attn.k_norm.weight", [HeadSize]));
            }

            shapes.Add((p + "self_attn.o_proj.weight", [HiddenSize, Heads * HeadSize]));
            shapes.Add((p + "post_attention_layernorm.weight", [HiddenSize]));
            shapes.Add((p + "mlp.gate_proj.weight", [FeedForwardSize, HiddenSize]));
            shapes.Add((p + "mlp.up_proj.weight", [FeedForwardSize, HiddenSize]));
            shapes.Add((p + "mlp.down_proj.weight", [HiddenSize, FeedForwardSize]));
        }

        shapes.Add(("model.norm.weight", [HiddenSize]));
        if (!TiedHead)
            shapes.Add(("lm_head.weight", [VocabularySize, HiddenSize]));
        return shapes;
    }

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
        return errors;
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
