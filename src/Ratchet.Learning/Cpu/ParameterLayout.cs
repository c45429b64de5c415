using Ratchet.Models;

namespace Ratchet.Learning.Cpu;

/// <summary>
/// Where each weight lies in one flat run of floats. Parameters, gradients and AdamW's moments all use it.
/// </summary>
/// <remarks>
/// Query, key and value matrices of a block lie one behind the other, and so do gate and up: each group is one matrix
/// [out, in] for the products. Groups begin on 64-byte borders; the gaps hold zeros that no kernel writes.
/// </remarks>
internal sealed class ParameterLayout
{
    private const int Alignment = 16;

    /// <summary>Lays out a model.</summary>
    public ParameterLayout(DecoderConfig config)
    {
        Config = config;
        var tensors = new List<ParameterTensor>();
        long next = 0;
        long Place(bool isMatrix, params (string Name, int Length)[] group)
        {
            var start = next;
            foreach (var (name, length) in group)
            {
                tensors.Add(new ParameterTensor(name, next, length, isMatrix));
                next += length;
            }

            next = (next + Alignment - 1) / Alignment * Alignment;
            return start;
        }

        SwiGluLayout SwiGlu(string p, int size) => new(
            new ParameterMatrix(Place(true, (p + "gate_proj.weight", size * config.HiddenSize), (p + "up_proj.weight", size * config.HiddenSize)), 2 * size, config.HiddenSize),
            new ParameterMatrix(Place(true, (p + "down_proj.weight", config.HiddenSize * size)), config.HiddenSize, size));

        MixtureLayout Mixture(string p, ExpertMixture mixture)
        {
            var start = next;
            ParameterMatrix[] routers = [.. Enumerable.Range(0, mixture.Routers).Select(t => new ParameterMatrix(Place(true, (p + MixtureNames.Router(mixture, t), mixture.Experts * config.HiddenSize)), mixture.Experts, config.HiddenSize))];
            SwiGluLayout[] experts = [.. Enumerable.Range(0, mixture.Experts).Select(e => SwiGlu($"{p}experts.{e}.", mixture.ExpertSize))];
            var shared = mixture.SharedExperts == 0 ? null : SwiGlu(p + "shared_experts.", mixture.ExpertSize * mixture.SharedExperts);
            var end = next;
            long[] norms = [.. Enumerable.Range(0, mixture.RoundNorms).Select(t => Place(false, (p + MixtureNames.RoundNorm(t), config.HiddenSize)))];
            return new MixtureLayout { Routers = routers, Experts = experts, Shared = shared, RoundNorms = norms, Start = start, End = end };
        }

        int h = config.HiddenSize, q = config.Heads * config.HeadSize, kv = config.KeyValueHeads * config.HeadSize, f = config.FeedForwardSize;
        QkvWidth = q + (2 * kv);
        const string norm = ".weight";
        Embedding = new ParameterMatrix(Place(true, ("model.embed_tokens.weight", config.VocabularySize * h)), config.VocabularySize, h);
        Blocks = new BlockLayout[config.Layers];
        for (var i = 0; i < config.Layers; i++)
        {
            var p = $"model.layers.{i}.";
            var attention = p + "self_attn.";
            Blocks[i] = new BlockLayout
            {
                InputNorm = Place(false, (p + "input_layernorm" + norm, h)),
                Qkv = new ParameterMatrix(Place(true, (attention + "q_proj.weight", q * h), (attention + "k_proj.weight", kv * h), (attention + "v_proj.weight", kv * h)), QkvWidth, h),
                QkvBias = config.QkvBias ? Place(false, (attention + "q_proj.bias", q), (attention + "k_proj.bias", kv), (attention + "v_proj.bias", kv)) : -1,
                QueryNorm = config.QkNorm ? Place(false, (attention + "q_norm" + norm, config.HeadSize)) : -1,
                KeyNorm = config.QkNorm ? Place(false, (attention + "k_norm" + norm, config.HeadSize)) : -1,
                Output = new ParameterMatrix(Place(true, (attention + "o_proj.weight", h * q)), h, q),
                FeedForwardNorm = Place(false, (p + "post_attention_layernorm" + norm, h)),
                FeedForward = config.IsMixture(i) ? null : SwiGlu(p + "mlp.", f),
                Mixture = config.IsMixture(i) ? Mixture(p + "mlp.", config.Mixture!) : null,
            };
        }

        FinalNorm = Place(false, ("model.norm.weight", h));
        Head = config.ScalarHead ? new ParameterMatrix(Place(true, ("score.weight", h)), 1, h)
            : config.TiedHead ? Embedding : new ParameterMatrix(Place(true, ("lm_head.weight", config.VocabularySize * h)), config.VocabularySize, h);
        Length = next;
        Tensors = tensors;
    }

