using System.Runtime.InteropServices;
using Ratchet.Examples;
using Ratchet.Learning.Cpu;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Runs;

namespace Ratchet.Learning;

/// <summary>
/// Trains a decoder on CPU with own kernels: float32 weights, a backward pass written by hand, AdamW fused with clipping.
/// </summary>
/// <remarks>
/// <para>The rows of a step are divided into a fixed number of shards. Each shard goes through the model on one thread into its own
/// gradient buffer; threads take shards from a queue, and the buffers are added in the order of shards. So results are the
/// same bits for any number of threads, and a core that is busy with something else costs its share and not more.</para>
/// <para>Rows lie in memory without padding. Attention stays within a row. The head, and the last block after its attention, run at
/// target positions only.</para>
/// <para>Not safe for calls from two threads at once. Memory: weights, their two packed copies, AdamW's moments and one gradient per
/// shard, each the size of the model in float32, and activations of <see cref="CpuTrainerOptions.ChunkTokens"/> tokens per thread. The
/// optimizer's part is made with the first step, so a trainer that only scores stays small.</para>
/// </remarks>
public sealed unsafe partial class CpuTrainer : IDecoderTrainer
{
    /// <summary>Floats of one optimizer work item. Fixed, because the norm of the gradient is summed item by item.</summary>
    private const int RangeLength = 1 << 15;

    private readonly AdamWOptions _adamW;
    private readonly DecoderParameters _model;
    private readonly WorkerPool _pool;
    private readonly DecoderPass?[] _passes;
    private readonly PassRow[][] _chunks;
    private readonly ShardPlan _plan;
    private readonly double[] _losses;
    private readonly double[] _balances;
    private readonly NativeBuffer[] _gradients;
    private readonly float*[] _gradientPointers;
    private readonly NativeBuffer _first = new();
    private readonly NativeBuffer _second = new();
    private readonly List<(long Offset, int Length, bool IsMatrix)> _ranges = [];
    private readonly double[] _squares;
    private readonly Action<int, int> _pack;
    private readonly Action<int, int> _shardLoss;
    private readonly Action<int, int> _shardGradient;
    private readonly Action<int, int> _reduce;
    private readonly Action<int, int> _update;
    private readonly Action<int, int> _score;
    private readonly List<int> _scoreChunks = [];
    private PassRow[] _rows = [];
    private float[][] _scores = [];
    private AdamWStep _step;
    private double _balanceScale;
    private float _keepMatrix;
    private int _steps;
    private bool _disposed;

    /// <summary>Makes a trainer with fresh optimizer state.</summary>
    /// <param name="weights">Start weights; copied.</param>
    /// <param name="adamW">Optimizer settings; null for the defaults.</param>
    /// <param name="options">Division of work; null for the defaults.</param>
    /// <param name="budget">Each thread holds a permit of it while it works and lets others go first between two shards; null for none.</param>
    /// <exception cref="RatchetException">Settings are out of range; the message names all of them.</exception>
    public CpuTrainer(DecoderWeights weights, AdamWOptions? adamW = null, CpuTrainerOptions? options = null, ThreadBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        _adamW = adamW ?? new AdamWOptions();
        options ??= new CpuTrainerOptions();
        options.ThrowIfInvalid(_adamW);
        weights.Config.ThrowIfInvalid();
        weights.Config.ThrowIfNotOnOwnKernels(training: true);
        Config = weights.Config;
        _model = new DecoderParameters(weights);
        _pool = new WorkerPool(options.Threads, budget);
        _passes = new DecoderPass?[options.Threads];
        _chunks = new PassRow[options.Threads][];
        Array.Fill(_chunks, []);
        _plan = new ShardPlan(options.Shards, options.ChunkTokens);
        _losses = new double[options.Shards];
        _balances = new double[options.Shards];
        _firstChunk = new int[options.Shards];
        _gradients = new NativeBuffer[options.Shards];
        for (var s = 0; s < options.Shards; s++)
            _gradients[s] = new NativeBuffer();
        _gradientPointers = new float*[options.Shards];
        foreach (var tensor in _model.Layout.Tensors)
        {
            for (var done = 0; done < tensor.Length; done += RangeLength)
                _ranges.Add((tensor.Offset + done, Math.Min(RangeLength, tensor.Length - done), tensor.IsMatrix));
        }

        _squares = new double[_ranges.Count];
        _pack = (item, _) => _model.PackItem(item);
        _shardLoss = (shard, worker) => RunShard(shard, worker, gradient: false);
        _shardGradient = (shard, worker) => RunShard(shard, worker, gradient: true);
        _reduce = (item, _) => _squares[item] = AdamWKernel.Reduce(_gradientPointers, _plan.Used, _ranges[item].Offset, _ranges[item].Length);
        _update = (item, _) => UpdateRange(item);
        _score = ScoreChunk;
        _pool.Run(_model.PackItems, _pack);
    }

