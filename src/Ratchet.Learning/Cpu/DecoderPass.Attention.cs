using Ratchet.Models.Kernels;

namespace Ratchet.Learning.Cpu;

internal sealed unsafe partial class DecoderPass
{
    /// <summary>
    /// Queries of one product. Small, so that little of the square above the diagonal is computed, and scores [block, keys] stay in the
    /// first-level cache for rows of ordinary length.
    /// </summary>
    private const int QueryBlock = 32;

    private void ReserveAttention(int longest, bool backward)
    {
        var d = _config.HeadSize;
        var padded = SoftmaxKernels.Padded(longest);
        _buffers.Scores.Ensure((long)QueryBlock * padded);
        _buffers.PackedKeysTransposed.Ensure(Gemm.PackedLength(d, longest));
        _buffers.PackedValues.Ensure(Math.Max(Gemm.PackedLength(longest, d), Gemm.PackedLength(d, longest)));
        if (!backward)
            return;
        _buffers.ScoreGradients.Ensure((long)QueryBlock * padded);
        _buffers.PackedKeys.Ensure(Gemm.PackedLength(longest, d));
        _buffers.PackedQueries.Ensure(Gemm.PackedLength(QueryBlock, d));
    }

    /// <summary>
    /// Causal attention of each row: o = softmax(q · kᵀ / sqrt(d)) · v. Query heads of a group share the packed keys and values. With
    /// <paramref name="targetsOnly"/> outputs and log-sums are those of target positions [N], otherwise of all tokens [T].
    /// </summary>
    private void Attend(BlockActivations block, bool targetsOnly)
    {
        int d = _config.HeadSize, group = _config.Heads / _config.KeyValueHeads;
        var keys = _buffers.PackedKeysTransposed.Pointer;
        var values = _buffers.PackedValues.Pointer;
        var scores = _buffers.Scores.Pointer;
        long token = 0, output = 0;
        for (var r = 0; r < _rowCount; r++)
        {
            var length = _rows[r].Length;
            var first = targetsOnly ? _rows[r].QueryStart : 0;
            var stride = SoftmaxKernels.Padded(length);
            var qkv = block.Qkv.Pointer + (token * _qkvWidth);
            for (var kv = 0; kv < _config.KeyValueHeads; kv++)
            {
                Gemm.Pack(qkv + _queryWidth + (kv * d), d, length, 1, _qkvWidth, keys);
                Gemm.Pack(qkv + _queryWidth + _keyValueWidth + (kv * d), length, d, _qkvWidth, 1, values);
                for (var h = kv * group; h < (kv + 1) * group; h++)
                {
                    for (var start = first; start < length; start += QueryBlock)
                    {
                        var end = Math.Min(start + QueryBlock, length);
                        Gemm.Multiply(qkv + ((long)start * _qkvWidth) + (h * d), _qkvWidth, 1, keys, scores, stride, end - start, d, end, accumulate: false);
                        for (var i = start; i < end; i++)
                        {
                            var place = output + i - first;
                            block.LogSums.Pointer[(place * _config.Heads) + h] =
                                SoftmaxKernels.Probabilities(scores + ((long)(i - start) * stride), i + 1, end, _attentionScale);
                        }

                        MultiplyByHeads(scores, stride, 1, values, length, block.Attended.Pointer + ((output + start - first) * _queryWidth) + (h * d), _queryWidth, end - start, end, accumulate: false);
                    }
                }
            }

            token += length;
            output += length - first;
        }
    }

