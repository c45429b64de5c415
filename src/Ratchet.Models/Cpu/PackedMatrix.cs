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
            _half = new NativeBuffer<ushort>(packed, zeroed: false);
        else if (precision == WeightPrecision.Int8)
            (_whole, _scales) = (new NativeBuffer<sbyte>(packed, zeroed: false), new NativeBuffer<float>(Outputs));
        else
            _single = new NativeBuffer<float>(packed, zeroed: false);
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
        var output = 0;
        var whole = true;
        foreach (var weight in weights)
        {
            whole &= output % Gemm.PanelWidth == 0;
            output += weight.Length / Inputs;
        }

        if (whole)
        {
            output = 0;
            foreach (var weight in weights)
            {
                Pack(weight, output, weight.Length / Inputs);
                output += weight.Length / Inputs;
            }

            return;
        }

        // A panel holds columns of two weights. Such matrices are small as a rule, and packed again after every update of a policy.
        var pooled = Inputs * Outputs <= LargestPooled;
        var all = pooled ? ArrayPool<float>.Shared.Rent(Inputs * Outputs) : new float[Inputs * Outputs];
        var offset = 0;
        foreach (var weight in weights)
        {
            weight.CopyTo(all, offset);
            offset += weight.Length;
        }

        Pack(all, 0, Outputs);
        if (pooled)
            ArrayPool<float>.Shared.Return(all);
    }

    /// <summary>Packs weights, [outputs, in], from an output on that begins a panel.</summary>
    private void Pack(float[] weights, int first, int outputs)
    {
        var at = Gemm.PackedLength(Inputs, first);
        fixed (float* source = weights)
        {
            if (_half is not null)
                Gemm.PackBFloat16(source, Inputs, outputs, 1, Inputs, _half.Pointer + at);
            else if (_whole is not null)
                Gemm.PackInt8(source, Inputs, outputs, 1, Inputs, _whole.Pointer + at, _scales!.Pointer + first);
            else
                Gemm.Pack(source, Inputs, outputs, 1, Inputs, _single!.Pointer + at);
        }
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