    /// <summary>Shape of the model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Floats in all, gaps included.</summary>
    public long Length { get; }

    /// <summary>All tensors in the order of memory.</summary>
    public IReadOnlyList<ParameterTensor> Tensors { get; }

    /// <summary>Width of one token's queries, keys and values together.</summary>
    public int QkvWidth { get; }

    /// <summary>Token embedding [V, H].</summary>
    public ParameterMatrix Embedding { get; }

    /// <summary>Blocks in order.</summary>
    public BlockLayout[] Blocks { get; }

    /// <summary>Offset of the last norm's gains.</summary>
    public long FinalNorm { get; }

    /// <summary>Output head [V, H], or [1, H] where it is scalar; the embedding itself when tied.</summary>
    public ParameterMatrix Head { get; }

    /// <summary>All matrices that take part in products, each once.</summary>
    public IReadOnlyList<ParameterMatrix> Products() =>
        [.. Blocks.SelectMany(b => (ParameterMatrix[])[b.Qkv, b.Output, .. b.FeedForward is { } f ? [f.GateUp, f.Down] : b.Mixture!.Products()]), Head];
}

/// <summary>A named tensor in the flat layout.</summary>
/// <param name="Name">Hugging Face name.</param>
/// <param name="Offset">First float.</param>
/// <param name="Length">Number of floats.</param>
/// <param name="IsMatrix">Two-dimensional: weight decay applies.</param>
internal sealed record ParameterTensor(string Name, long Offset, int Length, bool IsMatrix);

/// <summary>A matrix [Out, In], row-major, in the flat layout.</summary>
/// <param name="Offset">First float.</param>
/// <param name="Out">Rows.</param>
/// <param name="In">Columns.</param>
internal sealed record ParameterMatrix(long Offset, int Out, int In);

/// <summary>Offsets of one block's weights; -1 where the model has no such weight.</summary>
internal sealed class BlockLayout
{
    public required long InputNorm { get; init; }

    public required ParameterMatrix Qkv { get; init; }

    public required long QkvBias { get; init; }

    public required long QueryNorm { get; init; }

    public required long KeyNorm { get; init; }

    public required ParameterMatrix Output { get; init; }

    public required long FeedForwardNorm { get; init; }

    /// <summary>Null where <see cref="Mixture"/> is in its place.</summary>
    public required SwiGluLayout? FeedForward { get; init; }

    public required MixtureLayout? Mixture { get; init; }
}

/// <summary>A SwiGLU layer; gate and up are one matrix.</summary>
internal sealed record SwiGluLayout(ParameterMatrix GateUp, ParameterMatrix Down);

/// <summary>A mixture of experts.</summary>
internal sealed class MixtureLayout
{
    /// <summary>A router a round, or one for all.</summary>
    public required ParameterMatrix[] Routers { get; init; }

    public required SwiGluLayout[] Experts { get; init; }

    public required SwiGluLayout? Shared { get; init; }

    /// <summary>Offsets of the gains of later rounds' norms.</summary>
    public required long[] RoundNorms { get; init; }

    /// <summary>First float of the matrices, which lie together.</summary>
    public required long Start { get; init; }

    /// <summary>End of the matrices.</summary>
    public required long End { get; init; }

    /// <summary>All matrices: routers, then gate-up and down of each expert, then those of the shared experts.</summary>
    public IEnumerable<ParameterMatrix> Products() =>
        [.. Routers, .. Experts.Concat(Shared is null ? [] : [Shared]).SelectMany(e => (ParameterMatrix[])[e.GateUp, e.Down])];
}
