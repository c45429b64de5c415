using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Journal;
using Ratchet.Learning;
using Ratchet.Learning.External;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Cpu;
using Ratchet.Models.Torch;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Selection;
using Ratchet.Verifiers.Python;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>The stages that a recipe asks for: own kernels on CPU, the tensor library elsewhere.</summary>
internal sealed class ExpertIterationStages : IDisposable
{
    private const int ParityPrompts = 16;
    private readonly ExpertIterationWorld _world;
    private readonly SamplerProposer _proposer;
    private readonly DomainVerifier _verifier;
    private readonly PythonTool? _tool;

    public ExpertIterationStages(ExpertIterationWorld world, RunJournal journal)
    {
        _world = world;
        var recipe = world.Recipe;
        var tokenizer = world.Tokenizer;
        var train = new SamplingOptions
        {
            Temperature = recipe.Propose.Temperature,
            TopP = recipe.Propose.TopP,
            TopK = recipe.Propose.TopK,
            MaxNewTokens = recipe.Propose.MaxNewTokens,
            StopIds = [tokenizer.EndId],
            MaxBatch = world.SamplerEngine == "torch" ? 128 : 32,
        };
        _verifier = DomainVerifier.Open(world.Domain, recipe.Verify.Verifier, world.Budget.Threads);
        _tool = recipe.Propose.Tools == ToolChoice.Python ? new PythonTool(new PythonSandbox(new PythonOptions { Threads = world.Budget.Threads })) : null;
        _proposer = new SamplerProposer(
            world.Domain.Prompt, tokenizer, OpenSampler, world.Shape.MaxPositions, train, train with { Temperature = recipe.Evaluate.Temperature, TopP = 1, TopK = 0 },
            _tool is null ? null : new ToolUse(_tool, recipe.Propose.ToolCalls));
        var endpoint = world.Endpoint?.Proposer(world);
        Loop = new LoopStages(
            endpoint is null ? _proposer : recipe.Learns ? new TeacherProposer(endpoint, _proposer) : endpoint,
            _verifier.Verifier,
            new VerifiedSelector(
                new SelectionOptions
                {
                    PerProblem = recipe.Selection.PerProblem,
                    Prefer = Enum.Parse<Selection.ProofPreference>(recipe.Selection.Prefer.ToString()),
                    MinPassRate = recipe.Selection.Window.Low,
                    MaxPassRate = recipe.Selection.Window.High,
                    ReplayRounds = recipe.Selection.ReplayRounds,
                    IncludeSeed = recipe.Selection.IncludeSeed,
                    SeedWeight = (float)recipe.Selection.SeedWeight,
                    ShuffleVerdicts = recipe.Selection.ShuffleVerdicts,
                    SeedOnly = recipe.Selection.SeedOnly,
                },
                tokenizer.EndId),
            world.StartFrom is not null && recipe.Learn.External is { } first
                ? External(first, journal)
                : Learner(recipe.Start.LearningRate ?? recipe.Learn.LearningRate, recipe.Start.Augment, world.StartFrom is null ? null : recipe.Learn.Lora),
            recipe.Learn.External is { } external ? External(external, journal) : Learner(recipe.Learn.LearningRate, recipe.Learn.Augment, recipe.Learn.Lora));
    }

    public LoopStages Loop { get; }

    /// <summary>
    /// Largest difference in nats between what the sampler records for its tokens (cached, batched) and what the learner's full forward pass
    /// gives them, over one plain sample for each of the request's first problems.
    /// </summary>
    public double Parity(Checkpoint checkpoint, ProposalRequest request)
    {
        if (!_world.Recipe.Learns)
            return 0;
        var tokenizer = _world.Tokenizer;
        var stream = _world.Root.Derive("parity").Derive(request.Round);
        var prompts = request.Items.Take(ParityPrompts)
            .Select(i => new SamplePrompt(tokenizer.EncodePrompt(_world.Domain.Prompt(i.Problem)), [stream.Derive(i.Problem.Id)])).ToList();
        using var sampler = OpenSampler(checkpoint);
        var samples = sampler.Generate(
            prompts, new SamplingOptions { MaxNewTokens = _world.Recipe.Propose.MaxNewTokens, StopIds = [tokenizer.EndId] });
        var scores = Score(checkpoint, [.. prompts.Zip(samples, (p, s) => (IReadOnlyList<int>)[.. p.Ids, .. s.Ids])]);
        var worst = 0.0;
        for (var i = 0; i < samples.Count; i++)
        {
            for (var t = 0; t < samples[i].Ids.Length; t++)
                worst = Math.Max(worst, Math.Abs((double)samples[i].LogProbabilities[t] - scores[i][prompts[i].Ids.Count - 1 + t]));
        }

        return worst;
    }

    public void Dispose()
    {
        _proposer.Dispose();
        _verifier.Dispose();
        _tool?.Dispose();
    }

