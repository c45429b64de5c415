using System.Globalization;
using Ratchet.Preferences;
using Ratchet.Reports;
using Ratchet.Systems.Studies;

namespace Ratchet.Systems.AlpacaFarm;

internal static partial class AlpacaFarmStudy
{
    private static BestOfNMean? Curve(Runs farm, LabelSource labels)
    {
        var runs = farm.All.Where(r => r.Recipe.Method == FarmMethod.BestOfNCurve && r.Recipe.Labels == labels).ToList();
        if (runs.Count == 0)
            return null;
        var ns = runs[0].Values.Keys.Where(k => k.StartsWith("gold@", StringComparison.Ordinal)).Select(k => int.Parse(k[5..], CultureInfo.InvariantCulture)).Order().ToList();
        var points = ns.Select(n => (N: n, Gold: runs.Average(r => r[$"gold@{n}"]), Proxy: runs.Average(r => r[$"proxy@{n}"]))).ToList();
        var peak = points.MaxBy(p => p.Gold).N;
        var falls = runs.Select(r => r[$"gold@{peak}"] - r[$"gold@{ns[^1]}"]).ToList();
        return new BestOfNMean(peak, ns[^1], falls.Average(), FarmEvaluation.StandardError(falls), points);
    }

    private static ReportSection? Systems(Runs farm)
    {
        if (farm.Systems.Count == 0)
            return null;
        return new ReportSection
        {
            Title = "Systems",
            Text = "Means over seeds. Win rates are against the reference; LC is length-controlled. The last column judges by people what was trained on simulated labels.",
            Columns = ["System", "Gold, simulated labels", "Words", "Simulated win", "Simulated LC", "Gold, human labels", "Words ", "Human win", "Human LC", "Simulated labels, human win"],
            Rows =
            [
                .. farm.Systems.OrderByDescending(s => s.Simulated.Average(r => r["win_simulated"])).Select(s => (IReadOnlyList<string>)
                [
                    s.Name, Mean(s.Simulated, "gold"), Mean(s.Simulated, "length"), Share(s.Simulated, "win_simulated"), Share(s.Simulated, "lc_simulated"), Mean(s.Human, "gold"), Mean(s.Human, "length"), Share(s.Human, "win_human"),
                    Share(s.Human, "lc_human"), Share(s.Simulated, "win_human"),
                ]),
            ],
        };
    }

    private static ReportSection? Baselines(Runs farm)
    {
        var baselines = farm.All.Where(r => r.Outputs.Count > 0 && (r.Recipe.Labels == LabelSource.Majority || (r.Recipe.Method == FarmMethod.BestOfN && r.Recipe.BestOfN.Pick != SamplePick.Reward))).GroupBy(r => r.Arm, StringComparer.Ordinal).ToList();
        return baselines.Count == 0 ? null : new ReportSection
        {
            Title = "Baselines",
            Columns = ["Arm", "Gold", "Words", "Simulated win", "Human win"],
            Rows = [.. baselines.Select(b => (IReadOnlyList<string>)[b.Key, Mean([.. b], "gold"), Mean([.. b], "length"), Share([.. b], "win_simulated"), Share([.. b], "win_human")])],
        };
    }

    private static ReportSection? Judges(Runs farm)
    {
        var audits = farm.All.Select(r => FarmReport.Audit(r.Folder)).Where(a => a.Count > 0).ToList();
        if (audits.Count == 0)
            return null;
        static double? Average(IEnumerable<double?> values) => values.Any(v => v is null) ? null : values.Average(v => v!.Value);
        List<JudgeAudit> means = [.. audits[0].Select((first, i) => first with
        {
            Agreement = new(audits.Average(a => a[i].Agreement.Value), audits.Average(a => a[i].Agreement.Low), audits.Average(a => a[i].Agreement.High)),
            Bias = audits.Average(a => a[i].Bias),
            Variance = Average(audits.Select(a => a[i].Variance)),
            Longer = Average(audits.Select(a => a[i].Longer)),
            List = Average(audits.Select(a => a[i].List)),
            First = audits.Average(a => a[i].First),
        })];
        var table = FarmReport.Table(means);
        return table with { Text = $"Means over {audits.Count} seeds; intervals are the mean of the seeds' own. {table.Text}" };
    }

