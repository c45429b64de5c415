namespace Ratchet.Models.Kernels;

/// <summary>
/// Single-threaded float32 matrix products. Each output element is one chain of fused multiply-adds over k in ascending
/// order, whatever the matrix sizes, batch make-up and instruction set: results are bit-identical for a row computed alone
/// and in a batch.
/// </summary>
public static unsafe class Gemm
{
    /// <summary>Columns in one packed panel.</summary>
    public const int PanelWidth = 32;

    /// <summary>Number of floats that <see cref="Pack"/> writes for a [k, n] matrix.</summary>
    public static long PackedLength(int k, int n) => (long)k * ((n + PanelWidth - 1) / PanelWidth) * PanelWidth;

    /// <summary>
    /// Packs B [k, n] into column panels of <see cref="PanelWidth"/> (zero-filled at the right edge): panel j holds B[:, 32j..32j+31] row by row.
    /// Element (row, column) of B is read at <c>b[row * rowStride + column * columnStride]</c>, so a weight stored [out, in] is packed as its transpose with strides (1, in).
    /// </summary>
    public static void Pack(float* b, int k, int n, long rowStride, long columnStride, float* packed)
    {
        for (var j = 0; j < n; j += PanelWidth)
        {
            for (var r = 0; r < k; r++)
            {
                for (var c = 0; c < PanelWidth; c++)
                    *packed++ = j + c < n ? b[(r * rowStride) + ((j + c) * columnStride)] : 0f;
            }
        }
    }

    /// <summary>
    /// C[m, n] = A[m, k] · B, or C += A · B. Element (i, k) of A is read at <c>a[i * aRowStride + k * aColumnStride]</c>; C is row-major with
    /// leading dimension <paramref name="ldc"/>; B is packed by <see cref="Pack"/>.
    /// </summary>
    public static void Multiply(float* a, long aRowStride, long aColumnStride, float* packed, float* c, int ldc, int m, int k, int n, bool accumulate)
    {
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var panel = packed + ((long)(j / PanelWidth) * k * PanelWidth) + (j % PanelWidth);
                var sum = accumulate ? c[((long)i * ldc) + j] : 0f;
                for (var r = 0; r < k; r++)
                    sum = MathF.FusedMultiplyAdd(a[(i * aRowStride) + (r * aColumnStride)], panel[(long)r * PanelWidth], sum);
                c[((long)i * ldc) + j] = sum;
            }
        }
    }
}
