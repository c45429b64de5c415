using System.Buffers;
using Ratchet.Models.Kernels;

namespace Ratchet.Models.Cpu;

/// <summary>Weights of one or several linear layers with the same input, packed once: y = x · Wᵀ.</summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private const int LargestPooled = 1 << 20;

    private readonly NativeBuffer<float>? _single;
    private readonly NativeBuffer<ushort>? _half;

    /// <summary>Packs weights stored [out, in], one after the other along the outputs.</summary>
    public PackedMatrix(int inputs, WeightPrecision precision, params ReadOnlySpan<float[]> weights)
    {
        Inputs = inputs;
        foreach (var weight in weights)
            Outputs += weight.Length / inputs;
        var packed = Gemm.PackedLength(inputs, Outputs);
        if (precision == WeightPrecision.BFloat16)
            _half = new NativeBuffer<ushort>(packed);
        else
            _single = new NativeBuffer<float>(packed);
        Pack(weights);
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>y[rows, Outputs] = x[rows, Inputs] · Wᵀ, or y += that; rows of x and y lie close together.</summary>
    public void Multiply(float* x, float* y, int rows, bool accumulate = false)
    {
        if (_half is not null)
            Gemm.MultiplyBFloat16(x, Inputs, 1, _half.Pointer, y, Outputs, rows, Inputs, Outputs, accumulate);
        else
            Gemm.Multiply(x, Inputs, 1, _single!.Pointer, y, Outputs, rows, Inputs, Outputs, accumulate);
    }

    /// <summary>Packs other weights of the same shape in place.</summary>
    public void Pack(params ReadOnlySpan<float[]> weights)
    {
        // Small ones are packed again after every update of a policy; what is large is packed once, and its copy must not stay in a pool.
        var pooled = Inputs * Outputs <= LargestPooled;
        var all = pooled ? ArrayPool<float>.Shared.Rent(Inputs * Outputs) : new float[Inputs * Outputs];
        var offset = 0;
        foreach (var weight in weights)
        {
            weight.CopyTo(all, offset);
            offset += weight.Length;
        }

        fixed (float* source = all)
        {
            if (_half is not null)
                Gemm.PackBFloat16(source, Inputs, Outputs, 1, Inputs, _half.Pointer);
            else
                Gemm.Pack(source, Inputs, Outputs, 1, Inputs, _single!.Pointer);
        }

        if (pooled)
            ArrayPool<float>.Shared.Return(all);
    }

    public void Dispose()
    {
        _single?.Dispose();
        _half?.Dispose();
    }
}
