using System.Globalization;
using Ratchet.Evaluation;
using Ratchet.Loop;
using Ratchet.Reports;
using Ratchet.Systems.Studies;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>
/// What a study of the farm's methods must show (points 1 to 7 of the plan that was written before the runs; <c>docs/systems/alpaca-farm.md</c>), computed from the runs' folders. Arms are
/// known by what they set, not by their names.
/// </summary>
internal static partial class AlpacaFarmStudy
{
    private const int Resamples = 500;

    /// <summary>What a method is called in reports.</summary>
    public static string Word(FarmMethod method) => method switch
    {
        FarmMethod.Sft => "start model",
        FarmMethod.SftLarge => "model of more demonstrations",
        FarmMethod.FeedMe => "FeedME",
        FarmMethod.Dpo => "DPO",
        FarmMethod.BestOfN => "best of n",
        FarmMethod.ExpertIteration => "expert iteration",
        FarmMethod.Ppo => "PPO",
        FarmMethod.BestOfNCurve => "best-of-n curve",
        _ => method.ToString(),
    };

    /// <summary>Checks and sections of a study; runs that are missing leave their checks open.</summary>
    public static StudyFindings Analyse(IReadOnlyList<FinishedRun> runs)
    {
        var farm = new Runs([.. runs.Where(r => r.Recipe is AlpacaFarmRecipe).Select(r => new FarmRun(r, (AlpacaFarmRecipe)r.Recipe, FarmEvaluation.Read(r.Folder)))]);
        return new StudyFindings(
            [Agreement(farm), RankOrder(farm), OverOptimisation(farm), OverOptimisationOnline(farm), RewardMethods(farm), LengthAndStyle(farm), Position(farm), Strength(farm)],
            [.. new[] { Systems(farm), Baselines(farm), Judges(farm), Curves(farm) }.Where(s => s is not null).Select(s => s!)]);
    }

    private static StudyCheck Agreement(Runs farm)
    {
        const string Claim = "The simulated annotators agree with people as people agree with each other: within 3 points, leave-one-out, on at least 600 pairs.";
        var audited = farm.All.Where(r => r.Has("agreement_simulated")).ToList();
        if (audited.Count == 0)
            return new StudyCheck("1 agreement", Claim, "no audited run", null);

        // A coin is nobody's opinion: what agrees is the pool without its flips (docs/systems/alpaca-farm.md, decisions). The pool with them stands beside it.
        var (simulated, flipped, human) = (audited.Average(r => r["agreement_simulated-judge"]), audited.Average(r => r["agreement_simulated"]), audited.Average(r => r["agreement_human"]));
        var pairs = audited.Min(r => r["audit_pairs"]);
        return new StudyCheck("1 agreement", Claim, $"simulated {Percent(simulated)} without flips ({Percent(flipped)} with), people {Percent(human)}, difference {Points(simulated - human)} on {pairs:0} pairs a seed, {audited.Count} seeds", Math.Abs(simulated - human) <= 0.03 && pairs >= 600);
    }

    private static StudyCheck RankOrder(Runs farm)
    {
        const string Claim = "At least 8 systems come in the same order trained and judged by the simulator and by people: Spearman at least 0.8.";
        var systems = farm.Systems;
        if (systems.Count < 3)
            return new StudyCheck("2 order", Claim, $"{systems.Count} systems are there under both kinds of labels", null);
        var result = RankCorrelation.Of([.. systems.Select(s => s.Simulated.Average(r => r["win_simulated"]))], [.. systems.Select(s => s.Human.Average(r => r["win_human"]))]);

        // Seeds and, within each, instructions are drawn again; both sides of a system share neither.
        var stream = RandomStream.FromSeed(0).Derive("rank order");
        var values = Enumerable.Range(0, Resamples).Select(_ =>
            RankCorrelation.Of([.. systems.Select(s => Resampled(s.Simulated, o => o.Simulated, ref stream))], [.. systems.Select(s => Resampled(s.Human, o => o.Human, ref stream))]).Spearman).Where(double.IsFinite).Order().ToArray();
        var interval = values.Length == 0 ? "none" : $"{Number(Intervals.Quantile(values, 0.025))} to {Number(Intervals.Quantile(values, 0.975))}";
        return new StudyCheck(
            "2 order", Claim, $"Spearman {Number(result.Spearman)} (95 % interval {interval}), Pearson {Number(result.Pearson)}, {result.Inversions} of {result.Pairs} pairs inverted, {systems.Count} systems, {systems[0].Simulated.Count} seeds", systems.Count >= 8 && result.Spearman >= 0.8);
    }

