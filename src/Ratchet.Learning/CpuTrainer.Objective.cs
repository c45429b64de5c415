using System.Runtime.InteropServices;
using Ratchet.Examples;
using Ratchet.Learning.Cpu;
using Ratchet.Learning.Objectives;

namespace Ratchet.Learning;

/// <content>
/// Steps on objectives. All chunks go forward, the objective sees all their numbers at once, and the chunks go back. A chunk's activations are kept between the two where memory
/// for them is allowed; the others are computed again, to the same bits.
/// </content>
public sealed unsafe partial class CpuTrainer
{
    private readonly List<DecoderPass> _kept = [];
    private readonly List<TokenChunk> _tokenChunks = [];
    private readonly int[] _firstChunk;
    private TokenBatch? _batch;
    private float _inverseTemperature;
    private IReadOnlyList<float[]>? _references;
    private bool _backward;
    private float[][] _distributions = [];

    /// <summary>Most memory for activations that are kept between forward and backward pass. Never changes a bit of a result.</summary>
    internal long KeptBytes { get; set; } = 256L << 20;

    /// <inheritdoc/>
    public TrainingStepResult Step(IReadOnlyList<Example> rows, ITokenObjective objective, double learningRate)
    {
        CheckRate(learningRate);
        var (loss, norm, tokens) = Differentiate(rows, objective);
        Update(norm, learningRate);
        return new TrainingStepResult(loss, norm, tokens) { BalanceLoss = Sum(_balances) };
    }

    /// <inheritdoc/>
    public TokenBatch Forward(IReadOnlyList<Example> rows, TokenQuantities quantities, double temperature = 1, IReadOnlyList<float[]>? references = null)
    {
        PrepareTokens(rows, quantities, temperature, references, backward: false);
        _pool.Run(_tokenChunks.Count, ForwardTokenChunk);
        return Forget();
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Distributions(IReadOnlyList<Example> rows, double temperature = 1)
    {
        PrepareTokens(rows, TokenQuantities.LogProbability, temperature, null, backward: false);
        _distributions = [.. rows.Select(r => new float[(r.Ids.Count - r.TargetStart) * (long)Config.VocabularySize])];
        _pool.Run(_tokenChunks.Count, (item, worker) =>
        {
            var chunk = _tokenChunks[item];
            Pass(worker).Distributions(Rows(chunk, worker), chunk.Count, _inverseTemperature, _distributions);
        });
        Forget();
        var result = _distributions;
        _distributions = [];
        return result;
    }

    /// <summary>The gradient of an objective by weight name, without a step; for tests.</summary>
    internal Dictionary<string, float[]> Gradient(IReadOnlyList<Example> rows, ITokenObjective objective)
    {
        Differentiate(rows, objective);
        return _model.CopyOut(_gradientPointers[0]);
    }

    private (double Loss, double Norm, int Tokens) Differentiate(IReadOnlyList<Example> rows, ITokenObjective objective)
    {
        ArgumentNullException.ThrowIfNull(objective);
        PrepareTokens(rows, objective.Quantities, objective.Temperature, objective.References, backward: true);
        try
        {
            _pool.Run(_tokenChunks.Count, ForwardTokenChunk);
            var loss = objective.Evaluate(_batch!);
            for (var s = 0; s < _plan.Used; s++)
                _gradientPointers[s] = _gradients[s].Ensure(_model.Layout.Length);
            _pool.Run(_plan.Used, BackwardTokenShard);
            return (loss, Reduce(loss), rows.Sum(r => r.Ids.Count));
        }
        finally
        {
            Forget();
        }
    }

    /// <summary>Checks rows and divides them into shards and these into chunks.</summary>
    private void PrepareTokens(IReadOnlyList<Example> rows, TokenQuantities quantities, double temperature, IReadOnlyList<float[]>? references, bool backward)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RowCheck.Quantities(quantities, temperature, references, rows, Config);
        if (_rows.Length < rows.Count)
            _rows = new PassRow[rows.Count * 2];
        for (var i = 0; i < rows.Count; i++)
            _rows[i] = new PassRow { Ids = rows[i].Ids, Index = i, QueryStart = rows[i].TargetStart - 1, Masked = rows[i].Masked };
        _balanceScale = (Config.Mixture?.BalanceWeight ?? 0) / rows.Count;
        _plan.Divide(_rows.AsSpan(0, rows.Count));
        (_batch, _inverseTemperature, _references, _backward) = (new TokenBatch(rows, quantities), (float)(1 / temperature), references, backward);
        _tokenChunks.Clear();
        var keptTokens = backward ? KeptBytes / BytesPerToken() : 0;
        var kept = 0;
        for (var s = 0; s < _plan.Used; s++)
        {
            _firstChunk[s] = _tokenChunks.Count;
            var list = _plan.Shards[s];
            for (int start = 0, end; start < list.Count; start = end)
            {
                end = _plan.ChunkEnd(list, start);
                for (var i = start; i < end; i++)
                    keptTokens -= list[i].Length;
                _tokenChunks.Add(new TokenChunk(s, start, end - start, keptTokens >= 0 ? kept++ : -1));
            }
        }

        while (_kept.Count < kept)
            _kept.Add(new DecoderPass(_model));
    }

