using System.Runtime.CompilerServices;

namespace Ratchet.Models.Kernels;

/// <summary>
/// Cuts a matrix product into register tiles. Blocks of k and n keep the part of B in use in the second-level cache; between blocks of
/// k the partial sums go through C, which loses nothing, so the chain over k stays one chain.
/// </summary>
internal static unsafe class GemmDriver<TLanes, TWeight>
    where TLanes : unmanaged, ILanes<TLanes>
    where TWeight : unmanaged
{
    private const int BlockDepth = 256;
    private const int BlockFloats = 128 * 1024;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, long aRowStride, long aColumnStride, TWeight* packed, float* c, int ldc, int m, int k, int n, bool accumulate)
    {
        if (k == 0)
        {
            for (var i = 0; i < m && !accumulate; i++)
                new Span<float>(c + ((long)i * ldc), n).Clear();
            return;
        }

        // Few rows read B once anyway: blocks would only add traffic in C.
        var depth = m <= 16 ? k : Math.Min(k, BlockDepth);
        var width = m <= 16 ? n : Math.Max(BlockFloats / depth / Gemm.PanelWidth, 1) * Gemm.PanelWidth;
        var packRows = aColumnStride != 1 && n > 2 * Gemm.PanelWidth;
        var rows = stackalloc float[packRows && m >= 4 ? 8 * depth : 0];
        for (var n0 = 0; n0 < n; n0 += width)
        {
            var columns = Math.Min(width, n - n0);
            for (var k0 = 0; k0 < k; k0 += depth)
            {
                var kb = Math.Min(depth, k - k0);
                var b = packed + ((nint)(n0 / Gemm.PanelWidth) * k * Gemm.PanelWidth) + ((nint)k0 * Gemm.PanelWidth);
                for (var i = 0; i < m;)
                {
                    var left = m - i;
                    var count = left >= 8 && TLanes.Wide ? 8 : left >= 4 ? 4 : left >= 2 && TLanes.Wide ? 2 : 1;
                    var ai = a + (i * aRowStride) + (k0 * aColumnStride);
                    nint row = (nint)aRowStride, column = (nint)aColumnStride;
                    if (packRows && count >= 4)
                    {
                        CopyRows(ai, row, column, rows, count, kb);
                        ai = rows;
                        (row, column) = (1, count);
                    }

                    Rows(count, ai, row, column, b, (nint)k * Gemm.PanelWidth, c + ((long)i * ldc) + n0, ldc, kb, columns, accumulate || k0 > 0);
                    i += count;
                }
            }
        }
    }

    /// <summary>One group of rows times all panels of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows(int count, float* a, nint row, nint column, TWeight* b, nint panel, float* c, int ldc, int k, int n, bool accumulate)
    {
        var j = 0;
        if (count == 1)
        {
            for (; TLanes.Wide && j + 128 <= n; j += 128, b += 4 * panel)
                GemmTiles<TLanes, TWeight>.Rows1Panels4(a, column, b, panel, c + j, k, accumulate);
            for (; j + 64 <= n; j += 64, b += 2 * panel)
                GemmTiles<TLanes, TWeight>.Rows1Panels2(a, column, b, panel, c + j, k, accumulate);
        }
        else if (count == 2)
        {
            for (; j + 64 <= n; j += 64, b += 2 * panel)
                GemmTiles<TLanes, TWeight>.Rows2Panels2(a, row, column, b, panel, c + j, ldc, k, accumulate);
        }

        for (; j + Gemm.PanelWidth <= n; j += Gemm.PanelWidth, b += panel)
            Panel(count, a, row, column, b, c + j, ldc, k, accumulate);
        if (j == n)
            return;
        if (n - j == 16 && count >= 4)
        {
            // Exactly half a panel, as attention heads of 16 have it.
            if (count == 8)
                GemmTiles<TLanes, TWeight>.Rows8Half(a, row, column, b, c + j, ldc, k, accumulate);
            else
                GemmTiles<TLanes, TWeight>.Rows4Half(a, row, column, b, c + j, ldc, k, accumulate);
            return;
        }

        // The right edge: a whole panel into a buffer, its columns from there.
        var edge = stackalloc float[8 * Gemm.PanelWidth];
        var bytes = (n - j) * sizeof(float);
        if (accumulate)
        {
            for (var i = 0; i < count; i++)
                Unsafe.CopyBlockUnaligned(edge + (i * Gemm.PanelWidth), c + ((nint)i * ldc) + j, (uint)bytes);
        }

        Panel(count, a, row, column, b, edge, Gemm.PanelWidth, k, accumulate);
        for (var i = 0; i < count; i++)
            Unsafe.CopyBlockUnaligned(c + ((nint)i * ldc) + j, edge + (i * Gemm.PanelWidth), (uint)bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Panel(int count, float* a, nint row, nint column, TWeight* b, float* c, int ldc, int k, bool accumulate)
    {
        if (count == 8)
        {
            GemmTiles<TLanes, TWeight>.Rows8(a, row, column, b, c, ldc, k, accumulate);
        }
        else if (count == 4)
        {
            if (TLanes.Wide)
            {
                GemmTiles<TLanes, TWeight>.Rows4(a, row, column, b, c, ldc, k, accumulate);
                return;
            }

            GemmTiles<TLanes, TWeight>.Rows4Half(a, row, column, b, c, ldc, k, accumulate);
            GemmTiles<TLanes, TWeight>.Rows4Half(a, row, column, b + 16, c + 16, ldc, k, accumulate);
        }
        else
        {
            for (var i = 0; i < count; i++)
                GemmTiles<TLanes, TWeight>.Rows1(a + (i * row), column, b, c + ((nint)i * ldc), k, accumulate);
        }
    }

    /// <summary>Copies rows of A so that the elements of one k lie together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRows(float* a, nint row, nint column, float* target, int count, int k)
    {
        // Sizes that the compiler knows become plain vector moves.
        if (row == 1 && count == 8)
        {
            for (var i = 0; i < k; i++, a += column, target += 8)
                Unsafe.CopyBlockUnaligned(target, a, 8 * sizeof(float));
            return;
        }

        if (row == 1 && count == 4)
        {
            for (var i = 0; i < k; i++, a += column, target += 4)
                Unsafe.CopyBlockUnaligned(target, a, 4 * sizeof(float));
            return;
        }

        for (var i = 0; i < k; i++, a += column)
        {
            for (var r = 0; r < count; r++)
                *target++ = a[r * row];
        }
    }
}
