using Ratchet.Models;
using Ratchet.Models.Kernels;

namespace Ratchet.Learning.Cpu;

internal sealed unsafe partial class DecoderPass
{
    /// <summary>Factor of the balance loss: its weight divided by the rows of the step.</summary>
    public double BalanceScale { get; set; }

    /// <summary>Balance loss of the last chunk, factor included.</summary>
    public double Balance { get; private set; }

    /// <summary>Routes all rows' ids but the last and adds every choice to a trace.</summary>
    public void Trace(PassRow[] rows, int count, RoutingTrace trace)
    {
        Begin(rows, count, backward: false);
        Forward();
        for (var i = 0; i < _config.Layers; i++)
        {
            if (_buffers.Mixtures[i] is not { } kept)
                continue;
            var length = i == _config.Layers - 1 ? _targets : _tokens;
            for (var t = 0; t < kept.Rounds.Length; t++)
            {
                var round = kept.Rounds[t];
                trace.Add(i, t, new ReadOnlySpan<int>((int*)round.Choices.Pointer, length * _chosen), new ReadOnlySpan<float>(round.Weights.Pointer, length * _chosen));
            }
        }
    }

    /// <summary>
    /// All rounds of a mixture with the residual stream (<see cref="MixtureResidual"/>); the block's norm of the stream is in the shared buffer.
    /// </summary>
    private void ForwardMixture(int index, int rows, float* output)
    {
        var mixture = _config.Mixture!;
        var layout = _layout.Blocks[index].Mixture!;
        var kept = _buffers.Mixtures[index]!;
        var middle = _buffers.Blocks[index].Middle.Pointer;
        var size = (long)rows * _hidden;
        var preNorm = mixture.Residual == MixtureResidual.PreNorm;
        for (var t = 0; t < mixture.Rounds; t++)
        {
            var state = preNorm && t == 0 ? middle : kept.Rounds[t].State.Pointer;
            if (preNorm && t > 0)
                Norm(state, kept.Rounds[t].Scale.Pointer, layout.RoundNorms[t - 1], rows);
            else if (!preNorm && t == 0)
                Copy(_buffers.Normed.Pointer, state, size);
            var next = t + 1 < mixture.Rounds ? kept.Rounds[t + 1].State.Pointer : output;
            if (mixture.Residual == MixtureResidual.Outer)
                new Span<float>(next, (int)size).Clear();
            else
                Copy(state, next, size);
            ForwardRound(index, t, preNorm ? _buffers.Normed.Pointer : state, rows, next);
        }

        if (mixture.Residual is MixtureResidual.Outer or MixtureResidual.Both)
            RowKernels.Add(middle, output, (int)size);
    }

    /// <summary>Adds what a round makes of its input [rows, H].</summary>
    private void ForwardRound(int index, int t, float* input, int rows, float* output)
    {
        var mixture = _config.Mixture!;
        var packed = _model.Blocks[index].Mixture!;
        var round = _buffers.Mixtures[index]!.Rounds[t];
        packed.Routers[mixture.SharedRouter ? 0 : t].Forward(input, round.Scores.Pointer, mixture.Experts, rows);
        Route(round, rows);
        if (BalanceScale > 0)
            Balance += BalanceOf(round, index == _config.Layers - 1);

        var gathered = Gather(input, round, rows);
        var made = _buffers.ExpertOutput.Pointer;
        var hidden = _buffers.Hidden.Pointer;
        for (var e = 0; e < mixture.Experts; e++)
        {
            var (first, count) = (round.Starts[e], round.Starts[e + 1] - round.Starts[e]);
            if (count == 0)
                continue;
            SwiGlu(packed.Experts[e], gathered + ((long)first * _hidden), round.GateUp.Pointer + ((long)first * 2 * mixture.ExpertSize), hidden, made + ((long)first * _hidden), count, accumulate: false);
        }

        var places = (int*)round.Places.Pointer;
        var weights = round.Weights.Pointer;
        for (var n = 0; n < rows; n++)
        {
            for (var k = n * _chosen; k < (n + 1) * _chosen; k++)
                VectorMath.AddScaled(made + ((long)places[k] * _hidden), weights[k], output + ((long)n * _hidden), _hidden);
        }

        if (packed.Shared is { } shared)
            SwiGlu(shared, input, round.SharedGateUp.Pointer, hidden, output, rows, accumulate: true);
    }