    private void ForwardTokenChunk(int item, int worker)
    {
        var chunk = _tokenChunks[item];
        var pass = chunk.Kept >= 0 ? _kept[chunk.Kept] : Pass(worker);
        pass.BalanceScale = _balanceScale;

        // A kept pass holds on to its rows.
        var rows = chunk.Kept >= 0 ? pass.OwnRows(CollectionsMarshal.AsSpan(_plan.Shards[chunk.Shard]).Slice(chunk.Start, chunk.Count)) : Rows(chunk, worker);
        pass.ForwardTokens(rows, chunk.Count, _batch!, _inverseTemperature, _references, backward: _backward && chunk.Kept >= 0);
    }

    private void BackwardTokenShard(int shard, int worker)
    {
        var end = shard + 1 < _plan.Used ? _firstChunk[shard + 1] : _tokenChunks.Count;
        var balance = 0.0;
        for (var c = _firstChunk[shard]; c < end; c++)
        {
            var chunk = _tokenChunks[c];
            var pass = chunk.Kept >= 0 ? _kept[chunk.Kept] : Pass(worker);
            if (chunk.Kept < 0)
            {
                pass.BalanceScale = _balanceScale;
                pass.ForwardTokens(Rows(chunk, worker), chunk.Count, _batch!, _inverseTemperature, _references, backward: true);
            }

            pass.BackwardTokens(_batch!, _inverseTemperature, _references, _gradientPointers[shard], accumulate: c > _firstChunk[shard]);
            balance += pass.Balance;
        }

        _balances[shard] = balance;
    }

    private PassRow[] Rows(TokenChunk chunk, int worker)
    {
        var rows = Chunk(worker, chunk.Count);
        CollectionsMarshal.AsSpan(_plan.Shards[chunk.Shard]).Slice(chunk.Start, chunk.Count).CopyTo(rows);
        return rows;
    }

    /// <summary>Lets go of the caller's arrays, and gives the batch.</summary>
    private TokenBatch Forget()
    {
        var batch = _batch!;
        (_batch, _references) = (null, null);
        return batch;
    }

    /// <summary>About the memory of a pass by token: activations of all blocks, logits, and the backward pass's own.</summary>
    private long BytesPerToken()
    {
        long h = Config.HiddenSize, q = (long)Config.Heads * Config.HeadSize, qkv = q + (2L * Config.KeyValueHeads * Config.HeadSize);
        var f = Config.Mixture is { } m ? (long)m.Rounds * (m.ExpertsPerToken + m.SharedExperts) * m.ExpertSize : Config.FeedForwardSize;
        return sizeof(float) * ((Config.Layers * ((2 * h) + (2 * qkv) + q + (2 * f))) + SoftmaxKernels.Padded(Config.HeadOutputs) + (6 * h) + (3 * f) + qkv + q);
    }

    /// <summary>Rows of a shard that go through the model together.</summary>
    /// <param name="Shard">Shard.</param>
    /// <param name="Start">First row of it.</param>
    /// <param name="Count">Number of rows.</param>
    /// <param name="Kept">Number of the pass that keeps the activations, or -1.</param>
    private readonly record struct TokenChunk(int Shard, int Start, int Count, int Kept);
}
