using System.Text.Json;
using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning;
using Ratchet.Learning.Policies;
using Ratchet.Learning.Preferences;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Preferences;
using Ratchet.Rollouts;
using Ratchet.Runs;
using Ratchet.Sampling;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>The policy at a moment of an online training, on the validation instructions.</summary>
/// <param name="Update">Updates done.</param>
/// <param name="Proxy">Mean score of the reward model.</param>
/// <param name="Gold">Mean gold utility.</param>
/// <param name="GoldError">Its standard error.</param>
/// <param name="Kl">Mean over responses of log π - log π of the start model, nats.</param>
/// <param name="Length">Mean length in words.</param>
/// <param name="Win">Win rate against the reference, by the judge of the labels' kind.</param>
internal sealed record FarmPoint(int Update, double Proxy, double Gold, double GoldError, double Kl, double Length, double Win);

/// <summary>What a method gave.</summary>
/// <param name="Policy">Checkpoint.</param>
/// <param name="Steps">Optimizer steps, 0 where nothing was trained.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="Loss">Loss at the end.</param>
/// <param name="Curve">Points of an online training in order; empty for others.</param>
/// <param name="Chosen">Update of the point that was chosen.</param>
internal sealed record FarmPolicy(Checkpoint Policy, int Steps, long Tokens, double Loss, IReadOnlyList<FarmPoint> Curve, int Chosen);

/// <summary>The methods, each from the start model.</summary>
/// <param name="world">World.</param>
/// <param name="stages">Shared results.</param>
/// <param name="run">Folder of the run.</param>
/// <param name="report">Hears of steps.</param>
internal sealed class FarmMethods(FarmWorld world, FarmStages stages, RunFolder run, FarmProgress report)
{
    /// <summary>Folder of the points of an online training, in the run's folder.</summary>
    public const string CurveFolder = "curve";

    private AlpacaFarmRecipe Recipe => world.Recipe;

    /// <summary>Trains the recipe's method; best-of-n trains nothing.</summary>
    public async Task<FarmPolicy> TrainAsync(CancellationToken cancellationToken) => Recipe.Method switch
    {
        FarmMethod.SftLarge => Untrained(await stages.LargeAsync(cancellationToken)),
        FarmMethod.FeedMe => await ImitateAsync(ImitationRows.Preferred(await stages.LabelledAsync(cancellationToken)), Recipe.Imitation, cancellationToken),
        FarmMethod.Conditioning => await ImitateAsync(
            ImitationRows.Conditioned(await stages.LabelledAsync(cancellationToken), world.ControlId(good: true), world.ControlId(good: false)), Recipe.Imitation, cancellationToken),
        FarmMethod.ExpertIteration => await ImitateAsync(await BestRowsAsync(cancellationToken), Recipe.Sft, cancellationToken),
        FarmMethod.Dpo => await DpoAsync(cancellationToken),
        FarmMethod.Ppo => await OnlineAsync(Recipe.Ppo.Options(Recipe.Evaluate.MaxNewTokens), Recipe.Ppo.EvaluateEvery, Recipe.Ppo.Select, cancellationToken),
        FarmMethod.Quark => await OnlineAsync(Recipe.Quark.Options(Recipe.Evaluate.MaxNewTokens), Recipe.Quark.EvaluateEvery, Recipe.Quark.Select, cancellationToken),
        _ => Untrained(await stages.StartAsync(cancellationToken)),
    };

    /// <summary>Ids between prompt and response: what asks a conditioned policy for a good one.</summary>
    public int[] Between => Recipe.Method == FarmMethod.Conditioning ? [world.ControlId(good: true)] : [];

    /// <summary>The policy of a run whose training is done.</summary>
    public FarmPolicy Reload(Journal.RecordedCheckpoint made)
    {
        var curve = ReadCurve(run.Root);
        var choice = Recipe.Method == FarmMethod.Ppo ? Recipe.Ppo.Select : Recipe.Quark.Select;
        return new FarmPolicy(CheckpointStore.Open(Folder, AlpacaFarmRun.PolicyId), made.Steps, made.Tokens, made.Loss, curve, curve.Count == 0 ? 0 : Chosen(curve, choice).Update);
    }

    /// <summary>The points of a run's online training, in order; none for other methods.</summary>
    public static IReadOnlyList<FarmPoint> ReadCurve(string folder)
    {
        var curve = Path.Combine(folder, CurveFolder);
        return Directory.Exists(curve) ? [.. Directory.EnumerateFiles(curve, "*.json").Select(f => JsonSerializer.Deserialize<FarmPoint>(File.ReadAllText(f), RunSummary.JsonOptions)!).OrderBy(p => p.Update)] : [];
    }

