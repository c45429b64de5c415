using Ratchet.Models;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>What a run would cost, before it begins. Counts follow from the recipe; lengths and speeds are assumptions that are named.</summary>
public sealed record CostEstimate
{
    /// <summary>Tokens that an attempt is taken to have, prompt not counted.</summary>
    public const int TokensOfAttempt = 40;

    /// <summary>Tokens that a prompt is taken to have.</summary>
    public const int TokensOfPrompt = 24;

    /// <summary>Share of the matrix-product speed that sampling is taken to reach.</summary>
    public const double SamplingEfficiency = 0.3;

    /// <summary>Share of the matrix-product speed that training is taken to reach.</summary>
    public const double TrainingEfficiency = 0.5;

    /// <summary>Parameters of the model.</summary>
    public required long Parameters { get; init; }

    /// <summary>Attempts of all rounds, training and evaluation.</summary>
    public required long Attempts { get; init; }

    /// <summary>Those of them that an endpoint makes; 0 without one.</summary>
    public required long EndpointAttempts { get; init; }

    /// <summary>Price of the endpoint's answers if each were as long as it may be, in the currency of the recipe's prices. Prompts come on top.</summary>
    public required double EndpointPrice { get; init; }

    /// <summary>Tokens that the model here samples, with <see cref="TokensOfAttempt"/> an attempt.</summary>
    public required long SampledTokens { get; init; }

    /// <summary>The same if every attempt ran to its limit.</summary>
    public required long MostSampledTokens { get; init; }

    /// <summary>Tokens trained on if selection kept all that it may.</summary>
    public required long TrainedTokens { get; init; }

    /// <summary>Optimizer steps, for <see cref="TrainedTokens"/>.</summary>
    public required long Steps { get; init; }

    /// <summary>Memory at its largest.</summary>
    public required MemoryEstimate Memory { get; init; }

    /// <summary>Bytes of disk: one checkpoint a round with its optimizer, and the journal.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>
    /// Seconds, for <see cref="SampledTokens"/> and <see cref="TrainedTokens"/>: 2 operations a parameter and sampled token, 6 a parameter and trained token,
    /// at the given speed. A run whose model solves few problems takes a fraction. What an endpoint and a slow verifier take is not in it.
    /// </summary>
    public required double Seconds { get; init; }

    /// <summary>Estimates a recipe.</summary>
    /// <param name="recipe">Recipe, read and checked.</param>
    /// <param name="vocabularySize">Token ids of the recipe's tokenizer.</param>
    /// <param name="operationsPerSecond">Floating-point operations a second of matrix products on the run's threads.</param>
    public static CostEstimate Of(ExpertIterationRecipe recipe, int vocabularySize, double operationsPerSecond)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var m = recipe.Model;
        var shape = m.Path is not null && Directory.Exists(m.Path) ? CheckpointStore.LoadConfig(m.Path) : new DecoderConfig
        {
            VocabularySize = vocabularySize, HiddenSize = m.HiddenSize, Layers = m.Layers, Heads = m.Heads, KeyValueHeads = m.KeyValueHeads,
            HeadSize = m.EffectiveHeadSize, FeedForwardSize = m.FeedForwardSize, MaxPositions = m.MaxPositions, QkNorm = m.QkNorm, TiedHead = m.TiedHead,
        };
        var parameters = shape.ParameterCount;
        long problems = recipe.Propose.ProblemsPerRound == 0 ? recipe.Problems.Train : recipe.Propose.ProblemsPerRound;
        // Round 0 and the last round are always evaluated.
        long evaluations = 1 + ((recipe.Rounds + recipe.Evaluate.Every - 1) / recipe.Evaluate.Every);
        var train = problems * recipe.Propose.Samples * recipe.Rounds;
        var held = recipe.Problems.Heldout * (recipe.Evaluate.Samples + (recipe.Evaluate.Greedy ? 1L : 0)) * evaluations;
        var attempts = train + held;
        var endpoint = recipe.Propose.Endpoint;
        var asked = endpoint is null ? 0 : recipe.Learns ? train : attempts;
        var own = attempts - asked;
        var limit = Math.Min(recipe.Propose.MaxNewTokens, shape.MaxPositions - 1);
        var length = Math.Min(TokensOfAttempt, limit);
        var row = Math.Min(shape.MaxPositions, TokensOfPrompt + length);

        var trained = (long)(recipe.Problems.Seed * recipe.Start.Epochs) * row;
        long kept = recipe.Selection.PerProblem == 0 ? recipe.Propose.Samples : Math.Min(recipe.Selection.PerProblem, recipe.Propose.Samples);
        for (var round = 1; round <= recipe.Rounds; round++)
        {
            // Replayed rounds bring other problems' proofs too, but no problem gives more rows than the limit.
            var rounds = recipe.Propose.ProblemsPerRound == 0 ? 1 : recipe.Selection.ReplayRounds < 0 ? round : Math.Min(round, recipe.Selection.ReplayRounds + 1);
            var rows = (Math.Min(recipe.Problems.Train, problems * rounds) * kept) + (recipe.Selection.IncludeSeed ? recipe.Problems.Seed : 0);
            trained += (long)(rows * recipe.Learn.Epochs) * row;
        }

        return new CostEstimate
        {
            Parameters = parameters,
            Attempts = attempts,
            EndpointAttempts = asked,
            EndpointPrice = endpoint is null ? 0 : asked * endpoint.MaxTokens * endpoint.PriceOutput / 1e6,
            SampledTokens = own * length,
            MostSampledTokens = own * limit,
            TrainedTokens = trained,
            Steps = (trained / recipe.Learn.BatchTokens) + recipe.Rounds + 1,
            Memory = MemoryEstimate.Of(recipe, shape),
            DiskBytes = (parameters * 12 * (recipe.Rounds + 1)) + (attempts * (200 + (length * 8L))),
            Seconds = ((2.0 * parameters * ((own * length) + (asked > 0 ? 0 : problems * recipe.Rounds * TokensOfPrompt)) / SamplingEfficiency) + (6.0 * parameters * trained / TrainingEfficiency)) / operationsPerSecond,
        };
    }
}
