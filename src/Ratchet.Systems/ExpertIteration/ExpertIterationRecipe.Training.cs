using Ratchet.Models.Adapters;
using Ratchet.Recipes;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>A low-rank adapter that is trained in place of the model's weights (LoRA; DoRA and rsLoRA as options), on the tensor library.</summary>
public sealed record LoraSettings : IRecipeSection
{
    /// <summary>Rank of the adapter's two factors.</summary>
    [Between(1, 4096)]
    public int Rank { get; init; } = 8;

    /// <summary>Numerator of the factor on the adapter's product, alpha / rank.</summary>
    [Above(0)]
    public double Alpha { get; init; } = 16;

    /// <summary>Share of the adapter's inputs that a training step sets to zero.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Dropout { get; init; }

    /// <summary>Matrices that are adapted: ends of module names such as `q_proj`, or `all-linear` for all inside the blocks.</summary>
    public RecipeList<string> Targets { get; init; } = [LoraOptions.AllLinear];

    /// <summary>DoRA: each row of an adapted matrix has a trained length besides.</summary>
    public bool Dora { get; init; }

    /// <summary>rsLoRA: the factor is alpha / √rank.</summary>
    public bool Rslora { get; init; }

    /// <summary>The adapter's shape.</summary>
    internal LoraOptions Options() => new() { Rank = Rank, Alpha = Alpha, Dropout = Dropout, Targets = [.. Targets], Dora = Dora, RankStabilized = Rslora };

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (Targets.Count == 0)
            yield return new("targets", "At least one target is needed.", $"For example [{LoraOptions.AllLinear}] or [q_proj, v_proj].");
    }
}
