using Ratchet.Examples;
using Ratchet.Models;

namespace Ratchet.Learning.Tests.Cpu;

/// <summary>A decoder as the textbook writes it, scalar and in double precision, one row at a time: slow, and independent of the kernels.</summary>
internal sealed class ReferenceDecoder
{
    private readonly DecoderConfig _config;
    private readonly Dictionary<string, double[]> _weights = [];
    private double _balance;

    public ReferenceDecoder(DecoderWeights weights)
    {
        _config = weights.Config;
        foreach (var (name, _) in _config.WeightShapes())
            _weights.Add(name, [.. weights[name].Select(x => (double)x)]);
    }

    public double[] Weight(string name) => _weights[name];

    /// <summary>Weighted mean negative log-probability over all targets of the rows.</summary>
    public double Loss(IReadOnlyList<Example> rows)
    {
        double sum = 0, total = 0;
        foreach (var row in rows)
        {
            var logProbabilities = Score(row.Ids);
            for (var i = row.TargetStart; i < row.Ids.Count; i++)
            {
                sum -= row.Weight * logProbabilities[i - 1];
                total += row.Weight;
            }
        }

        return sum / total;
    }

    /// <summary>The balance loss of the rows' mixtures, factor included.</summary>
    public double Balance(IReadOnlyList<Example> rows)
    {
        _balance = 0;
        foreach (var row in rows)
            Score(row.Ids, row.TargetStart - 1);
        return _balance * (_config.Mixture?.BalanceWeight ?? 0) / rows.Count;
    }

    /// <summary>Log-probability of each id after the first.</summary>
    public double[] Score(IReadOnlyList<int> ids, int firstTargetInput = 0) =>
        [.. Outputs(ids, firstTargetInput).Select((logits, t) => logits[ids[t + 1]] - logits.Max() - Math.Log(logits.Sum(l => Math.Exp(l - logits.Max()))))];

    /// <summary>What the head gives for each id but the last.</summary>
    public double[][] Outputs(IReadOnlyList<int> ids, int firstTargetInput = 0)
    {
        int n = ids.Count, h = _config.HiddenSize;
        var embedding = _weights["model.embed_tokens.weight"];
        var x = new double[n][];
        for (var t = 0; t < n; t++)
            x[t] = embedding[(ids[t] * h)..((ids[t] + 1) * h)];
        for (var layer = 0; layer < _config.Layers; layer++)
            Block(x, $"model.layers.{layer}.", layer == _config.Layers - 1 ? firstTargetInput : 0);
        var head = _weights[_config.ScalarHead ? "score.weight" : _config.TiedHead ? "model.embed_tokens.weight" : "lm_head.weight"];
        return [.. x.Take(n - 1).Select(state => Project(Norm(state, _weights["model.norm.weight"]), head, null))];
    }

    /// <summary>Central difference of loss and balance loss in one weight.</summary>
    public double Derivative(IReadOnlyList<Example> rows, string name, int index, double step = 1e-5)
    {
        var values = _weights[name];
        var kept = values[index];
        values[index] = kept + step;
        var up = Loss(rows) + Balance(rows);
        values[index] = kept - step;
        var down = Loss(rows) + Balance(rows);
        values[index] = kept;
        return (up - down) / (2 * step);
    }

    private void Block(double[][] x, string p, int firstCounted)
    {
        int n = x.Length, d = _config.HeadSize, group = _config.Heads / _config.KeyValueHeads;
        double[][] q = new double[n][], k = new double[n][], v = new double[n][];
        for (var t = 0; t < n; t++)
        {
            var normed = Norm(x[t], _weights[p + "input_layernorm.weight"]);
            q[t] = Heads(normed, p, "q", _config.Heads, t, rotate: true);
            k[t] = Heads(normed, p, "k", _config.KeyValueHeads, t, rotate: true);
            v[t] = Heads(normed, p, "v", _config.KeyValueHeads, t, rotate: false);
        }

        for (var t = 0; t < n; t++)
        {
            var attended = new double[_config.Heads * d];
            for (var head = 0; head < _config.Heads; head++)
            {
                var kv = head / group;
                var scores = Enumerable.Range(0, t + 1).Select(s => Enumerable.Range(0, d).Sum(i => q[t][(head * d) + i] * k[s][(kv * d) + i]) / Math.Sqrt(d)).ToArray();
                var max = scores.Max();
                var total = scores.Sum(s => Math.Exp(s - max));
                for (var s = 0; s <= t; s++)
                {
                    for (var i = 0; i < d; i++)
                        attended[(head * d) + i] += Math.Exp(scores[s] - max) / total * v[s][(kv * d) + i];
                }
            }

            var output = Project(attended, _weights[p + "self_attn.o_proj.weight"], null);
            x[t] = [.. x[t].Zip(output, (a, b) => a + b)];
        }

        if (!_weights.ContainsKey(p + "mlp.gate_proj.weight"))
        {
            Mixture(x, p, firstCounted);
            return;
        }

        for (var t = 0; t < n; t++)
        {
            var normed = Norm(x[t], _weights[p + "post_attention_layernorm.weight"]);
            x[t] = [.. x[t].Zip(SwiGlu(normed, p + "mlp."), (a, b) => a + b)];
        }
    }