    private static FarmPoint Chosen(IReadOnlyList<FarmPoint> curve, CheckpointChoice choice) => choice == CheckpointChoice.Last ? curve[^1] : curve.MaxBy(p => p.Win)!;

    private static FarmPolicy Untrained(Checkpoint policy) => new(policy, 0, 0, 0, [], 0);

    private string Folder => run.CheckpointPath(AlpacaFarmRun.PolicyId);

    private async Task<FarmPolicy> ImitateAsync(IReadOnlyList<Example> rows, ImitationSettings settings, CancellationToken cancellationToken)
    {
        report.Begin("learn", rows.Count);
        var learner = new SupervisedLearner(world.Shape, world.Tokenizer, settings.Options(world.Engine), world.Engine.Trainer);
        return Learned(await learner.LearnAsync(
            new LearningRequest { Round = 1, From = await stages.StartAsync(cancellationToken), Examples = rows, Epochs = settings.Epochs, Stream = world.Stream.Derive("method"), Folder = Folder }, report, cancellationToken));
    }

    private async Task<FarmPolicy> DpoAsync(CancellationToken cancellationToken)
    {
        var pairs = await stages.LabelledAsync(cancellationToken);
        report.Begin("learn", pairs.Count);
        var options = new LearningOptions
        {
            LearningRate = Recipe.Dpo.LearningRate, WarmupFraction = 0.1, Decay = LearningRateDecay.Cosine, SnapshotInterval = 100, Engine = world.Engine.Learner, Cpu = world.Engine.Cpu, AdamW = new AdamWOptions { WeightDecay = 0 },
        };
        var learner = new DpoLearner(world.Tokenizer, new DpoOptions { Beta = Recipe.Dpo.Beta, BatchPairs = Recipe.Dpo.BatchPairs }, options, world.Engine.Trainer);
        return Learned(await learner.LearnAsync(
            new PreferenceRequest { From = await stages.StartAsync(cancellationToken), Pairs = pairs, Epochs = Recipe.Dpo.Epochs, Stream = world.Stream.Derive("method"), Folder = Folder }, report, cancellationToken));
    }

    /// <summary>The best sample of each unlabelled instruction by the reward model.</summary>
    private async Task<IReadOnlyList<Example>> BestRowsAsync(CancellationToken cancellationToken)
    {
        var samples = await stages.UnlabeledSamplesAsync(cancellationToken);
        using var scorer = new FarmScorer(world, await stages.RewardModelAsync(cancellationToken));
        int[][] prompts = [.. world.Unlabeled.Select(world.Prompt)];
        var scores = scorer.Score(prompts, samples);
        return ImitationRows.BestOfGroup(samples.SelectMany((group, i) => group.Select((r, k) => new Rollout
        {
            Id = $"unlabeled/{i}/{k}", ProblemId = $"unlabeled/{i}", Group = $"unlabeled/{i}", Ids = [.. prompts[i], .. r.Ids], TargetStart = prompts[i].Length, Reward = scores[i][k],
        })));
    }