    /// <summary>Gradient of <see cref="Attend"/>: from that of its outputs to that of queries, keys and values [T, ...], all overwritten.</summary>
    private void AttendBackward(BlockActivations block, bool targetsOnly)
    {
        int d = _config.HeadSize, group = _config.Heads / _config.KeyValueHeads;
        var keysTransposed = _buffers.PackedKeysTransposed.Pointer;
        var keys = _buffers.PackedKeys.Pointer;
        var valuesTransposed = _buffers.PackedValues.Pointer;
        var queries = _buffers.PackedQueries.Pointer;
        var scores = _buffers.Scores.Pointer;
        var gradients = _buffers.ScoreGradients.Pointer;
        long token = 0, output = 0;
        for (var r = 0; r < _rowCount; r++)
        {
            var length = _rows[r].Length;
            var first = targetsOnly ? _rows[r].QueryStart : 0;
            var stride = SoftmaxKernels.Padded(length);
            var qkv = block.Qkv.Pointer + (token * _qkvWidth);
            var dqkv = _buffers.GradientQkv.Pointer + (token * _qkvWidth);
            for (var i = 0; i < first; i++)
                new Span<float>(dqkv + ((long)i * _qkvWidth), _queryWidth).Clear();
            for (var kv = 0; kv < _config.KeyValueHeads; kv++)
            {
                var k = qkv + _queryWidth + (kv * d);
                var v = k + _keyValueWidth;
                var dk = dqkv + _queryWidth + (kv * d);
                var dv = dk + _keyValueWidth;
                Gemm.Pack(k, d, length, 1, _qkvWidth, keysTransposed);
                Gemm.Pack(k, length, d, _qkvWidth, 1, keys);
                Gemm.Pack(v, d, length, 1, _qkvWidth, valuesTransposed);
                // The first block covers all keys, so that it can overwrite what later blocks add to: blocks run backwards.
                var accumulate = false;
                for (var h = kv * group; h < (kv + 1) * group; h++)
                {
                    for (var end = length; end > first; end -= QueryBlock)
                    {
                        var start = Math.Max(end - QueryBlock, first);
                        var count = end - start;
                        var q = qkv + ((long)start * _qkvWidth) + (h * d);
                        var place = output + start - first;
                        var o = block.Attended.Pointer + (place * _queryWidth) + (h * d);
                        var upstream = _buffers.GradientAttended.Pointer + (place * _queryWidth) + (h * d);
                        Gemm.Multiply(q, _qkvWidth, 1, keysTransposed, scores, stride, count, d, end, accumulate: false);
                        Gemm.Multiply(upstream, _queryWidth, 1, valuesTransposed, gradients, stride, count, d, end, accumulate: false);
                        for (var i = 0; i < count; i++)
                        {
                            var delta = VectorMath.Dot(o + ((long)i * _queryWidth), upstream + ((long)i * _queryWidth), d);
                            var logSum = block.LogSums.Pointer[((place + i) * _config.Heads) + h];
                            SoftmaxKernels.ScoreGradient(scores + ((long)i * stride), gradients + ((long)i * stride), start + i + 1, end, _attentionScale, logSum, delta);
                        }

                        MultiplyByHeads(gradients, stride, 1, keys, length, dqkv + ((long)start * _qkvWidth) + (h * d), _qkvWidth, count, end, accumulate: false);
                        Gemm.Pack(upstream, count, d, _queryWidth, 1, queries);
                        Gemm.Multiply(scores, 1, stride, queries, dv, _qkvWidth, end, count, d, accumulate);
                        Gemm.Pack(q, count, d, _qkvWidth, 1, queries);
                        Gemm.Multiply(gradients, 1, stride, queries, dk, _qkvWidth, end, count, d, accumulate);
                        accumulate = true;
                    }
                }
            }

            token += length;
            output += length - first;
        }
    }

    /// <summary>
    /// c [m, d] = a [m, k] · B where B was packed with <paramref name="packedRows"/> rows, of which only the first k take part: one panel at
    /// a time, because the place of a panel depends on the rows packed.
    /// </summary>
    private void MultiplyByHeads(float* a, long rowStride, long columnStride, float* packed, int packedRows, float* c, int outputStride, int m, int k, bool accumulate)
    {
        var d = _config.HeadSize;
        for (var column = 0; column < d; column += Gemm.PanelWidth)
            Gemm.Multiply(a, rowStride, columnStride, packed + ((long)column * packedRows), c + column, outputStride, m, k, Math.Min(Gemm.PanelWidth, d - column), accumulate);
    }
}
