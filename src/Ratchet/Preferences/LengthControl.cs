using Ratchet.Evaluation;
using Ratchet.Loop;

namespace Ratchet.Preferences;

/// <summary>A comparison of a model's response with a reference's on one instruction.</summary>
/// <param name="Preference">In [1, 2]; 2 where the model is better.</param>
/// <param name="ModelLength">Length of the model's response, in any unit, at least 0.</param>
/// <param name="ReferenceLength">Length of the reference's response in the same unit.</param>
/// <param name="Difficulty">How hard the instruction is (<see cref="InstructionDifficulty"/>); 0 where that is not known.</param>
public readonly record struct ComparedLengths(double Preference, double ModelLength, double ReferenceLength, double Difficulty = 0)
{
    /// <summary>The same comparison with the parts of model and reference exchanged.</summary>
    public ComparedLengths Swapped() => new(Annotation.Mirror(Preference), ReferenceLength, ModelLength, Difficulty);
}

/// <summary>The win rate that a model would have if its responses were as long as the reference's.</summary>
/// <remarks>
/// Dubois et al. 2024 (arXiv 2404.04475): P(model wins on x) = σ(θ + φ · tanh(Δ/s) + ψ · γ_x) with Δ the difference of lengths, s its deviation over instructions and γ_x the
/// instruction's difficulty; the result is the mean over x with Δ = 0. L1 penalty, its strength from 5-fold cross-validation over instructions. Differences: the solver is
/// ours, and folds are those of the instruction's index modulo 5; with every γ_x = 0 the third term is left out.
/// <para>Exact properties: exchanging model and reference gives 1 - w bit by bit, and equal responses (all ties, all lengths equal) give 0.5.</para>
/// </remarks>
public sealed record LengthControl
{
    private const int Folds = 5;

    /// <summary>Weight of the rows of deliberately verbose and concise references beside the real ones.</summary>
    private const double GamedWeight = 0.2;

    // 1/C for C from 1e4 down to 1e-4: weakest penalty first.
    private static readonly double[] Strengths = [.. Enumerable.Range(0, 10).Select(i => Math.Pow(10, -4 + (i * 8 / 9.0)))];

    /// <summary>Length-controlled win rate, 0 to 1.</summary>
    public required double Value { get; init; }

    /// <summary>Lower end of the 95 % bootstrap interval over instructions, at the penalty that was chosen.</summary>
    public required double Low { get; init; }

    /// <summary>Upper end of the interval.</summary>
    public required double High { get; init; }

    /// <summary>θ: how much better the model is, in log-odds.</summary>
    public required double Quality { get; init; }

    /// <summary>φ: how much a longer response wins, in log-odds for tanh = 1.</summary>
    public required double LengthEffect { get; init; }

    /// <summary>ψ: how the model's advantage changes with difficulty.</summary>
    public required double DifficultyEffect { get; init; }

    /// <summary>Strength of the L1 penalty that cross-validation chose.</summary>
    public required double Penalty { get; init; }

    /// <summary>The plain win rate.</summary>
    public required WinRate Raw { get; init; }

    /// <summary>Raw and controlled win rate are more than 10 points and a factor of 1.5 in odds apart: the raw one is mostly about length, or the fit is poor.</summary>
    public bool IsExtremeChange
    {
        get
        {
            var odds = Math.Abs(Odds(Value) - Odds(Raw.Value));
            return Math.Abs(Value - Raw.Value) > 0.1 && odds > Math.Log(1.5);
            static double Odds(double p) => Math.Log(Math.Clamp(p, 1e-6, 1 - 1e-6) / (1 - Math.Clamp(p, 1e-6, 1 - 1e-6)));
        }
    }

    /// <summary>Fits the model.</summary>
    /// <param name="rows">One comparison an instruction, in a fixed order of instructions; at least 5.</param>
    /// <param name="gamed">Comparisons of the reference with deliberately verbose and concise answers of the same model, which tame responses that are cut on purpose; may be empty.</param>
    /// <param name="stream">Stream of the bootstrap.</param>
    /// <param name="resamples">Bootstrap resamples; 0 for no interval.</param>
    /// <exception cref="ArgumentException">There are fewer than 5 rows, or a preference or length is out of range.</exception>
    public static LengthControl Fit(IReadOnlyList<ComparedLengths> rows, IReadOnlyList<ComparedLengths> gamed, RandomStream stream, int resamples = 200)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(gamed);
        if (rows.Count < Folds)
            throw new ArgumentException($"At least {Folds} comparisons are needed, not {rows.Count}.", nameof(rows));
        if (rows.Concat(gamed).Any(r => r.Preference is not (>= 1 and <= 2) || !(r.ModelLength >= 0) || !(r.ReferenceLength >= 0)))
            throw new ArgumentException("A preference must lie in [1, 2] and a length be at least 0.", nameof(rows));
        var table = Table.Of(rows, gamed);
        var penalty = Choose(table, rows.Count);
        var b = table.Fit(penalty, _ => 1);
        var value = table.AtEqualLength(b);
        var (low, high) = (value, value);
        if (resamples > 0)
        {
            var values = new double[resamples];
            for (var r = 0; r < resamples; r++)
            {
                var counts = new double[rows.Count];
                for (var i = 0; i < rows.Count; i++)
                    counts[stream.NextInt(rows.Count)]++;
                values[r] = table.AtEqualLength(table.Fit(penalty, i => counts[i], b), counts);
            }

            Array.Sort(values);
            (low, high) = (Math.Min(value, Intervals.Quantile(values, 0.025)), Math.Max(value, Intervals.Quantile(values, 0.975)));
        }

