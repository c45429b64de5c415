using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ratchet.Models.Kernels;

/// <summary>Single-threaded kernels on one row of float32 numbers, shared by sampler and trainer.</summary>
/// <remarks>
/// The order of every reduction is fixed (16 partial sums, element i in lane i mod 16, then a fixed tree), so that results are bit-identical
/// on every instruction path and whatever else is computed beside the row. Safe from many threads; callers own all memory; nothing is allocated.
/// </remarks>
public static unsafe class RowKernels
{
    /// <summary>Positions in one block of keys and values, see <see cref="Attend"/>.</summary>
    public const int BlockPositions = 16;

    private static bool Use256 => Vector256.IsHardwareAccelerated && Fma.IsSupported;

    /// <summary>
    /// Root-mean-square norm (Zhang and Sennrich 2019): y = x · r · weight with r = 1 / sqrt(mean(x²) + epsilon). Returns r. <paramref name="y"/> may be
    /// <paramref name="x"/>.
    /// </summary>
    public static float RmsNorm(float* x, float* weight, int n, float epsilon, float* y)
    {
        if (Vector512.IsHardwareAccelerated)
            return RowMath<Lanes512>.RmsNorm(x, weight, n, epsilon, y);
        if (Use256)
            return RowMath<Lanes256>.RmsNorm(x, weight, n, epsilon, y);
        if (Vector128.IsHardwareAccelerated)
            return RowMath<Lanes128>.RmsNorm(x, weight, n, epsilon, y);
        return RowMath<LanesScalar>.RmsNorm(x, weight, n, epsilon, y);
    }

    /// <summary>
    /// Rotary position (Su et al. 2021) of one head in place, in the half-split layout of Hugging Face's Llama: pair i is (x[i], x[i + headSize/2]).
    /// <paramref name="cosines"/> and <paramref name="sines"/> hold headSize/2 numbers of the position, see <see cref="RotaryTable"/>.
    /// With negated sines it is the inverse rotation, the backward pass.
    /// </summary>
    public static void Rotate(float* x, int headSize, float* cosines, float* sines)
    {
        if (Vector512.IsHardwareAccelerated)
            RowMath<Lanes512>.Rotate(x, headSize, cosines, sines);
        else if (Use256)
            RowMath<Lanes256>.Rotate(x, headSize, cosines, sines);
        else if (Vector128.IsHardwareAccelerated)
            RowMath<Lanes128>.Rotate(x, headSize, cosines, sines);
        else
            RowMath<LanesScalar>.Rotate(x, headSize, cosines, sines);
    }

    /// <summary>y += x.</summary>
    public static void Add(float* x, float* y, int n)
    {
        if (Vector512.IsHardwareAccelerated)
            RowMath<Lanes512>.Add(x, y, n);
        else if (Use256)
            RowMath<Lanes256>.Add(x, y, n);
        else if (Vector128.IsHardwareAccelerated)
            RowMath<Lanes128>.Add(x, y, n);
        else
            RowMath<LanesScalar>.Add(x, y, n);
    }

    /// <summary>y = x · scales element by element, or y += that (rounded once). <paramref name="y"/> may be <paramref name="x"/>.</summary>
    public static void ScaleEach(float* x, float* scales, int n, float* y, bool accumulate)
    {
        if (Vector512.IsHardwareAccelerated)
            RowMath<Lanes512>.ScaleEach(x, scales, n, y, accumulate);
        else if (Use256)
            RowMath<Lanes256>.ScaleEach(x, scales, n, y, accumulate);
        else if (Vector128.IsHardwareAccelerated)
            RowMath<Lanes128>.ScaleEach(x, scales, n, y, accumulate);
        else
            RowMath<LanesScalar>.ScaleEach(x, scales, n, y, accumulate);
    }

    /// <summary>y = x · factor. <paramref name="y"/> may be <paramref name="x"/>.</summary>
    public static void Scale(float* x, int n, float factor, float* y)
    {
        if (Vector512.IsHardwareAccelerated)
            RowMath<Lanes512>.Scale(x, n, factor, y);
        else if (Use256)
            RowMath<Lanes256>.Scale(x, n, factor, y);
        else if (Vector128.IsHardwareAccelerated)
            RowMath<Lanes128>.Scale(x, n, factor, y);
        else
            RowMath<LanesScalar>.Scale(x, n, factor, y);
    }

    /// <summary>y = gate · sigmoid(gate) · up (SwiGLU, Shazeer 2020). <paramref name="y"/> may be one of the inputs.</summary>
    public static void SiluMultiply(float* gate, float* up, int n, float* y)
    {
        if (Vector512.IsHardwareAccelerated)
            RowMath<Lanes512>.SiluMultiply(gate, up, n, y);
        else if (Use256)
            RowMath<Lanes256>.SiluMultiply(gate, up, n, y);
        else if (Vector128.IsHardwareAccelerated)
            RowMath<Lanes128>.SiluMultiply(gate, up, n, y);
        else
            RowMath<LanesScalar>.SiluMultiply(gate, up, n, y);
    }

