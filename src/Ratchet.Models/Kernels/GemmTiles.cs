using System.Runtime.CompilerServices;

namespace Ratchet.Models.Kernels;

/// <summary>
/// Register tiles of the matrix product: R rows of A times L groups of 16 columns of a packed B, over one range of k. The
/// accumulators stay in registers over the whole range; tiles differ in shape only, so that each has at least eight independent
/// chains to hide the latency of a fused multiply-add.
/// </summary>
/// <typeparam name="TLanes">Instruction path.</typeparam>
/// <typeparam name="TWeight">Type of packed elements: <see cref="float"/>, <see cref="ushort"/> for bfloat16, or <see cref="sbyte"/> for whole numbers.</typeparam>
internal static unsafe class GemmTiles<TLanes, TWeight>
    where TLanes : unmanaged, ILanes<TLanes>
    where TWeight : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Load(TWeight* source)
        => typeof(TWeight) == typeof(ushort) ? TLanes.LoadBFloat16((ushort*)source) : typeof(TWeight) == typeof(sbyte) ? TLanes.LoadInt8((sbyte*)source) : TLanes.Load((float*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Start(float* c, bool accumulate) => accumulate ? TLanes.Load(c) : TLanes.Zero;

    /// <summary>8 rows, one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8(float* a, nint row, nint column, TWeight* b, float* c, nint ldc, int k, bool accumulate)
    {
        float* a0 = a, a1 = a + row, a2 = a + (2 * row), a3 = a + (3 * row), a4 = a + (4 * row), a5 = a + (5 * row), a6 = a + (6 * row), a7 = a + (7 * row);
        float* c0 = c, c1 = c + ldc, c2 = c + (2 * ldc), c3 = c + (3 * ldc), c4 = c + (4 * ldc), c5 = c + (5 * ldc), c6 = c + (6 * ldc), c7 = c + (7 * ldc);
        TLanes s00 = Start(c0, accumulate), s01 = Start(c0 + 16, accumulate), s10 = Start(c1, accumulate), s11 = Start(c1 + 16, accumulate);
        TLanes s20 = Start(c2, accumulate), s21 = Start(c2 + 16, accumulate), s30 = Start(c3, accumulate), s31 = Start(c3 + 16, accumulate);
        TLanes s40 = Start(c4, accumulate), s41 = Start(c4 + 16, accumulate), s50 = Start(c5, accumulate), s51 = Start(c5 + 16, accumulate);
        TLanes s60 = Start(c6, accumulate), s61 = Start(c6 + 16, accumulate), s70 = Start(c7, accumulate), s71 = Start(c7 + 16, accumulate);
        nint o = 0;
        for (var end = b + ((nint)k * Gemm.PanelWidth); b < end; b += Gemm.PanelWidth, o += column)
        {
            TLanes b0 = Load(b), b1 = Load(b + 16);
            var x = TLanes.Broadcast(a0[o]);
            s00 = TLanes.FusedMultiplyAdd(x, b0, s00);
            s01 = TLanes.FusedMultiplyAdd(x, b1, s01);
            x = TLanes.Broadcast(a1[o]);
            s10 = TLanes.FusedMultiplyAdd(x, b0, s10);
            s11 = TLanes.FusedMultiplyAdd(x, b1, s11);
            x = TLanes.Broadcast(a2[o]);
            s20 = TLanes.FusedMultiplyAdd(x, b0, s20);
            s21 = TLanes.FusedMultiplyAdd(x, b1, s21);
            x = TLanes.Broadcast(a3[o]);
            s30 = TLanes.FusedMultiplyAdd(x, b0, s30);
            s31 = TLanes.FusedMultiplyAdd(x, b1, s31);
            x = TLanes.Broadcast(a4[o]);
            s40 = TLanes.FusedMultiplyAdd(x, b0, s40);
            s41 = TLanes.FusedMultiplyAdd(x, b1, s41);
            x = TLanes.Broadcast(a5[o]);
            s50 = TLanes.FusedMultiplyAdd(x, b0, s50);
            s51 = TLanes.FusedMultiplyAdd(x, b1, s51);
            x = TLanes.Broadcast(a6[o]);
            s60 = TLanes.FusedMultiplyAdd(x, b0, s60);
            s61 = TLanes.FusedMultiplyAdd(x, b1, s61);
            x = TLanes.Broadcast(a7[o]);
            s70 = TLanes.FusedMultiplyAdd(x, b0, s70);
            s71 = TLanes.FusedMultiplyAdd(x, b1, s71);
        }

        TLanes.Store(s00, c0);
        TLanes.Store(s01, c0 + 16);
        TLanes.Store(s10, c1);
        TLanes.Store(s11, c1 + 16);
        TLanes.Store(s20, c2);
        TLanes.Store(s21, c2 + 16);
        TLanes.Store(s30, c3);
        TLanes.Store(s31, c3 + 16);
        TLanes.Store(s40, c4);
        TLanes.Store(s41, c4 + 16);
        TLanes.Store(s50, c5);
        TLanes.Store(s51, c5 + 16);
        TLanes.Store(s60, c6);
        TLanes.Store(s61, c6 + 16);
        TLanes.Store(s70, c7);
        TLanes.Store(s71, c7 + 16);
    }

    /// <summary>4 rows, one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(float* a, nint row, nint column, TWeight* b, float* c, nint ldc, int k, bool accumulate)
    {
        float* a0 = a, a1 = a + row, a2 = a + (2 * row), a3 = a + (3 * row);
        float* c0 = c, c1 = c + ldc, c2 = c + (2 * ldc), c3 = c + (3 * ldc);
        TLanes s00 = Start(c0, accumulate), s01 = Start(c0 + 16, accumulate), s10 = Start(c1, accumulate), s11 = Start(c1 + 16, accumulate);
        TLanes s20 = Start(c2, accumulate), s21 = Start(c2 + 16, accumulate), s30 = Start(c3, accumulate), s31 = Start(c3 + 16, accumulate);
        nint o = 0;
        for (var end = b + ((nint)k * Gemm.PanelWidth); b < end; b += Gemm.PanelWidth, o += column)
        {
            TLanes b0 = Load(b), b1 = Load(b + 16);
            var x = TLanes.Broadcast(a0[o]);
            s00 = TLanes.FusedMultiplyAdd(x, b0, s00);
            s01 = TLanes.FusedMultiplyAdd(x, b1, s01);
            x = TLanes.Broadcast(a1[o]);
            s10 = TLanes.FusedMultiplyAdd(x, b0, s10);
            s11 = TLanes.FusedMultiplyAdd(x, b1, s11);
            x = TLanes.Broadcast(a2[o]);
            s20 = TLanes.FusedMultiplyAdd(x, b0, s20);
            s21 = TLanes.FusedMultiplyAdd(x, b1, s21);
            x = TLanes.Broadcast(a3[o]);
            s30 = TLanes.FusedMultiplyAdd(x, b0, s30);
            s31 = TLanes.FusedMultiplyAdd(x, b1, s31);
        }

        TLanes.Store(s00, c0);
        TLanes.Store(s01, c0 + 16);
        TLanes.Store(s10, c1);
        TLanes.Store(s11, c1 + 16);
        TLanes.Store(s20, c2);
        TLanes.Store(s21, c2 + 16);
        TLanes.Store(s30, c3);
        TLanes.Store(s31, c3 + 16);
    }

    /// <summary>8 rows, half a panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows8Half(float* a, nint row, nint column, TWeight* b, float* c, nint ldc, int k, bool accumulate)
    {
        float* a0 = a, a1 = a + row, a2 = a + (2 * row), a3 = a + (3 * row), a4 = a + (4 * row), a5 = a + (5 * row), a6 = a + (6 * row), a7 = a + (7 * row);
        float* c0 = c, c1 = c + ldc, c2 = c + (2 * ldc), c3 = c + (3 * ldc), c4 = c + (4 * ldc), c5 = c + (5 * ldc), c6 = c + (6 * ldc), c7 = c + (7 * ldc);
        TLanes s0 = Start(c0, accumulate), s1 = Start(c1, accumulate), s2 = Start(c2, accumulate), s3 = Start(c3, accumulate);
        TLanes s4 = Start(c4, accumulate), s5 = Start(c5, accumulate), s6 = Start(c6, accumulate), s7 = Start(c7, accumulate);
        nint o = 0;
        for (var end = b + ((nint)k * Gemm.PanelWidth); b < end; b += Gemm.PanelWidth, o += column)
        {
            var b0 = Load(b);
            s0 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a0[o]), b0, s0);
            s1 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a1[o]), b0, s1);
            s2 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a2[o]), b0, s2);
            s3 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a3[o]), b0, s3);
            s4 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a4[o]), b0, s4);
            s5 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a5[o]), b0, s5);
            s6 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a6[o]), b0, s6);
            s7 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a7[o]), b0, s7);
        }

        TLanes.Store(s0, c0);
        TLanes.Store(s1, c1);
        TLanes.Store(s2, c2);
        TLanes.Store(s3, c3);
        TLanes.Store(s4, c4);
        TLanes.Store(s5, c5);
        TLanes.Store(s6, c6);
        TLanes.Store(s7, c7);
    }

    /// <summary>4 rows, half a panel: what fits in 16 registers of 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4Half(float* a, nint row, nint column, TWeight* b, float* c, nint ldc, int k, bool accumulate)
    {
        float* a0 = a, a1 = a + row, a2 = a + (2 * row), a3 = a + (3 * row);
        TLanes s0 = Start(c, accumulate), s1 = Start(c + ldc, accumulate), s2 = Start(c + (2 * ldc), accumulate), s3 = Start(c + (3 * ldc), accumulate);
        nint o = 0;
        for (var end = b + ((nint)k * Gemm.PanelWidth); b < end; b += Gemm.PanelWidth, o += column)
        {
            var b0 = Load(b);
            s0 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a0[o]), b0, s0);
            s1 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a1[o]), b0, s1);
            s2 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a2[o]), b0, s2);
            s3 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(a3[o]), b0, s3);
        }

        TLanes.Store(s0, c);
        TLanes.Store(s1, c + ldc);
        TLanes.Store(s2, c + (2 * ldc));
        TLanes.Store(s3, c + (3 * ldc));
    }

    /// <summary>2 rows, two panels that lie <paramref name="panel"/> elements apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows2Panels2(float* a, nint row, nint column, TWeight* b, nint panel, float* c, nint ldc, int k, bool accumulate)
    {
        float* a0 = a, a1 = a + row;
        float* c0 = c, c1 = c + ldc;
        TLanes s00 = Start(c0, accumulate), s01 = Start(c0 + 16, accumulate), s02 = Start(c0 + 32, accumulate), s03 = Start(c0 + 48, accumulate);
        TLanes s10 = Start(c1, accumulate), s11 = Start(c1 + 16, accumulate), s12 = Start(c1 + 32, accumulate), s13 = Start(c1 + 48, accumulate);
        var d = b + panel;
        nint o = 0;
        for (var end = b + ((nint)k * Gemm.PanelWidth); b < end; b += Gemm.PanelWidth, d += Gemm.PanelWidth, o += column)
        {
            TLanes b0 = Load(b), b1 = Load(b + 16), b2 = Load(d), b3 = Load(d + 16);
            var x = TLanes.Broadcast(a0[o]);
            s00 = TLanes.FusedMultiplyAdd(x, b0, s00);
            s01 = TLanes.FusedMultiplyAdd(x, b1, s01);
            s02 = TLanes.FusedMultiplyAdd(x, b2, s02);
            s03 = TLanes.FusedMultiplyAdd(x, b3, s03);
            x = TLanes.Broadcast(a1[o]);
            s10 = TLanes.FusedMultiplyAdd(x, b0, s10);
            s11 = TLanes.FusedMultiplyAdd(x, b1, s11);
            s12 = TLanes.FusedMultiplyAdd(x, b2, s12);
            s13 = TLanes.FusedMultiplyAdd(x, b3, s13);
        }

        TLanes.Store(s00, c0);
        TLanes.Store(s01, c0 + 16);
        TLanes.Store(s02, c0 + 32);
        TLanes.Store(s03, c0 + 48);
        TLanes.Store(s10, c1);
        TLanes.Store(s11, c1 + 16);
        TLanes.Store(s12, c1 + 32);
        TLanes.Store(s13, c1 + 48);
    }

    /// <summary>1 row, one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows1(float* a, nint column, TWeight* b, float* c, int k, bool accumulate)
    {
        TLanes s0 = Start(c, accumulate), s1 = Start(c + 16, accumulate);
        for (var end = b + ((nint)k * Gemm.PanelWidth); b < end; b += Gemm.PanelWidth, a += column)
        {
            var x = TLanes.Broadcast(*a);
            s0 = TLanes.FusedMultiplyAdd(x, Load(b), s0);
            s1 = TLanes.FusedMultiplyAdd(x, Load(b + 16), s1);
        }

        TLanes.Store(s0, c);
        TLanes.Store(s1, c + 16);
    }

    /// <summary>1 row, two panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows1Panels2(float* a, nint column, TWeight* b, nint panel, float* c, int k, bool accumulate)
    {
        TLanes s0 = Start(c, accumulate), s1 = Start(c + 16, accumulate), s2 = Start(c + 32, accumulate), s3 = Start(c + 48, accumulate);
        var d = b + panel;
        for (var end = b + ((nint)k * Gemm.PanelWidth); b < end; b += Gemm.PanelWidth, d += Gemm.PanelWidth, a += column)
        {
            var x = TLanes.Broadcast(*a);
            s0 = TLanes.FusedMultiplyAdd(x, Load(b), s0);
            s1 = TLanes.FusedMultiplyAdd(x, Load(b + 16), s1);
            s2 = TLanes.FusedMultiplyAdd(x, Load(d), s2);
            s3 = TLanes.FusedMultiplyAdd(x, Load(d + 16), s3);
        }

        TLanes.Store(s0, c);
        TLanes.Store(s1, c + 16);
        TLanes.Store(s2, c + 32);
        TLanes.Store(s3, c + 48);
    }

    /// <summary>1 row, four panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows1Panels4(float* a, nint column, TWeight* b, nint panel, float* c, int k, bool accumulate)
    {
        TLanes s0 = Start(c, accumulate), s1 = Start(c + 16, accumulate), s2 = Start(c + 32, accumulate), s3 = Start(c + 48, accumulate);
        TLanes s4 = Start(c + 64, accumulate), s5 = Start(c + 80, accumulate), s6 = Start(c + 96, accumulate), s7 = Start(c + 112, accumulate);
        TWeight* d = b + panel, e = d + panel, f = e + panel;
        for (var end = b + ((nint)k * Gemm.PanelWidth); b < end; b += Gemm.PanelWidth, d += Gemm.PanelWidth, e += Gemm.PanelWidth, f += Gemm.PanelWidth, a += column)
        {
            var x = TLanes.Broadcast(*a);
            s0 = TLanes.FusedMultiplyAdd(x, Load(b), s0);
            s1 = TLanes.FusedMultiplyAdd(x, Load(b + 16), s1);
            s2 = TLanes.FusedMultiplyAdd(x, Load(d), s2);
            s3 = TLanes.FusedMultiplyAdd(x, Load(d + 16), s3);
            s4 = TLanes.FusedMultiplyAdd(x, Load(e), s4);
            s5 = TLanes.FusedMultiplyAdd(x, Load(e + 16), s5);
            s6 = TLanes.FusedMultiplyAdd(x, Load(f), s6);
            s7 = TLanes.FusedMultiplyAdd(x, Load(f + 16), s7);
        }

        TLanes.Store(s0, c);
        TLanes.Store(s1, c + 16);
        TLanes.Store(s2, c + 32);
        TLanes.Store(s3, c + 48);
        TLanes.Store(s4, c + 64);
        TLanes.Store(s5, c + 80);
        TLanes.Store(s6, c + 96);
        TLanes.Store(s7, c + 112);
    }
}
