namespace Ratchet.Models.Kernels;

/// <summary>Cosines and sines of rotary positions.</summary>
public static class RotaryTable
{
    /// <summary>
    /// Tables of [positions, turning dimensions / 2] of a model, computed in double precision: those of the angle <c>position · frequency</c>, with the
    /// model's scaling. The turning dimensions are a whole head, with latent attention its rotary part.
    /// </summary>
    public static (float[] Cosines, float[] Sines) Create(DecoderConfig config, int positions)
    {
        ArgumentNullException.ThrowIfNull(config);
        var frequencies = RopeScaling.Frequencies(config.LatentAttention?.RotaryHeadSize ?? config.HeadSize, config.RopeTheta, config.RopeScaling);
        var factor = config.RopeScaling?.RotaryFactor ?? 1;
        var cosines = new float[positions * frequencies.Length];
        var sines = new float[positions * frequencies.Length];
        for (var i = 0; i < frequencies.Length; i++)
        {
            for (var p = 0; p < positions; p++)
            {
                cosines[(p * frequencies.Length) + i] = (float)(factor * Math.Cos(p * frequencies[i]));
                sines[(p * frequencies.Length) + i] = (float)(factor * Math.Sin(p * frequencies[i]));
            }
        }

        return (cosines, sines);
    }
}
