using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Ratchet.Models.Torch;

/// <summary>
/// A decoder's weights on a device, in two flat buffers: matrices (which weight decay applies to) and vectors. The tensors that the model
/// computes with are views of them, so one optimizer call covers a whole buffer and the global norm is two reductions.
/// </summary>
/// <remarks>
/// Trainable: both buffers are float32, each view is a leaf of the graph, and its gradient is a view of a flat gradient, into which
/// backward adds in place. Not trainable: matrices are kept in the type of computation.
/// </remarks>
internal sealed class TorchParameters : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly Dictionary<string, (int Buffer, long Offset, long Length)> _places = new(StringComparer.Ordinal);
    private readonly List<Tensor> _owned = [];
    private readonly Tensor[] _values = new Tensor[2];
    private readonly Tensor[] _gradients = [];

    public TorchParameters(DecoderWeights weights, Device device, WeightsType compute, bool trainable)
    {
        _config = weights.Config;
        using var noGrad = no_grad();
        var lengths = Layout();
        for (var b = 0; b < 2; b++)
            _values[b] = Own(empty(lengths[b], dtype: b == 0 && !trainable && compute == WeightsType.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32, device: device));
        Load(weights);
        if (trainable)
            _gradients = [Own(zeros_like(_values[0])), Own(zeros_like(_values[1]))];
        Embedding = Leaf(["model.embed_tokens.weight"], _config.HiddenSize);
        var blocks = new TorchBlock[_config.Layers];
        for (var i = 0; i < blocks.Length; i++)
        {
            var p = $"model.layers.{i}.";
            blocks[i] = new TorchBlock(
                Leaf([p + "input_layernorm.weight"]),
                _config.LatentAttention is null ? Grouped(p + "self_attn.") : null,
                _config.LatentAttention is { } latent ? Latent(p + "self_attn.", latent) : null,
                Leaf([p + "self_attn.o_proj.weight"], (long)_config.Heads * (_config.LatentAttention?.ValueHeadSize ?? _config.HeadSize)),
                Leaf([p + "post_attention_layernorm.weight"]),
                _config.IsMixture(i) ? null : FeedForward(p + "mlp.", _config.FeedForwardSize),
                _config.IsMixture(i) ? Mixture(p + "mlp.", _config.Mixture!) : null);
        }

        Blocks = blocks;
        FinalNorm = Leaf(["model.norm.weight"]);
        Head = _config.TiedHead ? Embedding : Leaf(["lm_head.weight"], _config.HiddenSize);
    }

    /// <summary>Token embeddings, [V, hidden].</summary>
    public Tensor Embedding { get; }

    public IReadOnlyList<TorchBlock> Blocks { get; }

    public Tensor FinalNorm { get; }

    /// <summary>Output head, [V, hidden]; the embeddings themselves where the head is tied.</summary>
    public Tensor Head { get; }

    /// <summary>The flat buffers: matrices, then vectors.</summary>
    public IReadOnlyList<Tensor> Values => _values;

    /// <summary>The flat gradients in the same order; empty where not trainable.</summary>
    public IReadOnlyList<Tensor> Gradients => _gradients;

    /// <summary>Copies weights in.</summary>
    public void Load(DecoderWeights weights)
    {
        Copy(name => weights[name], _values);
    }

    /// <summary>Copies tensors of a dictionary into flat buffers laid out like the weights.</summary>
    public void Copy(Func<string, float[]> source, IReadOnlyList<Tensor> buffers)
    {
        using var noGrad = no_grad();
        foreach (var (name, (buffer, offset, length)) in _places)
        {
            using var scope = NewDisposeScope();
            var host = empty(length, dtype: ScalarType.Float32);
            MemoryMarshal.AsBytes(source(name).AsSpan()).CopyTo(host.bytes);
            buffers[buffer].narrow(0, offset, length).copy_(host);
        }
    }

    /// <summary>Copies flat buffers out by weight name, float32.</summary>
    public Dictionary<string, float[]> CopyOut(IReadOnlyList<Tensor> buffers)
    {
        using var noGrad = no_grad();
        var result = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var (name, _) in _config.WeightShapes())
        {
            using var scope = NewDisposeScope();
            var (buffer, offset, length) = _places[name];
            result.Add(name, ToArray(buffers[buffer].narrow(0, offset, length)));
        }

        return result;
    }

    /// <summary>A tensor's elements as float32 in host memory.</summary>
    public static float[] ToArray(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var host = tensor.detach().to(ScalarType.Float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(host.bytes).ToArray();
    }

    public void Dispose()
    {
        foreach (var tensor in _owned)
            tensor.Dispose();
        _owned.Clear();
    }

    private TorchGroupedAttention Grouped(string p) => new(
        Leaf([p + "q_proj.weight", p + "k_proj.weight", p + "v_proj.weight"], _config.HiddenSize),
        _config.QkvBias ? Leaf([p + "q_proj.bias", p + "k_proj.bias", p + "v_proj.bias"]) : null,
        _config.QkNorm ? Leaf([p + "q_norm.weight"]) : null,
        _config.QkNorm ? Leaf([p + "k_norm.weight"]) : null);

    private TorchLatentAttention Latent(string p, LatentAttention latent) => new(
        latent.QueryRank is null ? null : Leaf([p + "q_a_proj.weight"], _config.HiddenSize),
        latent.QueryRank is null ? null : Leaf([p + "q_a_layernorm.weight"]),
        latent.QueryRank is { } rank ? Leaf([p + "q_b_proj.weight"], rank) : Leaf([p + "q_proj.weight"], _config.HiddenSize),
        Leaf([p + "kv_a_proj_with_mqa.weight"], _config.HiddenSize),
        Leaf([p + "kv_a_layernorm.weight"]),
        Leaf([p + "kv_b_proj.weight"], latent.KeyValueRank));

    private TorchFeedForward FeedForward(string p, int size) => new(Leaf([p + "gate_proj.weight", p + "up_proj.weight"], _config.HiddenSize), Leaf([p + "down_proj.weight"], size));

    private TorchMixture Mixture(string p, ExpertMixture mixture) => new(
        [.. Enumerable.Range(0, mixture.Routers).Select(t => Leaf([p + MixtureNames.Router(mixture, t)], _config.HiddenSize))],
        [.. Enumerable.Range(0, mixture.RoundNorms).Select(t => Leaf([p + MixtureNames.RoundNorm(t)]))],
        [.. Enumerable.Range(0, mixture.Experts).Select(e => FeedForward($"{p}experts.{e}.", mixture.ExpertSize))],
        mixture.SharedExperts == 0 ? null : FeedForward(p + "shared_experts.", mixture.ExpertSize * mixture.SharedExperts));

    private long[] Layout()
    {
        var lengths = new long[2];

        // Biases of query, key and value lie between the matrices in file order, and so fall together here, as their matrices do.
        foreach (var (name, shape) in _config.WeightShapes())
        {
            var buffer = shape.Length == 2 ? 0 : 1;
            var length = shape.Aggregate(1L, (a, b) => a * b);
            _places.Add(name, (buffer, lengths[buffer], length));
            lengths[buffer] += length;
        }

        return lengths;
    }

    /// <summary>A view over neighbouring tensors; [sum of rows, columns] or a vector.</summary>
    private Tensor Leaf(string[] names, long columns = 0)
    {
        var (buffer, offset, _) = _places[names[0]];
        var length = names.Sum(n => _places[n].Length);
        long[] shape = columns == 0 ? [length] : [length / columns, columns];
        var leaf = Own(View(_values[buffer]));
        if (_gradients.Length > 0)
        {
            leaf.requires_grad = true;
            leaf.grad = Own(View(_gradients[buffer]));
        }

        return leaf;

        Tensor View(Tensor flat)
        {
            using var part = flat.narrow(0, offset, length);
            using var shaped = part.view(shape);
            return shaped.detach();
        }
    }

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
