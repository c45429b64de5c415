using Ratchet.Recipes;

namespace Ratchet.Tests.Recipes;

/// <summary>A recipe type with one key of each kind.</summary>
public sealed record SampleRecipe() : Recipe("sample")
{
    [Between(1, 10)]
    public int Rounds { get; init; } = 3;

    public SampleStage Stage { get; init; } = new();

    public static RecipeCatalog Catalog { get; } = new RecipeCatalog().Add<SampleRecipe>("sample").Add<OtherRecipe>("other");
}

public sealed record OtherRecipe() : Recipe("other");

public sealed record SampleStage : IRecipeSection
{
    [Between(0, 1, MinimumOutside = true)]
    public double LearningRate { get; init; } = 0.5;

    public SampleOrder Order { get; init; } = SampleOrder.ShortFirst;

    public bool Greedy { get; init; }

    [AtLeast(1)]
    public int? Limit { get; init; }

    [Above(0)]
    public RecipeList<int> K { get; init; } = [1, 8];

    public ShareRange Window { get; init; } = new(0, 1);

    [RelativePath(Except = "none")]
    public string File { get; init; } = "none";

    public string? Note { get; init; }

    public long Tokens { get; init; } = 5_000_000_000;

    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (Greedy && Limit > 1)
            yield return new("greedy", $"A greedy stage makes one attempt, not {Limit}.", "Set limit to 1.") { With = ["limit"] };
    }
}

public enum SampleOrder
{
    ShortFirst,

    [Word("fifo")]
    Queue,
}
