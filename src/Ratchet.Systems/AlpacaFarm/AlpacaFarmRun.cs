using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ratchet.Journal;
using Ratchet.Models;
using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Studies;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>
/// Runs one method in a run folder: what it shares with others is taken from or put into the folder of artifacts, then the method trains, and its responses are graded and judged. A run that
/// is killed at any instant and resumed ends with the same weights and numbers.
/// </summary>
public static class AlpacaFarmRun
{
    /// <summary>Identifier of the policy that is evaluated; its checkpoint is <c>checkpoints/policy</c>.</summary>
    public const string PolicyId = "policy";

    /// <summary>Starts a run in a new folder and works until it is done.</summary>
    /// <param name="recipe">Recipe, read and checked.</param>
    /// <param name="folder">Folder to make; it must not hold a run.</param>
    /// <param name="observer">Hears about progress.</param>
    /// <param name="cancellationToken">Stops the run; it can be resumed.</param>
    /// <returns>The summary, as written to <c>summary.json</c>; its results are <see cref="RunSummary.Measures"/>.</returns>
    /// <exception cref="RatchetException">The run cannot begin or cannot go on.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public static async Task<RunSummary> StartAsync(AlpacaFarmRecipe recipe, string folder, IRunObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var world = new FarmWorld(recipe);
        return await RunSession.StartAsync(recipe, folder, (run, journal) => WorkAsync(world, run, journal, observer, cancellationToken));
    }

    /// <summary>Continues a run that was stopped or killed; a run that is done only gets its summary and report written again.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public static Task<RunSummary> ResumeAsync(string folder, IRunObserver observer, CancellationToken cancellationToken) => RunSession.ResumeAsync<AlpacaFarmRecipe>(
        folder, AlpacaFarmRecipe.SystemName, (recipe, run, journal) => WorkAsync(new FarmWorld(recipe), run, journal, observer, cancellationToken));

    private static async Task<RunSummary> WorkAsync(FarmWorld world, RunFolder run, RunJournal journal, IRunObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(observer);
        journal.BeginSession(TimeProvider.System.GetUtcNow());
        RunIdentity.Hold(run, journal, world.Recipe);
        var clock = Stopwatch.StartNew();
        var progress = new FarmProgress(observer);
        return await RunSession.WorkAsync(run, (status, message) => Summary(world, journal, status, message, null), async () =>
        {
            run.WriteSummary(Summary(world, journal, "running", null, null));
            var store = new ArtifactStore(SharedFolder(world.Recipe, run.Root));
            var stages = new FarmStages(world, store, progress);
            var measures = new SortedDictionary<string, double>(StringComparer.Ordinal);
            var sections = new List<ReportSection>();
            if (world.Recipe.Method == FarmMethod.BestOfNCurve)
                await CurveAsync(world, stages, run, journal, clock, progress, measures, sections, cancellationToken);
            else
                await MethodAsync(world, stages, run, journal, clock, progress, measures, sections, cancellationToken);
            journal.AddTiming(new StageTiming("evaluate", clock.Elapsed.TotalSeconds) { SampledTokens = progress.SampledTokens });
            RunFolder.WriteAtomically(Path.Combine(run.Root, "artifacts.json"), JsonSerializer.Serialize(store.Used, RunSummary.JsonOptions) + "\n");
            sections[0] = sections[0] with { Headline = Headline(world.Recipe, measures) };
            ReportSection.Write(run.Root, sections);
            var summary = Summary(world, journal, "completed", null, measures);
            run.WriteSummary(summary);
            RunReport.Write(run.Root);
            return summary;
        });
    }

    private static string SharedFolder(AlpacaFarmRecipe recipe, string run) => recipe.Artifacts is { } given ? Path.Combine(run, given) : StudyRunner.SharedFolderOf(run);

    /// <summary>Trains, evaluates, and where the recipe asks for it audits.</summary>
    private static async Task MethodAsync(
        FarmWorld world, FarmStages stages, RunFolder run, RunJournal journal, Stopwatch clock, FarmProgress progress, SortedDictionary<string, double> measures, List<ReportSection> sections, CancellationToken cancellationToken)
    {
        var methods = new FarmMethods(world, stages, run, progress);
        var policy = journal.Checkpoints() is [var made, ..] ? methods.Reload(made) : await methods.TrainAsync(cancellationToken);
        policy = Keep(world, run, journal, clock, progress, policy);
        var evaluation = new FarmEvaluation(world, stages, run, progress);
        var outputs = await evaluation.RespondAsync(policy, methods.Between, measures, cancellationToken);
        await evaluation.JudgeAsync(outputs, measures, cancellationToken);
        if (UsesRewardModel(world.Recipe))
            await evaluation.AccuracyAsync(measures, cancellationToken);
        if (policy.Curve.Count > 0)
        {
            var peak = policy.Curve.MaxBy(p => p.Gold)!;
            measures["chosen_update"] = policy.Chosen;
            measures["gold_peak_update"] = peak.Update;
            measures["gold_fall"] = peak.Gold - policy.Curve[^1].Gold;
            measures["gold_fall_error"] = Math.Sqrt((peak.GoldError * peak.GoldError) + (policy.Curve[^1].GoldError * policy.Curve[^1].GoldError));
            measures["proxy_rise"] = policy.Curve[^1].Proxy - policy.Curve[0].Proxy;
            measures["length_rise"] = policy.Curve[^1].Length - policy.Curve[0].Length;
            measures["kl_last"] = policy.Curve[^1].Kl;
        }

        if (world.Recipe.Evaluate.Audit)
            await new FarmAudit(world, stages, run).RunAsync(measures, cancellationToken);
        sections.AddRange(FarmReport.Sections(world, run.Root, policy, FarmEvaluation.Read(run.Root)));
    }

    private static async Task CurveAsync(
        FarmWorld world, FarmStages stages, RunFolder run, RunJournal journal, Stopwatch clock, FarmProgress progress, SortedDictionary<string, double> measures, List<ReportSection> sections, CancellationToken cancellationToken)
    {
        var start = await stages.StartAsync(cancellationToken);
        Keep(world, run, journal, clock, progress, new FarmPolicy(start, 0, 0, 0, [], 0));
        var points = await new FarmBestOfNCurve(world, stages).RunAsync(measures, cancellationToken);
        await new FarmEvaluation(world, stages, run, progress).AccuracyAsync(measures, cancellationToken);
        sections.Add(FarmReport.Section(points));
    }

    /// <summary>Puts the policy into the run's folder under its fixed name and records it.</summary>
    private static FarmPolicy Keep(FarmWorld world, RunFolder run, RunJournal journal, Stopwatch clock, FarmProgress progress, FarmPolicy policy)
    {
        if (journal.Checkpoints().Count > 0)
            return policy;
        var target = run.CheckpointPath(PolicyId);
        if (Path.GetFullPath(policy.Policy.Folder) != Path.GetFullPath(target))
            CheckpointStore.Save(target, PolicyId, CheckpointStore.LoadWeights(policy.Policy.Folder), world.Tokenizer.Save());
        var seconds = clock.Elapsed.TotalSeconds;
        clock.Restart();
        var kept = policy with { Policy = CheckpointStore.Open(target, PolicyId) };
        journal.AddCheckpoint(
            new RecordedCheckpoint(PolicyId, 0, null, kept.Policy.WeightsHash, policy.Steps, policy.Tokens, policy.Loss),
            [],
            new StageTiming("learn", seconds) { LearnSeconds = seconds, TrainedTokens = progress.TrainedTokens });
        foreach (var left in Directory.EnumerateDirectories(run.CheckpointsPath).Where(d => Path.GetFileName(d) != PolicyId))
            Directory.Delete(left, recursive: true);
        return kept;
    }

    private static bool UsesRewardModel(AlpacaFarmRecipe recipe) =>
        recipe.Method is FarmMethod.ExpertIteration or FarmMethod.Ppo or FarmMethod.Quark || (recipe.Method == FarmMethod.BestOfN && recipe.BestOfN.Pick == SamplePick.Reward);

    private static RunSummary Summary(FarmWorld world, RunJournal journal, string status, string? message, SortedDictionary<string, double>? measures)
    {
        var times = journal.Times();
        var checkpoint = journal.Checkpoints() is [var only, ..] ? only : null;
        return new RunSummary
        {
            Status = status,
            Message = message,
            Recipe = world.Recipe.Name,
            Seed = world.Recipe.Seed,
            WallSeconds = Math.Round(times.WallSeconds, 3),
            Sessions = times.Sessions,
            Parameters = world.Shape.ParameterCount,
            Rounds = [],
            TokensTrained = checkpoint?.Tokens ?? 0,
            Verifier = new VerifierSummary(0, 0, 0, 0, new Dictionary<string, long>()),
            Speed = new SpeedSummary(0, RunSummaries.Rate(times.TrainedTokens, times.LearnSeconds), 0),
            Parity = new ParitySummary(0),
            WeightsHash = checkpoint?.WeightsHash,
            Measures = measures,
            Environment = RunSummaries.Environment(world.Engine.Budget.Threads, world.Recipe.Device, ("learner", world.Engine.Learner == "cpu" ? "own" : "torch")),
        };
    }

    private static string Headline(AlpacaFarmRecipe recipe, SortedDictionary<string, double> measures)
    {
        var name = $"{AlpacaFarmStudy.Word(recipe.Method)}{(recipe.Method is FarmMethod.Sft or FarmMethod.SftLarge ? "" : $" on {recipe.Labels.ToString().ToLowerInvariant()} labels")}";
        return measures.TryGetValue("gold", out var gold)
            ? string.Create(CultureInfo.InvariantCulture, $"{name}: gold utility {gold:0.00} ± {measures["gold_error"]:0.00} of at most {Domains.Instructions.InstructionGrade.Highest}; preferred to the reference by the simulated judge in {100 * measures["win_simulated"]:0} % and by the people in {100 * measures["win_human"]:0} %, at {measures["length"]:0.0} words.")
            : string.Create(CultureInfo.InvariantCulture, $"{name}: the gold utility is highest at n = {measures["gold_peak_n"]:0} and falls by {measures["gold_fall"]:0.00} to the largest n.");
    }
}
