using Ratchet.Examples;
using Ratchet.Models;
using Ratchet.Models.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

/// <summary>
/// The baseline of the benchmarks: the same decoder written plainly on the tensor library, as its tutorials write it. Padded batches, a
/// module a layer, fused attention, the library's AdamW, a key-value cache that grows by concatenation, sampling on the library.
/// </summary>
/// <remarks>Scalars have names that outlive their calls, for the reason that <see cref="TorchScalars"/> gives; that costs and saves nothing.</remarks>
internal sealed partial class PlainEager : IDisposable
{
    private readonly PlainDecoder _model;
    private readonly AdamW _optimizer;

    public PlainEager(DecoderWeights weights)
    {
        TorchNative.EnsureLoaded();
        _model = new PlainDecoder(weights);
        _optimizer = optim.AdamW(_model.parameters(), lr: 1e-3, beta1: 0.9, beta2: 0.95, weight_decay: 0.1);
    }

    /// <summary>One optimizer step on rows padded to the longest; returns the mean loss over targets.</summary>
    public double Step(IReadOnlyList<Example> rows, double learningRate)
    {
        using var scope = NewDisposeScope();
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = learningRate;
        _optimizer.zero_grad();
        var loss = Loss(rows);
        loss.backward();
        nn.utils.clip_grad_norm_(_model.parameters(), 1.0);
        _optimizer.step();
        return loss.item<float>();
    }

    /// <summary>Mean loss over targets, rows of weight 1.</summary>
    public Tensor Loss(IReadOnlyList<Example> rows)
    {
        const long Ignored = -100;
        var length = rows.Max(r => r.Ids.Count) - 1;
        var ids = new long[rows.Count * length];
        var targets = new long[rows.Count * length];
        Array.Fill(targets, Ignored);
        for (var r = 0; r < rows.Count; r++)
        {
            for (var i = 0; i + 1 < rows[r].Ids.Count; i++)
            {
                ids[(r * length) + i] = rows[r].Ids[i];
                if (i + 1 >= rows[r].TargetStart)
                    targets[(r * length) + i] = rows[r].Ids[i + 1];
            }
        }

        var logits = _model.forward(tensor(ids).view(rows.Count, length), null);
        return F.cross_entropy(logits.view(-1, logits.shape[^1]), tensor(targets), ignore_index: Ignored);
    }

    /// <summary>Draws continuations of prompts of equal length, all of them together, token by token; returns the ids, [prompts, new].</summary>
    /// <param name="prompts">Prompts, one row a sample.</param>
    /// <param name="newTokens">Most tokens to draw.</param>
    /// <param name="endId">Token that ends a sequence; drawing goes on until all have ended. -1: never.</param>
    public long[][] Sample(IReadOnlyList<IReadOnlyList<int>> prompts, int newTokens, int endId = -1)
    {
        using var noGrad = inference_mode();
        using var scope = NewDisposeScope();
        using Scalar end = (long)endId;
        var cache = new List<(Tensor Keys, Tensor Values)>();
        var ids = tensor(prompts.SelectMany(p => p).Select(i => (long)i).ToArray()).view(prompts.Count, -1);
        var ended = zeros(prompts.Count, dtype: ScalarType.Bool);
        var drawn = new List<Tensor>();
        for (var step = 0; step < newTokens; step++)
        {
            var logits = _model.forward(ids, cache).select(1, -1);
            ids = multinomial(F.softmax(logits, -1), 1);
            drawn.Add(ids);
            if (endId < 0)
                continue;
            ended = ended.logical_or(ids.squeeze(1).eq(end));
            if (ended.all().item<bool>())
                break;
        }

        var all = cat(drawn, 1);
        var flat = all.contiguous().data<long>().ToArray();
        return [.. Enumerable.Range(0, prompts.Count).Select(r => flat.AsSpan(r * drawn.Count, drawn.Count).ToArray())];
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }

    private sealed class PlainDecoder : nn.Module
    {
        private readonly DecoderConfig _config;
        private readonly Embedding _embedding;
        private readonly PlainBlock[] _blocks;
        private readonly PlainNorm _norm;
        private readonly Linear? _head;
        private readonly Tensor _cosines;
        private readonly Tensor _sines;

        public PlainDecoder(DecoderWeights weights)
            : base(nameof(PlainDecoder))
        {
            _config = weights.Config;
            _embedding = nn.Embedding(_config.VocabularySize, _config.HiddenSize);
            Fill(_embedding.weight!, weights["model.embed_tokens.weight"]);
            _blocks = [.. Enumerable.Range(0, _config.Layers).Select(i => new PlainBlock(weights, i))];
            _norm = new PlainNorm(weights["model.norm.weight"], _config.NormEpsilon);
            if (!_config.TiedHead)
                _head = Matrix(weights, "lm_head", _config.HiddenSize);
            var half = Enumerable.Range(0, _config.HeadSize / 2);
            var frequencies = tensor(half.Select(i => (float)Math.Pow(_config.RopeTheta, -2.0 * i / _config.HeadSize)).ToArray());
            var angles = outer(tensor(Enumerable.Range(0, _config.MaxPositions).Select(p => (float)p).ToArray()), frequencies);
            angles = cat([angles, angles], -1);
            _cosines = angles.cos();
            _sines = angles.sin();
            RegisterComponents();
            for (var i = 0; i < _blocks.Length; i++)
                register_module($"block{i}", _blocks[i]);
        }

