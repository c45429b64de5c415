using Ratchet.Loop;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Ratchet.Models.Torch;

/// <summary>
/// The decoder on the tensor library: RMSNorm, rotary positions (halves, as in Hugging Face checkpoints), SwiGLU and grouped-query
/// attention with optional query-key norms, biases and sliding window, or latent attention; mixtures of experts.
/// </summary>
/// <remarks>
/// <para>Legend: N tokens of all rows, B rows, L longest row, H query heads, K key-value heads, D head size, V vocabulary.</para>
/// <para>Rows lie end to end without padding; only attention pads. What comes out for a row may differ in the last bits with the rows
/// beside it, since the library chooses its summation order by size.</para>
/// <para>Not safe for calls from two threads at once. Tensors live in the caller's dispose scope; the decoder owns its weights.</para>
/// </remarks>
public sealed partial class TorchDecoder : IDisposable
{
    private readonly TorchOptions _options;
    private Tensor? _cosines;
    private Tensor? _sines;
    private bool _disposed;

    /// <summary>Copies weights to a device.</summary>
    /// <param name="weights">Weights.</param>
    /// <param name="options">Device and type of computation; null for float32 on CPU.</param>
    /// <exception cref="Runs.RatchetException">A setting is out of range, or the library or device is not available.</exception>
    public TorchDecoder(DecoderWeights weights, TorchOptions? options = null)
        : this(weights, options, trainable: false)
    {
    }

    /// <summary>Copies weights to a device; with an adapter, that is what is trained.</summary>
    internal TorchDecoder(DecoderWeights weights, TorchOptions? options, bool trainable, Adapters.LoraAdapter? adapter = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        weights.Config.ThrowIfInvalid();
        _options = options ?? new TorchOptions();
        _options.ThrowIfInvalid();
        TorchNative.EnsureLoaded();
        Device = TorchNative.Device(_options.Device);
        Config = weights.Config;
        ComputeType = _options.Compute == WeightsType.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        Parameters = new TorchParameters(weights, Device, _options.Compute, trainable, adapter);
    }

    /// <summary>Shape of the model.</summary>
    public DecoderConfig Config { get; }

    internal TorchParameters Parameters { get; }

    internal Device Device { get; }

    /// <summary>What notes how mixtures route the tokens of the next passes, or null.</summary>
    internal TorchRouting? Routing { get; set; }

    /// <summary>Dropout of the adapter in the passes that follow; null for none.</summary>
    internal TorchDropout? Dropout { get; set; }

    /// <summary>True where a training pass keeps only the blocks' inputs and computes the rest again.</summary>
    internal bool GradientCheckpointing => _options.GradientCheckpointing;

    internal ScalarType ComputeType { get; }

    /// <summary>Most tokens, padding included, of one pass that gives logits for all of them.</summary>
    internal int PassTokens => _options.PassTokens(Config);

    /// <summary>Most tokens, padding included, of one pass that gives logits for a row's last token only.</summary>
    internal int PromptTokens => _options.MaxBatchTokens;

    /// <summary>Bytes that the keys and values of a position take.</summary>
    internal long PositionBytes => 2L * Config.Layers * Config.KeyValueHeads * Config.HeadSize * (ComputeType == ScalarType.BFloat16 ? 2 : 4);

    /// <summary>Waits for the permits that an operation needs: on the CPU one for each thread of the library, else one for the thread that feeds the device.</summary>
    internal ThreadBudget.Lease? Enter(ThreadBudget? budget, CancellationToken cancellationToken = default)
    {
        TorchNative.UseThreads();
        return budget?.Enter(Device.type == DeviceType.CPU ? Math.Min(budget.Threads, TorchNative.Threads) : 1, cancellationToken);
    }

