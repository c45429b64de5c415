namespace Ratchet.Recipes;

/// <summary>What every recipe says, whatever system it drives. Systems derive their own record from it.</summary>
/// <remarks>
/// A recipe is a plain record: each public property with an <c>init</c> accessor is a key (in snake_case), its value in a new
/// instance is the default, its doc comment is the description, and its <see cref="BoundAttribute"/>s are the bounds. A
/// <c>required</c> property is a required key. Nested records are sections.
/// </remarks>
public abstract record Recipe : IRecipeSection
{
    /// <summary>Makes a recipe of a system.</summary>
    protected Recipe(string system) => System = system;

    /// <summary>The system that the recipe drives; selects which keys there are.</summary>
    public string System { get; }

    /// <summary>Short name, also the default name of the run folder: letters, digits, dots, dashes and underscores.</summary>
    [Form("[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, dots, dashes and underscores, starting with a letter or digit")]
    public required string Name { get; init; }

    /// <summary>What the recipe is for, in one or a few sentences.</summary>
    public string? Description { get; init; }

    /// <summary>The result that a user should see.</summary>
    public Expectation? Expect { get; init; }

    /// <summary>Master seed: all random streams of a run derive from it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <inheritdoc/>
    public virtual IEnumerable<RecipeConflict> Conflicts() => [];
}

/// <summary>The result that a recipe promises, so that a user knows whether a run went as it should.</summary>
public sealed record Expectation
{
    /// <summary>Name of the number, for example <c>pass@8</c>.</summary>
    public required string Measure { get; init; }

    /// <summary>Smallest value that counts as the promised result.</summary>
    public required double AtLeast { get; init; }

    /// <summary>On which machine, in what time, and what else to see.</summary>
    public string? Text { get; init; }
}

/// <summary>A part of a recipe that can say which of its settings do not go together.</summary>
public interface IRecipeSection
{
    /// <summary>Settings that are right one by one but cannot work together; empty when all is well.</summary>
    IEnumerable<RecipeConflict> Conflicts();
}

/// <summary>Settings that cannot work together.</summary>
/// <param name="Key">Key path of the setting to point at, relative to the section that says it: <c>k</c> or <c>model.heads</c>.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
/// <param name="Remedy">What to do, as a sentence, or null.</param>
public sealed record RecipeConflict(string Key, string Message, string? Remedy = null)
{
    /// <summary>The other settings that the conflict hangs on, as key paths like <see cref="Key"/>. Nothing is said while one of them is itself wrong.</summary>
    public RecipeList<string> With { get; init; } = [];
}