    private static StudyCheck OverOptimisation(Runs farm)
    {
        const string Claim = "Best-of-n: the gold utility has an interior maximum in n with the noisy pool's labels; with clean labels it comes later or not at all.";
        var (noisy, clean) = (Curve(farm, LabelSource.Simulated), Curve(farm, LabelSource.Clean));
        if (noisy is null || clean is null)
            return new StudyCheck("3a best-of-n", Claim, "a curve is missing", null);
        var interior = noisy.PeakN < noisy.LastN && noisy.PeakN > 1 && noisy.Fall > 2 * noisy.FallError;
        var later = clean.PeakN > noisy.PeakN || clean.Fall < noisy.Fall / 2;
        return new StudyCheck("3a best-of-n", Claim, $"noisy: peak at n = {noisy.PeakN}, fall to n = {noisy.LastN} of {Number(noisy.Fall)} ± {Number(noisy.FallError)}; clean: peak at {clean.PeakN}, fall {Number(clean.Fall)} ± {Number(clean.FallError)}", interior && later);
    }

    private static StudyCheck OverOptimisationOnline(Runs farm)
    {
        const string Claim = "PPO with a small β: the gold utility has an interior maximum along the updates with the noisy pool's labels; with clean labels it falls less or not at all.";
        var (noisy, clean) = (farm.Sweep(LabelSource.Simulated), farm.Sweep(LabelSource.Clean));
        if (noisy.Count == 0 || clean.Count == 0)
            return new StudyCheck("3b PPO", Claim, "a training without choice of a checkpoint is missing", null);
        var (n, c) = (noisy[0].Runs, clean[0].Runs);
        var (fall, error) = (n.Average(r => r["gold_fall"]), Combined(n, "gold_fall_error"));
        return new StudyCheck(
            "3b PPO", Claim,
            $"β = {noisy[0].Beta}: peak at update {n.Average(r => r["gold_peak_update"]):0} of {n[0].Recipe.Ppo.Updates}, fall {Number(fall)} ± {Number(error)} while the score rose by {Number(n.Average(r => r["proxy_rise"]))}; clean: peak at {c.Average(r => r["gold_peak_update"]):0}, fall {Number(c.Average(r => r["gold_fall"]))}",
            fall > 2 * error && c.Average(r => r["gold_fall"]) < fall);
    }

    private static StudyCheck RewardMethods(Runs farm)
    {
        const string Claim = "Methods with a reward model beat the start model by more than 2 standard errors in gold utility; FeedME and conditioning need not.";
        var start = farm.Of(FarmMethod.Sft, null);
        var parts = new List<string>();
        bool? holds = null;
        foreach (var system in farm.Systems.Where(s => s.Simulated[0].Recipe.Method is not (FarmMethod.Sft or FarmMethod.SftLarge)))
        {
            var (mean, error, seeds) = Gain(system.Simulated, start);
            if (seeds == 0)
                continue;
            var reward = system.Simulated[0].Recipe.Method is FarmMethod.BestOfN or FarmMethod.ExpertIteration or FarmMethod.Ppo or FarmMethod.Quark;
            parts.Add($"{system.Name} {Signed(mean)} ± {Number(error)}{(reward ? "" : " (no reward model)")}");
            if (reward)
                holds = (holds ?? true) && mean > 2 * error;
        }

        return new StudyCheck("4 reward methods", Claim, parts.Count == 0 ? "no such runs" : string.Join(", ", parts), holds);
    }

    private static StudyCheck LengthAndStyle(Runs farm)
    {
        const string Claim = "Asked to be verbose or concise, one policy's win rates lie at least twice as far apart raw as length-controlled; length control is exactly symmetric and gives 50 % against oneself.";
        var audited = farm.All.Where(r => r.Has("verbose_raw")).ToList();
        if (audited.Count == 0)
            return new StudyCheck("5 length", Claim, "no audited run", null);
        double Mean(string name) => audited.Average(r => r[name]);
        var (raw, controlled) = (Math.Abs(Mean("verbose_raw") - Mean("concise_raw")), Math.Abs(Mean("verbose_lc") - Mean("concise_lc")));
        var exact = audited.All(r => r["lc_exact"] == 1);
        return new StudyCheck(
            "5 length", Claim,
            $"verbose ({Mean("verbose_length"):0.0} words) {Percent(Mean("verbose_raw"))} raw, {Percent(Mean("verbose_lc"))} controlled; concise ({Mean("concise_length"):0.0}) {Percent(Mean("concise_raw"))}, {Percent(Mean("concise_lc"))}; spread {Points(raw)} to {Points(controlled)}; exact properties {(exact ? "hold" : "are broken")}",
            exact && raw >= 2 * controlled);
    }