    /// <summary>Token by token, expert by expert; tokens from <paramref name="firstCounted"/> on, the last left out, count for the balance loss.</summary>
    private void Mixture(double[][] x, string p, int firstCounted)
    {
        var mixture = _config.Mixture!;
        int rounds = mixture.Rounds, counted = x.Length - 1 - firstCounted;
        double[,] sent = new double[rounds, mixture.Experts], mean = new double[rounds, mixture.Experts];
        for (var t = 0; t < x.Length; t++)
        {
            var stream = x[t];
            var state = Norm(stream, _weights[p + "post_attention_layernorm.weight"]);
            var sum = stream;
            for (var r = 0; r < rounds; r++)
            {
                if (mixture.Residual == MixtureResidual.PreNorm)
                    state = Norm(sum, _weights[p + (r == 0 ? "post_attention_layernorm.weight" : $"mlp.round_norms.{r - 1}.weight")]);
                var logits = Project(state, _weights[p + (rounds == 1 || mixture.SharedRouter ? "mlp.gate.weight" : $"mlp.gate.{r}.weight")], null);
                var total = logits.Sum(l => Math.Exp(l - logits.Max()));
                double[] scores = [.. logits.Select(l => Math.Exp(l - logits.Max()) / total)];
                int[] chosen = [.. Enumerable.Range(0, mixture.Experts).OrderByDescending(e => scores[e]).Take(mixture.ExpertsPerToken)];
                var norm = mixture.NormalizeWeights && chosen.Length > 1 ? chosen.Sum(e => scores[e]) : 1 / mixture.WeightScale;
                var made = new double[stream.Length];
                foreach (var e in chosen)
                    made = [.. made.Zip(SwiGlu(state, $"{p}mlp.experts.{e}."), (a, b) => a + (b * scores[e] / norm))];
                if (mixture.SharedExperts > 0)
                    made = [.. made.Zip(SwiGlu(state, p + "mlp.shared_experts."), (a, b) => a + b)];
                sum = [.. sum.Zip(made, (a, b) => a + b)];
                state = mixture.Residual == MixtureResidual.Outer ? made : [.. state.Zip(made, (a, b) => a + b)];
                if (t < firstCounted || t == x.Length - 1)
                    continue;
                foreach (var e in chosen)
                    sent[r, e] += (double)mixture.Experts / mixture.ExpertsPerToken / counted;
                for (var e = 0; e < mixture.Experts; e++)
                    mean[r, e] += scores[e] / counted;
            }

            x[t] = mixture.Residual switch
            {
                MixtureResidual.PreNorm => sum,
                MixtureResidual.Repo => state,
                _ => [.. stream.Zip(state, (a, b) => a + b)],
            };
        }

        for (var r = 0; r < rounds; r++)
        {
            for (var e = 0; e < mixture.Experts; e++)
                _balance += sent[r, e] * mean[r, e];
        }
    }

    private double[] SwiGlu(double[] x, string p)
    {
        var gate = Project(x, _weights[p + "gate_proj.weight"], null);
        var up = Project(x, _weights[p + "up_proj.weight"], null);
        return Project([.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)], _weights[p + "down_proj.weight"], null);
    }

    private double[] Heads(double[] normed, string p, string kind, int heads, int position, bool rotate)
    {
        int d = _config.HeadSize, half = d / 2;
        var x = Project(normed, _weights[p + $"self_attn.{kind}_proj.weight"], _config.QkvBias ? _weights[p + $"self_attn.{kind}_proj.bias"] : null);
        if (!rotate)
            return x;
        for (var head = 0; head < heads; head++)
        {
            var one = x[(head * d)..((head + 1) * d)];
            if (_config.QkNorm)
                one = Norm(one, _weights[p + $"self_attn.{kind}_norm.weight"]);
            for (var i = 0; i < half; i++)
            {
                var angle = position / Math.Pow(_config.RopeTheta, 2.0 * i / d);
                x[(head * d) + i] = (one[i] * Math.Cos(angle)) - (one[i + half] * Math.Sin(angle));
                x[(head * d) + i + half] = (one[i + half] * Math.Cos(angle)) + (one[i] * Math.Sin(angle));
            }
        }

        return x;
    }

    private double[] Norm(double[] x, double[] gain)
    {
        var scale = 1 / Math.Sqrt((x.Sum(a => a * a) / x.Length) + _config.NormEpsilon);
        return [.. x.Zip(gain, (a, g) => a * scale * g)];
    }

    private static double[] Project(double[] x, double[] matrix, double[]? bias)
    {
        var result = new double[matrix.Length / x.Length];
        for (var o = 0; o < result.Length; o++)
        {
            result[o] = bias is null ? 0 : bias[o];
            for (var i = 0; i < x.Length; i++)
                result[o] += matrix[(o * x.Length) + i] * x[i];
        }

        return result;
    }
}
