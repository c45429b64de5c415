using Ratchet.Models;
using Ratchet.Models.Kernels;

namespace Ratchet.Learning.Cpu;

/// <summary>
/// Forward and backward pass over a chunk of rows, on one thread: <c>DecoderPass.Forward.cs</c>, <c>DecoderPass.Backward.cs</c>,
/// <c>DecoderPass.Attention.cs</c>, <c>DecoderPass.Mixture.cs</c> and <c>DecoderPass.Tokens.cs</c>.
/// </summary>
/// <remarks>
/// <para>Rows lie one behind the other without padding: T input tokens in all. Attention stays within a row. Behind the last
/// block's attention only the positions that predict targets go on ("targets", N of them), because nothing reads the others.</para>
/// <para>The backward pass is written by hand. It keeps the residual stream, queries, keys, values, attention outputs and
/// gate/up values of each block, and makes norms, probabilities and the SwiGLU's product again, which is cheaper than their
/// memory traffic. The time goes into matrix products; the rest is single passes over rows that are still in cache.</para>
/// <para>Every number of a row depends on that row alone, so chunks and shards never change a row's log-probabilities.</para>
/// </remarks>
internal sealed unsafe partial class DecoderPass : IDisposable
{
    private readonly DecoderParameters _model;
    private readonly DecoderConfig _config;
    private readonly ParameterLayout _layout;
    private readonly PassBuffers _buffers;
    private readonly int _hidden;
    private readonly int _queryWidth;
    private readonly int _keyValueWidth;
    private readonly int _qkvWidth;
    private readonly int _feedForward;
    private readonly int _logitStride;
    private readonly float _attentionScale;
    private readonly int _chosen;
    private readonly int[] _next;
    private readonly float[] _sent;
    private float[] _slotWeights = [];
    private PassRow[] _rows = [];
    private PassRow[] _ownRows = [];
    private int _rowCount;
    private int _tokens;
    private int _targets;

    /// <summary>Makes a pass with its own memory.</summary>
    public DecoderPass(DecoderParameters model)
    {
        _model = model;
        _layout = model.Layout;
        _config = _layout.Config;
        _buffers = new PassBuffers(_layout);
        _hidden = _config.HiddenSize;
        _queryWidth = _config.Heads * _config.HeadSize;
        _keyValueWidth = _config.KeyValueHeads * _config.HeadSize;
        _qkvWidth = _layout.QkvWidth;
        _feedForward = _config.FeedForwardSize;
        _logitStride = SoftmaxKernels.Padded(_config.HeadOutputs);
        _attentionScale = (float)(1.0 / Math.Sqrt(_config.HeadSize));
        _chosen = _config.Mixture?.ExpertsPerToken ?? 0;
        _next = new int[_config.Mixture?.Experts ?? 0];
        _sent = new float[_config.Mixture?.Experts ?? 0];
    }

    /// <summary>The loss of a chunk: the sum over targets of <see cref="PassRow.Scale"/> times negative log-probability.</summary>
    public double Loss(PassRow[] rows, int count)
    {
        Begin(rows, count, backward: false);
        Forward();
        return CrossEntropy(gradient: false);
    }

    /// <summary>The loss of a chunk and its gradient, written to or added to a flat buffer.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="count">How many of them.</param>
    /// <param name="gradient">Flat gradient buffer.</param>
    /// <param name="accumulate">Add to the buffer instead of overwriting it.</param>
    public double LossAndGradient(PassRow[] rows, int count, float* gradient, bool accumulate)
    {
        Begin(rows, count, backward: true);
        Forward();
        var loss = CrossEntropy(gradient: true);
        Backward(gradient, accumulate);
        return loss;
    }

    /// <summary>Log-probabilities of all targets of a chunk, written to <paramref name="results"/> by <see cref="PassRow.Index"/>.</summary>
    public void LogProbabilities(PassRow[] rows, int count, float[][] results)
    {
        Begin(rows, count, backward: false);
        Forward();
        var n = 0;
        for (var r = 0; r < count; r++)
        {
            var row = rows[r];
            var values = results[row.Index];
            for (var i = 0; i < row.Targets; i++, n++)
            {
                var logits = _buffers.Logits.Pointer + ((long)n * _logitStride);
                values[i] = RowKernels.LogProbability(logits, _config.VocabularySize, row.Ids[row.QueryStart + i + 1], logits);
            }
        }
    }

    /// <summary>Copies rows into an array of the pass's own.</summary>
    public PassRow[] OwnRows(ReadOnlySpan<PassRow> rows)
    {
        if (_ownRows.Length < rows.Length)
            _ownRows = new PassRow[rows.Length * 2];
        rows.CopyTo(_ownRows);
        return _ownRows;
    }

    /// <inheritdoc/>
    public void Dispose() => _buffers.Dispose();

    private void Begin(PassRow[] rows, int count, bool backward)
    {
        _rows = rows;
        _rowCount = count;
        _tokens = 0;
        _targets = 0;
        Balance = 0;
        var longest = 0;
        for (var r = 0; r < count; r++)
        {
            _tokens += rows[r].Length;
            _targets += rows[r].Targets;
            longest = Math.Max(longest, rows[r].Length);
        }

        _buffers.Reserve(_tokens, _targets, backward);
        ReserveAttention(longest, backward);
    }
}