    /// <inheritdoc/>
    public DecoderConfig Config { get; }

    /// <inheritdoc/>
    /// <exception cref="RatchetException">
    /// A row cannot be trained on (no target, an id outside the vocabulary, too long, a negative weight), all weights are 0, or loss or
    /// gradient are not finite. Weights and optimizer are unchanged then.
    /// </exception>
    public TrainingStepResult Step(IReadOnlyList<Example> rows, double learningRate)
    {
        CheckRate(learningRate);
        var (loss, norm, tokens) = Differentiate(rows);
        Update(norm, learningRate);
        return new TrainingStepResult(loss, norm, tokens) { BalanceLoss = Sum(_balances) };
    }

    /// <inheritdoc/>
    public double Loss(IReadOnlyList<Example> rows)
    {
        return Losses(rows).Loss;
    }

    /// <inheritdoc/>
    public RoutingTrace Trace(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var trace = new RoutingTrace(Config.Mixture ?? throw new InvalidOperationException("The model has no mixture of experts."));
        _pool.Run(1, (_, worker) =>
        {
            for (var i = 0; i < sequences.Count; i++)
            {
                RowCheck.Ids(sequences[i], Config, $"Sequence {i}");

                // The last id of a row is only a target: one that nothing reads stands behind those to route.
                Pass(worker).Trace([new PassRow { Ids = [.. sequences[i], 0] }], 1, trace);
            }
        });
        return trace;
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ObjectDisposedException.ThrowIf(_disposed, this);
        Config.ThrowIfScalarHead();
        _scores = new float[sequences.Count][];
        var rows = new List<PassRow>(sequences.Count);
        for (var i = 0; i < sequences.Count; i++)
        {
            RowCheck.Ids(sequences[i], Config, $"Sequence {i}");
            _scores[i] = new float[sequences[i].Count - 1];
            if (sequences[i].Count > 1)
                rows.Add(new PassRow { Ids = sequences[i], Index = i });
        }

        _scoreChunks.Clear();
        for (var start = 0; start < rows.Count; start = _plan.ChunkEnd(rows, start))
            _scoreChunks.Add(start);
        _rows = [.. rows];
        _pool.Run(_scoreChunks.Count, _score);
        var result = _scores;
        _scores = [];
        return result;
    }

