using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ratchet.Models.Kernels;

/// <summary>
/// Single-threaded float32 matrix products. Each output element is one chain of fused multiply-adds over k in ascending
/// order, whatever the matrix sizes, batch make-up and instruction set: results are bit-identical for a row computed alone
/// and in a batch.
/// </summary>
/// <remarks>
/// Safe from many threads at once. Callers own all memory; no argument is checked beyond debug assertions, and nothing is allocated.
/// </remarks>
public static unsafe class Gemm
{
    /// <summary>Columns in one packed panel.</summary>
    public const int PanelWidth = 32;

    /// <summary>Rows that are turned to panels at a time on the way to a smaller type.</summary>
    private const int BlockRows = 128;

    /// <summary>Number of elements that <see cref="Pack"/> and <see cref="PackBFloat16"/> write for a [k, n] matrix.</summary>
    public static long PackedLength(int k, int n) => (long)k * ((n + PanelWidth - 1) / PanelWidth) * PanelWidth;

    /// <summary>
    /// Packs B [k, n] into column panels of <see cref="PanelWidth"/> (zero-filled at the right edge): panel j holds B[:, 32j..32j+31] row by row.
    /// Element (row, column) of B is read at <c>b[row * rowStride + column * columnStride]</c>, so a weight stored [out, in] is packed as its transpose with strides (1, in).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* b, int k, int n, long rowStride, long columnStride, float* packed)
    {
        for (var j = 0; j < n; j += PanelWidth, packed += (nint)k * PanelWidth)
        {
            var columns = Math.Min(PanelWidth, n - j);
            var source = b + (j * columnStride);
            if (columns == PanelWidth && columnStride == 1)
                CopyPanel(source, k, (nint)rowStride, packed);
            else if (columns % 8 == 0 && columnStride == 1)
                CopyEdge(source, k, columns, (nint)rowStride, packed);
            else if (rowStride == 1 && Avx.IsSupported)
                TransposePanel(source, k, columns, (nint)columnStride, packed);
            else
                GatherPanel(source, k, columns, (nint)rowStride, (nint)columnStride, packed);
        }
    }

    /// <summary>
    /// As <see cref="Pack"/>, rounded to bfloat16 (nearest, ties to even): half the memory traffic for weights that do not fit the caches.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackBFloat16(float* b, int k, int n, long rowStride, long columnStride, ushort* packed)
    {
        var block = stackalloc float[BlockRows * PanelWidth];
        for (var j = 0; j < n; j += PanelWidth)
        {
            for (var r = 0; r < k; r += BlockRows)
            {
                var rows = Math.Min(BlockRows, k - r);
                Pack(b + (r * rowStride) + (j * columnStride), rows, Math.Min(PanelWidth, n - j), rowStride, columnStride, block);
                SmallTypes.ToBFloat16(new ReadOnlySpan<float>(block, rows * PanelWidth), new Span<ushort>(packed, rows * PanelWidth));
                packed += rows * PanelWidth;
            }
        }
    }

    /// <summary>
    /// C[m, n] = A[m, k] · B, or C += A · B. Element (i, k) of A is read at <c>a[i * aRowStride + k * aColumnStride]</c>; C is row-major with
    /// leading dimension <paramref name="ldc"/>; B is packed by <see cref="Pack"/>.
    /// </summary>
    public static void Multiply(float* a, long aRowStride, long aColumnStride, float* packed, float* c, int ldc, int m, int k, int n, bool accumulate)
        => Dispatch(a, aRowStride, aColumnStride, packed, c, ldc, m, k, n, accumulate);

    /// <summary>As <see cref="Multiply"/> with B packed by <see cref="PackBFloat16"/>; products and sums are float32.</summary>
    public static void MultiplyBFloat16(float* a, long aRowStride, long aColumnStride, ushort* packed, float* c, int ldc, int m, int k, int n, bool accumulate)
        => Dispatch(a, aRowStride, aColumnStride, packed, c, ldc, m, k, n, accumulate);

