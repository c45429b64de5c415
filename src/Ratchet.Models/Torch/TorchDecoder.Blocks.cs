using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Ratchet.Models.Torch;

public sealed partial class TorchDecoder
{
    // The norms inside DeepSeek's latent attention have this one, whatever the configuration says for the others.
    private const double LatentNormEpsilon = 1e-6;

    private Tensor Norm(Tensor x, Tensor weight) => Norm(x, weight, Config.NormEpsilon);

    private static Tensor Norm(Tensor x, Tensor weight, double epsilon)
    {
        using Scalar scalar = epsilon;
        return x * rsqrt((x * x).mean([-1], keepdim: true).add(scalar, TorchScalars.One)) * weight;
    }

    /// <summary>A weight in the type of computation. For a trainer the cast is part of the graph, so gradients arrive in float32.</summary>
    private Tensor Weight(Tensor weight) => weight.dtype == ComputeType ? weight : weight.to(ComputeType);

    /// <summary>A product, [N, out], with what the adapter changes of it.</summary>
    private Tensor Apply(TorchLinear linear, Tensor input)
    {
        var weight = Weight(linear.Weight);
        var product = F.linear(input, weight);
        if (linear.Adapters.Count == 0)
            return product;
        var parts = new List<Tensor>();
        long row = 0;
        foreach (var adapter in linear.Adapters)
        {
            if (adapter.Row > row)
                parts.Add(product.narrow(-1, row, adapter.Row - row));
            parts.Add(adapter.Apply(weight.narrow(0, adapter.Row, adapter.Rows), input, product.narrow(-1, adapter.Row, adapter.Rows), Dropout));
            row = adapter.Row + adapter.Rows;
        }

        if (row < product.shape[1])
            parts.Add(product.narrow(-1, row, product.shape[1] - row));
        return parts.Count == 1 ? parts[0] : cat(parts, -1);
    }

    /// <summary>Queries and keys normed and rotated, and values: [N, H + 2K, D].</summary>
    private Tensor Project(TorchBlock block, Tensor x, Tensor cosines, Tensor sines)
    {
        var input = Norm(x, block.InputNorm).to(ComputeType);
        return block.Latent is { } latent ? ProjectLatent(latent, input, cosines, sines) : ProjectGrouped(block.Attention!, input, cosines, sines);
    }

    private Tensor ProjectGrouped(TorchGroupedAttention attention, Tensor input, Tensor cosines, Tensor sines)
    {
        int heads = Config.Heads, keys = Config.KeyValueHeads, size = Config.HeadSize;
        var qkv = Apply(attention.Qkv, input);
        if (attention.Bias is not null)
            qkv = qkv.Plus(attention.Bias.to(ComputeType));
        qkv = qkv.view(-1, heads + (2 * keys), size);
        var rotated = qkv.narrow(1, 0, heads + keys).to(ScalarType.Float32);
        if (attention.QueryNorm is not null)
        {
            var weight = cat([attention.QueryNorm.expand(heads, size), attention.KeyNorm!.expand(keys, size)], 0);
            rotated = Norm(rotated, weight);
        }

        var first = rotated.narrow(-1, 0, size / 2);
        var second = rotated.narrow(-1, size / 2, size / 2);
        rotated = cat([(first * cosines) - (second * sines), (second * cosines).Plus(first * sines)], -1);
        return cat([rotated.to(ComputeType), qkv.narrow(1, heads + keys, keys)], 1);
    }

    /// <summary>
    /// Latent attention (DeepSeek-V2, equations 9 to 19) written out into ordinary heads, so that attention and cache are those of grouped-query attention
    /// with as many keys as queries: values are filled up with zeros to the head size. The paper's absorbed form would need a smaller cache.
    /// </summary>
    private Tensor ProjectLatent(TorchLatentAttention latent, Tensor input, Tensor cosines, Tensor sines)
    {
        var shape = Config.LatentAttention!;
        int heads = Config.Heads, size = Config.HeadSize, plain = shape.PlainHeadSize, rotary = shape.RotaryHeadSize;
        var queryInput = latent.QueryDown is null ? input : Norm(Apply(latent.QueryDown, input).to(ScalarType.Float32), latent.QueryNorm!, LatentNormEpsilon).to(ComputeType);
        var query = Apply(latent.Query, queryInput).view(-1, heads, size).to(ScalarType.Float32);
        query = cat([query.narrow(-1, 0, plain), RotatePairs(query.narrow(-1, plain, rotary), cosines, sines)], -1);

        // The library divides scores by the root of the head size; what scaled positions add goes into the queries.
        var factor = Config.RopeScaling?.ScoreFactor ?? 1;
        if (factor != 1)
            query = query * factor;
        var down = Apply(latent.KeyValueDown, input).to(ScalarType.Float32);
        var sharedKey = RotatePairs(down.narrow(-1, shape.KeyValueRank, rotary).unsqueeze(1), cosines, sines).to(ComputeType);
        var compressed = Norm(down.narrow(-1, 0, shape.KeyValueRank), latent.KeyValueNorm, LatentNormEpsilon).to(ComputeType);
        var up = Apply(latent.KeyValueUp, compressed).view(-1, heads, plain + shape.ValueHeadSize);
        var key = cat([up.narrow(-1, 0, plain), sharedKey.expand(-1, heads, -1)], -1);
        var value = F.pad(up.narrow(-1, plain, shape.ValueHeadSize), [0, size - shape.ValueHeadSize]);
        return cat([query.to(ComputeType), key, value], 1);
    }

