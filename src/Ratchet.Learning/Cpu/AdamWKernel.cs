using System.Numerics;

namespace Ratchet.Learning.Cpu;

/// <summary>Reduction of gradients and the fused update of AdamW on one range of the flat layout.</summary>
internal static unsafe class AdamWKernel
{
    /// <summary>
    /// Adds the buffers of later shards to the first, in the order of shards, and returns the sum of squares of the result.
    /// </summary>
    /// <param name="gradients">Buffers of shards 0 .. count-1.</param>
    /// <param name="count">Number of shards, at least 1.</param>
    /// <param name="offset">First float of the range.</param>
    /// <param name="length">Floats in the range.</param>
    public static double Reduce(float*[] gradients, int count, long offset, int length)
    {
        var width = Vector<float>.Count;
        var target = gradients[0] + offset;
        var low = Vector<double>.Zero;
        var high = Vector<double>.Zero;
        var i = 0;
        for (; i <= length - width; i += width)
        {
            var sum = Vector.Load(target + i);
            for (var s = 1; s < count; s++)
                sum += Vector.Load(gradients[s] + offset + i);
            if (count > 1)
                sum.Store(target + i);
            // Squares of float32 overflow from 1.8e19 on, so they are summed in double precision.
            Vector.Widen(sum, out var a, out var b);
            low += a * a;
            high += b * b;
        }

        var total = Vector.Sum(low + high);
        for (; i < length; i++)
        {
            var sum = target[i];
            for (var s = 1; s < count; s++)
                sum += gradients[s][offset + i];
            target[i] = sum;
            total += (double)sum * sum;
        }

        return total;
    }

    /// <summary>One update of a range.</summary>
    public static void Update(float* parameters, float* gradient, float* first, float* second, int length, in AdamWStep step)
    {
        var width = Vector<float>.Count;
        var clip = new Vector<float>(step.GradientFactor);
        var beta1 = new Vector<float>(step.Beta1);
        var rest1 = new Vector<float>(step.OneMinusBeta1);
        var beta2 = new Vector<float>(step.Beta2);
        var rest2 = new Vector<float>(step.OneMinusBeta2);
        var keep = new Vector<float>(step.Keep);
        var size = new Vector<float>(step.Size);
        var root = new Vector<float>(step.InverseRootCorrection2);
        var epsilon = new Vector<float>(step.Epsilon);
        var i = 0;
        for (; i <= length - width; i += width)
        {
            var g = Vector.Load(gradient + i) * clip;
            var m = Vector.FusedMultiplyAdd(beta1, Vector.Load(first + i), rest1 * g);
            var v = Vector.FusedMultiplyAdd(beta2, Vector.Load(second + i), rest2 * g * g);
            m.Store(first + i);
            v.Store(second + i);
            var denominator = Vector.FusedMultiplyAdd(Vector.SquareRoot(v), root, epsilon);
            ((Vector.Load(parameters + i) * keep) - (size * m / denominator)).Store(parameters + i);
        }

        for (; i < length; i++)
        {
            var g = gradient[i] * step.GradientFactor;
            var m = MathF.FusedMultiplyAdd(step.Beta1, first[i], step.OneMinusBeta1 * g);
            var v = MathF.FusedMultiplyAdd(step.Beta2, second[i], step.OneMinusBeta2 * g * g);
            first[i] = m;
            second[i] = v;
            var denominator = MathF.FusedMultiplyAdd(MathF.Sqrt(v), step.InverseRootCorrection2, step.Epsilon);
            parameters[i] = (parameters[i] * step.Keep) - (step.Size * m / denominator);
        }
    }
}

/// <summary>The numbers of one AdamW step (Loshchilov and Hutter 2019, algorithm 2), ready for the kernel.</summary>
internal readonly struct AdamWStep
{
    /// <summary>Factor of global-norm clipping, at most 1.</summary>
    public float GradientFactor { get; init; }

    public float Beta1 { get; init; }

    public float OneMinusBeta1 { get; init; }

    public float Beta2 { get; init; }

    public float OneMinusBeta2 { get; init; }

    /// <summary>1 - learning rate · decay, or 1 for tensors without decay.</summary>
    public float Keep { get; init; }

    /// <summary>Learning rate / (1 - beta1^t).</summary>
    public float Size { get; init; }

    /// <summary>1 / sqrt(1 - beta2^t).</summary>
    public float InverseRootCorrection2 { get; init; }

    public float Epsilon { get; init; }
}