    private ISampler OpenSampler(Checkpoint checkpoint) => CheckpointStore.ReadWeights<ISampler>(checkpoint.Folder, w => _world.SamplerEngine == "torch"
        ? new TorchSampler(w, Torch(_world.Recipe.Model.WeightsType), _world.Budget)
        : new CpuSampler(w, _world.Budget.Threads, _world.Recipe.Model.WeightsType, _world.Budget));

    /// <summary>The learner's full forward pass. On the tensor library without gradients and optimizer, which the pass does not need.</summary>
    private IReadOnlyList<float[]> Score(Checkpoint checkpoint, IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        var weights = CheckpointStore.LoadWeights(checkpoint.Folder);
        if (_world.LearnerEngine == "torch")
        {
            using var scorer = new TorchSampler(weights, LearnerTorch(), _world.Budget);
            return scorer.Score(sequences);
        }

        using var trainer = OpenTrainer(weights, new AdamWOptions(), null);
        return trainer.Score(sequences);
    }

    private IDecoderTrainer OpenTrainer(DecoderWeights weights, AdamWOptions adamW, LoraTraining? lora) => _world.LearnerEngine == "torch"
        ? new TorchTrainer(weights, adamW, LearnerTorch(), _world.Budget, lora)
        : new CpuTrainer(weights, adamW, CpuOptions(), _world.Budget);

    /// <summary>Settings of the tensor library, whose threads are the run's.</summary>
    private TorchOptions Torch(WeightPrecision precision)
    {
        if (precision == WeightPrecision.Int8)
            throw new RatchetException("This model is sampled by the tensor library, which holds no weights as int8.", "Set model.weights_type to float32 or bfloat16.");
        TorchNative.Threads = _world.Budget.Threads;
        return new TorchOptions { Device = _world.Recipe.Device, Compute = precision == WeightPrecision.BFloat16 ? WeightsType.BFloat16 : WeightsType.Float32 };
    }

    private TorchOptions LearnerTorch()
    {
        var learn = _world.Recipe.Learn;
        var options = Torch(learn.Compute);
        return options with { MaxBatchTokens = learn.MicroBatchTokens ?? options.MaxBatchTokens, GradientCheckpointing = learn.GradientCheckpointing };
    }

    private CpuTrainerOptions CpuOptions() => new() { Threads = _world.Budget.Threads, Shards = _world.Recipe.Learn.Shards };

    private SupervisedLearner Learner(double learningRate, int renamings, LoraSettings? lora)
    {
        var learn = _world.Recipe.Learn;
        var options = new LearningOptions
        {
            BatchTokens = learn.BatchTokens,
            LearningRate = learningRate,
            WarmupFraction = learn.WarmupFraction,
            Decay = learn.Decay,
            FinalFraction = learn.FinalFraction,
            AdamW = new AdamWOptions { Beta1 = learn.Beta1, Beta2 = learn.Beta2, WeightDecay = learn.WeightDecay, ClipNorm = learn.ClipNorm },
            SnapshotInterval = learn.SnapshotSteps,
            Engine = _world.LearnerEngine == "torch" ? EngineText(learn) : "cpu",
            Cpu = CpuOptions(),
            Lora = lora?.Options(),
        };
        return new SupervisedLearner(_world.Shape, _world.Tokenizer, options, OpenTrainer, renamings == 0 ? null : (row, epoch, stream) => Rename(row, epoch, stream, renamings));
    }

    private ExternalLearner External(ExternalSettings settings, RunJournal journal) => new(
        settings.Options(),
        _world.Tokenizer,
        request => new RunRows(_world.Domain, journal).Texts(request.Examples.Where(r => r.Weight > 0).Select(r => (r.ProblemId, r.AttemptIds)), settings.Format, request.Round));

    /// <summary>The tensor library with what changes its sums.</summary>
    private static string EngineText(LearnSettings learn) =>
        "torch" + (learn.Compute == WeightPrecision.BFloat16 ? " bfloat16" : "") + (learn.MicroBatchTokens is { } tokens ? FormattableString.Invariant($" {tokens}") : "");

    /// <summary>
    /// The row under one of a fixed number of renamings; every (renamings + 1)-th epoch sees the row itself, and so does one whose renaming
    /// is too long: names may have different numbers of tokens. A row in which a tool speaks stays as it is: the tool said it of these names.
    /// </summary>
    private Example Rename(Example row, int epoch, RandomStream stream, int renamings)
    {
        var variant = epoch % (renamings + 1);
        if (variant == 0 || row.Masked.Count > 0)
            return row;
        var problem = _world.Problems[row.ProblemId];
        var solution = _world.Tokenizer.Decode([.. row.Ids.Skip(row.TargetStart)]);
        var (statement, renamed) = _world.Domain.Rename(problem.Statement, solution, stream);
        var made = _world.Row(row.Id, problem with { Statement = statement }, renamed, row.AttemptIds) with { Weight = row.Weight };
        return made.Ids.Count <= _world.Shape.MaxPositions ? made : row;
    }
}