        public Tensor forward(Tensor ids, List<(Tensor Keys, Tensor Values)>? cache)
        {
            var past = cache is { Count: > 0 } ? cache[0].Keys.shape[2] : 0;
            var cosines = _cosines.narrow(0, past, ids.shape[1]);
            var sines = _sines.narrow(0, past, ids.shape[1]);
            var x = _embedding.forward(ids);
            for (var i = 0; i < _blocks.Length; i++)
                x = _blocks[i].forward(x, cosines, sines, cache, i);
            x = _norm.forward(x);
            return _head is null ? F.linear(x, _embedding.weight!) : _head.forward(x);
        }
    }

    private sealed class PlainBlock : nn.Module
    {
        private readonly DecoderConfig _config;
        private readonly PlainNorm _inputNorm;
        private readonly PlainNorm _postNorm;
        private readonly PlainNorm? _queryNorm;
        private readonly PlainNorm? _keyNorm;
        private readonly Linear _query;
        private readonly Linear _key;
        private readonly Linear _value;
        private readonly Linear _output;
        private readonly Linear _gate;
        private readonly Linear _up;
        private readonly Linear _down;

        public PlainBlock(DecoderWeights weights, int index)
            : base(nameof(PlainBlock))
        {
            var c = _config = weights.Config;
            var p = $"model.layers.{index}.";
            _inputNorm = new PlainNorm(weights[p + "input_layernorm.weight"], c.NormEpsilon);
            _postNorm = new PlainNorm(weights[p + "post_attention_layernorm.weight"], c.NormEpsilon);
            _queryNorm = c.QkNorm ? new PlainNorm(weights[p + "self_attn.q_norm.weight"], c.NormEpsilon) : null;
            _keyNorm = c.QkNorm ? new PlainNorm(weights[p + "self_attn.k_norm.weight"], c.NormEpsilon) : null;
            _query = Matrix(weights, p + "self_attn.q_proj", c.HiddenSize, c.QkvBias);
            _key = Matrix(weights, p + "self_attn.k_proj", c.HiddenSize, c.QkvBias);
            _value = Matrix(weights, p + "self_attn.v_proj", c.HiddenSize, c.QkvBias);
            _output = Matrix(weights, p + "self_attn.o_proj", c.Heads * c.HeadSize);
            _gate = Matrix(weights, p + "mlp.gate_proj", c.HiddenSize);
            _up = Matrix(weights, p + "mlp.up_proj", c.HiddenSize);
            _down = Matrix(weights, p + "mlp.down_proj", c.FeedForwardSize);
            RegisterComponents();
        }

        public Tensor forward(Tensor x, Tensor cosines, Tensor sines, List<(Tensor Keys, Tensor Values)>? cache, int index)
        {
            long batch = x.shape[0], length = x.shape[1];
            var h = _inputNorm.forward(x);
            var query = _query.forward(h).view(batch, length, _config.Heads, _config.HeadSize);
            var key = _key.forward(h).view(batch, length, _config.KeyValueHeads, _config.HeadSize);
            var value = _value.forward(h).view(batch, length, _config.KeyValueHeads, _config.HeadSize).transpose(1, 2);
            query = Rotate((_queryNorm?.forward(query) ?? query).transpose(1, 2));
            key = Rotate((_keyNorm?.forward(key) ?? key).transpose(1, 2));
            if (cache is not null)
            {
                if (cache.Count > index)
                    cache[index] = (cat([cache[index].Keys, key], 2), cat([cache[index].Values, value], 2));
                else
                    cache.Add((key, value));
                (key, value) = cache[index];
            }

            if (_config.Heads != _config.KeyValueHeads)
            {
                key = key.repeat_interleave(_config.Heads / _config.KeyValueHeads, 1);
                value = value.repeat_interleave(_config.Heads / _config.KeyValueHeads, 1);
            }

            var mixed = F.scaled_dot_product_attention(query, key, value, is_casual: length > 1);
            x = x.Plus(_output.forward(mixed.transpose(1, 2).reshape(batch, length, -1)));
            h = _postNorm.forward(x);
            return x.Plus(_down.forward(F.silu(_gate.forward(h)) * _up.forward(h)));

            Tensor Rotate(Tensor t)
            {
                var halves = t.chunk(2, -1);
                return (t * cosines).Plus(cat([-halves[1], halves[0]], -1) * sines);
            }
        }
    }

    private sealed class PlainNorm : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter _weight;
        private readonly Scalar _epsilon;

        public PlainNorm(float[] weight, float epsilon)
            : base(nameof(PlainNorm))
        {
            _weight = new Parameter(tensor(weight));
            _epsilon = epsilon;
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => x * rsqrt(x.pow(TorchScalars.Two).mean([-1], keepdim: true).add(_epsilon, TorchScalars.One)) * _weight;
    }

    private static Linear Matrix(DecoderWeights weights, string name, int inputs, bool bias = false)
    {
        var data = weights[name + ".weight"];
        var linear = nn.Linear(inputs, data.Length / inputs, hasBias: bias);
        Fill(linear.weight!, data);
        if (bias)
            Fill(linear.bias!, weights[name + ".bias"]);
        return linear;
    }

    private static void Fill(Tensor parameter, float[] data)
    {
        using var noGrad = no_grad();
        using var source = tensor(data);
        using var shaped = source.view(parameter.shape);
        parameter.copy_(shaped);
    }
}
