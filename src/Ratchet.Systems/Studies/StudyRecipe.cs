using System.Globalization;
using Ratchet.Recipes;

namespace Ratchet.Systems.Studies;

/// <summary>
/// A study for <c>ratchet study</c>: one recipe under several settings ("arms") and several seeds, each an ordinary run, and a report that compares the arms
/// seed by seed.
/// </summary>
public sealed record StudyRecipe : Recipe
{
    /// <summary>Value of <c>system:</c> that selects this recipe.</summary>
    public const string SystemName = "study";

    /// <summary>A study with all defaults.</summary>
    public StudyRecipe()
        : base(SystemName)
    {
    }

    /// <summary>The recipe that all arms change, relative to the study.</summary>
    [RelativePath]
    public required string Base { get; init; }

    /// <summary>
    /// Arms, each a name and what it sets in the recipe: <c>wide model.hidden_size=256 train.tokens=1000</c>. Values hold no spaces. A name without settings is
    /// the recipe as it is.
    /// </summary>
    public RecipeList<string> Arms { get; init; } = [];

    /// <summary>Number of seeds; they begin with <c>seed</c>.</summary>
    [Between(1, 10_000)]
    public int Seeds { get; init; } = 5;

    /// <summary>Runs that work at the same time.</summary>
    [Between(1, 1024)]
    public int Parallel { get; init; } = 1;

    /// <summary>The number that arms are compared by: one of a run's <c>measures</c>, or <c>pass@k</c>, <c>greedy</c>, <c>parameters</c>, <c>train_tokens_per_s</c>, <c>training_memory_mb</c>, <c>wall_seconds</c>.</summary>
    public required string Measure { get; init; }

    /// <summary>A smaller number is better.</summary>
    public bool LowerIsBetter { get; init; }

    /// <summary>Further numbers to show for each arm.</summary>
    public RecipeList<string> Measures { get; init; } = [];

    /// <summary>Pairs of arms to compare: <c>left vs right</c>, and behind a bar what the comparison is for.</summary>
    public RecipeList<string> Comparisons { get; init; } = [];

    /// <summary>
    /// What must hold in every seed: <c>left &gt; right</c>, and behind a bar why. A side is an arm (its <c>measure</c>), <c>arm.other_measure</c> or a number.
    /// </summary>
    public RecipeList<string> Gates { get; init; } = [];

    /// <inheritdoc/>
    public override IEnumerable<RecipeConflict> Conflicts()
    {
        if (Arms.Count == 0)
            yield return new("arms", "A study needs at least one arm.", "For example [plain, wide model.hidden_size=256].");
        foreach (var arm in Arms)
        {
            foreach (var setting in Settings(arm).Where(s => s.IndexOf('=', StringComparison.Ordinal) <= 0))
                yield return new("arms", $"'{setting}' in '{arm}' is not of the form key=value.", "Write a name, then settings with spaces between them.");
            if (!NameOf(arm).All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                yield return new("arms", $"'{NameOf(arm)}' cannot be the name of an arm.", "Use letters, digits, dashes and underscores.");
        }

        var names = Arms.Select(NameOf).ToList();
        foreach (var twice in names.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1))
            yield return new("arms", $"The arm '{twice.Key}' is there twice.", "Give each arm a name of its own.");
        foreach (var comparison in Comparisons)
        {
            var (left, right, _) = Sides(comparison, " vs ");
            foreach (var unknown in new[] { left, right }.Where(n => !names.Contains(n, StringComparer.Ordinal)))
                yield return new("comparisons", $"There is no arm '{unknown}' ('{comparison}').", $"Write 'left vs right | text' with two of: {string.Join(", ", names)}.") { With = ["arms"] };
        }

        foreach (var gate in Gates)
        {
            var (left, right, _) = Sides(gate, " > ");
            foreach (var unknown in new[] { left, right }.Where(s => !double.TryParse(s, CultureInfo.InvariantCulture, out _) && !names.Contains(s.Split('.')[0], StringComparer.Ordinal)))
                yield return new("gates", $"'{unknown}' in '{gate}' is neither an arm nor a number.", $"Write 'left > right | text'; arms: {string.Join(", ", names)}.") { With = ["arms"] };
        }
    }

    /// <summary>Name of an arm.</summary>
    internal static string NameOf(string arm) => arm.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";

    /// <summary>What an arm sets.</summary>
    internal static IEnumerable<string> Settings(string arm) => arm.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1);

    /// <summary>Both sides of a comparison or gate, and the text behind the bar.</summary>
    internal static (string Left, string Right, string? Text) Sides(string line, string between)
    {
        var bar = line.Split('|', 2);
        var sides = bar[0].Split(between, 2);
        return (sides[0].Trim(), sides.Length == 2 ? sides[1].Trim() : "", bar.Length == 2 ? bar[1].Trim() : null);
    }
}
