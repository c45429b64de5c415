using System.Text;
using Ratchet.Examples;
using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Tokenization;
using Ratchet.Runs;
using Ratchet.Systems.Pretraining;

namespace Ratchet.Systems.ChainOfExperts;

/// <summary>What a pretraining recipe stands for once it meets its data: windows of ids, shape of the model, settings of the trainer.</summary>
internal sealed class PretrainingWorld
{
    private readonly PretrainingEngine _engine;

    /// <summary>Reads the recipe's data.</summary>
    /// <exception cref="RatchetException">The data cannot be read or is too small, or the model cannot be built.</exception>
    public PretrainingWorld(ChainOfExpertsRecipe recipe)
    {
        Recipe = recipe;
        Budget = new ThreadBudget(recipe.Threads);
        var corpus = TextCorpus.Read(recipe.Data);
        DataHash = corpus.Hash;

        // With 259 ids no pair is merged, so there is nothing to count.
        Tokenizer = new ByteLevelBpeTrainer { VocabularySize = recipe.Model.Vocabulary }.Train(recipe.Model.Vocabulary == 259 ? [] : corpus.Train);
        Shape = recipe.Model.Shape(Tokenizer.VocabularySize, Tokenizer.BeginId, Tokenizer.EndId, Tokenizer.PadId);
        Shape.ThrowIfInvalid();
        var heldout = TextCorpus.Encode(corpus.Heldout, Tokenizer);
        HeldoutTokensPerByte = (double)heldout.Length / corpus.Heldout.Sum(d => (long)Encoding.UTF8.GetByteCount(d));
        var window = Shape.MaxPositions;
        Rows = Windows(TextCorpus.Encode(corpus.Train, Tokenizer), window, "train");
        Heldout = Windows(heldout, window, "heldout").Take(Math.Max(1, recipe.Evaluate.Tokens / window)).ToList();
        var perStep = recipe.Train.BatchTokens / window;
        var steps = recipe.Train.Tokens / ((long)perStep * window);
        Epochs = (double)steps * perStep / Rows.Count;
        _engine = new PretrainingEngine(recipe.Train, recipe.Device, Budget);
        Learning = _engine.Options(perStep * window);
    }

    public ChainOfExpertsRecipe Recipe { get; }

    public ThreadBudget Budget { get; }

    public ByteLevelBpeTokenizer Tokenizer { get; }

    public DecoderConfig Shape { get; }

    /// <summary>SHA-256 of the data.</summary>
    public string DataHash { get; }

    /// <summary>Windows to learn from.</summary>
    public IReadOnlyList<Example> Rows { get; }

    /// <summary>Windows held out.</summary>
    public IReadOnlyList<Example> Heldout { get; }

    public double HeldoutTokensPerByte { get; }

    /// <summary>Passes over <see cref="Rows"/> that use up the token budget.</summary>
    public double Epochs { get; }

    public LearningOptions Learning { get; }

    /// <summary><c>own</c> or <c>torch</c>.</summary>
    public string Engine => _engine.Name;

    /// <summary>Makes a trainer; the caller disposes it.</summary>
    public IDecoderTrainer OpenTrainer(DecoderWeights weights, AdamWOptions adamW) => _engine.Open(weights, adamW);

    /// <summary>Windows of a number of ids, one behind the other; a window's last id, which is only a target, is the next one's first. A rest that fills no window is left out.</summary>
    private static List<Example> Windows(int[] ids, int window, string name)
    {
        var rows = new List<Example>();
        for (var start = 0; start + window <= ids.Length; start += window - 1)
            rows.Add(new Example { Id = $"{name}/{rows.Count}", Ids = new ArraySegment<int>(ids, start, window), TargetStart = 1, ProblemId = name, AttemptIds = [] });
        return rows.Count > 0 ? rows : throw new RatchetException($"The {name} text has {ids.Length} tokens, less than one window of model.max_positions ({window}).", "Give more data, or make model.max_positions smaller.");
    }
}
