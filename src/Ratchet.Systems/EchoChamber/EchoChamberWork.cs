using System.Diagnostics;
using Ratchet.Checkpoints;
using Ratchet.Domains.Arithmetic;
using Ratchet.Examples;
using Ratchet.Journal;
using Ratchet.Learning;
using Ratchet.Learning.Policies;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Selection;

namespace Ratchet.Systems.EchoChamber;

/// <summary>What a run came to, as its records say.</summary>
/// <param name="Recipe">Recipe.</param>
/// <param name="Records">Evaluations in order.</param>
/// <param name="Counts">Counts by format of each batch of rollouts; none with other methods than learning from rewards.</param>
/// <param name="Updates">Numbers of each update; none with other methods.</param>
internal sealed record EchoResults(EchoChamberRecipe Recipe, IReadOnlyList<EchoRecord> Records, IReadOnlyList<FormatCounts> Counts, IReadOnlyList<PolicyUpdate> Updates);

/// <summary>The work of one run, stage by stage. Whatever is there already is not done again.</summary>
internal sealed class EchoChamberWork : IDisposable
{
    private const string LastId = "round-1";
    private const int ParityPrompts = 16;

    private readonly IRunObserver _observer;
    private readonly EvaluationLog _evaluations;
    private readonly FormatLog _formats;
    private FormatEvaluator? _evaluator;
    private Checkpoint? _base;

    public EchoChamberWork(EchoChamberWorld world, RunFolder run, RunJournal journal, IRunObserver observer)
    {
        (World, Run, Journal, _observer) = (world, run, journal, observer);
        _evaluations = new EvaluationLog(run.Root);
        _formats = new FormatLog(run.Root);
        Counts = _formats.Collect();
    }

    public EchoChamberWorld World { get; }

    public RunFolder Run { get; }

    public RunJournal Journal { get; }

    /// <summary>Counts by format of the batches so far.</summary>
    public IReadOnlyList<FormatCounts> Counts { get; private set; }

    /// <summary>Evaluations; there when the run has ended.</summary>
    public IReadOnlyList<EchoRecord> Records { get; private set; } = [];

    /// <summary>Numbers of the updates; there when the training has ended.</summary>
    public IReadOnlyList<PolicyUpdate> Updates { get; private set; } = [];

    /// <summary>Largest difference between the log-probabilities of sampler and learner.</summary>
    public double Parity { get; private set; }

    private EchoChamberRecipe Recipe => World.Recipe;

    private Checkpoint Base => _base ?? throw new InvalidOperationException("There is no base model yet.");

    private FormatEvaluator Evaluator => _evaluator ??= new FormatEvaluator(World, Base.Folder);

    /// <summary>Pretrains, or takes the model that another run has pretrained, and evaluates it.</summary>
    public async Task MakeBaseAsync(string id, CancellationToken cancellationToken)
    {
        var folder = Run.CheckpointPath(id);
        var begin = Stopwatch.GetTimestamp();
        _observer.OnEvent(new RunEvent.StageStarted { Round = 0, Stage = "learn", Items = (int)Math.Min(int.MaxValue, new MixtureCorpus(World).Windows) });
        var (checkpoint, manifest, trained) = await new PretrainedBase(World, Run.Root).MakeAsync(folder, Note, new Relay(Report(0)), cancellationToken);
        _base = checkpoint with { Id = id };
        if (Journal.Checkpoints().Count == 0)
        {
            var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            Journal.AddCheckpoint(
                new RecordedCheckpoint(id, 0, null, checkpoint.WeightsHash, manifest.Steps, manifest.Tokens, manifest.FinalLoss),
                [],
                new StageTiming("learn", seconds) { LearnSeconds = trained > 0 ? seconds : 0, TrainedTokens = trained },
                manifest.Curve);
        }
        else if (Journal.Checkpoints()[0].WeightsHash != checkpoint.WeightsHash)
        {
            throw new RatchetException($"The checkpoint '{folder}' is not the one that the run made: its weights were changed.", "Put its files back as they were, or start a new run.");
        }

        EvaluateCheckpoint(_base, new EvaluationPoint(0, 0, 0, IsMilestone: true, IsEnd: true));
    }