    /// <summary>Turns neighbouring dimensions as pairs, as DeepSeek's checkpoints are laid out; other families turn halves.</summary>
    private static Tensor RotatePairs(Tensor x, Tensor cosines, Tensor sines)
    {
        var pairs = x.view(x.shape[0], x.shape[1], -1, 2);
        var first = pairs.select(-1, 0);
        var second = pairs.select(-1, 1);
        return stack([(first * cosines) - (second * sines), (second * cosines).Plus(first * sines)], -1).flatten(-2);
    }

    /// <summary>Attention's mixture of values, [N, H · D], projected into the residual stream.</summary>
    private Tensor Output(TorchBlock block, Tensor mixed)
    {
        if (Config.LatentAttention is { } latent && latent.ValueHeadSize < Config.HeadSize)
            mixed = mixed.view(-1, Config.Heads, Config.HeadSize).narrow(-1, 0, latent.ValueHeadSize).reshape(-1, (long)Config.Heads * latent.ValueHeadSize);
        return Apply(block.Output, mixed).to(ScalarType.Float32);
    }

    /// <summary>The residual stream behind the feed-forward layer or mixture, float32.</summary>
    private Tensor FeedForward(int index, Tensor x)
    {
        var block = Parameters.Blocks[index];
        return block.Mixture is { } mixture ? Mix(index, mixture, x) : x.Plus(FeedForward(block.FeedForward!, Norm(x, block.PostNorm).to(ComputeType)).to(ScalarType.Float32));
    }

    private Tensor FeedForward(TorchFeedForward layer, Tensor input)
    {
        var gateUp = Apply(layer.GateUp, input).chunk(2, -1);
        return Apply(layer.Down, F.silu(gateUp[0]) * gateUp[1]);
    }

    /// <summary>All rounds of a mixture, with the residual stream: <see cref="MixtureResidual"/>.</summary>
    private Tensor Mix(int index, TorchMixture mixture, Tensor x)
    {
        var shape = Config.Mixture!;
        var inner = shape.Residual != MixtureResidual.Outer;
        var preNorm = shape.Residual == MixtureResidual.PreNorm;
        var postNorm = Parameters.Blocks[index].PostNorm;
        var state = preNorm ? x : Norm(x, postNorm);
        for (var t = 0; t < shape.Rounds; t++)
        {
            var input = preNorm ? Norm(state, t == 0 ? postNorm : mixture.RoundNorms[t - 1]) : state;
            var made = MixRound(index, t, mixture, input.to(ComputeType));
            state = inner ? state.Plus(made) : made;
        }

        return shape.Residual is MixtureResidual.Outer or MixtureResidual.Both ? x.Plus(state) : state;
    }

    /// <summary>Sends each token to its experts: tokens sorted by expert, one product an expert, weighted sums back in their places.</summary>
    private Tensor MixRound(int index, int round, TorchMixture mixture, Tensor input)
    {
        var shape = Config.Mixture!;
        var router = mixture.Routers[shape.SharedRouter ? 0 : round];
        var scores = F.softmax(F.linear(input.to(ScalarType.Float32), router.to(ScalarType.Float32)), -1);
        var (weights, experts) = topk(shape.Groups > 1 ? InBestGroups(scores, shape) : scores, shape.ExpertsPerToken, -1);
        using Scalar tiny = 1e-20, scale = shape.WeightScale;
        weights = shape.NormalizeWeights && shape.ExpertsPerToken > 1 ? weights / weights.sum(-1, keepdim: true).add(tiny, TorchScalars.One) : weights.mul(scale);
        Routing?.Add(index, round, scores, experts, weights);
        var flat = experts.reshape(-1);
        var order = flat.argsort(0);

        // By permutations and sums along a dimension: adding by index takes another order on a GPU each time, here and on the way back.
        var sorted = input.unsqueeze(1).expand(-1, shape.ExpertsPerToken, -1).reshape(-1, input.shape[1]).index_select(0, order);
        var counts = bincount(flat, minlength: shape.Experts).cpu().data<long>().ToArray();
        var parts = new List<Tensor>();
        long at = 0;
        for (var e = 0; e < shape.Experts; e++)
        {
            if (counts[e] > 0)
                parts.Add(FeedForward(mixture.Experts[e], sorted.narrow(0, at, counts[e])));
            at += counts[e];
        }

        var weighted = cat(parts, 0).to(ScalarType.Float32) * weights.reshape(-1).index_select(0, order).unsqueeze(1);
        var result = weighted.index_select(0, order.argsort(0)).view(input.shape[0], shape.ExpertsPerToken, -1).sum(1);
        return mixture.Shared is null ? result : result.Plus(FeedForward(mixture.Shared, input).to(ScalarType.Float32));
    }

    /// <summary>Scores with those outside a token's best groups set to zero.</summary>
    private static Tensor InBestGroups(Tensor scores, ExpertMixture shape)
    {
        var grouped = scores.view(scores.shape[0], shape.Groups, -1);
        var best = topk(grouped.amax([-1]), shape.GroupsPerToken, -1).indices;
        var chosen = ones(best.shape, dtype: ScalarType.Float32, device: scores.device);
        var mask = zeros_like(grouped.select(-1, 0)).scatter(1, best, chosen);
        return (grouped * mask.unsqueeze(-1)).reshape(scores.shape);
    }
}
