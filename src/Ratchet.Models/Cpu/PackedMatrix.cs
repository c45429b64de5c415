using System.Buffers;
using Ratchet.Models.Kernels;

namespace Ratchet.Models.Cpu;

/// <summary>Weights of one or several linear layers with the same input, packed once: y = x · Wᵀ.</summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private const int LargestPooled = 1 << 20;

    private readonly NativeBuffer<float>? _single;
    private readonly NativeBuffer<ushort>? _half;
    private readonly NativeBuffer<sbyte>? _whole;
    private readonly NativeBuffer<float>? _scales;

    /// <summary>Packs weights stored [out, in], one after the other along the outputs.</summary>
    public PackedMatrix(int inputs, WeightPrecision precision, params ReadOnlySpan<float[]> weights)
    {
        Inputs = inputs;
        foreach (var weight in weights)
            Outputs += weight.Length / inputs;
        var packed = Gemm.PackedLength(inputs, Outputs);
        if (precision == WeightPrecision.BFloat16)
            _half = new NativeBuffer<ushort>(packed);
        else if (precision == WeightPrecision.Int8)
            (_whole, _scales) = (new NativeBuffer<sbyte>(packed), new NativeBuffer<float>(Outputs));
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
        else if (_whole is not null)
            MultiplyInt8(x, y, rows, accumulate);
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
            else if (_whole is not null)
                Gemm.PackInt8(source, Inputs, Outputs, 1, Inputs, _whole.Pointer, _scales!.Pointer);
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
        _whole?.Dispose();
        _scales?.Dispose();
    }

    /// <summary>A column's scale comes in after its sum, so a sum that goes on from y is made beside it.</summary>
    private void MultiplyInt8(float* x, float* y, int rows, bool accumulate)
    {
        if (!accumulate)
        {
            Gemm.MultiplyInt8(x, Inputs, 1, _whole!.Pointer, y, Outputs, rows, Inputs, Outputs, accumulate: false);
            for (var i = 0; i < rows; i++)
                RowKernels.ScaleEach(y + ((long)i * Outputs), _scales!.Pointer, Outputs, y + ((long)i * Outputs), accumulate: false);
            return;
        }

        var sums = ArrayPool<float>.Shared.Rent(checked(rows * Outputs));
        fixed (float* beside = sums)
        {
            Gemm.MultiplyInt8(x, Inputs, 1, _whole!.Pointer, beside, Outputs, rows, Inputs, Outputs, accumulate: false);
            for (var i = 0; i < rows; i++)
                RowKernels.ScaleEach(beside + ((long)i * Outputs), _scales!.Pointer, Outputs, y + ((long)i * Outputs), accumulate: true);
        }

        ArrayPool<float>.Shared.Return(sums);
    }
}
