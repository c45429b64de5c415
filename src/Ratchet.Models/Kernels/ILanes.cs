namespace Ratchet.Models.Kernels;

/// <summary>
/// Sixteen float32 lanes. Every kernel is written once over this interface and compiled for each implementation; every operation
/// is exact per lane and <see cref="Sum"/> and <see cref="Largest"/> combine lanes in one fixed tree, so that a kernel gives the same bits on
/// 512-, 256- and 128-bit vectors and in scalar code.
/// </summary>
internal unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>Whether there are registers for a tile of 8 rows by 32 columns.</summary>
    static abstract bool Wide { get; }

    /// <summary>All lanes zero.</summary>
    static abstract TSelf Zero { get; }

    /// <summary>All lanes the same value.</summary>
    static abstract TSelf Broadcast(float value);

    /// <summary>Reads 16 floats, any alignment.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>Reads 16 bfloat16 values, any alignment; exact.</summary>
    static abstract TSelf LoadBFloat16(ushort* source);

    /// <summary>Reads 16 signed bytes, any alignment, as whole numbers; exact.</summary>
    static abstract TSelf LoadInt8(sbyte* source);

    /// <summary>Writes 16 floats, any alignment.</summary>
    static abstract void Store(TSelf value, float* target);

    /// <summary><c>a · b + c</c>, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>Lane-wise sum.</summary>
    static abstract TSelf Add(TSelf a, TSelf b);

    /// <summary>Lane-wise difference.</summary>
    static abstract TSelf Subtract(TSelf a, TSelf b);

    /// <summary>Lane-wise product.</summary>
    static abstract TSelf Multiply(TSelf a, TSelf b);

    /// <summary>Lane-wise quotient.</summary>
    static abstract TSelf Divide(TSelf a, TSelf b);

    /// <summary>Lane-wise <c>a &gt; b ? a : b</c>: b where either is NaN.</summary>
    static abstract TSelf Larger(TSelf a, TSelf b);

    /// <summary>Lane-wise <c>a &lt; b ? a : b</c>: b where either is NaN.</summary>
    static abstract TSelf Smaller(TSelf a, TSelf b);

    /// <summary>
    /// 2^n per lane, where each lane is <c>n + 1.5 · 2^23</c>, n whole in [-126, 127]: that sum's low bits hold n.
    /// </summary>
    static abstract TSelf PowerOfTwo(TSelf shifted);

    /// <summary>Lane i + lane i+8, then +4, +2, +1.</summary>
    static abstract float Sum(TSelf value);

    /// <summary>Largest lane.</summary>
    static abstract float Largest(TSelf value);
}
