using Ratchet.Examples;
using Ratchet.Models.Kernels;

namespace Ratchet.Learning.Cpu;

internal sealed unsafe partial class DecoderPass
{
    private void Forward()
    {
        Embed(_buffers.Blocks[0].Input.Pointer);
        for (var i = 0; i < _config.Layers; i++)
        {
            var last = i == _config.Layers - 1;
            ForwardBlock(i, last, last ? _buffers.Final.Pointer : _buffers.Blocks[i + 1].Input.Pointer);
        }

        Norm(_buffers.Final.Pointer, _buffers.FinalScale.Pointer, _layout.FinalNorm, _targets);
        _model.Head.Forward(_buffers.Normed.Pointer, _buffers.Logits.Pointer, _logitStride, _targets);
    }

    private void Embed(float* x)
    {
        var table = _model.Values + _layout.Embedding.Offset;
        for (var r = 0; r < _rowCount; r++)
        {
            var row = _rows[r];
            for (var i = 0; i < row.Length; i++, x += _hidden)
                Copy(table + ((long)row.Ids[i] * _hidden), x, _hidden);
        }
    }

    private void ForwardBlock(int index, bool last, float* output)
    {
        var block = _buffers.Blocks[index];
        var weights = _layout.Blocks[index];
        var input = block.Input.Pointer;
        Norm(input, block.InputScale.Pointer, weights.InputNorm, _tokens);
        _model.Blocks[index].Qkv.Forward(_buffers.Normed.Pointer, block.Qkv.Pointer, _qkvWidth, _tokens);
        PrepareHeads(block, weights);
        Attend(block, last);

        var rows = last ? _targets : _tokens;
        var middle = block.Middle.Pointer;
        if (last)
            GatherTargets(input, middle);
        else
            Copy(input, middle, (long)rows * _hidden);
        _model.Blocks[index].Output.Forward(block.Attended.Pointer, middle, _hidden, rows, accumulate: true);

        Norm(middle, block.MiddleScale.Pointer, weights.FeedForwardNorm, rows);
        if (weights.Mixture is not null)
        {
            ForwardMixture(index, rows, output);
            return;
        }

        var layer = _model.Blocks[index].FeedForward!;
        var gateUp = block.GateUp.Pointer;
        layer.GateUp.Forward(_buffers.Normed.Pointer, gateUp, 2 * _feedForward, rows);
        var hidden = _buffers.Hidden.Pointer;
        for (var t = 0; t < rows; t++)
        {
            var gate = gateUp + ((long)t * 2 * _feedForward);
            RowKernels.SiluMultiply(gate, gate + _feedForward, _feedForward, hidden + ((long)t * _feedForward));
        }

        Copy(middle, output, (long)rows * _hidden);
        layer.Down.Forward(hidden, output, _hidden, rows, accumulate: true);
    }

    /// <summary>Bias, QK-norm and rotation of the fresh projections.</summary>
    private void PrepareHeads(BlockActivations block, BlockLayout weights)
    {
        int d = _config.HeadSize, heads = _config.Heads + _config.KeyValueHeads;
        var t = 0;
        for (var r = 0; r < _rowCount; r++)
        {
            var length = _rows[r].Length;
            for (var position = 0; position < length; position++, t++)
            {
                var qkv = block.Qkv.Pointer + ((long)t * _qkvWidth);
                if (weights.QkvBias >= 0)
                    RowKernels.Add(_model.Values + weights.QkvBias, qkv, _qkvWidth);
                if (weights.QueryNorm >= 0)
                {
                    Copy(qkv, block.Raw.Pointer + ((long)t * heads * d), heads * d);
                    var scales = block.HeadScale.Pointer + ((long)t * heads);
                    for (var h = 0; h < heads; h++)
                    {
                        var x = qkv + (h * d);
                        scales[h] = RowKernels.RmsNorm(x, HeadGain(weights, h), d, _config.NormEpsilon, x);
                    }
                }

                _model.Rotary.Turn(qkv, heads, position);
            }
        }
    }

    private float* HeadGain(BlockLayout weights, int head) =>
        _model.Values + (head < _config.Heads ? weights.QueryNorm : weights.KeyNorm);

    /// <summary>RMSNorm of rows into the shared buffer; the factors are kept.</summary>
    private void Norm(float* x, float* scales, long gain, int rows)
    {
        for (var t = 0; t < rows; t++)
        {
            var offset = (long)t * _hidden;
            scales[t] = RowKernels.RmsNorm(x + offset, _model.Values + gain, _hidden, _config.NormEpsilon, _buffers.Normed.Pointer + offset);
        }
    }

    /// <summary>Makes a norm's output again from the kept factors.</summary>
    private float* NormAgain(float* x, float* scales, long gain, int rows)
    {
        for (var t = 0; t < rows; t++)
            NormKernels.Apply(x + ((long)t * _hidden), scales[t], _model.Values + gain, _buffers.Normed.Pointer + ((long)t * _hidden), _hidden);
        return _buffers.Normed.Pointer;
    }

    /// <summary>Copies the rows of target positions [N, H] out of all tokens [T, H].</summary>
    private void GatherTargets(float* all, float* targets)
    {
        for (var r = 0; r < _rowCount; r++)
        {
            var row = _rows[r];
            Copy(all + ((long)row.QueryStart * _hidden), targets, (long)row.Targets * _hidden);
            all += (long)row.Length * _hidden;
            targets += (long)row.Targets * _hidden;
        }
    }

    /// <summary>The chunk's loss from the logits, which become their own gradient when asked for.</summary>
    private double CrossEntropy(bool gradient)
    {
        var loss = 0.0;
        var n = 0;
        for (var r = 0; r < _rowCount; r++)
        {
            var row = _rows[r];
            var sum = 0.0;
            for (var i = row.QueryStart; i < row.Length; i++, n++)
            {
                var logits = _buffers.Logits.Pointer + ((long)n * _logitStride);
                if (row.Masked is { Count: > 0 } masked && IdSpan.Contains(masked, i + 1))
                    new Span<float>(logits, _config.VocabularySize).Clear();
                else
                    sum += SoftmaxKernels.CrossEntropy(logits, _config.VocabularySize, row.Ids[i + 1], row.Scale, gradient);
            }

            loss += row.Scale * sum;
        }

        return loss;
    }

    private static void Copy(float* source, float* target, long count) =>
        Buffer.MemoryCopy(source, target, count * sizeof(float), count * sizeof(float));
}
