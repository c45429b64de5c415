namespace Ratchet.Models.Tests;

/// <summary>The decoder by its definition: double precision, one position at a time, no library. Slow and plain on purpose.</summary>
internal static class ReferenceDecoder
{
    /// <summary>Logits after each position of a sequence.</summary>
    public static double[][] Logits(DecoderWeights weights, IReadOnlyList<int> ids)
    {
        var c = weights.Config;
        var x = ids.Select(id => Row(weights["model.embed_tokens.weight"], id, c.HiddenSize)).ToArray();
        for (var layer = 0; layer < c.Layers; layer++)
        {
            var p = $"model.layers.{layer}.";
            var a = p + "self_attn.";
            var queries = new double[ids.Count][][];
            var keys = new double[ids.Count][][];
            var values = new double[ids.Count][][];
            for (var t = 0; t < ids.Count; t++)
            {
                var h = Norm(x[t], weights[p + "input_layernorm.weight"], c.NormEpsilon);
                queries[t] = Heads("q", c.Heads, t, h, rotate: true);
                keys[t] = Heads("k", c.KeyValueHeads, t, h, rotate: true);
                values[t] = Heads("v", c.KeyValueHeads, t, h, rotate: false);
            }

            for (var t = 0; t < ids.Count; t++)
            {
                var mixed = new double[c.Heads * c.HeadSize];
                for (var head = 0; head < c.Heads; head++)
                {
                    var shared = head / (c.Heads / c.KeyValueHeads);
                    var scores = Enumerable.Range(0, t + 1).Select(s => Math.Exp(Dot(queries[t][head], keys[s][shared]) / Math.Sqrt(c.HeadSize))).ToArray();
                    for (var s = 0; s <= t; s++)
                    {
                        for (var i = 0; i < c.HeadSize; i++)
                            mixed[(head * c.HeadSize) + i] += scores[s] / scores.Sum() * values[s][shared][i];
                    }
                }

                x[t] = Add(x[t], Multiply(weights[a + "o_proj.weight"], mixed));
            }

            for (var t = 0; t < ids.Count; t++)
            {
                var h = Norm(x[t], weights[p + "post_attention_layernorm.weight"], c.NormEpsilon);
                var gate = Multiply(weights[p + "mlp.gate_proj.weight"], h);
                var up = Multiply(weights[p + "mlp.up_proj.weight"], h);
                x[t] = Add(x[t], Multiply(weights[p + "mlp.down_proj.weight"], [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)]));
            }

            double[][] Heads(string name, int count, int position, double[] h, bool rotate)
            {
                var flat = Multiply(weights[a + name + "_proj.weight"], h);
                if (c.QkvBias)
                    flat = Add(flat, [.. weights[a + name + "_proj.bias"].Select(b => (double)b)]);
                return [.. Enumerable.Range(0, count).Select(i =>
                {
                    var head = flat.AsSpan(i * c.HeadSize, c.HeadSize).ToArray();
                    if (rotate && c.QkNorm)
                        head = Norm(head, weights[a + name + "_norm.weight"], c.NormEpsilon);
                    return rotate ? Rotate(head, position, c) : head;
                })];
            }
        }

        var output = weights[c.TiedHead ? "model.embed_tokens.weight" : "lm_head.weight"];
        return [.. x.Select(h => Multiply(output, Norm(h, weights["model.norm.weight"], c.NormEpsilon)))];
    }

    /// <summary>Log-probability of each id after the first.</summary>
    public static double[] Score(DecoderWeights weights, IReadOnlyList<int> ids)
    {
        var logits = Logits(weights, ids);
        return [.. Enumerable.Range(1, ids.Count - 1).Select(t => logits[t - 1][ids[t]] - Math.Log(logits[t - 1].Sum(Math.Exp)))];
    }

    private static double[] Row(float[] matrix, int row, int columns) => [.. matrix.Skip(row * columns).Take(columns).Select(v => (double)v)];

    private static double[] Multiply(float[] matrix, double[] x) => [.. Enumerable.Range(0, matrix.Length / x.Length).Select(r => Dot(Row(matrix, r, x.Length), x))];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Norm(double[] x, float[] weight, double epsilon)
    {
        var scale = 1 / Math.Sqrt((x.Sum(v => v * v) / x.Length) + epsilon);
        return [.. x.Zip(weight, (v, w) => v * scale * w)];
    }

    private static double[] Rotate(double[] head, int position, DecoderConfig c)
    {
        // The frequencies themselves are held against an independent definition by the NumPy reference.
        var frequencies = RopeScaling.Frequencies(head.Length, c.RopeTheta, c.RopeScaling);
        var factor = c.RopeScaling?.RotaryFactor ?? 1;
        var half = head.Length / 2;
        var result = new double[head.Length];
        for (var i = 0; i < half; i++)
        {
            var angle = position * frequencies[i];
            result[i] = factor * ((head[i] * Math.Cos(angle)) - (head[i + half] * Math.Sin(angle)));
            result[i + half] = factor * ((head[i + half] * Math.Cos(angle)) + (head[i] * Math.Sin(angle)));
        }

        return result;
    }
}
