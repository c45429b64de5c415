using System.Globalization;
using System.Text;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Preferences;

/// <summary>A model's row in a leaderboard.</summary>
public sealed record LeaderboardRow
{
    /// <summary>Model.</summary>
    public required string Name { get; init; }

    /// <summary>Plain win rate.</summary>
    public required WinRate WinRate { get; init; }

    /// <summary>Length-controlled win rate; null with fewer than 5 judgements.</summary>
    public required LengthControl? LengthControl { get; init; }

    /// <summary>Mean length of the model's responses in characters.</summary>
    public required double AverageLength { get; init; }

    /// <summary>Pairs without a judgement, left out of all numbers.</summary>
    public required int Unjudged { get; init; }

    /// <summary>Share of preferences that the longer response got, where lengths differ; the judge "longest" has 1.</summary>
    public required double? Longer { get; init; }
}

/// <summary>Models in the order of their length-controlled win rate against one reference.</summary>
public static class Leaderboard
{
    /// <summary>Makes the rows. Difficulties of instructions are estimated over the models given, where there are at least three; with fewer they are left out.</summary>
    /// <param name="annotations">Judged pairs of one reference and any number of models.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="RatchetException">There are several references, or a pair is judged twice.</exception>
    public static IReadOnlyList<LeaderboardRow> Of(IReadOnlyList<AlpacaEvalAnnotation> annotations, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(annotations);
        if (annotations.Select(a => a.Generator1).Distinct(StringComparer.Ordinal).Skip(1).Any())
            throw new RatchetException($"The pairs have several references: {string.Join(", ", annotations.Select(a => a.Generator1).Distinct(StringComparer.Ordinal))}.", "A leaderboard has one reference: leave the others out.") { ExitCode = 2 };
        var models = annotations.GroupBy(a => a.Generator2, StringComparer.Ordinal).Select(g => (Name: g.Key, Rows: g.ToList())).ToList();
        foreach (var (name, rows) in models)
        {
            if (rows.GroupBy(r => r.Instruction, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
                throw new RatchetException($"{name} is judged twice on '{Shown(twice.Key)}'.", "Leave one of the judgements out.") { ExitCode = 2 };
        }

        var compared = models.Select(m => (IReadOnlyDictionary<string, ComparedLengths>)m.Rows.Where(r => r.Preference is not null).ToDictionary(r => r.Instruction, r => Lengths(r, 0), StringComparer.Ordinal)).ToList();
        var some = compared.Where(c => c.Count > 0).ToList();
        var difficulty = some.Count >= 3 ? InstructionDifficulty.Estimate(some) : new Dictionary<string, double>();
        return
        [
            .. models.Select((m, i) =>
            {
                var judged = m.Rows.Where(r => r.Preference is not null).ToList();
                if (judged.Count == 0)
                    throw new RatchetException($"{m.Name} has no judged pair.", "See why the judge's answers cannot be read.") { ExitCode = 2 };
                var rows = judged.OrderBy(r => r.Instruction, StringComparer.Ordinal).Select(r => Lengths(r, difficulty.GetValueOrDefault(r.Instruction))).ToList();
                var differ = rows.Where(r => r.ModelLength != r.ReferenceLength).ToList();
                return new LeaderboardRow
                {
                    Name = m.Name,
                    WinRate = WinRate.Of([.. rows.Select(r => r.Preference)]),
                    LengthControl = rows.Count < 5 ? null : LengthControl.Fit(rows, [], RandomStream.FromSeed(seed).Derive("leaderboard").Derive(m.Name)),
                    AverageLength = m.Rows.Average(r => r.Output2.Length),
                    Unjudged = m.Rows.Count - judged.Count,
                    Longer = differ.Count == 0 ? null : differ.Average(r => r.ModelLength > r.ReferenceLength ? r.Preference - 1 : 2 - r.Preference),
                };
            }).OrderByDescending(r => r.LengthControl?.Value ?? r.WinRate.Value).ThenBy(r => r.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>The rows as AlpacaEval's table: percentages, and <c>lc_standard_error</c> from the bootstrap interval.</summary>
    public static string Csv(IReadOnlyList<LeaderboardRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var text = new StringBuilder(",win_rate,standard_error,n_wins,n_wins_base,n_draws,n_total,discrete_win_rate,mode,avg_length,length_controlled_winrate,lc_standard_error\n");
        foreach (var row in rows)
        {
            var (w, lc) = (row.WinRate, row.LengthControl);
            text.Append(CultureInfo.InvariantCulture, $"{Quoted(row.Name)},{100 * w.Value},{100 * w.StandardError},{w.Wins},{w.Losses},{w.Ties},{w.Total},{100 * w.Discrete},community,{(int)Math.Round(row.AverageLength)},");
            text.Append(lc is null ? ",\n" : string.Create(CultureInfo.InvariantCulture, $"{100 * lc.Value},{100 * (lc.High - lc.Low) / (2 * 1.959963984540054)}\n"));
        }

        return text.ToString();
    }

    private static ComparedLengths Lengths(AlpacaEvalAnnotation row, double difficulty) => new(row.Preference!.Value, row.Output2.Length, row.Output1.Length, difficulty);

    private static string Quoted(string name) => name.AsSpan().IndexOfAny(",\"\n") >= 0 ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name;

    private static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
