using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Evaluation;

/// <summary>Compares two systems on the same problems by a paired bootstrap.</summary>
/// <remarks>
/// Koehn 2004 ("Statistical significance tests for machine translation evaluation") for one run a side. With several runs a
/// side the runs are resampled as well: together where both sides have the same seeds, else each side for itself. Two or
/// three seeds tell little about the spread between seeds, whatever the method; the interval is then a lower bound of the doubt.
/// </remarks>
public static class PairedBootstrap
{
    /// <summary>The difference <paramref name="after"/> minus <paramref name="before"/> of the mean score.</summary>
    /// <param name="before">Runs of one side, at least one.</param>
    /// <param name="after">Runs of the other side, at least one.</param>
    /// <param name="resamples">Bootstrap resamples, at least 1.</param>
    /// <param name="stream">Stream of the bootstrap.</param>
    /// <exception cref="RatchetException">Two runs were evaluated on different problems, or no problem is scored in all runs.</exception>
    public static Comparison Compare(IReadOnlyList<ProblemScores> before, IReadOnlyList<ProblemScores> after, int resamples, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(before.Count, 1, nameof(before));
        ArgumentOutOfRangeException.ThrowIfLessThan(after.Count, 1, nameof(after));
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        RefuseDifferentProblems([.. before, .. after]);

        var all = before[0].Values.Keys.Order(StringComparer.Ordinal).ToList();
        var ids = all.Where(id => before.Concat(after).All(run => run.Values[id] is not null)).ToList();
        if (ids.Count == 0)
        {
            throw new RatchetException(
                "The runs cannot be compared: no problem has enough attempts with a verdict in all of them.",
                "Compare at a smaller k, or look into the unknown verdicts.");
        }

        var seedsPaired = before.Select(r => r.Seed).Distinct().Count() == before.Count
            && before.Select(r => r.Seed).Order().SequenceEqual(after.Select(r => r.Seed).Order());
        var left = Matrix(seedsPaired ? [.. before.OrderBy(r => r.Seed)] : before, ids);
        var right = Matrix(seedsPaired ? [.. after.OrderBy(r => r.Seed)] : after, ids);

        var differences = new double[resamples];
        var leftRuns = new int[left.Length];
        var rightRuns = new int[right.Length];
        for (var r = 0; r < resamples; r++)
        {
            Draw(leftRuns, ref stream);
            if (seedsPaired)
                leftRuns.CopyTo(rightRuns, 0);
            else
                Draw(rightRuns, ref stream);
            var sum = 0.0;
            for (var i = 0; i < ids.Count; i++)
            {
                var problem = stream.NextInt(ids.Count);
                sum += Mean(right, rightRuns, problem) - Mean(left, leftRuns, problem);
            }

            differences[r] = sum / ids.Count;
        }

        // Summation order differs between resamples; a difference this small is a tie and not a sign.
        const double Tie = 1e-12;
        var notAbove = differences.Count(d => d <= Tie);
        var notBelow = differences.Count(d => d >= -Tie);
        Array.Sort(differences);
        var valueBefore = left.Average(run => run.Average());
        var valueAfter = right.Average(run => run.Average());
        return new Comparison
        {
            Before = valueBefore,
            After = valueAfter,
            Difference = valueAfter - valueBefore,
            Low = Intervals.Quantile(differences, 0.025),
            High = Intervals.Quantile(differences, 0.975),
            PValue = Math.Min(1, 2.0 * (Math.Min(notAbove, notBelow) + 1) / (resamples + 1)),
            Problems = ids.Count,
            LeftOut = all.Count - ids.Count,
            SeedsPaired = seedsPaired,
        };
    }

    private static void RefuseDifferentProblems(IReadOnlyList<ProblemScores> runs)
    {
        foreach (var run in runs.Skip(1))
        {
            var missing = runs[0].Values.Keys.Where(id => !run.Values.ContainsKey(id)).Order(StringComparer.Ordinal).ToList();
            var extra = run.Values.Keys.Where(id => !runs[0].Values.ContainsKey(id)).Order(StringComparer.Ordinal).ToList();
            if (missing.Count + extra.Count == 0)
                continue;
            var example = missing.Count > 0 ? missing[0] : extra[0];
            throw new RatchetException(
                $"The runs cannot be compared: {missing.Count + extra.Count} problems were evaluated in one run only (for example '{example}').",
                "Compare runs that were evaluated on the same held-out problems: same problem file, or same generator counts and seed.");
        }
    }

    private static double[][] Matrix(IReadOnlyList<ProblemScores> runs, List<string> ids) =>
        [.. runs.Select(run => ids.Select(id => run.Values[id]!.Value).ToArray())];

    private static void Draw(int[] runs, ref RandomStream stream)
    {
        for (var i = 0; i < runs.Length; i++)
            runs[i] = runs.Length == 1 ? 0 : stream.NextInt(runs.Length);
    }

    private static double Mean(double[][] values, int[] runs, int problem)
    {
        var sum = 0.0;
        foreach (var run in runs)
            sum += values[run][problem];
        return sum / runs.Length;
    }
}
