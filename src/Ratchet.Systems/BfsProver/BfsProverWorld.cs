using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Search.Policies;
using Ratchet.Systems.Proving;
using Ratchet.Tokenization;

namespace Ratchet.Systems.BfsProver;

/// <summary>What a recipe stands for once it meets its corpus: shape of the model, rows, policies, learners.</summary>
internal sealed class BfsProverWorld
{
    public BfsProverWorld(BfsProverRecipe recipe, ProblemSet? recorded = null)
    {
        Recipe = recipe;
        Root = RandomStream.FromSeed(recipe.Seed);
        Budget = new ThreadBudget(recipe.Threads);
        Corpus = StepCorpus.Make(recipe.Problems, Root, recorded);
        var m = recipe.Model;
        Shape = new DecoderConfig
        {
            VocabularySize = Tokenizer.VocabularySize, HiddenSize = m.HiddenSize, Layers = m.Layers, Heads = m.Heads, KeyValueHeads = m.KeyValueHeads, HeadSize = m.HiddenSize / m.Heads,
            FeedForwardSize = m.FeedForwardSize, MaxPositions = m.MaxPositions, QkNorm = true, TiedHead = true, BeginId = Tokenizer.BeginId, EndId = Tokenizer.EndId, PadId = Tokenizer.PadId,
        };
        Shape.ThrowIfInvalid();
        SeedRows = Rows(Corpus.SeedPairs, "seed");
        if (SeedRows.Count == 0)
            throw new RatchetException("No step of a seed proof can be written for the model.", "Set problems.seed or model.max_positions higher.");
    }

    public BfsProverRecipe Recipe { get; }

    public StepCorpus Corpus { get; }

    public ProverWorld World => Corpus.World;

    public ITokenizer Tokenizer => Corpus.Tokenizer;

    public RandomStream Root { get; }

    public ThreadBudget Budget { get; }

    public DecoderConfig Shape { get; }

    public IReadOnlyList<Example> SeedRows { get; }

    public string Engine => Recipe.Device == "cpu" && Shape.RunsOnOwnKernels ? "own" : "torch";

    /// <summary>The rows of steps; those that the model has no room or no words for are left out.</summary>
    public List<Example> Rows(IReadOnlyList<StepPair> pairs, string prefix)
    {
        var rows = new List<Example>(pairs.Count);
        for (var i = 0; i < pairs.Count; i++)
        {
            if (Row($"{prefix}/{pairs[i].ProblemId}/{pairs[i].Depth}", pairs[i].ProblemId, pairs[i].Prompt, pairs[i].Step) is { } row)
                rows.Add(row);
        }

        return rows;
    }

    /// <summary>A prompt with what should follow it; null where it cannot be written.</summary>
    public Example? Row(string id, string problemId, string prompt, string text)
    {
        try
        {
            var ids = Tokenizer.EncodePrompt(prompt);
            int[] whole = [.. ids, .. Tokenizer.Encode(text), Tokenizer.EndId];
            return whole.Length <= Shape.MaxPositions ? new Example { Id = id, Ids = whole, TargetStart = ids.Length, ProblemId = problemId, AttemptIds = [] } : null;
        }
        catch (TokenizationException)
        {
            return null;
        }
    }

    /// <summary>A checkpoint as the policy that the recipe searches with. Dispose it.</summary>
    public IStepPolicy Policy(Checkpoint checkpoint) => Recipe.Search.Rank ? Ranked(checkpoint) : Drawing(checkpoint);

    /// <summary>A checkpoint that ranks the world's list of steps. Dispose it.</summary>
    public RankedPolicy Ranked(Checkpoint checkpoint) => new(checkpoint.Id, Sampler(checkpoint), Tokenizer, World.Language, World.Steps, Shape.MaxPositions, Recipe.Search.List);

    /// <summary>A checkpoint as the learner sees it. Dispose it.</summary>
    public IDecoderTrainer Trainer(Checkpoint checkpoint)
    {
        var weights = CheckpointStore.LoadWeights(checkpoint.Folder);
        return Engine == "own"
            ? new CpuTrainer(weights, new AdamWOptions(), new CpuTrainerOptions { Threads = Budget.Threads, Shards = Recipe.Learn.Shards }, Budget)
            : new TorchTrainer(weights, new AdamWOptions(), new TorchOptions { Device = Recipe.Device }, Budget);
    }

    /// <summary>A checkpoint that draws steps. Dispose it.</summary>
    public ModelPolicy Drawing(Checkpoint checkpoint) => new(
        checkpoint.Id, Sampler(checkpoint), Tokenizer, World.Language, Shape.MaxPositions,
        new SamplingOptions { Temperature = Recipe.Search.Temperature, MaxNewTokens = Recipe.Search.MaxNewTokens, MaxBatch = 64 });

    /// <summary>A checkpoint that draws whole proofs, at temperature 1. Dispose it.</summary>
    public ModelPolicy WholeProofs(Checkpoint checkpoint) => new(
        checkpoint.Id, Sampler(checkpoint), Tokenizer, World.WholeProofs!, Shape.MaxPositions, new SamplingOptions { Temperature = 1, MaxNewTokens = Shape.MaxPositions, MaxBatch = 64 });

    public ISampler Sampler(Checkpoint checkpoint)
    {
        if (Engine == "own")
            return CheckpointStore.ReadWeights(checkpoint.Folder, w => new CpuSampler(w, Budget.Threads, budget: Budget));
        TorchNative.Threads = Budget.Threads;
        return CheckpointStore.ReadWeights(checkpoint.Folder, w => new TorchSampler(w, new TorchOptions { Device = Recipe.Device }));
    }

    /// <summary>A learner.</summary>
    /// <param name="fresh">It trains fresh weights.</param>
    /// <param name="rename">Rows may be renamed.</param>
    public SupervisedLearner Learner(bool fresh, bool rename = true)
    {
        var l = Recipe.Learn;
        var options = new LearningOptions
        {
            BatchTokens = l.BatchTokens, LearningRate = fresh ? l.FreshLearningRate ?? l.LearningRate : l.LearningRate, WarmupFraction = l.WarmupFraction,
            AdamW = new AdamWOptions { WeightDecay = l.WeightDecay }, SnapshotInterval = l.SnapshotSteps, Engine = Engine == "own" ? "cpu" : "torch",
            Cpu = new CpuTrainerOptions { Threads = Budget.Threads, Shards = l.Shards },
        };
        DecoderTrainerFactory factory = (weights, adamW, _) => Engine == "own" ? new CpuTrainer(weights, adamW, options.Cpu, Budget) : new TorchTrainer(weights, adamW, new TorchOptions { Device = Recipe.Device }, Budget);
        return new SupervisedLearner(Shape, Tokenizer, options, factory, rename && l.Rename ? Corpus.Renaming : null);
    }
}
