using TorchSharp;
using static TorchSharp.torch;

namespace Ratchet.Models.Torch;

/// <summary>What a pass notes about its mixtures' routing: the balance loss, and on demand every choice.</summary>
/// <remarks>Tensors live in the dispose scope of the pass.</remarks>
internal sealed class TorchRouting
{
    private readonly RoutingTrace? _trace;
    private readonly ExpertMixture _mixture;
    private readonly Tensor? _all;
    private readonly Tensor? _kept;
    private bool _keptOnly;

    /// <summary>Notes every choice and no loss.</summary>
    public TorchRouting(RoutingTrace trace)
    {
        _trace = trace;
        _mixture = trace.Mixture;
    }

    /// <summary>Sums the balance loss and notes no choices.</summary>
    /// <param name="mixture">Mixture.</param>
    /// <param name="lengths">Tokens of each row, of B rows.</param>
    /// <param name="kept">The last of them that the last block goes on with.</param>
    /// <param name="device">Device.</param>
    public TorchRouting(ExpertMixture mixture, IReadOnlyList<int> lengths, IReadOnlyList<int> kept, Device device)
    {
        _mixture = mixture;
        _all = Means(lengths, device);
        _kept = lengths.SequenceEqual(kept) ? _all : Means(kept, device);
    }

    /// <summary>Sum over rows, layers and rounds of Σ_i f_i · P_i (see <see cref="ExpertMixture.BalanceWeight"/>), without its factor; null where nothing was routed.</summary>
    public Tensor? Loss { get; private set; }

    /// <summary>Called before each block's feed-forward part: whether only kept tokens come.</summary>
    public void BeginLayer(bool keptOnly) => _keptOnly = keptOnly;

    /// <summary>Called for each round of a mixture layer, in order.</summary>
    /// <param name="layer">Block.</param>
    /// <param name="round">Round.</param>
    /// <param name="scores">Softmax over all experts, [N, experts].</param>
    /// <param name="experts">Chosen experts, int64, [N, chosen].</param>
    /// <param name="weights">Their weights, [N, chosen].</param>
    public void Add(int layer, int round, Tensor scores, Tensor experts, Tensor weights)
    {
        if (_trace is not null)
        {
            var host = experts.cpu().contiguous().data<long>().ToArray();
            _trace.Add(layer, round, [.. host.Select(e => (int)e)], TorchBuffers.ToArray(weights));
            return;
        }

        var means = (_keptOnly ? _kept : _all)!;
        using Scalar even = (double)_mixture.Experts / _mixture.ExpertsPerToken;
        var chosen = zeros_like(scores).scatter(1, experts, ones(experts.shape, dtype: ScalarType.Float32, device: scores.device)).detach();
        var sum = (means.matmul(chosen).mul(even) * means.matmul(scores)).sum();

        // Blocks have dispose scopes of their own.
        Loss = (Loss is null ? sum : Loss.Plus(sum)).MoveToOuterDisposeScope();
    }

    /// <summary>The matrix that takes values of tokens to their means over each row, [B, N]. A product adds in a fixed order, on a GPU too.</summary>
    private static Tensor Means(IReadOnlyList<int> lengths, Device device)
    {
        var tokens = lengths.Sum();
        var weights = new float[lengths.Count * tokens];
        var start = 0;
        for (var row = 0; row < lengths.Count; row++)
        {
            weights.AsSpan((row * tokens) + start, lengths[row]).Fill(1f / lengths[row]);
            start += lengths[row];
        }

        return TorchBatch.Upload(weights, device).view(lengths.Count, tokens);
    }
}
