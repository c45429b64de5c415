using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Tokenization;
using Ratchet.Verifiers.Python;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>What a recipe stands for once it meets its domain: problems, shape of the model, seed rows, numbers of the loop.</summary>
internal sealed class ExpertIterationWorld
{
    private ExpertIterationWorld(ExpertIterationRecipe recipe, IDomain domain, ProblemSet problems, List<string> notes)
    {
        Recipe = recipe;
        Domain = domain;
        Problems = problems;
        Notes = notes;
        Root = RandomStream.FromSeed(recipe.Seed);
        Budget = new ThreadBudget(recipe.Threads);
        StartFrom = recipe.Model.Path is { } path ? CheckpointStore.Open(path, "start") : null;
        Tokenizer = StartFrom is not null ? ModelTokenizer.Load(StartFrom.Folder, domain, recipe.Model.ChatTemplate)
            : recipe.Model.Tokenizer == TokenizerChoice.Bpe ? ModelTokenizer.Train(domain, problems, recipe.Model.Vocabulary)
            : domain.Tokenizer;
        Shape = StartFrom is null ? ShapeOf(recipe, Tokenizer) : CheckpointStore.LoadConfig(StartFrom.Folder);
        Shape.ThrowIfInvalid();

        // What a GPU has is not known before the run; what the machine has is.
        if (recipe.Device == "cpu" && MemoryEstimate.Of(recipe, Shape).Check(MemoryEstimate.Available) is { } note)
            notes.Add(note);
        if (recipe.Learns)
            RequirePrompts();
        SeedExamples = recipe.Learns ? SeedRows(notes) : [];
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

    /// <summary>Tokenizer of the model.</summary>
    public ITokenizer Tokenizer { get; }

    public DecoderConfig Shape { get; }

    public IReadOnlyList<Example> SeedExamples { get; }

    public LoopOptions Options { get; }

    /// <summary>The model elsewhere that proposes; set while the run works, null for none.</summary>
    public RunEndpoint? Endpoint { get; set; }

    /// <summary><c>own</c> or <c>torch</c>.</summary>
    public string SamplerEngine => Engine(Recipe, Shape, Recipe.Engine.Sampler);

    /// <summary><c>own</c> or <c>torch</c>.</summary>
    public string LearnerEngine => LearnerEngineOf(Recipe, Shape);

    /// <summary>What a model of a shape is learned by: <c>own</c> or <c>torch</c>.</summary>
    public static string LearnerEngineOf(ExpertIterationRecipe recipe, DecoderConfig shape) =>
        recipe.Engine.Learner == EngineChoice.Auto && recipe.Learn.TensorLibraryKeys().Any() ? "torch" : Engine(recipe, shape, recipe.Engine.Learner);

    /// <summary>What a choice comes to for a model of a shape: <c>own</c> or <c>torch</c>.</summary>
    public static string Engine(ExpertIterationRecipe recipe, DecoderConfig shape, EngineChoice choice) => choice switch
    {
        EngineChoice.Own => "own",
        EngineChoice.Torch => "torch",
        _ => recipe.Device == "cpu" && shape.RunsOnOwnKernels ? "own" : "torch",
    };

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
    /// <param name="journal">Journal of the run, for rows as text.</param>
    public ExpertIterationStages Stages(RunJournal journal) => new(this, journal);

    /// <summary>
    /// The row of a problem with its solution: begin mark and prompt (or the prompt as a turn of the model's chat template), solution, end mark. Prompt and solution are encoded apart, as the sampler
    /// sees them: no token reaches from one into the other. Where attempts may call Python, a solution's <c>output</c> blocks are masked: the sandbox
    /// writes them, not the model.
    /// </summary>
    public Example Row(string id, Problem problem, string solution, IReadOnlyList<string> attempts)
    {
        var prompt = Tokenizer.EncodePrompt(Domain.Prompt(problem));
        var (ids, masked) = (new List<int>(prompt), new List<IdSpan>());
        foreach (var (text, isOutput) in Recipe.Propose.Tools == ToolChoice.Python ? PythonFences.Outputs(solution) : [(solution, false)])
        {
            var start = ids.Count;
            ids.AddRange(Tokenizer.Encode(text));
            if (isOutput && ids.Count > start)
                masked.Add(new IdSpan(start, ids.Count));
        }

        return new Example
        {
            Id = id,
            Ids = [.. ids, Tokenizer.EndId],
            TargetStart = prompt.Length,
            Masked = masked,
            ProblemId = problem.Id,
            AttemptIds = attempts,
        };
    }

    private static DecoderConfig ShapeOf(ExpertIterationRecipe recipe, ITokenizer tokenizer)
    {
        var m = recipe.Model;
        return new DecoderConfig
        {
            VocabularySize = tokenizer.VocabularySize,
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
            BeginId = tokenizer.BeginId,
            EndId = tokenizer.EndId,
            PadId = tokenizer.PadId,
        };
    }

    /// <summary>Refuses problems that the model cannot be shown, before anything is done.</summary>
    private void RequirePrompts()
    {
        var unwritable = new List<string>();
        var tooLong = new List<string>();
        var longest = 0;
        foreach (var problem in Problems.All.Where(p => p.Split != Split.Seed))
        {
            try
            {
                var length = Tokenizer.EncodePrompt(Domain.Prompt(problem)).Length;
                if (length < Shape.MaxPositions)
                    continue;
                tooLong.Add(problem.Id);
                longest = Math.Max(longest, length);
            }
            catch (TokenizationException)
            {
                unwritable.Add(problem.Id);
            }
        }

        if (unwritable.Count > 0)
        {
            throw new RatchetException(
                $"The prompts of {Some(unwritable)} cannot be written in the model's vocabulary.", "Leave them out, or use a tokenizer that can write them (model.tokenizer: bpe).");
        }

        if (tooLong.Count > 0)
        {
            throw new RatchetException(
                $"The prompts of {Some(tooLong)} have up to {longest} tokens, and the model has {Shape.MaxPositions} positions for prompt and attempt.",
                StartFrom is null ? $"Set model.max_positions well above {longest}, or leave these problems out." : "Leave these problems out, or use a model with more positions.");
        }

        static string Some(List<string> ids) => $"{ids.Count} problem{(ids.Count == 1 ? "" : "s")} ({string.Join(", ", ids.Take(3))}{(ids.Count > 3 ? ", ..." : "")})";
    }

    private List<Example> SeedRows(List<string> notes)
    {
        var rows = new List<Example>();
        var (tooLong, unwritable) = (0, 0);
        foreach (var problem in Problems.In(Split.Seed))
        {
            if (!Problems.References.TryGetValue(problem.Id, out var solution))
                continue;
            try
            {
                var row = Row("seed/" + problem.Id, problem, solution, []);
                if (row.Ids.Count <= Shape.MaxPositions)
                    rows.Add(row);
                else
                    tooLong++;
            }
            catch (TokenizationException)
            {
                unwritable++;
            }
        }

        if (tooLong > 0)
            notes.Add($"{tooLong} of {rows.Count + tooLong + unwritable} seed proofs are longer with their prompts than the model's {Shape.MaxPositions} positions and were left out.");
        if (unwritable > 0)
            notes.Add($"{unwritable} of {rows.Count + tooLong + unwritable} seed proofs cannot be written in the model's vocabulary and were left out.");
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
            StartFrom = r.Learns ? StartFrom : new Checkpoint("endpoint:" + r.Propose.Endpoint!.Model, "", ""),
            Learns = r.Learns,
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