    /// <summary>y = 1 / (1 + e^-x).</summary>
    public static void Sigmoid(float* x, int n, float* y)
    {
        if (Vector512.IsHardwareAccelerated)
            RowMath<Lanes512>.Sigmoid(x, n, y);
        else if (Use256)
            RowMath<Lanes256>.Sigmoid(x, n, y);
        else if (Vector128.IsHardwareAccelerated)
            RowMath<Lanes128>.Sigmoid(x, n, y);
        else
            RowMath<LanesScalar>.Sigmoid(x, n, y);
    }

    /// <summary>The largest element; -infinity of none. Elements that are NaN are passed over.</summary>
    public static float Largest(float* x, int n)
    {
        if (Vector512.IsHardwareAccelerated)
            return RowMath<Lanes512>.Largest(x, n);
        if (Use256)
            return RowMath<Lanes256>.Largest(x, n);
        if (Vector128.IsHardwareAccelerated)
            return RowMath<Lanes128>.Largest(x, n);
        return RowMath<LanesScalar>.Largest(x, n);
    }

    /// <summary>
    /// y = e^(x - shift), and returns the sum of y. The exponential is within 2 units in the last place, its argument clamped to [-87.33, 88.3]. <paramref name="y"/>
    /// may be <paramref name="x"/>.
    /// </summary>
    public static float ExpSum(float* x, int n, float shift, float* y)
    {
        if (Vector512.IsHardwareAccelerated)
            return RowMath<Lanes512>.ExpSum(x, n, shift, y);
        if (Use256)
            return RowMath<Lanes256>.ExpSum(x, n, shift, y);
        if (Vector128.IsHardwareAccelerated)
            return RowMath<Lanes128>.ExpSum(x, n, shift, y);
        return RowMath<LanesScalar>.ExpSum(x, n, shift, y);
    }

    /// <summary>
    /// Attention of one query head over the first <paramref name="count"/> positions: softmax(scale · query · keys) · values.
    /// </summary>
    /// <param name="query">Query, [headSize].</param>
    /// <param name="headSize">Width of the head.</param>
    /// <param name="pages">One pointer for each block of 16 positions. Position t is in block t / 16, at slot t mod 16.</param>
    /// <param name="keyOffset">Where a block's keys begin, in floats: [headSize, 16], dimension by dimension, see <see cref="StoreKey"/>.</param>
    /// <param name="valueOffset">Where a block's values begin, in floats: [16, headSize].</param>
    /// <param name="count">Positions, at least 1.</param>
    /// <param name="scale">Usually 1 / sqrt(headSize).</param>
    /// <param name="scores">Work space for count numbers, rounded up to a multiple of 16; holds e^(score - largest) afterwards.</param>
    /// <param name="output">Result, [headSize].</param>
    public static void Attend(float* query, int headSize, float** pages, nint keyOffset, nint valueOffset, int count, float scale, float* scores, float* output)
    {
        if (Vector512.IsHardwareAccelerated)
            RowMath<Lanes512>.Attend(query, headSize, pages, keyOffset, valueOffset, count, scale, scores, output);
        else if (Use256)
            RowMath<Lanes256>.Attend(query, headSize, pages, keyOffset, valueOffset, count, scale, scores, output);
        else if (Vector128.IsHardwareAccelerated)
            RowMath<Lanes128>.Attend(query, headSize, pages, keyOffset, valueOffset, count, scale, scores, output);
        else
            RowMath<LanesScalar>.Attend(query, headSize, pages, keyOffset, valueOffset, count, scale, scores, output);
    }

    /// <summary>Softmax of a row; returns the logarithm of the sum of e^x. <paramref name="y"/> may be <paramref name="x"/>.</summary>
    public static double Softmax(float* x, int n, float* y)
    {
        var largest = Largest(x, n);
        var sum = ExpSum(x, n, largest, y);
        Scale(y, n, 1f / sum, y);
        return largest + Math.Log(sum);
    }

    /// <summary>
    /// Natural-log probability of element <paramref name="index"/> under the softmax of <paramref name="x"/>. Sampler and trainer both use it, so their
    /// numbers for equal logits are equal bit for bit.
    /// </summary>
    /// <param name="x">Logits, [n].</param>
    /// <param name="n">Number of logits.</param>
    /// <param name="index">Element.</param>
    /// <param name="scratch">Work space for n numbers: afterwards e^(x - largest). May be <paramref name="x"/>.</param>
    public static float LogProbability(float* x, int n, int index, float* scratch)
    {
        var value = x[index];
        var largest = Largest(x, n);
        var sum = ExpSum(x, n, largest, scratch);
        return (float)((double)value - largest - Math.Log(sum));
    }

    /// <summary>Writes a key of <paramref name="headSize"/> numbers into slot <paramref name="slot"/> (0 to 15) of a block of keys, [headSize, 16].</summary>
    public static void StoreKey(float* key, int headSize, float* block, int slot)
    {
        block += slot;
        for (var d = 0; d < headSize; d++)
            block[d * BlockPositions] = key[d];
    }
}