        return new LengthControl
        {
            Value = value, Low = low, High = high, Quality = b[0], LengthEffect = b[1], DifficultyEffect = b.Length > 2 ? b[2] : 0, Penalty = penalty, Raw = WinRate.Of([.. rows.Select(r => r.Preference)]),
        };
    }

    /// <summary>The penalty with the smallest held-out loss; the stronger one where two are equal.</summary>
    private static double Choose(Table table, int count)
    {
        var best = (Loss: double.PositiveInfinity, Penalty: Strengths[^1]);
        foreach (var penalty in Strengths)
        {
            var loss = 0.0;
            for (var fold = 0; fold < Folds; fold++)
            {
                var left = fold;
                loss += table.Loss(table.Fit(penalty, i => i % Folds == left ? 0 : 1), i => i % Folds == left);
            }

            if (loss <= best.Loss + (1e-12 * count))
                best = (Math.Min(loss, best.Loss), penalty);
        }

        return best.Penalty;
    }

    /// <summary>The rows as features and weights; those of <c>gamed</c> stand at the end.</summary>
    private sealed record Table(IReadOnlyList<double[]> Rows, double[] Positive, double[] Negative, int Real)
    {
        public static Table Of(IReadOnlyList<ComparedLengths> rows, IReadOnlyList<ComparedLengths> gamed)
        {
            var hard = rows.Any(r => r.Difficulty != 0);
            var deviation = Deviation(rows);
            var gamedDeviation = gamed.Count == 0 ? 0 : Deviation(gamed);
            var features = new List<double[]>();
            features.AddRange(rows.Select(r => hard ? (double[])[1, Length(r, deviation), r.Difficulty] : [1, Length(r, deviation)]));
            features.AddRange(gamed.Select(r => hard ? (double[])[0, Length(r, gamedDeviation), 0] : [0, Length(r, gamedDeviation)]));
            var share = gamed.Count == 0 ? 0 : GamedWeight * rows.Count / gamed.Count;
            var weights = rows.Select(_ => 1.0).Concat(gamed.Select(_ => share)).ToList();
            var all = rows.Concat(gamed).ToList();

            // preference - 1 and 2 - preference are both exact, and exchange places when the pair is turned round.
            return new Table(features, [.. all.Select((r, i) => weights[i] * (r.Preference - 1))], [.. all.Select((r, i) => weights[i] * (2 - r.Preference))], rows.Count);
        }

        public double[] Fit(double penalty, Func<int, double> weight, double[]? start = null)
        {
            var (positive, negative) = ((double[])Positive.Clone(), (double[])Negative.Clone());
            for (var i = 0; i < Real; i++)
            {
                positive[i] *= weight(i);
                negative[i] *= weight(i);
            }

            return LogisticRegression.Fit(Rows, positive, negative, penalty, start: start);
        }

        public double Loss(double[] b, Func<int, bool> take)
        {
            var indices = Enumerable.Range(0, Real).Where(take).ToList();
            return LogisticRegression.LogLoss([.. indices.Select(i => Rows[i])], [.. indices.Select(i => Positive[i])], [.. indices.Select(i => Negative[i])], b);
        }

        /// <summary>Mean probability of a win with lengths equal. An odd function of θ and ψ, rounded so that it and its mirror image add up to 1 exactly.</summary>
        public double AtEqualLength(double[] b, double[]? counts = null)
        {
            double sum = 0, weight = 0;
            for (var i = 0; i < Real; i++)
            {
                var count = counts?[i] ?? 1;
                sum += count * Math.Tanh((b[0] + (b.Length > 2 ? b[2] * Rows[i][2] : 0)) / 2);
                weight += count;
            }

            const double Grid = 1L << 50;
            return 0.5 + (Math.Round(sum / weight / 2 * Grid) / Grid);
        }

        private static double Length(ComparedLengths row, double deviation) => deviation > 0 ? Math.Tanh((row.ModelLength - row.ReferenceLength) / deviation) : 0;

        private static double Deviation(IReadOnlyList<ComparedLengths> rows)
        {
            var mean = rows.Average(r => r.ModelLength - r.ReferenceLength);
            return Math.Sqrt(rows.Average(r => (r.ModelLength - r.ReferenceLength - mean) * (r.ModelLength - r.ReferenceLength - mean)));
        }
    }
}
