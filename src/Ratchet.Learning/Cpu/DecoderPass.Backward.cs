using Ratchet.Models.Kernels;

namespace Ratchet.Learning.Cpu;

internal sealed unsafe partial class DecoderPass
{
    private void Backward(float* gradient, bool accumulate)
    {
        if (!accumulate)
            ClearSmall(gradient);
        var targets = _targets;
        var upstream = _buffers.Gradient.Pointer;
        var final = NormAgain(_buffers.Final.Pointer, _buffers.FinalScale.Pointer, _layout.FinalNorm, targets);
        _model.Head.WeightGradient(_buffers.Logits.Pointer, _logitStride, final, targets, _buffers.Packed, gradient, accumulate);
        _model.Head.InputGradient(_buffers.Logits.Pointer, _logitStride, _buffers.GradientNormed.Pointer, targets);
        NormBackward(_buffers.Final.Pointer, _buffers.FinalScale.Pointer, _layout.FinalNorm, targets, upstream, gradient, add: false);
        for (var i = _config.Layers - 1; i >= 0; i--)
            BackwardBlock(i, i == _config.Layers - 1, gradient, accumulate);

        var table = gradient + _layout.Embedding.Offset;
        var x = _buffers.GradientFull.Pointer;
        for (var r = 0; r < _rowCount; r++)
        {
            var row = _rows[r];
            for (var i = 0; i < row.Length; i++, x += _hidden)
                RowKernels.Add(x, table + ((long)row.Ids[i] * _hidden), _hidden);
        }
    }

    /// <summary>Zeroes what the pass adds to row by row; matrices are overwritten by their first product.</summary>
    private void ClearSmall(float* gradient)
    {
        foreach (var tensor in _layout.Tensors)
        {
            if (!tensor.IsMatrix)
                new Span<float>(gradient + tensor.Offset, tensor.Length).Clear();
        }

        if (_layout.Head.Offset != _layout.Embedding.Offset)
            new Span<float>(gradient + _layout.Embedding.Offset, _config.VocabularySize * _hidden).Clear();
    }

    private void BackwardBlock(int index, bool last, float* gradient, bool accumulate)
    {
        var block = _buffers.Blocks[index];
        var weights = _layout.Blocks[index];
        var rows = last ? _targets : _tokens;
        var upstream = last ? _buffers.Gradient.Pointer : _buffers.GradientFull.Pointer;
        var normed = _buffers.GradientNormed.Pointer;
        var packed = _buffers.Packed;

        if (weights.Mixture is not null)
            BackwardMixture(index, rows, last, upstream, gradient, accumulate);
        else
            BackwardFeedForward(index, rows, upstream, gradient, accumulate);

        _model.Blocks[index].Output.InputGradient(upstream, _hidden, _buffers.GradientAttended.Pointer, rows);
        _model.Blocks[index].Output.WeightGradient(upstream, _hidden, block.Attended.Pointer, rows, packed, gradient, accumulate);
        AttendBackward(block, last);
        HeadsBackward(block, weights, gradient);
        var qkvGradient = _buffers.GradientQkv.Pointer;
        _model.Blocks[index].Qkv.InputGradient(qkvGradient, _qkvWidth, normed, _tokens);
        var input = block.Input.Pointer;
        var again = NormAgain(input, block.InputScale.Pointer, weights.InputNorm, _tokens);
        _model.Blocks[index].Qkv.WeightGradient(qkvGradient, _qkvWidth, again, _tokens, packed, gradient, accumulate);
        if (last)
            ScatterTargets(upstream, _buffers.GradientFull.Pointer);
        NormBackward(input, block.InputScale.Pointer, weights.InputNorm, _tokens, _buffers.GradientFull.Pointer, gradient, add: true);
    }

    /// <summary>Back through the feed-forward layer: adds to the gradient of the residual stream in <paramref name="upstream"/>.</summary>
    private void BackwardFeedForward(int index, int rows, float* upstream, float* gradient, bool accumulate)
    {
        var block = _buffers.Blocks[index];
        var weights = _layout.Blocks[index];
        var layer = _model.Blocks[index].FeedForward!;
        var normed = _buffers.GradientNormed.Pointer;
        var packed = _buffers.Packed;
        var hidden = _buffers.Hidden.Pointer;
        var gateUpGradient = _buffers.GradientGateUp.Pointer;
        layer.Down.InputGradient(upstream, _hidden, hidden, rows);
        for (var t = 0; t < rows; t++)
        {
            var gate = block.GateUp.Pointer + ((long)t * 2 * _feedForward);
            var gateGradient = gateUpGradient + ((long)t * 2 * _feedForward);
            SwiGluKernels.Backward(gate, gate + _feedForward, hidden + ((long)t * _feedForward), gateGradient, gateGradient + _feedForward, _feedForward);
        }

        layer.Down.WeightGradient(upstream, _hidden, hidden, rows, packed, gradient, accumulate);
        layer.GateUp.InputGradient(gateUpGradient, 2 * _feedForward, normed, rows);
        var middle = block.Middle.Pointer;
        var again = NormAgain(middle, block.MiddleScale.Pointer, weights.FeedForwardNorm, rows);
        layer.GateUp.WeightGradient(gateUpGradient, 2 * _feedForward, again, rows, packed, gradient, accumulate);
        NormBackward(middle, block.MiddleScale.Pointer, weights.FeedForwardNorm, rows, upstream, gradient, add: true);
    }

    /// <summary>Back through rotation, QK-norm and bias, in place on the gradient of queries, keys and values.</summary>
    private void HeadsBackward(BlockActivations block, BlockLayout weights, float* gradient)
    {
        int d = _config.HeadSize, heads = _config.Heads + _config.KeyValueHeads;
        var t = 0;
        for (var r = 0; r < _rowCount; r++)
        {
            var length = _rows[r].Length;
            for (var position = 0; position < length; position++, t++)
            {
                var dqkv = _buffers.GradientQkv.Pointer + ((long)t * _qkvWidth);
                _model.Rotary.TurnBack(dqkv, heads, position);
                if (weights.QueryNorm >= 0)
                {
                    var raw = block.Raw.Pointer + ((long)t * heads * d);
                    var scales = block.HeadScale.Pointer + ((long)t * heads);
                    for (var h = 0; h < heads; h++)
                    {
                        var gain = h < _config.Heads ? weights.QueryNorm : weights.KeyNorm;
                        NormKernels.Backward(dqkv + (h * d), raw + (h * d), scales[h], HeadGain(weights, h), dqkv + (h * d), gradient + gain, d, add: false);
                    }
                }

                if (weights.QkvBias >= 0)
                    RowKernels.Add(dqkv, gradient + weights.QkvBias, _qkvWidth);
            }
        }
    }

    private void NormBackward(float* x, float* scales, long gain, int rows, float* target, float* gradient, bool add)
    {
        for (var t = 0; t < rows; t++)
        {
            var offset = (long)t * _hidden;
            NormKernels.Backward(_buffers.GradientNormed.Pointer + offset, x + offset, scales[t], _model.Values + gain, target + offset, gradient + gain, _hidden, add);
        }
    }

    /// <summary>Spreads rows of target positions [N, H] over all tokens [T, H], zero elsewhere.</summary>
    private void ScatterTargets(float* targets, float* all)
    {
        for (var r = 0; r < _rowCount; r++)
        {
            var row = _rows[r];
            new Span<float>(all, row.QueryStart * _hidden).Clear();
            Copy(targets, all + ((long)row.QueryStart * _hidden), (long)row.Targets * _hidden);
            all += (long)row.Length * _hidden;
            targets += (long)row.Targets * _hidden;
        }
    }
}