    /// <inheritdoc/>
    public DecoderWeights Export()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new DecoderWeights(Config, _model.CopyOut(_model.Values));
    }

    /// <inheritdoc/>
    public void CopyTo(DecoderWeights target)
    {
        ArgumentNullException.ThrowIfNull(target);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (target.Config != Config)
            throw new ArgumentException("The weights have another shape than the model.", nameof(target));
        foreach (var tensor in _model.Layout.Tensors)
            new ReadOnlySpan<float>(_model.Values + tensor.Offset, tensor.Length).CopyTo(target[tensor.Name]);
    }

    /// <inheritdoc/>
    public OptimizerState ExportOptimizer()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        EnsureMoments();
        return new OptimizerState(_steps, _model.CopyOut(_first.Pointer), _model.CopyOut(_second.Pointer));
    }

    /// <inheritdoc/>
    /// <exception cref="RatchetException">A weight's moments are missing or have the wrong length.</exception>
    public void Import(OptimizerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var tensor in _model.Layout.Tensors)
        {
            if (!Fits(state.FirstMoment, tensor) || !Fits(state.SecondMoment, tensor))
                throw new RatchetException($"The optimizer's state does not fit the model: moments of '{tensor.Name}' are missing or have another length.", "Start with a fresh optimizer, or take the state that was saved with these weights.");
        }

        EnsureMoments();
        foreach (var tensor in _model.Layout.Tensors)
        {
            state.FirstMoment[tensor.Name].AsSpan().CopyTo(new Span<float>(_first.Pointer + tensor.Offset, tensor.Length));
            state.SecondMoment[tensor.Name].AsSpan().CopyTo(new Span<float>(_second.Pointer + tensor.Offset, tensor.Length));
        }

        _steps = state.Steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _pool.Dispose();
        foreach (var pass in _passes.Concat(_kept))
            pass?.Dispose();
        foreach (var gradient in _gradients)
            gradient.Dispose();
        _first.Dispose();
        _second.Dispose();
        _model.Dispose();
    }

    /// <summary>The gradient of the loss by weight name, without a step; for tests.</summary>
    internal Dictionary<string, float[]> Gradient(IReadOnlyList<Example> rows)
    {
        Differentiate(rows);
        return _model.CopyOut(_gradientPointers[0]);
    }

    /// <summary>Both parts of what a step minimises, without a step.</summary>
    internal (double Loss, double Balance) Losses(IReadOnlyList<Example> rows)
    {
        Prepare(rows);
        _pool.Run(_plan.Used, _shardLoss);
        return (Sum(_losses), Sum(_balances));
    }

    private static bool Fits(IReadOnlyDictionary<string, float[]> moments, ParameterTensor tensor) =>
        moments.TryGetValue(tensor.Name, out var values) && values.Length == tensor.Length;

    private (double Loss, double Norm, int Tokens) Differentiate(IReadOnlyList<Example> rows)
    {
        var tokens = Prepare(rows);
        for (var s = 0; s < _plan.Used; s++)
            _gradientPointers[s] = _gradients[s].Ensure(_model.Layout.Length);
        _pool.Run(_plan.Used, _shardGradient);
        var loss = Sum(_losses);
        return (loss, Reduce(loss), tokens);
    }

    /// <summary>Adds up the shards' gradients and gives their norm.</summary>
    private double Reduce(double loss)
    {
        _pool.Run(_ranges.Count, _reduce);
        var squares = 0.0;
        foreach (var square in _squares)
            squares += square;
        var norm = Math.Sqrt(squares);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new RatchetException(
                $"Training came to a {(double.IsFinite(loss) ? "gradient" : "loss")} that is not a finite number at optimizer step {_steps + 1} (loss {loss}, gradient norm {norm}).",
                "Lower the learning rate, lengthen the warm-up or set a smaller clip norm.");
        }

        return norm;
    }

    /// <summary>Checks rows and divides them into shards; returns the tokens in them.</summary>
    private int Prepare(IReadOnlyList<Example> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ObjectDisposedException.ThrowIf(_disposed, this);
        Config.ThrowIfScalarHead();
        if (_rows.Length < rows.Count)
            _rows = new PassRow[rows.Count * 2];
        var tokens = 0;
        var total = 0.0;
        foreach (var row in rows)
        {
            RowCheck.Row(row, Config);
            tokens += row.Ids.Count;
            total += (double)row.Weight * row.Targets;
        }

        if (!(total > 0))
            throw new RatchetException("A training step has no row with a weight above 0, so its loss is undefined.", "Leave out rows of weight 0, or give one of them a weight.");
        var count = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Weight > 0)
                _rows[count++] = new PassRow { Ids = rows[i].Ids, Index = i, QueryStart = rows[i].TargetStart - 1, Scale = (float)(rows[i].Weight / total), Masked = rows[i].Masked };
        }

        _balanceScale = (Config.Mixture?.BalanceWeight ?? 0) / count;
        _plan.Divide(_rows.AsSpan(0, count));
        return tokens;
    }

    private static void CheckRate(double learningRate)
    {
        if (!(learningRate >= 0 && double.IsFinite(learningRate)))
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "A learning rate is finite and at least 0.");
    }

    private void Update(double norm, double learningRate)
    {
        var t = _steps + 1;
        var correction1 = 1 - Math.Pow(_adamW.Beta1, t);
        var correction2 = 1 - Math.Pow(_adamW.Beta2, t);
        var clip = _adamW.ClipNorm > 0 && norm > _adamW.ClipNorm ? _adamW.ClipNorm / norm : 1.0;
        _keepMatrix = (float)(1 - (learningRate * _adamW.WeightDecay));
        _step = new AdamWStep
        {
            GradientFactor = (float)clip,
            Beta1 = (float)_adamW.Beta1,
            OneMinusBeta1 = (float)(1 - _adamW.Beta1),
            Beta2 = (float)_adamW.Beta2,
            OneMinusBeta2 = (float)(1 - _adamW.Beta2),
            Keep = 1f,
            Size = (float)(learningRate / correction1),
            InverseRootCorrection2 = (float)(1 / Math.Sqrt(correction2)),
            Epsilon = (float)_adamW.Epsilon,
        };
        EnsureMoments();
        _pool.Run(_ranges.Count, _update);
        _pool.Run(_model.PackItems, _pack);
        _steps = t;
    }

    private void RunShard(int shard, int worker, bool gradient)
    {
        var rows = _plan.Shards[shard];
        double loss = 0, balance = 0;
        var pass = Pass(worker);
        pass.BalanceScale = _balanceScale;
        for (var start = 0; start < rows.Count;)
        {
            var end = _plan.ChunkEnd(rows, start);
            var chunk = Chunk(worker, end - start);
            CollectionsMarshal.AsSpan(rows)[start..end].CopyTo(chunk);
            loss += gradient
                ? pass.LossAndGradient(chunk, end - start, _gradientPointers[shard], accumulate: start > 0)
                : pass.Loss(chunk, end - start);
            balance += pass.Balance;
            start = end;
        }

        _losses[shard] = loss;
        _balances[shard] = balance;
    }

    private void ScoreChunk(int item, int worker)
    {
        var start = _scoreChunks[item];
        var end = item + 1 < _scoreChunks.Count ? _scoreChunks[item + 1] : _rows.Length;
        var chunk = Chunk(worker, end - start);
        _rows.AsSpan(start, end - start).CopyTo(chunk);
        Pass(worker).LogProbabilities(chunk, end - start, _scores);
    }

    private DecoderPass Pass(int worker) => _passes[worker] ??= new DecoderPass(_model);

    private PassRow[] Chunk(int worker, int count) =>
        _chunks[worker].Length >= count ? _chunks[worker] : _chunks[worker] = new PassRow[count * 2];

    private double Sum(double[] shards)
    {
        var sum = 0.0;
        for (var s = 0; s < _plan.Used; s++)
            sum += shards[s];
        return sum;
    }

    private void UpdateRange(int item)
    {
        var (offset, length, isMatrix) = _ranges[item];
        var step = isMatrix ? _step with { Keep = _keepMatrix } : _step;
        AdamWKernel.Update(_model.Values + offset, _gradientPointers[0] + offset, _first.Pointer + offset, _second.Pointer + offset, length, step);
    }

    private void EnsureMoments()
    {
        _first.Ensure(_model.Layout.Length);
        _second.Ensure(_model.Layout.Length);
    }
}
