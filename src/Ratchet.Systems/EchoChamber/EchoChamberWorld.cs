using Ratchet.Domains.Arithmetic;
using Ratchet.Learning.Policies;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Systems.Pretraining;
using Ratchet.Tokenization;

namespace Ratchet.Systems.EchoChamber;

/// <summary>What a recipe stands for once its problems are drawn: problems, shape of the model, engines.</summary>
internal sealed class EchoChamberWorld
{
    /// <summary>Draws the problems of the recipe.</summary>
    /// <exception cref="RatchetException">The model cannot be built, or questions do not fit it.</exception>
    public EchoChamberWorld(EchoChamberRecipe recipe)
    {
        Recipe = recipe;
        Budget = new ThreadBudget(recipe.Threads);
        Root = RandomStream.FromSeed(recipe.Seed);
        Pretraining = new PretrainingEngine(recipe.Pretrain, recipe.Device, Budget);
        Problems = Draw(recipe);
        Shape = new DecoderConfig
        {
            VocabularySize = Tokenizer.VocabularySize,
            HiddenSize = recipe.Model.HiddenSize,
            Layers = recipe.Model.Layers,
            Heads = recipe.Model.Heads,
            KeyValueHeads = recipe.Model.Heads,
            HeadSize = recipe.Model.HiddenSize / recipe.Model.Heads,
            FeedForwardSize = recipe.Model.FeedForwardSize,
            MaxPositions = recipe.Model.MaxPositions,
            NormEpsilon = 1e-6f,
            TiedHead = recipe.Model.TiedHead,
            BeginId = Tokenizer.BeginId,
            EndId = Tokenizer.EndId,
            PadId = Tokenizer.PadId,
        };
        Shape.ThrowIfInvalid();
        var longest = Problems.All.Max(p => Tokenizer.EncodePrompt(Domain.Prompt(p)).Length);
        if (longest >= recipe.Model.MaxPositions)
            throw new RatchetException($"Questions have up to {longest} tokens, and the model has {recipe.Model.MaxPositions} positions for question and answer.", $"Set model.max_positions well above {longest}.");
    }

    public EchoChamberRecipe Recipe { get; }

    public ThreadBudget Budget { get; }

    public RandomStream Root { get; }

    public ArithmeticDomain Domain { get; } = new();

    public ITokenizer Tokenizer => Domain.Tokenizer;

    /// <summary>Problems to train on and held-out ones; those for transfer are held out too and have ids that begin with <c>x</c>.</summary>
    public ProblemSet Problems { get; }

    public IReadOnlyList<Problem> Heldout => [.. Problems.In(Split.Heldout).Where(p => p.Id[0] != 'x')];

    public IReadOnlyList<Problem> Transfer => [.. Problems.In(Split.Heldout).Where(p => p.Id[0] == 'x')];

    public DecoderConfig Shape { get; }

    public PretrainingEngine Pretraining { get; }

    /// <summary>Engines of everything behind pretraining.</summary>
    public PolicyEngine Engine => Pretraining.Name == "own"
        ? PolicyEngine.Cpu(Budget.Threads, Pretraining.Cpu, Budget)
        : PolicyEngine.Torch(new TorchOptions { Device = Recipe.Device }, Budget);

    /// <summary>Updates of a pass over the training problems.</summary>
    public double Pass => (double)Recipe.Problems.Train / Recipe.Policy.Prompts;

    /// <summary>Updates after which the policy is evaluated.</summary>
    public LogGrid Grid => new(Recipe.Policy.Updates, Recipe.Evaluate.Points, Pass);

    /// <summary>Ids of a question.</summary>
    public int[] Prompt(Problem problem) => Tokenizer.EncodePrompt(Domain.Prompt(problem));

    /// <summary>A sampler of weights; the caller disposes it.</summary>
    public ISampler OpenSampler(DecoderWeights weights)
    {
        if (Pretraining.Name == "torch")
            TorchNative.Threads = Budget.Threads;
        return Engine.Sampler(weights);
    }

    private static ProblemSet Draw(EchoChamberRecipe recipe)
    {
        var stream = RandomStream.FromSeed(recipe.Seed).Derive("problems");
        var settings = recipe.Problems;
        var near = DomainOf(settings.Steps).Generate(new ProblemCounts(0, settings.Train, settings.Heldout), stream);
        if (settings.Transfer == 0)
            return near;
        var far = DomainOf(settings.TransferSteps).Generate(new ProblemCounts(0, 0, settings.Transfer), stream.Derive("transfer"));
        var removed = new SortedDictionary<string, int>(near.Removed.ToDictionary(r => r.Key, r => r.Value), StringComparer.Ordinal);
        foreach (var (reason, count) in far.Removed)
            removed[reason] = removed.GetValueOrDefault(reason) + count;
        var references = near.References.Concat(far.References.Select(r => new KeyValuePair<string, string>("x" + r.Key, r.Value))).ToDictionary(r => r.Key, r => r.Value, StringComparer.Ordinal);
        return new ProblemSet([.. near.All, .. far.All.Select(p => p with { Id = "x" + p.Id })], references, removed);

        ArithmeticDomain DomainOf(IEnumerable<int> steps) => new(new ArithmeticGeneratorOptions
        {
            Strata = [.. steps.Select(s => new ArithmeticStratum(s, 1, 1))],
            FormatShares = [recipe.Mixture.Function, recipe.Mixture.Tagged, recipe.Mixture.Prose],
            AsideShare = settings.AsideShare,
        });
    }
}