    private void SwiGlu(PackedSwiGlu layer, float* input, float* gateUp, float* hidden, float* output, int rows, bool accumulate)
    {
        var size = layer.Down.Matrix.In;
        layer.GateUp.Forward(input, gateUp, 2 * size, rows);
        for (var n = 0; n < rows; n++)
        {
            var gate = gateUp + ((long)n * 2 * size);
            RowKernels.SiluMultiply(gate, gate + size, size, hidden + ((long)n * size));
        }

        layer.Down.Forward(hidden, output, _hidden, rows, accumulate);
    }

    /// <summary>Turns router outputs into scores, choices and weights, and sorts the choices by expert; a token's choices stay in the order of tokens.</summary>
    private void Route(RoundActivations round, int rows)
    {
        var mixture = _config.Mixture!;
        int experts = mixture.Experts, chosen = _chosen;
        var choices = (int*)round.Choices.Pointer;
        Array.Clear(round.Starts);
        for (var n = 0; n < rows; n++)
        {
            var scores = round.Scores.Pointer + ((long)n * experts);
            RowKernels.Softmax(scores, experts, scores);
            var best = choices + ((long)n * chosen);
            Best(scores, experts, best, chosen);
            var weights = round.Weights.Pointer + ((long)n * chosen);
            var sum = 0f;
            for (var k = 0; k < chosen; k++)
            {
                weights[k] = scores[best[k]];
                sum += weights[k];
                round.Starts[best[k] + 1]++;
            }

            var factor = mixture.NormalizeWeights && chosen > 1 ? 1 / (sum + 1e-20f) : (float)mixture.WeightScale;
            for (var k = 0; k < chosen; k++)
                weights[k] *= factor;
        }

        for (var e = 0; e < experts; e++)
            round.Starts[e + 1] += round.Starts[e];
        var places = (int*)round.Places.Pointer;
        var tokens = (int*)round.Tokens.Pointer;
        round.Starts.AsSpan(0, experts).CopyTo(_next);
        for (var k = 0; k < rows * chosen; k++)
        {
            var place = _next[choices[k]]++;
            places[k] = place;
            tokens[place] = k / chosen;
        }
    }

    /// <summary>The highest scores' places, highest first; of equal scores the lower place first.</summary>
    private static void Best(float* scores, int count, int* best, int chosen)
    {
        var held = 0;
        for (var e = 0; e < count; e++)
        {
            if (held == chosen && !(scores[e] > scores[best[held - 1]]))
                continue;
            var k = held < chosen ? held++ : held - 1;
            for (; k > 0 && scores[e] > scores[best[k - 1]]; k--)
                best[k] = best[k - 1];
            best[k] = e;
        }
    }

    /// <summary>The rows [rows · chosen, H] that experts work on, sorted by expert.</summary>
    private float* Gather(float* source, RoundActivations round, int rows)
    {
        var tokens = (int*)round.Tokens.Pointer;
        var gathered = _buffers.Gathered.Pointer;
        for (var k = 0; k < rows * _chosen; k++)
            Copy(source + ((long)tokens[k] * _hidden), gathered + ((long)k * _hidden), _hidden);
        return gathered;
    }

    /// <summary>A layer's and round's balance loss, Σ_i f_i · P_i row by row (see <see cref="ExpertMixture.BalanceWeight"/>).</summary>
    private double BalanceOf(RoundActivations round, bool last)
    {
        var experts = _config.Mixture!.Experts;
        var sum = 0.0;
        long token = 0;
        for (var r = 0; r < _rowCount; r++)
        {
            var length = last ? _rows[r].Targets : _rows[r].Length;
            var sent = SentTo(round, token, length);
            for (var e = 0; e < experts; e++)
            {
                var mean = 0.0;
                for (var n = token; n < token + length; n++)
                    mean += round.Scores.Pointer[(n * experts) + e];
                sum += sent[e] * mean / length;
            }

            token += length;
        }

        return BalanceScale * sum;
    }

    /// <summary>f_i of a row: tokens sent to expert i, divided by what each expert would get if all got the same.</summary>
    private float[] SentTo(RoundActivations round, long token, int length)
    {
        Array.Clear(_sent);
        var even = (float)_config.Mixture!.Experts / ((float)_chosen * length);
        for (var k = token * _chosen; k < (token + length) * _chosen; k++)
            _sent[((int*)round.Choices.Pointer)[k]] += even;
        return _sent;
    }

