using Ratchet.Loop;

namespace Ratchet.Systems.BfsProver;

/// <summary>Chooses which steps of found proofs are trained on, by how likely the model that made them finds them.</summary>
/// <remarks>
/// BFS-Prover-V2, section 2.3: steps that the model is certain of carry no signal, steps that it finds very unlikely are noisy or needlessly complicated. The released figure keeps about 82 % between mean negative
/// log-likelihoods of 0.25 and 0.95 and drops 6 % below and 12 % above; quantiles with these shares are recomputed every round here, because a fixed band loses everything once the model sharpens.
/// </remarks>
internal static class StepFilter
{
    public static (IReadOnlyList<StepPair> Kept, StepFilterReport Report) Apply(IReadOnlyList<StepPair> pairs, StepFilterSettings settings, IReadOnlySet<string> easy, RandomStream stream)
    {
        if (pairs.Count == 0)
            return ([], new StepFilterReport(0, 0, 0, 0, 0, 0, 1));
        var sorted = pairs.Select(p => p.MeanNll).Order().ToArray();
        var (low, high) = settings.Kind switch
        {
            StepFilterKind.Band => (settings.LowBand, settings.HighBand),
            StepFilterKind.Low => (Quantile(sorted, settings.LowQuantile), double.PositiveInfinity),
            StepFilterKind.High => (double.NegativeInfinity, Quantile(sorted, settings.HighQuantile)),
            StepFilterKind.Quantile or StepFilterKind.Random => (Quantile(sorted, settings.LowQuantile), Quantile(sorted, settings.HighQuantile)),
            _ => (double.NegativeInfinity, double.PositiveInfinity),
        };
        List<StepPair> kept;
        if (settings.Kind == StepFilterKind.Random)
        {
            // As many as the band would keep, whichever they are.
            var count = pairs.Count(p => p.MeanNll >= low && p.MeanNll <= high);
            var order = Enumerable.Range(0, pairs.Count).ToArray();
            stream.Shuffle(order.AsSpan());
            kept = [.. order.Take(count).Order().Select(i => pairs[i])];
        }
        else
        {
            kept = [.. pairs.Where(p => p.MeanNll >= low && p.MeanNll <= high && !(settings.Kind == StepFilterKind.Problem && easy.Contains(p.ProblemId)))];
        }

        var below = settings.Kind == StepFilterKind.Random ? 0 : pairs.Count(p => p.MeanNll < low);
        var above = settings.Kind == StepFilterKind.Random ? 0 : pairs.Count(p => p.MeanNll > high);
        return (kept, new StepFilterReport(pairs.Count, kept.Count, below, above, Finite(low, sorted[0]), Finite(high, sorted[^1]), (double)kept.Count / pairs.Count));
    }

    private static double Quantile(double[] sorted, double q) => sorted[Math.Clamp((int)Math.Round(q * (sorted.Length - 1)), 0, sorted.Length - 1)];

    private static double Finite(double value, double otherwise) => double.IsFinite(value) ? value : otherwise;
}

/// <summary>What a round's filter did.</summary>
/// <param name="Pairs">Steps of found proofs, each (state, step) once.</param>
/// <param name="Kept">Of them kept.</param>
/// <param name="Below">Dropped because they are likelier than the band.</param>
/// <param name="Above">Dropped because they are less likely than the band.</param>
/// <param name="Low">Lower end of the band, nats a token.</param>
/// <param name="High">Upper end of the band.</param>
/// <param name="Share">Kept share.</param>
public sealed record StepFilterReport(int Pairs, int Kept, int Below, int Above, double Low, double High, double Share);
