using Ratchet.Models;
using Ratchet.Models.Kernels;

namespace Ratchet.Learning.Cpu;

/// <summary>Rotation of heads by the position of their token, with the sampler's tables, and back for gradients.</summary>
internal sealed unsafe class RotaryTurns : IDisposable
{
    private readonly NativeBuffer _cosines;
    private readonly NativeBuffer _sines;
    private readonly NativeBuffer _negatedSines;
    private readonly int _headSize;

    /// <summary>Makes the tables of all positions of a model.</summary>
    public RotaryTurns(DecoderConfig config)
    {
        _headSize = config.HeadSize;
        var (cosines, sines) = RotaryTable.Create(config, config.MaxPositions);
        _cosines = Copy(cosines);
        _sines = Copy(sines);
        for (var i = 0; i < sines.Length; i++)
            sines[i] = -sines[i];
        _negatedSines = Copy(sines);
    }

    /// <summary>Turns heads [heads, d] of one token.</summary>
    public void Turn(float* x, int heads, int position) => Turn(x, heads, position, _sines.Pointer);

    /// <summary>Turns the gradient of heads back.</summary>
    public void TurnBack(float* x, int heads, int position) => Turn(x, heads, position, _negatedSines.Pointer);

    /// <inheritdoc/>
    public void Dispose()
    {
        _cosines.Dispose();
        _sines.Dispose();
        _negatedSines.Dispose();
    }

    private static NativeBuffer Copy(float[] source)
    {
        var buffer = new NativeBuffer(source.Length);
        source.AsSpan().CopyTo(new Span<float>(buffer.Pointer, source.Length));
        return buffer;
    }

    private void Turn(float* x, int heads, int position, float* sines)
    {
        var offset = (long)position * _headSize / 2;
        for (var h = 0; h < heads; h++)
            RowKernels.Rotate(x + (h * _headSize), _headSize, _cosines.Pointer + offset, sines + offset);
    }
}