    /// <summary>Learns from rewards, evaluating on the way.</summary>
    public async Task LearnFromRewardsAsync(CancellationToken cancellationToken)
    {
        var judge = new FormatJudge(World);
        var grid = World.Grid;
        var begin = Stopwatch.GetTimestamp();
        var (first, spent) = (-1, TimeSpan.Zero);
        _observer.OnEvent(new RunEvent.StageStarted { Round = 1, Stage = "learn", Items = Recipe.Policy.Updates });
        var hooks = new PolicyTrainingHooks
        {
            Rollouts = (update, rollouts) => _formats.Add(judge.Count(update, rollouts)),
            Progress = new UpdateRelay(update =>
            {
                first = first < 0 ? update.Update : first;
                _observer.OnEvent(new RunEvent.Learned { Round = 1, Step = new LearningStep(update.Update + 1, update.Updates, Finite(update.Loss), Finite(update.GradientNorm), update.LearningRate, update.SampledTokens) });
            }),
            EvaluateAfter = update => update > 0 && grid.Contains(update),
            Evaluate = (policy, _) =>
            {
                var clock = Stopwatch.GetTimestamp();
                if (!_evaluations.Has(policy.Updates))
                {
                    var drawn = (long)policy.Updates * Recipe.Policy.Prompts * Recipe.Policy.Samples;
                    var point = new EvaluationPoint(policy.Updates, policy.Updates / World.Pass, drawn, grid.IsMilestone(policy.Updates), policy.Updates == grid.Updates);
                    _evaluations.Add(policy.Updates, Evaluator.Evaluate(policy.Sampler, policy.Policy, point));
                }

                spent += Stopwatch.GetElapsedTime(clock);
                return Task.CompletedTask;
            },
        };
        var result = await new PolicyTraining(Recipe.Policy, World.Tokenizer, judge.JudgeAsync, World.Engine, hooks).TrainAsync(
            new PolicyTrainingRequest
            {
                From = Base,
                Prompts = [.. World.Problems.In(Split.Train).Select(p => new PolicyPrompt(p.Id, World.Prompt(p)))],
                Stream = World.Root.Derive("policy"),
                Folder = Run.CheckpointPath(LastId),
            },
            cancellationToken);
        Updates = result.Updates;
        Counts = _formats.Collect();
        Parity = result.Updates.Select(u => u.Parity).Where(double.IsFinite).DefaultIfEmpty(0).Max();
        JsonLog.Write(Path.Combine(Run.Root, "updates.jsonl"), result.Updates);
        if (Journal.Checkpoints().Count < 2)
        {
            var seconds = (Stopwatch.GetElapsedTime(begin) - spent).TotalSeconds;
            var here = result.Updates.Where(u => first >= 0 && u.Update >= first).ToList();
            Journal.AddCheckpoint(
                new RecordedCheckpoint(LastId, 1, Base.Id, result.Policy.WeightsHash, result.Updates[^1].Steps, result.Updates.Sum(u => u.LearnedTokens), Finite(result.Updates[^1].Loss)),
                [],
                new StageTiming("learn", seconds) { LearnSeconds = seconds, TrainedTokens = here.Sum(u => u.LearnedTokens) });
        }
    }

    /// <summary>Rounds of learning from accepted samples, and an evaluation of each round's checkpoint.</summary>
    public async Task IterateAsync(CancellationToken cancellationToken)
    {
        var expert = Recipe.Expert;
        var tokenizer = World.Tokenizer;
        var train = new ProblemSet(World.Problems.In(Split.Train), new Dictionary<string, string>());
        using var proposer = new SamplerProposer(
            World.Domain.Prompt, tokenizer, checkpoint => World.OpenSampler(CheckpointStore.LoadWeights(checkpoint.Folder)), World.Shape.MaxPositions,
            new SamplingOptions { Temperature = expert.Temperature, TopP = expert.TopP, MaxNewTokens = expert.MaxNewTokens, StopIds = [tokenizer.EndId] });
        var learner = Learner(expert.LearningRate, expert.BatchTokens);
        var engine = new LoopEngine(
            new LoopStages(
                proposer, World.Domain.Verifier,
                new VerifiedSelector(new SelectionOptions { PerProblem = 0, ReplayRounds = 0, IncludeSeed = false }, tokenizer.EndId), learner, learner),
            new LoopOptions
            {
                Rounds = expert.Rounds,
                Samples = expert.Samples,
                ProblemsPerRound = expert.ProblemsPerRound,
                StartFrom = Base,
                Epochs = expert.Epochs,
                LearnFrom = expert.From == ExpertIteration.LearnFrom.Base ? LearnFrom.Base : LearnFrom.Continue,
                Greedy = false,
                PassAt = [1],
                EvaluateEvery = expert.Rounds,
                UnknownLimit = 1,
            },
            train, [], Run, Journal, World.Root, World.Budget, _observer, (checkpoint, _) => ParityOf(checkpoint));
        await engine.RunAsync(cancellationToken);
        Parity = Journal.Rounds().Select(r => r.Parity).DefaultIfEmpty(0).Max();

        var problems = expert.ProblemsPerRound == 0 ? Recipe.Problems.Train : expert.ProblemsPerRound;
        for (var round = 1; round <= expert.Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // A round in which nothing was accepted has no checkpoint of its own.
            var id = Journal.Rounds()[round].Summary.Checkpoint;
            EvaluateCheckpoint(
                CheckpointStore.Open(Run.CheckpointPath(id), id),
                new EvaluationPoint(round, (double)round * problems / Recipe.Problems.Train, (long)round * problems * expert.Samples, IsMilestone: true, IsEnd: round == expert.Rounds));
        }
    }