    private static ReportSection? Curves(Runs farm)
    {
        var figures = new List<ReportChart>();
        var curves = new[] { LabelSource.Simulated, LabelSource.Clean, LabelSource.Human }.Select(l => (Labels: l, Curve: Curve(farm, l))).Where(c => c.Curve is not null).ToList();
        if (curves.Count > 0)
        {
            figures.Add(new ReportChart
            {
                Title = "Best of n: gold utility",
                X = "log2 n",
                Lines = [.. curves.Select(c => new ReportLine(c.Labels.ToString().ToLowerInvariant(), [.. c.Curve!.Points.Select(p => new ReportPoint(Math.Log2(p.N), p.Gold))]))],
            });
        }

        foreach (var (labels, sweep) in new[] { LabelSource.Simulated, LabelSource.Clean }.Select(l => (l, farm.Sweep(l))))
        {
            if (sweep.Count == 0)
                continue;
            figures.Add(new ReportChart
            {
                Title = $"PPO, {labels.ToString().ToLowerInvariant()} labels: gold utility",
                X = "update",
                Lines = [.. sweep.Select(s => new ReportLine($"β {s.Beta.ToString(CultureInfo.InvariantCulture)}", Means(s.Runs, p => p.Gold)))],
            });
            figures.Add(new ReportChart
            {
                Title = $"PPO, {labels.ToString().ToLowerInvariant()} labels: score of the reward model",
                X = "update",
                Lines = [.. sweep.Select(s => new ReportLine($"β {s.Beta.ToString(CultureInfo.InvariantCulture)}", Means(s.Runs, p => p.Proxy)))],
            });
        }

        return figures.Count == 0 ? null : new ReportSection { Title = "Over-optimisation", Text = "Means over seeds.", Charts = figures };

        static IReadOnlyList<ReportPoint> Means(IReadOnlyList<FarmRun> runs, Func<FarmPoint, double> value) =>
            [.. runs.SelectMany(r => FarmMethods.ReadCurve(r.Folder)).GroupBy(p => p.Update).OrderBy(g => g.Key).Select(g => new ReportPoint(g.Key, g.Average(value)))];
    }

    private static string Mean(IReadOnlyList<FarmRun> runs, string name) => Number(runs.Average(r => r[name]));

    private static string Share(IReadOnlyList<FarmRun> runs, string name) => Percent(runs.Average(r => r[name]));

    private sealed record BestOfNMean(int PeakN, int LastN, double Fall, double FallError, IReadOnlyList<(int N, double Gold, double Proxy)> Points);

    /// <summary>A finished run with its responses.</summary>
    private sealed record FarmRun(FinishedRun Run, AlpacaFarmRecipe Recipe, IReadOnlyList<FarmOutput> Outputs)
    {
        public string Arm => Run.Arm;

        public ulong Seed => Run.Seed;

        public string Folder => Run.Folder;

        public IReadOnlyDictionary<string, double> Values => Run.Values;

        public double this[string name] => Run.Values[name];

        public bool Has(string name) => Run.Values.ContainsKey(name);
    }

    /// <summary>A system under both kinds of labels, seeds in order.</summary>
    private sealed record FarmSystem(string Name, IReadOnlyList<FarmRun> Simulated, IReadOnlyList<FarmRun> Human);

    /// <summary>All finished runs, found by what they set.</summary>
    private sealed class Runs(IReadOnlyList<FarmRun> all)
    {
        public IReadOnlyList<FarmRun> All => all;

        /// <summary>The systems that are compared: those that are there trained on simulated and on human labels, or need no labels.</summary>
        public IReadOnlyList<FarmSystem> Systems { get; } =
        [
            .. all.Where(IsSystem).GroupBy(r => Name(r.Recipe), StringComparer.Ordinal).Select(g =>
            {
                var free = g.First().Recipe.Method is FarmMethod.Sft or FarmMethod.SftLarge;
                List<FarmRun> Side(LabelSource labels) => [.. g.Where(r => free || r.Recipe.Labels == labels).GroupBy(r => r.Seed).Select(s => s.First()).OrderBy(r => r.Seed)];
                return new FarmSystem(g.Key, Side(LabelSource.Simulated), Side(LabelSource.Human));
            }).Where(s => s.Simulated.Count > 0 && s.Human.Count > 0),
        ];

        /// <summary>Runs of a method, of one kind of labels or any.</summary>
        public IReadOnlyList<FarmRun> Of(FarmMethod method, LabelSource? labels) => [.. all.Where(r => r.Recipe.Method == method && (labels is null || r.Recipe.Labels == labels))];

        /// <summary>PPO without choice of a checkpoint, by β from small to large.</summary>
        public IReadOnlyList<(double Beta, IReadOnlyList<FarmRun> Runs)> Sweep(LabelSource labels) =>
        [
            .. Of(FarmMethod.Ppo, labels).Where(r => r.Recipe.Ppo.Select == CheckpointChoice.Last).GroupBy(r => r.Recipe.Ppo.KlCoefficient).OrderBy(g => g.Key).Select(g => (g.Key, (IReadOnlyList<FarmRun>)[.. g])),
        ];

        private static bool IsSystem(FarmRun run) => run.Outputs.Count > 0 && run.Recipe.Labels is LabelSource.Simulated or LabelSource.Human && run.Recipe.Method switch
        {
            FarmMethod.BestOfN => run.Recipe.BestOfN.Pick == SamplePick.Reward,
            FarmMethod.Ppo => run.Recipe.Ppo.Select == CheckpointChoice.Validation,
            FarmMethod.BestOfNCurve => false,
            _ => true,
        };

        private static string Name(AlpacaFarmRecipe recipe) => recipe.Method == FarmMethod.BestOfN ? $"best of {recipe.BestOfN.N}" : Word(recipe.Method);
    }
}