    /// <summary>
    /// As <see cref="Pack"/>, each column of B rounded to whole numbers from -127 to 127 times a scale of the column (symmetric; nearest, ties to even): a
    /// quarter of the memory traffic of float32.
    /// </summary>
    /// <param name="b">Matrix.</param>
    /// <param name="k">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="rowStride">Step from row to row.</param>
    /// <param name="columnStride">Step from column to column.</param>
    /// <param name="packed">Receives <see cref="PackedLength"/> whole numbers.</param>
    /// <param name="scales">Receives a scale a column, n: its largest magnitude / 127, 0 where all are 0. Element = whole number times scale.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackInt8(float* b, int k, int n, long rowStride, long columnStride, sbyte* packed, float* scales)
    {
        var block = stackalloc float[BlockRows * PanelWidth];
        Span<float> panelScales = stackalloc float[PanelWidth];
        for (var j = 0; j < n; j += PanelWidth)
        {
            var columns = Math.Min(PanelWidth, n - j);
            panelScales.Clear();
            for (var c = 0; c < columns; c++)
                scales[j + c] = panelScales[c] = LargestMagnitude(b + ((j + c) * columnStride), k, rowStride) / 127;
            for (var r = 0; r < k; r += BlockRows)
            {
                var rows = Math.Min(BlockRows, k - r);
                Pack(b + (r * rowStride) + (j * columnStride), rows, columns, rowStride, columnStride, block);
                for (var i = 0; i < rows; i++, packed += PanelWidth)
                    SmallTypes.ToInt8(new ReadOnlySpan<float>(block + (i * PanelWidth), PanelWidth), panelScales, new Span<sbyte>(packed, PanelWidth));
            }
        }
    }

    /// <summary>As <see cref="Multiply"/> with the whole numbers that <see cref="PackInt8"/> packed; products and sums are float32. The scales are left to the caller.</summary>
    public static void MultiplyInt8(float* a, long aRowStride, long aColumnStride, sbyte* packed, float* c, int ldc, int m, int k, int n, bool accumulate)
        => Dispatch(a, aRowStride, aColumnStride, packed, c, ldc, m, k, n, accumulate);

    /// <summary>Takes the widest instruction path of this machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Dispatch<TWeight>(float* a, long aRowStride, long aColumnStride, TWeight* packed, float* c, int ldc, int m, int k, int n, bool accumulate)
        where TWeight : unmanaged
    {
        if (Vector512.IsHardwareAccelerated)
            GemmDriver<Lanes512, TWeight>.Multiply(a, aRowStride, aColumnStride, packed, c, ldc, m, k, n, accumulate);
        else if (Vector256.IsHardwareAccelerated && Fma.IsSupported)
            GemmDriver<Lanes256, TWeight>.Multiply(a, aRowStride, aColumnStride, packed, c, ldc, m, k, n, accumulate);
        else if (Vector128.IsHardwareAccelerated)
            GemmDriver<Lanes128, TWeight>.Multiply(a, aRowStride, aColumnStride, packed, c, ldc, m, k, n, accumulate);
        else
            GemmDriver<LanesScalar, TWeight>.Multiply(a, aRowStride, aColumnStride, packed, c, ldc, m, k, n, accumulate);
    }

    /// <summary>The largest magnitude of numbers that lie <paramref name="stride"/> apart.</summary>
    private static float LargestMagnitude(float* source, int count, long stride)
    {
        if (stride == 1)
            return SmallTypes.LargestMagnitude(new ReadOnlySpan<float>(source, count));
        var largest = 0f;
        for (var i = 0; i < count; i++)
            largest = Math.Max(largest, MathF.Abs(source[i * stride]));
        return largest;
    }

    private static void CopyPanel(float* source, int k, nint rowStride, float* packed)
    {
        for (var r = 0; r < k; r++, source += rowStride, packed += PanelWidth)
            Unsafe.CopyBlockUnaligned(packed, source, PanelWidth * sizeof(float));
    }