    /// <summary>Learns the reference solutions of the training problems, as often as gives the steps that are asked for.</summary>
    public async Task LearnReferencesAsync(CancellationToken cancellationToken)
    {
        var gold = Recipe.Gold;
        List<Example> rows = [.. World.Problems.In(Split.Train).Select(p =>
        {
            var prompt = World.Prompt(p);
            return new Example { Id = "gold/" + p.Id, Ids = [.. prompt, .. World.Tokenizer.Encode(World.Problems.References[p.Id]), World.Tokenizer.EndId], TargetStart = prompt.Length, ProblemId = p.Id, AttemptIds = [] };
        })];
        var perPass = Math.Max(1, (int)Math.Ceiling((double)rows.Sum(r => (long)r.Ids.Count) / gold.BatchTokens));
        var begin = Stopwatch.GetTimestamp();
        _observer.OnEvent(new RunEvent.StageStarted { Round = 1, Stage = "learn", Items = rows.Count });
        var result = await Learner(gold.LearningRate, gold.BatchTokens).LearnAsync(
            new LearningRequest { Round = 1, From = Base, Examples = rows, Epochs = (double)gold.Steps / perPass, Stream = World.Root.Derive("gold"), Folder = Run.CheckpointPath(LastId) },
            new Relay(Report(1)),
            cancellationToken);
        if (Journal.Checkpoints().Count < 2)
        {
            var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            Journal.AddCheckpoint(
                new RecordedCheckpoint(LastId, 1, Base.Id, result.Checkpoint.WeightsHash, result.Steps, result.Tokens, result.FinalLoss),
                [], new StageTiming("learn", seconds) { LearnSeconds = seconds, TrainedTokens = result.Tokens }, result.Curve);
        }

        EvaluateCheckpoint(result.Checkpoint, new EvaluationPoint(result.Steps, (double)gold.Steps / perPass, 0, IsMilestone: true, IsEnd: true));
    }

    /// <summary>What the run came to.</summary>
    public EchoResults Collect()
    {
        Records = _evaluations.Collect();
        return new EchoResults(Recipe, Records, Counts, Updates);
    }

    /// <inheritdoc/>
    public void Dispose() => _evaluator?.Dispose();

    private static double Finite(double value) => double.IsFinite(value) ? value : 0;

    private SupervisedLearner Learner(double learningRate, int batchTokens) => new(
        World.Shape,
        World.Tokenizer,
        World.Pretraining.Options(batchTokens) with
        {
            LearningRate = learningRate, WarmupFraction = 0.03, Decay = LearningRateDecay.Cosine, FinalFraction = 0.1, AdamW = new AdamWOptions { WeightDecay = 0 },
        },
        (weights, adamW, _) => World.Pretraining.Open(weights, adamW));

    private void EvaluateCheckpoint(Checkpoint checkpoint, EvaluationPoint point)
    {
        if (_evaluations.Has(point.Rollout))
            return;
        _observer.OnEvent(new RunEvent.StageStarted { Round = Recipe.Method == PostTraining.ExpertIteration ? point.Rollout : Math.Min(point.Rollout, 1), Stage = "evaluate", Items = World.Heldout.Count });
        var weights = CheckpointStore.LoadWeights(checkpoint.Folder);
        using var sampler = World.OpenSampler(weights);
        using var policy = World.Pretraining.Open(weights, new AdamWOptions());
        _evaluations.Add(point.Rollout, Evaluator.Evaluate(sampler, policy, point));
    }

    /// <summary>Largest difference in nats between what the sampler records and what the learner's full pass gives, over one plain sample of some training problems.</summary>
    private double ParityOf(Checkpoint checkpoint)
    {
        var weights = CheckpointStore.LoadWeights(checkpoint.Folder);
        using var sampler = World.OpenSampler(weights);
        using var trainer = World.Pretraining.Open(weights, new AdamWOptions());
        List<SamplePrompt> prompts = [.. World.Problems.In(Split.Train).Take(ParityPrompts).Select(p => new SamplePrompt(World.Prompt(p), [World.Root.Derive("parity").Derive(p.Id)]))];
        var samples = sampler.Generate(prompts, new SamplingOptions { MaxNewTokens = Recipe.Expert.MaxNewTokens, StopIds = [World.Tokenizer.EndId] });
        var scores = trainer.Score([.. prompts.Zip(samples, (p, s) => (IReadOnlyList<int>)[.. p.Ids, .. s.Ids])]);
        var worst = 0.0;
        for (var i = 0; i < samples.Count; i++)
        {
            for (var t = 0; t < samples[i].Ids.Length; t++)
                worst = Math.Max(worst, Math.Abs((double)samples[i].LogProbabilities[t] - scores[i][prompts[i].Ids.Count - 1 + t]));
        }

        return worst;
    }

    private void Note(string message) => _observer.OnEvent(new RunEvent.Note { Round = 0, Message = message });

    private Action<LearningStep> Report(int round) => step => _observer.OnEvent(new RunEvent.Learned { Round = round, Step = step });

    private sealed class Relay(Action<LearningStep> report) : IProgress<LearningStep>
    {
        public void Report(LearningStep value) => report(value);
    }

    private sealed class UpdateRelay(Action<PolicyUpdate> report) : IProgress<PolicyUpdate>
    {
        public void Report(PolicyUpdate value) => report(value);
    }
}