    /// <summary>Back through all rounds: from the gradient of the layer's output to that of the residual stream, in place.</summary>
    private void BackwardMixture(int index, int rows, bool last, float* upstream, float* gradient, bool accumulate)
    {
        var mixture = _config.Mixture!;
        var weights = _layout.Blocks[index];
        var layout = weights.Mixture!;
        var block = _buffers.Blocks[index];
        var kept = _buffers.Mixtures[index]!;
        var size = rows * _hidden;
        if (!accumulate)
            new Span<float>(gradient + layout.Start, checked((int)(layout.End - layout.Start))).Clear();

        if (mixture.Residual == MixtureResidual.PreNorm)
        {
            for (var t = mixture.Rounds - 1; t >= 0; t--)
            {
                var state = t == 0 ? block.Middle.Pointer : kept.Rounds[t].State.Pointer;
                var scale = t == 0 ? block.MiddleScale.Pointer : kept.Rounds[t].Scale.Pointer;
                var gain = t == 0 ? weights.FeedForwardNorm : layout.RoundNorms[t - 1];
                BackwardRound(index, t, NormAgain(state, scale, gain, rows), rows, last, upstream, gradient);
                NormBackward(state, scale, gain, rows, upstream, gradient, add: true);
            }

            return;
        }

        var flow = _buffers.GradientState.Pointer;
        Copy(upstream, flow, size);
        for (var t = mixture.Rounds - 1; t >= 0; t--)
        {
            BackwardRound(index, t, kept.Rounds[t].State.Pointer, rows, last, flow, gradient);
            if (mixture.Residual == MixtureResidual.Outer)
                Copy(_buffers.GradientNormed.Pointer, flow, size);
            else
                RowKernels.Add(_buffers.GradientNormed.Pointer, flow, size);
        }

        Copy(flow, _buffers.GradientNormed.Pointer, size);
        NormBackward(block.Middle.Pointer, block.MiddleScale.Pointer, weights.FeedForwardNorm, rows, upstream, gradient, add: mixture.Residual != MixtureResidual.Repo);
    }

    /// <summary>Gradient of <see cref="ForwardRound"/>: from that of what the round made to that of its input, in <see cref="PassBuffers.GradientNormed"/>.</summary>
    private void BackwardRound(int index, int t, float* input, int rows, bool last, float* upstream, float* gradient)
    {
        var mixture = _config.Mixture!;
        var packed = _model.Blocks[index].Mixture!;
        var round = _buffers.Mixtures[index]!.Rounds[t];
        var result = _buffers.GradientNormed.Pointer;
        var hidden = _buffers.Hidden.Pointer;
        var gateUpGradient = _buffers.GradientGateUp.Pointer;
        if (packed.Shared is { } shared)
        {
            var width = shared.Down.Matrix.In;
            shared.Down.InputGradient(upstream, _hidden, hidden, rows);
            SwiGluBackward(round.SharedGateUp.Pointer, hidden, gateUpGradient, rows, width);
            shared.Down.WeightGradient(upstream, _hidden, hidden, rows, _buffers.Packed, gradient, accumulate: true);
            shared.GateUp.InputGradient(gateUpGradient, 2 * width, result, rows);
            shared.GateUp.WeightGradient(gateUpGradient, 2 * width, input, rows, _buffers.Packed, gradient, accumulate: true);
        }
        else
        {
            new Span<float>(result, rows * _hidden).Clear();
        }

        var size = mixture.ExpertSize;
        var incoming = Gather(upstream, round, rows);
        var weightGradient = _buffers.WeightGradients.Pointer;
        WeightsBySlot(round, rows);
        for (var e = 0; e < mixture.Experts; e++)
        {
            var (first, count) = (round.Starts[e], round.Starts[e + 1] - round.Starts[e]);
            if (count == 0)
                continue;
            var expert = packed.Experts[e];
            var gateUp = round.GateUp.Pointer + ((long)first * 2 * size);
            var rowsIn = incoming + ((long)first * _hidden);
            var own = gateUpGradient + ((long)first * 2 * size);
            expert.Down.InputGradient(rowsIn, _hidden, hidden, count);
            for (var i = 0; i < count; i++)
            {
                // The gradient of an expert's weight is its output times what comes in, that is its hidden layer times what has come back so far.
                var weight = _slotWeights[first + i];
                var row = hidden + ((long)i * size);
                var again = _buffers.ExpertHidden.Pointer;
                RowKernels.SiluMultiply(gateUp + ((long)i * 2 * size), gateUp + ((long)i * 2 * size) + size, size, again);
                weightGradient[first + i] = VectorMath.Dot(row, again, size);
                RowKernels.Scale(row, size, weight, row);
                RowKernels.Scale(rowsIn + ((long)i * _hidden), _hidden, weight, rowsIn + ((long)i * _hidden));
            }

            SwiGluBackward(gateUp, hidden, own, count, size);
            expert.Down.WeightGradient(rowsIn, _hidden, hidden, count, _buffers.Packed, gradient, accumulate: true);
        }

        var gathered = Gather(input, round, rows);
        var back = _buffers.ExpertOutput.Pointer;
        for (var e = 0; e < mixture.Experts; e++)
        {
            var (first, count) = (round.Starts[e], round.Starts[e + 1] - round.Starts[e]);
            if (count == 0)
                continue;
            var own = gateUpGradient + ((long)first * 2 * size);
            packed.Experts[e].GateUp.InputGradient(own, 2 * size, back + ((long)first * _hidden), count);
            packed.Experts[e].GateUp.WeightGradient(own, 2 * size, gathered + ((long)first * _hidden), count, _buffers.Packed, gradient, accumulate: true);
        }

        var places = (int*)round.Places.Pointer;
        for (var n = 0; n < rows; n++)
        {
            for (var k = n * _chosen; k < (n + 1) * _chosen; k++)
                RowKernels.Add(back + ((long)places[k] * _hidden), result + ((long)n * _hidden), _hidden);
        }

        ScoreGradients(round, last);
        var router = packed.Routers[mixture.SharedRouter ? 0 : t];
        router.InputGradient(_buffers.RouterGradient.Pointer, mixture.Experts, result, rows, accumulate: true);
        router.WeightGradient(_buffers.RouterGradient.Pointer, mixture.Experts, input, rows, _buffers.Packed, gradient, accumulate: true);
    }

