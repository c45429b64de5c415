using System.Numerics;

namespace Ratchet.Learning.Cpu;

/// <summary>
/// Numbers of one row of logits z [n] under p = softmax(z / T), and the way back. Rows are padded as in <see cref="SoftmaxKernels"/>; the padding is filled here with logits so low
/// that they weigh nothing.
/// </summary>
internal static unsafe class TokenKernels
{
    // Not infinite: the entropy multiplies it by a probability of 0.
    private const float Lowest = -1e30f;

    /// <summary>Fills the padding and gives max(z) / T and the sum of exp(z / T - max(z) / T).</summary>
    public static (float Max, float Sum) Normalizer(float* z, int n, float inverseTemperature)
    {
        var width = Vector<float>.Count;
        var padded = SoftmaxKernels.Padded(n);
        for (var k = n; k < padded; k++)
            z[k] = Lowest;
        var max = VectorMath.Max(z, padded) * inverseTemperature;
        var s = new Vector<float>(inverseTemperature);
        var m = new Vector<float>(-max);
        var sum = Vector<float>.Zero;
        for (var k = 0; k < padded; k += width)
            sum += VectorMath.Exp(Vector.FusedMultiplyAdd(Vector.Load(z + k), s, m));
        return (max, Vector.Sum(sum));
    }

    /// <summary>Entropy of p, nats.</summary>
    public static float Entropy(float* z, int n, float inverseTemperature, (float Max, float Sum) normalizer)
    {
        var width = Vector<float>.Count;
        var padded = SoftmaxKernels.Padded(n);
        var s = new Vector<float>(inverseTemperature);
        var m = new Vector<float>(-normalizer.Max);
        var sum = Vector<float>.Zero;
        for (var k = 0; k < padded; k += width)
        {
            var x = Vector.FusedMultiplyAdd(Vector.Load(z + k), s, m);
            sum = Vector.FusedMultiplyAdd(VectorMath.Exp(x), x, sum);
        }

        return MathF.Log(normalizer.Sum) - (Vector.Sum(sum) / normalizer.Sum);
    }

    /// <summary>KL(p || q) from the log-probabilities of q [n], nats.</summary>
    public static float Divergence(float* z, int n, float inverseTemperature, (float Max, float Sum) normalizer, float* q)
    {
        var offset = normalizer.Max + MathF.Log(normalizer.Sum);
        var sum = 0.0;
        for (var k = 0; k < n; k++)
        {
            var log = (z[k] * inverseTemperature) - offset;
            sum += Math.Exp(log) * (log - q[k]);
        }

        return (float)sum;
    }

    /// <summary>Writes log p [n].</summary>
    public static void LogProbabilities(float* z, int n, float inverseTemperature, float* result)
    {
        var normalizer = Normalizer(z, n, inverseTemperature);
        var offset = normalizer.Max + MathF.Log(normalizer.Sum);
        for (var k = 0; k < n; k++)
            result[k] = (z[k] * inverseTemperature) - offset;
    }

    /// <summary>
    /// z becomes the derivative of a loss by it, given the loss's derivatives by log p[target] (<paramref name="chosen"/>), by the entropy H (<paramref name="entropy"/>) and by
    /// KL(p || q) (<paramref name="divergence"/>): dz = (chosen · (onehot - p) - entropy · p · (log p + H) + divergence · p · (log p - log q - KL)) / T.
    /// </summary>
    public static void Gradient(float* z, int n, int target, float inverseTemperature, float chosen, float entropy, float divergence, float* q)
    {
        if (chosen == 0 && entropy == 0 && divergence == 0)
        {
            new Span<float>(z, n).Clear();
            return;
        }

        var width = Vector<float>.Count;
        var padded = SoftmaxKernels.Padded(n);
        var normalizer = Normalizer(z, n, inverseTemperature);
        if (entropy == 0 && divergence == 0)
        {
            var s = new Vector<float>(inverseTemperature);
            var m = new Vector<float>(-normalizer.Max);
            var factor = new Vector<float>(-chosen * inverseTemperature / normalizer.Sum);
            for (var k = 0; k < padded; k += width)
                (VectorMath.Exp(Vector.FusedMultiplyAdd(Vector.Load(z + k), s, m)) * factor).Store(z + k);
        }
        else
        {
            var h = entropy == 0 ? 0 : Entropy(z, n, inverseTemperature, normalizer);
            var kl = divergence == 0 ? 0 : Divergence(z, n, inverseTemperature, normalizer, q);
            var offset = normalizer.Max + MathF.Log(normalizer.Sum);
            for (var k = 0; k < n; k++)
            {
                var log = (z[k] * inverseTemperature) - offset;
                var own = -chosen - (entropy * (log + h));
                if (divergence != 0)
                    own += divergence * (log - q[k] - kl);
                z[k] = MathF.Exp(log) * own * inverseTemperature;
            }
        }

        z[target] += chosen * inverseTemperature;
    }
}
