using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>What a recipe stands for once it meets its domain: problems, shape of the model, seed rows, numbers of the loop.</summary>
internal sealed class ExpertIterationWorld
{
    private ExpertIterationWorld(ExpertIterationRecipe recipe, IDomain domain, ProblemSet problems, IReadOnlyList<string> notes)
    {
        Recipe = recipe;
        Domain = domain;
        Problems = problems;
        Notes = notes;
        Root = RandomStream.FromSeed(recipe.Seed);
        Budget = new ThreadBudget(recipe.Threads);
        StartFrom = recipe.Model.Path is { } path ? CheckpointStore.Open(path, "start") : null;
        Shape = StartFrom is null ? ShapeOf(recipe, domain) : CheckpointStore.LoadConfig(StartFrom.Folder);
        Shape.ThrowIfInvalid();
        if (Shape.VocabularySize != domain.Tokenizer.VocabularySize)
        {
            throw new RatchetException(
                $"The model '{recipe.Model.Path}' has {Shape.VocabularySize} token ids and the domain '{domain.Name}' {domain.Tokenizer.VocabularySize}.",
                "Give a checkpoint that was trained on this domain with its tokenizer.");
        }

        SeedExamples = SeedRows();
        Options = OptionsOf();
    }

    public ExpertIterationRecipe Recipe { get; }

    public IDomain Domain { get; }

    public ProblemSet Problems { get; }

    /// <summary>What the user should know before the run begins.</summary>
    public IReadOnlyList<string> Notes { get; }

    public RandomStream Root { get; }

    public ThreadBudget Budget { get; }

    public Checkpoint? StartFrom { get; }

    public DecoderConfig Shape { get; }

    public IReadOnlyList<Example> SeedExamples { get; }

    public LoopOptions Options { get; }

    /// <summary><c>own</c> or <c>torch</c>.</summary>
    public string SamplerEngine => EngineName(Recipe.Engine.Sampler);

    /// <summary><c>own</c> or <c>torch</c>.</summary>
    public string LearnerEngine => EngineName(Recipe.Engine.Learner);

    /// <summary>Meets the recipe's domain.</summary>
    /// <param name="recipe">Recipe, read and checked.</param>
    /// <param name="recorded">Problems of a run that is continued, or null to read or draw them.</param>
    /// <exception cref="RatchetException">Problems or model cannot be read.</exception>
    public static ExpertIterationWorld Create(ExpertIterationRecipe recipe, ProblemSet? recorded = null)
    {
        var domain = DomainCatalog.Create(recipe.Problems.Domain);
        var notes = new List<string>();
        return new ExpertIterationWorld(recipe, domain, recorded ?? RunProblems.Make(recipe, domain, notes), notes);
    }

    /// <summary>Makes the stages. Dispose them when the run ends.</summary>
    public ExpertIterationStages Stages() => new(this);

    /// <summary>The row of a problem with its solution: begin mark, prompt, solution, end mark.</summary>
    public Example Row(string id, Problem problem, string solution, IReadOnlyList<string> attempts)
    {
        var tokenizer = Domain.Tokenizer;
        int[] prompt = [tokenizer.BeginId, .. tokenizer.Encode(Domain.Prompt(problem))];
        return new Example
        {
            Id = id,
            Ids = [.. prompt, .. tokenizer.Encode(solution), tokenizer.EndId],
            TargetStart = prompt.Length,
            ProblemId = problem.Id,
            AttemptIds = attempts,
        };
    }

    private static DecoderConfig ShapeOf(ExpertIterationRecipe recipe, IDomain domain)
    {
        var m = recipe.Model;
        return new DecoderConfig
        {
            VocabularySize = domain.Tokenizer.VocabularySize,
            HiddenSize = m.HiddenSize,
            Layers = m.Layers,
            Heads = m.Heads,
            KeyValueHeads = m.KeyValueHeads,
            HeadSize = m.EffectiveHeadSize,
            FeedForwardSize = m.FeedForwardSize,
            MaxPositions = m.MaxPositions,
            RopeTheta = m.RopeTheta,
            QkNorm = m.QkNorm,
            TiedHead = m.TiedHead,
            BeginId = domain.Tokenizer.BeginId,
            EndId = domain.Tokenizer.EndId,
            PadId = domain.Tokenizer.PadId,
        };
    }

    private string EngineName(EngineChoice choice) => choice switch
    {
        EngineChoice.Own => "own",
        EngineChoice.Torch => "torch",
        _ => Recipe.Device == "cpu" ? "own" : "torch",
    };

    private List<Example> SeedRows()
    {
        var rows = new List<Example>();
        foreach (var problem in Problems.In(Split.Seed))
        {
            if (!Problems.References.TryGetValue(problem.Id, out var solution))
                continue;
            var row = Row("seed/" + problem.Id, problem, solution, []);
            if (row.Ids.Count <= Shape.MaxPositions)
                rows.Add(row);
        }

        return rows;
    }

    private LoopOptions OptionsOf()
    {
        var r = Recipe;
        return new LoopOptions
        {
            Rounds = r.Rounds,
            Samples = r.Propose.Samples,
            ProblemsPerRound = r.Propose.ProblemsPerRound,
            BatchProblems = r.Propose.BatchProblems,
            StartEpochs = SeedExamples.Count == 0 && StartFrom is not null ? 0 : r.Start.Epochs,
            StartFrom = StartFrom,
            Epochs = r.Learn.Epochs,
            LearnFrom = r.Learn.From == LearnFrom.Base ? Loop.LearnFrom.Base : Loop.LearnFrom.Continue,
            EvaluationSamples = r.Evaluate.Samples,
            PassAt = r.Evaluate.K,
            Greedy = r.Evaluate.Greedy,
            EvaluateEvery = r.Evaluate.Every,
            Bootstrap = r.Evaluate.Bootstrap,
            UnknownLimit = r.Verify.UnknownLimit,
        };
    }
}