    /// <summary>Trains on the reward model's scores, and looks at the policy on the validation instructions every so many updates.</summary>
    private async Task<FarmPolicy> OnlineAsync(PolicyTrainingOptions options, int every, CheckpointChoice choice, CancellationToken cancellationToken)
    {
        var start = await stages.StartAsync(cancellationToken);
        var rewardModel = await stages.RewardModelAsync(cancellationToken);
        using var scorer = new FarmScorer(world, rewardModel);
        using var startSampler = world.Engine.Sampler(CheckpointStore.LoadWeights(start.Folder));
        var judge = world.Judge(Recipe.Labels == LabelSource.Human);
        var references = world.References(world.Validation, "validation");
        Directory.CreateDirectory(Path.Combine(run.Root, CurveFolder));
        report.Begin("learn", options.Updates);
        var hooks = new PolicyTrainingHooks
        {
            Progress = new Relay(u => report.Report(new LearningStep(u.Update + 1, u.Updates, u.Loss, u.GradientNorm, u.LearningRate, u.LearnedTokens))),
            EvaluateAfter = update => update % every == 0 || update == options.Updates,
            Evaluate = async (moment, token) =>
            {
                var point = await LookAsync(moment, scorer, startSampler, judge, references, token);
                moment.Save(run.CheckpointPath(Name(point.Update)));
                RunFolder.WriteAtomically(PointFile(point.Update), JsonSerializer.Serialize(point, RunSummary.JsonOptions) + "\n");
            },
        };
        var training = new PolicyTraining(options, world.Tokenizer, RolloutJudges.Model(scorer.Model), world.Engine.Policy, hooks);
        var result = await training.TrainAsync(
            new PolicyTrainingRequest
            {
                From = start, Critic = options.Algorithm == PolicyAlgorithm.Ppo ? rewardModel : null, Prompts = [.. world.Unlabeled.Select((x, i) => new PolicyPrompt($"unlabeled/{i}", world.Prompt(x)))],
                Stream = world.Stream.Derive("method"), Folder = run.CheckpointPath("training"),
            },
            cancellationToken);
        RunFolder.WriteAtomically(Path.Combine(run.Root, "updates.jsonl"), string.Concat(result.Updates.Select(u => JsonSerializer.Serialize(new UpdateLine(u), UpdateJson) + "\n")));
        var curve = ReadCurve(run.Root);
        var chosen = Chosen(curve, choice);
        return new FarmPolicy(CheckpointStore.Open(run.CheckpointPath(Name(chosen.Update)), AlpacaFarmRun.PolicyId), result.Updates[^1].Steps, result.Updates.Sum(u => u.LearnedTokens), result.Updates[^1].Loss, curve, chosen.Update);
    }

    private async Task<FarmPoint> LookAsync(PolicyEvaluation moment, FarmScorer scorer, ISampler start, IAnnotator judge, IReadOnlyList<string> references, CancellationToken cancellationToken)
    {
        int[][] prompts = [.. world.Validation.Select(world.Prompt)];
        var drawn = world.Sample(moment.Sampler, prompts, 1, 1, world.Stream.Derive("validation"), cancellationToken);
        var scores = scorer.Score(prompts, drawn);
        var gold = world.Validation.Select((x, i) => FarmWorld.Grade(x, drawn[i][0].Text)).ToList();
        var win = WinRate.Of(await world.PreferAsync(judge, "validation", world.Validation, references, [.. drawn.Select(d => d[0].Text)], cancellationToken));
        return new FarmPoint(
            moment.Updates, scores.Average(s => s[0]), gold.Average(g => g.Utility), FarmEvaluation.StandardError([.. gold.Select(g => g.Utility)]), Divergence(start, prompts, drawn), gold.Average(g => g.Length), win.Value);
    }

    /// <summary>Mean over responses of the summed log-ratio to the start model, of responses drawn at temperature 1.</summary>
    public static double Divergence(ISampler start, IReadOnlyList<int[]> prompts, IReadOnlyList<FarmResponse[]> drawn)
    {
        var scores = start.Score([.. prompts.Select((p, i) => (IReadOnlyList<int>)[.. p, .. drawn[i][0].Ids])]);
        return drawn.Select((d, i) => d[0].LogProbabilities.Sum(l => (double)l) - scores[i].Skip(prompts[i].Length - 1).Sum(l => (double)l)).Average();
    }

    private static FarmPolicy Learned(LearningResult result) => new(result.Checkpoint, result.Steps, result.Tokens, result.FinalLoss, [], 0);

    private static string Name(int update) => $"update-{update}";

    private string PointFile(int update) => Path.Combine(run.Root, CurveFolder, $"{Name(update)}.json");

    private static JsonSerializerOptions UpdateJson { get; } = new(FarmStages.RowJson) { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>An update without its times, which are not part of a run's identity.</summary>
    private sealed record UpdateLine(
        int Update, int Sampled, long SampledTokens, double Reward, double Length, double EndShare, double Entropy, double KlExact, double KlK1, double KlSequence, double KlCoefficient, double Loss, double ClipShare, double RatioMax, double GradientNorm, double ValueLoss,
        double ExplainedVariance, double Parity)
    {
        public UpdateLine(PolicyUpdate u)
            : this(u.Update, u.Sampled, u.SampledTokens, u.Reward, u.Length, u.EndShare, u.Entropy, u.KlExact, u.KlK1, u.KlSequence, u.KlCoefficient, u.Loss, u.ClipShare, u.RatioMax, u.GradientNorm, u.ValueLoss, u.ExplainedVariance, u.Parity)
        {
        }
    }

    private sealed class Relay(Action<PolicyUpdate> report) : IProgress<PolicyUpdate>
    {
        public void Report(PolicyUpdate value) => report(value);
    }
}
