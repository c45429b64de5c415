using Ratchet.Models;

namespace Ratchet.Sampling.Tests;

/// <summary>A decoder in plain double-precision loops over the whole sequence, written from the architecture's equations alone.</summary>
internal sealed class ReferenceDecoder(DecoderWeights weights)
{
    private readonly DecoderConfig _c = weights.Config;

    /// <summary>Logits after each position.</summary>
    public double[][] Logits(IReadOnlyList<int> ids)
    {
        var h = ids.Select(id => Row("model.embed_tokens.weight", id, _c.HiddenSize)).ToArray();
        for (var layer = 0; layer < _c.Layers; layer++)
        {
            var p = $"model.layers.{layer}.";
            var normed = h.Select(x => Norm(x, p + "input_layernorm.weight")).ToArray();
            var q = Heads(normed, p + "self_attn.q_proj", _c.Heads, p + "self_attn.q_norm.weight", rotate: true);
            var k = Heads(normed, p + "self_attn.k_proj", _c.KeyValueHeads, p + "self_attn.k_norm.weight", rotate: true);
            var v = Heads(normed, p + "self_attn.v_proj", _c.KeyValueHeads, null, rotate: false);
            for (var t = 0; t < h.Length; t++)
            {
                var all = new List<double>();
                for (var head = 0; head < _c.Heads; head++)
                {
                    var shared = head * _c.KeyValueHeads / _c.Heads;
                    var scores = Enumerable.Range(0, t + 1).Select(s => Dot(q[t][head], k[s][shared]) / Math.Sqrt(_c.HeadSize)).ToArray();
                    var largest = scores.Max();
                    var e = scores.Select(s => Math.Exp(s - largest)).ToArray();
                    var sum = e.Sum();
                    for (var d = 0; d < _c.HeadSize; d++)
                        all.Add(Enumerable.Range(0, t + 1).Sum(s => e[s] / sum * v[s][shared][d]));
                }

                h[t] = Plus(h[t], Linear([.. all], p + "self_attn.o_proj.weight"));
            }

            for (var t = 0; t < h.Length; t++)
            {
                var x = Norm(h[t], p + "post_attention_layernorm.weight");
                var gate = Linear(x, p + "mlp.gate_proj.weight");
                var up = Linear(x, p + "mlp.up_proj.weight");
                h[t] = Plus(h[t], Linear([.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)], p + "mlp.down_proj.weight"));
            }
        }

        return [.. h.Select(x => Linear(Norm(x, "model.norm.weight"), _c.TiedHead ? "model.embed_tokens.weight" : "lm_head.weight"))];
    }

    public double[] LogProbabilities(IReadOnlyList<int> ids)
        => [.. Logits(ids).SkipLast(1).Select((l, i) => LogSoftmax(l)[ids[i + 1]])];

    public static double[] LogSoftmax(double[] logits)
    {
        var largest = logits.Max();
        var log = largest + Math.Log(logits.Sum(l => Math.Exp(l - largest)));
        return [.. logits.Select(l => l - log)];
    }

    private double[][][] Heads(double[][] rows, string name, int heads, string? norm, bool rotate)
    {
        return [.. rows.Select((x, position) =>
        {
            var y = Linear(x, name + ".weight");
            if (_c.QkvBias)
                y = Plus(y, [.. weights[name + ".bias"].Select(b => (double)b)]);
            return y.Chunk(_c.HeadSize).Take(heads).Select(head =>
            {
                if (_c.QkNorm && norm is not null)
                    head = Norm(head, norm);
                return rotate ? Rotate(head, position) : head;
            }).ToArray();
        })];
    }

    private double[] Rotate(double[] x, int position)
    {
        var half = x.Length / 2;
        var y = new double[x.Length];
        for (var i = 0; i < half; i++)
        {
            var angle = position / Math.Pow(_c.RopeTheta, 2.0 * i / x.Length);
            y[i] = (x[i] * Math.Cos(angle)) - (x[i + half] * Math.Sin(angle));
            y[i + half] = (x[i + half] * Math.Cos(angle)) + (x[i] * Math.Sin(angle));
        }

        return y;
    }

    private double[] Norm(double[] x, string name)
    {
        var root = Math.Sqrt((x.Sum(v => v * v) / x.Length) + _c.NormEpsilon);
        return [.. x.Select((v, i) => v / root * weights[name][i])];
    }

    private double[] Linear(double[] x, string name)
        => [.. Enumerable.Range(0, weights[name].Length / x.Length).Select(o => Dot(Row(name, o, x.Length), x))];

    private double[] Row(string name, int row, int width) => [.. weights[name].Skip(row * width).Take(width).Select(v => (double)v)];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Plus(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
