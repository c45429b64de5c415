using System.Numerics;
using Ratchet.Models;

namespace Ratchet.Learning.Cpu;

/// <summary>
/// Rotary positions (Su et al. 2021) in the Hugging Face pairing: element i turns with element i + d/2 by
/// position · theta^(-2i/d). Angles are computed in double precision.
/// </summary>
internal sealed unsafe class RotaryTable : IDisposable
{
    private readonly NativeBuffer _values;
    private readonly int _half;

    /// <summary>Makes the table of all positions of a model.</summary>
    public RotaryTable(DecoderConfig config)
    {
        _half = config.HeadSize / 2;
        _values = new NativeBuffer((long)config.MaxPositions * config.HeadSize);
        for (var p = 0; p < config.MaxPositions; p++)
        {
            var row = _values.Pointer + ((long)p * config.HeadSize);
            for (var i = 0; i < _half; i++)
            {
                var angle = p * Math.Pow(config.RopeTheta, -2.0 * i / config.HeadSize);
                row[i] = (float)Math.Cos(angle);
                row[_half + i] = (float)Math.Sin(angle);
            }
        }
    }

    /// <summary>Turns heads [heads, d] of one token by its position; backwards for gradients.</summary>
    public void Turn(float* x, int heads, int position, bool backwards)
    {
        var width = Vector<float>.Count;
        var cosines = _values.Pointer + ((long)position * 2 * _half);
        var sines = cosines + _half;
        for (var h = 0; h < heads; h++)
        {
            var a = x + (h * 2 * _half);
            var b = a + _half;
            var i = 0;
            for (; i <= _half - width; i += width)
            {
                var c = Vector.Load(cosines + i);
                var s = Vector.Load(sines + i);
                if (backwards)
                    s = -s;
                var va = Vector.Load(a + i);
                var vb = Vector.Load(b + i);
                ((va * c) - (vb * s)).Store(a + i);
                ((vb * c) + (va * s)).Store(b + i);
            }

            for (; i < _half; i++)
            {
                var c = cosines[i];
                var s = backwards ? -sines[i] : sines[i];
                (a[i], b[i]) = ((a[i] * c) - (b[i] * s), (b[i] * c) + (a[i] * s));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _values.Dispose();
}
