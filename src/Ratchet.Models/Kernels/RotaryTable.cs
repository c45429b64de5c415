namespace Ratchet.Models.Kernels;

/// <summary>Cosines and sines of rotary positions.</summary>
public static class RotaryTable
{
    /// <summary>
    /// Tables of [positions, headSize / 2]: the angle of pair i at position p is <c>p · theta^(-2i / headSize)</c>, computed in double precision.
    /// </summary>
    public static (float[] Cosines, float[] Sines) Create(int positions, int headSize, double theta)
    {
        var half = headSize / 2;
        var cosines = new float[positions * half];
        var sines = new float[positions * half];
        for (var i = 0; i < half; i++)
        {
            var frequency = Math.Pow(theta, -2.0 * i / headSize);
            for (var p = 0; p < positions; p++)
            {
                cosines[(p * half) + i] = (float)Math.Cos(p * frequency);
                sines[(p * half) + i] = (float)Math.Sin(p * frequency);
            }
        }

        return (cosines, sines);
    }
}
