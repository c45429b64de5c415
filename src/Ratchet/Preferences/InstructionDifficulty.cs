namespace Ratchet.Preferences;

/// <summary>How much each instruction favours the models that are compared with one reference, estimated once over all of them.</summary>
/// <remarks>
/// The γ_x of length control (arXiv 2404.04475): P(model m wins on x) = σ(θ_m + φ_m · tanh(Δ/s_m) + γ_x), fitted jointly with a normal prior on γ. Alternates the models' two
/// coefficients and the instructions' one, each by Newton steps; the objective is convex.
/// </remarks>
public static class InstructionDifficulty
{
    private const int Rounds = 60;

    /// <summary>Estimates γ_x.</summary>
    /// <param name="models">For each model its comparisons by instruction; instructions may be missing.</param>
    /// <param name="deviation">Deviation of the prior on γ, above 0.</param>
    /// <returns>γ_x by instruction; positive where the models win more than they do elsewhere.</returns>
    public static IReadOnlyDictionary<string, double> Estimate(IReadOnlyList<IReadOnlyDictionary<string, ComparedLengths>> models, double deviation = 1)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deviation);
        var gamma = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var id in models.SelectMany(m => m.Keys))
            gamma[id] = 0;
        var rows = models.Select(m =>
        {
            var mean = m.Values.Average(r => r.ModelLength - r.ReferenceLength);
            var spread = Math.Sqrt(m.Values.Average(r => Math.Pow(r.ModelLength - r.ReferenceLength - mean, 2)));
            return m.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => (Id: r.Key, Length: spread > 0 ? Math.Tanh((r.Value.ModelLength - r.Value.ReferenceLength) / spread) : 0, Win: r.Value.Preference - 1)).ToList();
        }).ToList();
        var effects = models.Select(_ => (Quality: 0.0, Length: 0.0)).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var m = 0; m < rows.Count; m++)
                effects[m] = Model(rows[m], gamma, effects[m]);
            var change = 0.0;
            var slopes = new Dictionary<string, (double Slope, double Curvature)>(StringComparer.Ordinal);
            for (var m = 0; m < rows.Count; m++)
            {
                foreach (var (id, length, win) in rows[m])
                {
                    var p = LogisticRegression.Sigmoid(effects[m].Quality + (effects[m].Length * length) + gamma[id]);
                    var (slope, curvature) = slopes.GetValueOrDefault(id);
                    slopes[id] = (slope + p - win, curvature + (p * (1 - p)));
                }
            }

            foreach (var (id, (slope, curvature)) in slopes)
            {
                var prior = 1 / (deviation * deviation);
                var step = (slope + (gamma[id] * prior)) / (curvature + prior);
                gamma[id] -= Math.Clamp(step, -1, 1);
                change = Math.Max(change, Math.Abs(step));
            }

            if (change < 1e-8)
                break;
        }

        return gamma;
    }

    private static (double Quality, double Length) Model(List<(string Id, double Length, double Win)> rows, SortedDictionary<string, double> gamma, (double Quality, double Length) at)
    {
        // A weak prior keeps a model that always wins finite.
        const double Weak = 1e-3;
        for (var step = 0; step < 20; step++)
        {
            double g0 = Weak * at.Quality, g1 = Weak * at.Length, h00 = Weak, h01 = 0, h11 = Weak;
            foreach (var (id, length, win) in rows)
            {
                var p = LogisticRegression.Sigmoid(at.Quality + (at.Length * length) + gamma[id]);
                var w = p * (1 - p);
                g0 += p - win;
                g1 += (p - win) * length;
                h00 += w;
                h01 += w * length;
                h11 += w * length * length;
            }

            var determinant = (h00 * h11) - (h01 * h01);
            var (d0, d1) = (((h11 * g0) - (h01 * g1)) / determinant, ((h00 * g1) - (h01 * g0)) / determinant);
            at = (at.Quality - Math.Clamp(d0, -2, 2), at.Length - Math.Clamp(d1, -2, 2));
            if (Math.Max(Math.Abs(d0), Math.Abs(d1)) < 1e-10)
                break;
        }

        return at;
    }
}