    /// <summary>
    /// A copy of the weights, float32 (rounded to bfloat16 where that is what the decoder computes with), with the adapter worked in where there is one.
    /// </summary>
    public DecoderWeights Export()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var weights = new DecoderWeights(Config, Parameters.Buffers.CopyOut(Parameters.Buffers.Values));
        return Parameters.ExportAdapter()?.Merge(weights) ?? weights;
    }

    /// <summary>Takes over other weights of the same shape.</summary>
    /// <exception cref="ArgumentException">The shape differs.</exception>
    public void Load(DecoderWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (weights.Config != Config)
            throw new ArgumentException("The weights have another shape than the decoder.", nameof(weights));
        Parameters.Load(weights);
    }

    /// <summary>
    /// Natural-log probability of each id after the first, under the plain distribution: <c>Count - 1</c> numbers a sequence, by the full
    /// forward pass.
    /// </summary>
    /// <exception cref="ArgumentException">A sequence is empty or too long, or an id is outside the vocabulary.</exception>
    public IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var result = new float[sequences.Count][];
        var lengths = new List<int>();
        var order = new List<int>();
        for (var i = 0; i < sequences.Count; i++)
        {
            ThrowIfUnusable(sequences[i], $"Sequence {i}");
            result[i] = [];
            if (sequences[i].Count > 1)
            {
                order.Add(i);
                lengths.Add(sequences[i].Count - 1);
            }
        }

        using var noGrad = no_grad();
        foreach (var group in TorchBatch.Group(lengths, PassTokens))
        {
            using var scope = NewDisposeScope();
            var rows = group.ConvertAll(g => sequences[order[g]]);
            var batch = TorchBatch.Create(rows, r => r.Count - 1, Device);
            var targets = TorchBatch.Upload([.. rows.SelectMany(r => r.Skip(1)).Select(id => (long)id)], Device);
            var scores = TorchBuffers.ToArray(LogProbabilities(Logits(Forward(batch)), targets));
            var at = 0;
            foreach (var g in group)
            {
                result[order[g]] = scores.AsSpan(at, lengths[g]).ToArray();
                at += lengths[g];
            }
        }

        return result;
    }

    /// <summary>Routes sequences through a model with a mixture of experts, all ids of each, and says where every token went.</summary>
    /// <exception cref="InvalidOperationException">The model has no mixture.</exception>
    /// <exception cref="ArgumentException">A sequence is empty or too long, or an id is outside the vocabulary.</exception>
    public RoutingTrace Trace(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var trace = new RoutingTrace(Config.Mixture ?? throw new InvalidOperationException("The model has no mixture of experts."));
        using var noGrad = no_grad();
        for (var i = 0; i < sequences.Count; i++)
        {
            ThrowIfUnusable(sequences[i], $"Sequence {i}");
            using var scope = NewDisposeScope();
            Routing = new TorchRouting(trace);
            try
            {
                Forward(TorchBatch.Create([sequences[i]], r => r.Count, Device));
            }
            finally
            {
                Routing = null;
            }
        }

        return trace;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Parameters.Dispose();
        _cosines?.Dispose();
        _sines?.Dispose();
    }

    /// <summary>Logits of every position, float32: one [length, V] array a sequence, row-major. For tests of small models.</summary>
    internal float[] AllLogits(IReadOnlyList<int> sequence)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return TorchBuffers.ToArray(Logits(Forward(TorchBatch.Create([sequence], r => r.Count, Device))));
    }

    /// <summary>Log-probability of each target under its row of logits, [T].</summary>
    internal static Tensor LogProbabilities(Tensor logits, Tensor targets) => -F.cross_entropy(logits, targets, reduction: nn.Reduction.None);

    /// <summary>Logits, float32, [T, V], of final hidden states [T, hidden].</summary>
    internal Tensor Logits(Tensor hidden) => F.linear(hidden.to(ComputeType), Weight(Parameters.Head)).to(ScalarType.Float32);

    /// <summary>Final hidden states of whole rows, after the last norm, float32.</summary>
    /// <param name="batch">Rows.</param>
    /// <param name="keep">
    /// Indices into the N tokens, int64, [T], whose hidden states are wanted; null for all. The last block does only these after its
    /// attention.
    /// </param>
    /// <param name="capture">Gets each block's rotated keys and values, [N, K · D]: key of block 0, value of block 0, key of block 1, ...</param>
    internal Tensor Forward(TorchBatch batch, Tensor? keep = null, IList<Tensor>? capture = null) =>
        Run(batch.Ids, batch.Positions, batch.Length, (_, qkv) => Attend(batch, qkv, capture), keep);

    /// <summary>Final hidden states, [N, hidden], of tokens whose attention <paramref name="attend"/> computes.</summary>
    /// <param name="ids">Ids, int64, [N].</param>
    /// <param name="positions">Positions, int64, [N].</param>
    /// <param name="length">More than the largest position.</param>
    /// <param name="attend">From block number and rotated [N, H + 2K, D] to [N, H · D].</param>
    /// <param name="keep">As in <see cref="Forward"/>.</param>
    internal Tensor Run(Tensor ids, Tensor positions, int length, Func<int, Tensor, Tensor> attend, Tensor? keep = null)
    {
        TorchNative.UseThreads();
        var rotation = Rotation(positions, length);
        var x = Embed(ids);
        for (var i = 0; i < Parameters.Blocks.Count; i++)
            x = Block(i, x, rotation, attend, keep);
        return Norm(x, Parameters.FinalNorm);
    }

    /// <summary>
    /// Adds the gradient of a loss to that of the trained tensors and gives the loss. Keeps the input of each block only, and computes what is in a block
    /// again on the way back (gradient checkpointing; Chen et al. 2016): memory for one block's inner values instead of all, for a third more work.
    /// </summary>
    /// <param name="batch">Rows.</param>
    /// <param name="keep">As in <see cref="Forward"/>.</param>
    /// <param name="loss">From final hidden states to the loss, one number.</param>
    internal float BackwardByBlocks(TorchBatch batch, Tensor? keep, Func<Tensor, Tensor> loss)
    {
        using var outer = NewDisposeScope();
        var rotation = Rotation(batch.Positions, batch.Length);
        var inputs = new Tensor[Parameters.Blocks.Count + 1];
        using (no_grad())
        {
            inputs[0] = Embed(batch.Ids);
            for (var i = 0; i < Parameters.Blocks.Count; i++)
                inputs[i + 1] = Block(i, inputs[i], rotation, Attend, keep);
        }

        float result;
        Tensor gradient;
        using (var scope = NewDisposeScope())
        {
            var top = Leaf(inputs[^1]);
            var value = loss(Norm(top, Parameters.FinalNorm));
            value.backward();
            result = value.item<float>();
            gradient = top.grad!.MoveToOuterDisposeScope();
        }

        for (var i = Parameters.Blocks.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            inputs[i + 1].Dispose();
            var input = Leaf(inputs[i]);
            Block(i, input, rotation, Attend, keep).backward([gradient]);
            gradient.Dispose();
            gradient = input.grad!.MoveToOuterDisposeScope();
        }

        if (Parameters.Embedding.requires_grad)
            Embed(batch.Ids).backward([gradient]);
        return result;

        Tensor Attend(int block, Tensor qkv) => this.Attend(batch, qkv, null);

        static Tensor Leaf(Tensor value)
        {
            var leaf = value.detach();
            leaf.requires_grad = true;
            return leaf;
        }
    }

    /// <summary>Throws when a sequence cannot be put through the model.</summary>
    internal void ThrowIfUnusable(IReadOnlyList<int> ids, string what)
    {
        if (ids.Count == 0)
            throw new ArgumentException($"{what} is empty.");
        if (ids.Count > Config.MaxPositions)
            throw new ArgumentException($"{what} has {ids.Count} ids; the model has {Config.MaxPositions} positions.");
        foreach (var id in ids)
        {
            if (id < 0 || id >= Config.VocabularySize)
                throw new ArgumentException($"{what} holds the id {id}, outside the vocabulary of {Config.VocabularySize}.");
        }
    }

    /// <summary>On a GPU by the operation whose gradient is added up in a fixed order (sorted, not by atomic additions).</summary>
    private Tensor Embed(Tensor ids) =>
        (Device.type == DeviceType.CPU ? Parameters.Embedding.index_select(0, ids) : Parameters.Embedding.index(TensorIndex.Tensor(ids))).to(ScalarType.Float32);

    /// <summary>Cosines and sines of positions, each [N, 1, rotated / 2].</summary>
    private (Tensor Cosines, Tensor Sines) Rotation(Tensor positions, int length)
    {
        EnsureRotary(length);
        return (_cosines!.index_select(0, positions).unsqueeze(1), _sines!.index_select(0, positions).unsqueeze(1));
    }

    /// <summary>One block: residual stream in, residual stream out; in the last one only the kept tokens go on after attention.</summary>
    private Tensor Block(int number, Tensor x, (Tensor Cosines, Tensor Sines) rotation, Func<int, Tensor, Tensor> attend, Tensor? keep)
    {
        // A scope a block: what the graph does not save is free at once.
        using var scope = NewDisposeScope();
        var block = Parameters.Blocks[number];
        var attention = attend(number, Project(block, x, rotation.Cosines, rotation.Sines));
        if (keep is not null && number == Parameters.Blocks.Count - 1)
        {
            attention = attention.index_select(0, keep);
            x = x.index_select(0, keep);
        }

        x = x.Plus(Output(block, attention));
        Routing?.BeginLayer(keep is not null && number == Parameters.Blocks.Count - 1);
        return FeedForward(number, x).MoveToOuterDisposeScope();
    }

    /// <summary>Causal attention within rows: [N, H + 2K, D] to [N, H · D].</summary>
    private Tensor Attend(TorchBatch batch, Tensor qkv, IList<Tensor>? capture)
    {
        int heads = Config.Heads, keys = Config.KeyValueHeads, size = Config.HeadSize, all = heads + (2 * keys);
        if (capture is not null)
        {
            capture.Add(qkv.narrow(1, heads, keys).reshape(-1, keys * size).MoveToOuterDisposeScope());
            capture.Add(qkv.narrow(1, heads + keys, keys).reshape(-1, keys * size).MoveToOuterDisposeScope());
        }

        if (batch.Padded is not null)
            qkv = zeros((long)batch.Rows * batch.Length, (long)all * size, dtype: qkv.dtype, device: Device).index_copy(0, batch.Padded, qkv.view(-1, all * size));
        qkv = qkv.view(batch.Rows, batch.Length, all, size).transpose(1, 2);
        var mask = Config.SlidingWindow is { } window && window < batch.Length ? TorchBatch.Visible(TorchBatch.Range(0, batch.Length, Device), batch.Length, window) : null;
        var mixed = F.scaled_dot_product_attention(qkv.narrow(1, 0, heads), Expand(qkv.narrow(1, heads, keys)), Expand(qkv.narrow(1, heads + keys, keys)), mask, is_casual: mask is null);
        mixed = mixed.transpose(1, 2).reshape(-1, heads * size);
        return batch.Padded is null ? mixed : mixed.index_select(0, batch.Padded);

        Tensor Expand(Tensor t) => heads == keys
            ? t
            : t.unsqueeze(2).expand(batch.Rows, keys, heads / keys, batch.Length, size).reshape(batch.Rows, heads, batch.Length, size);
    }

    private void EnsureRotary(int length)
    {
        if (_cosines is not null && _cosines.shape[0] >= length)
            return;
        var rows = Math.Min(Math.Max(Config.MaxPositions, length), Math.Max(1024, length * 2));
        var (cosines, sines) = Kernels.RotaryTable.Create(Config, rows);
        var half = cosines.Length / rows;
        _cosines?.Dispose();
        _sines?.Dispose();
        using var scope = NewDisposeScope();
        _cosines = TorchBatch.Upload(cosines, Device).view(rows, half).DetachFromDisposeScope();
        _sines = TorchBatch.Upload(sines, Device).view(rows, half).DetachFromDisposeScope();
    }
}
