using Ratchet.Models.Kernels;

namespace Ratchet.Learning.Cpu;

/// <summary>A weight matrix packed for both products that a step makes with it. Shared by all shards while they only read.</summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private readonly NativeBuffer _forward;
    private readonly NativeBuffer _backward;

    /// <summary>Makes room; <see cref="Pack"/> fills it.</summary>
    public PackedMatrix(ParameterMatrix matrix)
    {
        Matrix = matrix;
        _forward = new NativeBuffer(Gemm.PackedLength(matrix.In, matrix.Out));
        _backward = new NativeBuffer(Gemm.PackedLength(matrix.Out, matrix.In));
    }

    /// <summary>Where the weights lie.</summary>
    public ParameterMatrix Matrix { get; }

    /// <summary>Packs one direction from the flat parameters.</summary>
    public void Pack(float* parameters, bool forward)
    {
        var source = parameters + Matrix.Offset;
        if (forward)
            Gemm.Pack(source, Matrix.In, Matrix.Out, 1, Matrix.In, _forward.Pointer);
        else
            Gemm.Pack(source, Matrix.Out, Matrix.In, Matrix.In, 1, _backward.Pointer);
    }

    /// <summary>y [rows, Out] = x [rows, In] · Wᵀ, or += .</summary>
    public void Forward(float* x, float* y, int outputStride, int rows, bool accumulate = false) =>
        Gemm.Multiply(x, Matrix.In, 1, _forward.Pointer, y, outputStride, rows, Matrix.In, Matrix.Out, accumulate);

    /// <summary>dx [rows, In] = dy [rows, Out] · W, or += .</summary>
    public void InputGradient(float* dy, int outputStride, float* dx, int rows, bool accumulate = false) =>
        Gemm.Multiply(dy, outputStride, 1, _backward.Pointer, dx, Matrix.In, rows, Matrix.Out, Matrix.In, accumulate);

    /// <summary>dW [Out, In] = dyᵀ · x, or +=; <paramref name="scratch"/> holds x packed.</summary>
    public void WeightGradient(float* dy, int outputStride, float* x, int rows, NativeBuffer scratch, float* gradient, bool accumulate)
    {
        var packed = scratch.Ensure(Gemm.PackedLength(rows, Matrix.In));
        Gemm.Pack(x, rows, Matrix.In, Matrix.In, 1, packed);
        Gemm.Multiply(dy, 1, outputStride, packed, gradient + Matrix.Offset, Matrix.In, Matrix.Out, rows, Matrix.In, accumulate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _forward.Dispose();
        _backward.Dispose();
    }
}