    private static void SwiGluBackward(float* gateUp, float* hidden, float* gateUpGradient, int rows, int size)
    {
        for (var n = 0; n < rows; n++)
        {
            var gate = gateUp + ((long)n * 2 * size);
            var gateGradient = gateUpGradient + ((long)n * 2 * size);
            SwiGluKernels.Backward(gate, gate + size, hidden + ((long)n * size), gateGradient, gateGradient + size, size);
        }
    }

    /// <summary>Each choice's weight in the order of experts.</summary>
    private void WeightsBySlot(RoundActivations round, int rows)
    {
        if (_slotWeights.Length < rows * _chosen)
            _slotWeights = new float[rows * _chosen];
        var places = (int*)round.Places.Pointer;
        for (var k = 0; k < rows * _chosen; k++)
            _slotWeights[places[k]] = round.Weights.Pointer[k];
    }

    /// <summary>From the gradient of weights and the balance loss to that of the router's outputs [rows, experts].</summary>
    private void ScoreGradients(RoundActivations round, bool last)
    {
        var mixture = _config.Mixture!;
        var experts = mixture.Experts;
        long token = 0;
        for (var r = 0; r < _rowCount; r++)
        {
            var length = last ? _rows[r].Targets : _rows[r].Length;
            var sent = BalanceScale > 0 ? SentTo(round, token, length) : _sent;
            var balance = (float)(BalanceScale / length);
            for (var end = token + length; token < end; token++)
            {
                var scores = round.Scores.Pointer + (token * experts);
                var target = _buffers.RouterGradient.Pointer + (token * experts);
                for (var e = 0; e < experts; e++)
                    target[e] = BalanceScale > 0 ? balance * sent[e] : 0;
                AddWeightGradients(round, token, scores, target);
                var dot = VectorMath.Dot(scores, target, experts);
                for (var e = 0; e < experts; e++)
                    target[e] = scores[e] * (target[e] - dot);
            }
        }
    }

    private void AddWeightGradients(RoundActivations round, long token, float* scores, float* target)
    {
        var mixture = _config.Mixture!;
        var choices = (int*)round.Choices.Pointer + (token * _chosen);
        var places = (int*)round.Places.Pointer + (token * _chosen);
        var gradients = _buffers.WeightGradients.Pointer;
        if (!mixture.NormalizeWeights || _chosen == 1)
        {
            for (var k = 0; k < _chosen; k++)
                target[choices[k]] += gradients[places[k]] * (float)mixture.WeightScale;
            return;
        }

        float sum = 1e-20f, mean = 0;
        for (var k = 0; k < _chosen; k++)
            sum += scores[choices[k]];
        for (var k = 0; k < _chosen; k++)
            mean += gradients[places[k]] * scores[choices[k]] / sum;
        for (var k = 0; k < _chosen; k++)
            target[choices[k]] += (gradients[places[k]] - mean) / sum;
    }
}
