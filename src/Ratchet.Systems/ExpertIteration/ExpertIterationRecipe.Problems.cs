using Ratchet.Models.Cpu;
using Ratchet.Recipes;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>Where the problems of a run come from.</summary>
public sealed record ProblemSettings : IRecipeSection
{
    /// <summary>Name of the domain, see <c>ratchet list</c>.</summary>
    public string Domain { get; init; } = "propositional";

    /// <summary>
    /// The user's own problems, one JSON object a line, relative to the recipe; null generates all. Problems of the file take the
    /// place of generated ones in each split that the file has problems for.
    /// </summary>
    [RelativePath]
    public string? File { get; init; }

    /// <summary>Problems with reference solutions that the start model is trained on.</summary>
    [Between(0, 1_000_000)]
    public int Seed { get; init; } = 300;

    /// <summary>Problems that the loop proposes on and learns from.</summary>
    [Between(1, 10_000_000)]
    public int Train { get; init; } = 1200;

    /// <summary>Problems for evaluation only.</summary>
    [Between(1, 1_000_000)]
    public int Heldout { get; init; } = 200;

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (DomainCatalog.Names.Contains(Domain))
            yield break;
        var near = NearestName.Find(Domain, DomainCatalog.Names);
        yield return new("domain", $"There is no domain '{Domain}'.", (near is null ? "" : $"Did you mean '{near}'? ") + $"Domains: {string.Join(", ", DomainCatalog.Names)}.");
    }
}

/// <summary>The model that is trained: a checkpoint, or a shape for fresh weights.</summary>
public sealed record ModelSettings : IRecipeSection
{
    /// <summary>Checkpoint folder to start from, relative to the recipe; its shape and tokenizer replace the settings below. Null makes fresh weights.</summary>
    [RelativePath]
    public string? Path { get; init; }

    /// <summary>Tokenizer of fresh weights: <c>domain</c> (the domain's own closed vocabulary) or <c>bpe</c> (byte-level, trained on the seed problems).</summary>
    public TokenizerChoice Tokenizer { get; init; } = TokenizerChoice.Domain;

    /// <summary>Token ids of <c>tokenizer: bpe</c>, 3 marks and 256 bytes included; fewer where the seed problems have no more repeated pairs.</summary>
    [Between(259, 1_000_000)]
    public int Vocabulary { get; init; } = 512;

    /// <summary>Writes prompts by the chat template of the model of `path`, where it has one; false writes them plainly. Checkpoints keep what was chosen.</summary>
    public bool ChatTemplate { get; init; } = true;

    /// <summary>Transformer blocks.</summary>
    [Between(1, 1000)]
    public int Layers { get; init; } = 5;

    /// <summary>Width of the residual stream.</summary>
    [Between(8, 65_536)]
    public int HiddenSize { get; init; } = 128;

    /// <summary>Query heads.</summary>
    [Between(1, 1024)]
    public int Heads { get; init; } = 4;

    /// <summary>Key and value heads; must divide the query heads.</summary>
    [Between(1, 1024)]
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>Width of one head, even; null is <c>hidden_size / heads</c>.</summary>
    [Between(2, 1024)]
    public int? HeadSize { get; init; }

    /// <summary>Width of the SwiGLU's hidden layer.</summary>
    [Between(8, 1_000_000)]
    public int FeedForwardSize { get; init; } = 352;

    /// <summary>Longest sequence in tokens, prompt and attempt together.</summary>
    [Between(8, 1_000_000)]
    public int MaxPositions { get; init; } = 192;

    /// <summary>Base of the rotary frequencies.</summary>
    [Above(0)]
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>RMSNorm on each head's queries and keys (Qwen 3).</summary>
    public bool QkNorm { get; init; } = true;

    /// <summary>The output head shares the embedding's weights.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>Number type of the sampler's weights; the learner always works in float32.</summary>
    public WeightPrecision WeightsType { get; init; } = WeightPrecision.Float32;

    /// <summary><see cref="HeadSize"/>, or the width that null stands for.</summary>
    public int EffectiveHeadSize => HeadSize ?? (HiddenSize / Heads);

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (Path is not null)
            yield break;
        if (Heads % KeyValueHeads != 0)
            yield return new("key_value_heads", $"{KeyValueHeads} key and value heads do not divide {Heads} query heads (model.heads).", "Make heads a multiple of key_value_heads.") { With = ["heads"] };
        if (HeadSize is null && HiddenSize % Heads != 0)
            yield return new("heads", $"{Heads} heads do not divide a hidden size of {HiddenSize}.", "Make hidden_size a multiple of heads, or give head_size.") { With = ["hidden_size", "head_size"] };
        else if (EffectiveHeadSize % 2 != 0)
            yield return new(HeadSize is null ? "heads" : "head_size", $"A head's width must be even (rotary positions turn pairs), not {EffectiveHeadSize}.", "Change hidden_size, heads or head_size.") { With = ["hidden_size", "heads", "head_size"] };
    }
}

/// <summary>How texts become token ids.</summary>
public enum TokenizerChoice
{
    /// <summary>The domain's own closed vocabulary, one symbol a token.</summary>
    Domain,

    /// <summary>A byte-level byte-pair encoding, which can write every text.</summary>
    Bpe,
}

/// <summary>Training of the start model on the seed problems' reference solutions.</summary>
public sealed record StartSettings
{
    /// <summary>Passes over the seed rows, renamings counted; 0 takes the checkpoint of <c>model.path</c> as it is.</summary>
    [Between(0, 10_000)]
    public double Epochs { get; init; } = 4;

    /// <summary>Largest learning rate of the start training; null is <c>learn.learning_rate</c>.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double? LearningRate { get; init; }

    /// <summary>Renamed copies of each seed row, besides the row itself.</summary>
    [Between(0, 1000)]
    public int Augment { get; init; } = 4;
}
