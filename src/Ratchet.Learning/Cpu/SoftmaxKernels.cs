using System.Numerics;

namespace Ratchet.Learning.Cpu;

/// <summary>
/// Softmax on rows whose memory is padded to a whole number of vectors: kernels fill the padding themselves and never
/// need a scalar tail.
/// </summary>
internal static unsafe class SoftmaxKernels
{
    /// <summary>Rows are padded to a multiple of this many floats.</summary>
    public const int RowPadding = 32;

    /// <summary>Length of a padded row.</summary>
    public static int Padded(int n) => (n + RowPadding - 1) / RowPadding * RowPadding;

    /// <summary>
    /// Scores to probabilities, in place: p = softmax(scale · x) over the first <paramref name="valid"/> elements, 0 in the others up to
    /// <paramref name="end"/>.
    /// </summary>
    /// <returns>The logarithm of the sum of exponentials of scale · x.</returns>
    public static float Probabilities(float* x, int valid, int end, float scale)
    {
        var width = Vector<float>.Count;
        var padded = Padded(end);
        for (var k = valid; k < padded; k++)
            x[k] = float.NegativeInfinity;
        var max = VectorMath.Max(x, Padded(valid)) * scale;
        var sum = Vector<float>.Zero;
        var s = new Vector<float>(scale);
        var m = new Vector<float>(-max);
        for (var k = 0; k < padded; k += width)
        {
            var e = VectorMath.Exp(Vector.FusedMultiplyAdd(Vector.Load(x + k), s, m));
            sum += e;
            e.Store(x + k);
        }

        var total = Vector.Sum(sum);
        var inverse = new Vector<float>(1f / total);
        for (var k = 0; k < padded; k += width)
            (Vector.Load(x + k) * inverse).Store(x + k);
        return max + MathF.Log(total);
    }

    /// <summary>
    /// Gradient of attention scores from saved sums: <paramref name="x"/> (scores) becomes p = exp(scale · x - logSum), zero outside the
    /// mask, and <paramref name="dp"/> becomes p · (dp - delta) · scale.
    /// </summary>
    public static void ScoreGradient(float* x, float* dp, int valid, int end, float scale, float logSum, float delta)
    {
        var width = Vector<float>.Count;
        var padded = Padded(end);
        for (var k = valid; k < padded; k++)
        {
            x[k] = float.NegativeInfinity;
            dp[k] = 0f;
        }

        var s = new Vector<float>(scale);
        var l = new Vector<float>(-logSum);
        var d = new Vector<float>(delta);
        for (var k = 0; k < padded; k += width)
        {
            var p = VectorMath.Exp(Vector.FusedMultiplyAdd(Vector.Load(x + k), s, l));
            p.Store(x + k);
            (p * s * (Vector.Load(dp + k) - d)).Store(dp + k);
        }
    }

    /// <summary>
    /// Cross entropy of one row of logits [n]: returns -log softmax(x)[target] in nats. With <paramref name="gradient"/>, x becomes
    /// weight · (softmax(x) - onehot(target)).
    /// </summary>
    public static double CrossEntropy(float* x, int n, int target, float weight, bool gradient)
    {
        var width = Vector<float>.Count;
        var padded = Padded(n);
        for (var k = n; k < padded; k++)
            x[k] = float.NegativeInfinity;
        var max = VectorMath.Max(x, padded);
        var chosen = x[target];
        var sum = Vector<float>.Zero;
        var m = new Vector<float>(max);
        for (var k = 0; k < padded; k += width)
        {
            var e = VectorMath.Exp(Vector.Load(x + k) - m);
            sum += e;
            if (gradient)
                e.Store(x + k);
        }

        var total = Vector.Sum(sum);
        if (gradient)
        {
            var factor = new Vector<float>(weight / total);
            for (var k = 0; k < padded; k += width)
                (Vector.Load(x + k) * factor).Store(x + k);
            x[target] -= weight;
        }

        return Math.Log(total) + ((double)max - chosen);
    }
}