    private static StudyCheck Position(Runs farm)
    {
        const string Claim = "With shuffling the first of a pair is preferred in 48 to 52 % of judgements; without it an annotator with a position bias is outside.";
        var audited = farm.All.Where(r => r.Has("first_shuffled")).ToList();
        if (audited.Count == 0)
            return new StudyCheck("6 position", Claim, "no audited run", null);
        var (pool, shuffled, plain) = (audited.Average(r => r["first_shuffled"]), audited.Average(r => r["first_biased_shuffled"]), audited.Average(r => r["first_biased_unshuffled"]));
        return new StudyCheck(
            "6 position", Claim, $"pool {Percent(pool)}; biased annotator {Percent(shuffled)} with shuffling, {Percent(plain)} without", pool is >= 0.48 and <= 0.52 && plain is < 0.48 or > 0.52);
    }

    private static StudyCheck Strength(Runs farm)
    {
        const string Claim = "PPO's β: too small over-optimises and makes responses longer, too large stays at the start model.";
        var (sweep, start) = (farm.Sweep(LabelSource.Simulated), farm.Of(FarmMethod.Sft, null));
        if (sweep.Count < 3 || start.Count == 0)
            return new StudyCheck("7 strength", Claim, $"{sweep.Count} values of β are there without choice of a checkpoint", null);
        var rows = sweep.Select(s => (s.Beta, Gold: s.Runs.Average(r => r["gold"]), Length: s.Runs.Average(r => r["length"]), Kl: s.Runs.Average(r => r["kl"]))).ToList();
        var best = rows.MaxBy(r => r.Gold);
        var from = start.Average(r => r["gold"]);
        var small = rows[0].Gold < best.Gold && rows[0].Length > best.Length;
        var large = Math.Abs(rows[^1].Gold - from) <= 0.25 * Math.Abs(best.Gold - from);
        return new StudyCheck(
            "7 strength", Claim, string.Join("; ", rows.Select(r => string.Create(CultureInfo.InvariantCulture, $"β {r.Beta}: gold {r.Gold:0.00}, {r.Length:0.0} words, KL {r.Kl:0.0}"))) + string.Create(CultureInfo.InvariantCulture, $"; start model: gold {from:0.00}"), small && large);
    }

    /// <summary>Mean of a system's judged preferences, minus 1, over seeds and instructions drawn again.</summary>
    private static double Resampled(IReadOnlyList<FarmRun> runs, Func<FarmOutput, double> preference, ref RandomStream stream)
    {
        var sum = 0.0;
        for (var s = 0; s < runs.Count; s++)
        {
            var outputs = runs[stream.NextInt(runs.Count)].Outputs;
            var own = 0.0;
            for (var i = 0; i < outputs.Count; i++)
                own += preference(outputs[stream.NextInt(outputs.Count)]) - 1;
            sum += own / outputs.Count;
        }

        return sum / runs.Count;
    }

    /// <summary>Paired difference in gold utility over seeds and instructions; the error is the larger of the one over instructions and the one over seeds.</summary>
    private static (double Mean, double Error, int Seeds) Gain(IReadOnlyList<FarmRun> runs, IReadOnlyList<FarmRun> start)
    {
        var pairs = runs.Select(r => (Run: r, Start: start.FirstOrDefault(s => s.Seed == r.Seed))).Where(p => p.Start is not null && p.Start.Outputs.Count == p.Run.Outputs.Count).ToList();
        if (pairs.Count == 0)
            return (0, 0, 0);
        var differences = pairs.SelectMany(p => p.Run.Outputs.Zip(p.Start!.Outputs, (a, b) => a.Gold - b.Gold)).ToList();
        var bySeed = pairs.Select(p => p.Run.Outputs.Zip(p.Start!.Outputs, (a, b) => a.Gold - b.Gold).Average()).ToList();
        return (differences.Average(), Math.Max(FarmEvaluation.StandardError(differences), FarmEvaluation.StandardError(bySeed)), pairs.Count);
    }

    private static double Combined(IReadOnlyList<FarmRun> runs, string error) => Math.Sqrt(runs.Sum(r => r[error] * r[error])) / runs.Count;

    private static string Percent(double share) => FarmReport.Percent(share);

    private static string Points(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} points");

    private static string Number(double value) => FarmReport.Number(value);

    private static string Signed(double value) => value.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);
}
