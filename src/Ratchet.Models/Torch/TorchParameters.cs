using static TorchSharp.torch;

namespace Ratchet.Models.Torch;

/// <summary>A decoder's weights on a device, and beside them those of an adapter.</summary>
/// <remarks>Not trainable: matrices are kept in the type of computation. Under an adapter only the adapter is trainable.</remarks>
internal sealed class TorchParameters : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly TorchAdapter? _adapter;

    public TorchParameters(DecoderWeights weights, Device device, WeightsType compute, bool trainable, Adapters.LoraAdapter? adapter)
    {
        _config = weights.Config;
        var train = trainable && adapter is null;

        // Biases of query, key and value lie between the matrices in file order, and so fall together, as their matrices do.
        Buffers = new TorchBuffers(_config.WeightShapes(), device, !train && compute == WeightsType.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32, train);
        Load(weights);
        _adapter = adapter is null ? null : new TorchAdapter(adapter, device, trainable);
        Embedding = Buffers.Leaf(["model.embed_tokens.weight"], _config.HiddenSize);
        var blocks = new TorchBlock[_config.Layers];
        for (var i = 0; i < blocks.Length; i++)
        {
            var p = $"model.layers.{i}.";
            blocks[i] = new TorchBlock(
                Buffers.Leaf([p + "input_layernorm.weight"]),
                _config.LatentAttention is null ? Grouped(p + "self_attn.") : null,
                _config.LatentAttention is { } latent ? Latent(p + "self_attn.", latent) : null,
                Linear([p + "self_attn.o_proj.weight"], (long)_config.Heads * (_config.LatentAttention?.ValueHeadSize ?? _config.HeadSize)),
                Buffers.Leaf([p + "post_attention_layernorm.weight"]),
                _config.IsMixture(i) ? null : FeedForward(p + "mlp.", _config.FeedForwardSize),
                _config.IsMixture(i) ? Mixture(p + "mlp.", _config.Mixture!) : null);
        }

        Blocks = blocks;
        FinalNorm = Buffers.Leaf(["model.norm.weight"]);
        Head = _config.ScalarHead ? Buffers.Leaf(["score.weight"], _config.HiddenSize) : _config.TiedHead ? Embedding : Buffers.Leaf(["lm_head.weight"], _config.HiddenSize);
    }

    /// <summary>The model's weights.</summary>
    public TorchBuffers Buffers { get; }

    /// <summary>What is trained: the adapter's tensors where there is one, else all weights.</summary>
    public TorchBuffers Trained => _adapter?.Buffers ?? Buffers;

    /// <summary>Token embeddings, [V, hidden].</summary>
    public Tensor Embedding { get; }

    public IReadOnlyList<TorchBlock> Blocks { get; }

    public Tensor FinalNorm { get; }

    /// <summary>Output head, [V, hidden], or [1, hidden] where it is scalar; the embeddings themselves where the head is tied.</summary>
    public Tensor Head { get; }

    /// <summary>The adapter with its present tensors; null without one.</summary>
    public Adapters.LoraAdapter? ExportAdapter() => _adapter?.Export();

    /// <summary>Copies weights in.</summary>
    public void Load(DecoderWeights weights) => Buffers.Copy(name => weights[name], Buffers.Values);

    public void Dispose()
    {
        Buffers.Dispose();
        _adapter?.Dispose();
    }

    private TorchGroupedAttention Grouped(string p) => new(
        Linear([p + "q_proj.weight", p + "k_proj.weight", p + "v_proj.weight"], _config.HiddenSize),
        _config.QkvBias ? Buffers.Leaf([p + "q_proj.bias", p + "k_proj.bias", p + "v_proj.bias"]) : null,
        _config.QkNorm ? Buffers.Leaf([p + "q_norm.weight"]) : null,
        _config.QkNorm ? Buffers.Leaf([p + "k_norm.weight"]) : null);

    private TorchLatentAttention Latent(string p, LatentAttention latent) => new(
        latent.QueryRank is null ? null : Linear([p + "q_a_proj.weight"], _config.HiddenSize),
        latent.QueryRank is null ? null : Buffers.Leaf([p + "q_a_layernorm.weight"]),
        latent.QueryRank is { } rank ? Linear([p + "q_b_proj.weight"], rank) : Linear([p + "q_proj.weight"], _config.HiddenSize),
        Linear([p + "kv_a_proj_with_mqa.weight"], _config.HiddenSize),
        Buffers.Leaf([p + "kv_a_layernorm.weight"]),
        Linear([p + "kv_b_proj.weight"], latent.KeyValueRank));

    private TorchFeedForward FeedForward(string p, int size) => new(Linear([p + "gate_proj.weight", p + "up_proj.weight"], _config.HiddenSize), Linear([p + "down_proj.weight"], size));

    private TorchMixture Mixture(string p, ExpertMixture mixture) => new(
        [.. Enumerable.Range(0, mixture.Routers).Select(t => Buffers.Leaf([p + MixtureNames.Router(mixture, t)], _config.HiddenSize))],
        [.. Enumerable.Range(0, mixture.RoundNorms).Select(t => Buffers.Leaf([p + MixtureNames.RoundNorm(t)]))],
        [.. Enumerable.Range(0, mixture.Experts).Select(e => FeedForward($"{p}experts.{e}.", mixture.ExpertSize))],
        mixture.SharedExperts == 0 ? null : FeedForward(p + "shared_experts.", mixture.ExpertSize * mixture.SharedExperts));

    private TorchLinear Linear(string[] names, long columns)
    {
        var weight = Buffers.Leaf(names, columns);
        var parts = new List<TorchLowRank>();
        long row = 0;
        foreach (var name in names)
        {
            var rows = Buffers.LengthOf(name) / columns;
            if (_adapter?.Find(name, weight, row) is { } part)
                parts.Add(part);
            row += rows;
        }

        return new TorchLinear(weight, parts);
    }
}