    /// <summary>The last panel when its columns, a multiple of 8, lie together.</summary>
    private static void CopyEdge(float* source, int k, int columns, nint rowStride, float* packed)
    {
        for (var r = 0; r < k; r++, source += rowStride, packed += PanelWidth)
        {
            for (var c = 0; c < PanelWidth; c += 8)
                (c < columns ? Vector256.Load(source + c) : Vector256<float>.Zero).Store(packed + c);
        }
    }

    private static void GatherPanel(float* source, int k, int columns, nint rowStride, nint columnStride, float* packed)
    {
        for (var r = 0; r < k; r++, source += rowStride, packed += PanelWidth)
        {
            for (var c = 0; c < PanelWidth; c++)
                packed[c] = c < columns ? source[c * columnStride] : 0f;
        }
    }

    /// <summary>A panel whose columns are contiguous in memory, in blocks of 8 by 8; the rest of an edge one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposePanel(float* source, int k, int columns, nint columnStride, float* packed)
    {
        var r = 0;
        for (; r + 8 <= k; r += 8)
        {
            var c = 0;
            var target = packed + ((nint)r * PanelWidth);
            for (; c + 8 <= columns; c += 8)
                Transpose8(source + r + (c * columnStride), columnStride, target + c);
            for (; c < PanelWidth; c++)
            {
                for (var i = 0; i < 8; i++)
                    target[(i * PanelWidth) + c] = c < columns ? source[r + i + (c * columnStride)] : 0f;
            }
        }

        GatherPanel(source + r, k - r, columns, 1, columnStride, packed + ((nint)r * PanelWidth));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8(float* s, nint stride, float* t)
    {
        Vector256<float> a = Vector256.Load(s), b = Vector256.Load(s + stride), c = Vector256.Load(s + (2 * stride)), d = Vector256.Load(s + (3 * stride));
        Vector256<float> e = Vector256.Load(s + (4 * stride)), f = Vector256.Load(s + (5 * stride)), g = Vector256.Load(s + (6 * stride)), h = Vector256.Load(s + (7 * stride));
        Vector256<float> ab0 = Avx.UnpackLow(a, b), ab1 = Avx.UnpackHigh(a, b), cd0 = Avx.UnpackLow(c, d), cd1 = Avx.UnpackHigh(c, d);
        Vector256<float> ef0 = Avx.UnpackLow(e, f), ef1 = Avx.UnpackHigh(e, f), gh0 = Avx.UnpackLow(g, h), gh1 = Avx.UnpackHigh(g, h);
        Vector256<float> p0 = Avx.Shuffle(ab0, cd0, 0x44), p1 = Avx.Shuffle(ab0, cd0, 0xEE), p2 = Avx.Shuffle(ab1, cd1, 0x44), p3 = Avx.Shuffle(ab1, cd1, 0xEE);
        Vector256<float> q0 = Avx.Shuffle(ef0, gh0, 0x44), q1 = Avx.Shuffle(ef0, gh0, 0xEE), q2 = Avx.Shuffle(ef1, gh1, 0x44), q3 = Avx.Shuffle(ef1, gh1, 0xEE);
        Avx.Permute2x128(p0, q0, 0x20).Store(t);
        Avx.Permute2x128(p1, q1, 0x20).Store(t + PanelWidth);
        Avx.Permute2x128(p2, q2, 0x20).Store(t + (2 * PanelWidth));
        Avx.Permute2x128(p3, q3, 0x20).Store(t + (3 * PanelWidth));
        Avx.Permute2x128(p0, q0, 0x31).Store(t + (4 * PanelWidth));
        Avx.Permute2x128(p1, q1, 0x31).Store(t + (5 * PanelWidth));
        Avx.Permute2x128(p2, q2, 0x31).Store(t + (6 * PanelWidth));
        Avx.Permute2x128(p3, q3, 0x31).Store(t + (7 * PanelWidth));
    }
}
