using System.Text;
using Ratchet.Runs;

namespace Ratchet.Recipes;

/// <summary>What reading a recipe gave: the recipe, or all that is wrong with it.</summary>
public sealed class RecipeReading
{
    internal RecipeReading(string source, Recipe? recipe, IReadOnlyList<RecipeMistake> mistakes, IReadOnlyDictionary<string, RecipePosition> written)
    {
        Source = source;
        Recipe = recipe;
        Mistakes = mistakes;
        Written = written;
    }

    /// <summary>Name of the file as the user gave it.</summary>
    public string Source { get; }

    /// <summary>The recipe; null when there is a mistake.</summary>
    public Recipe? Recipe { get; }

    /// <summary>All mistakes, in the order of the file.</summary>
    public IReadOnlyList<RecipeMistake> Mistakes { get; }

    /// <summary>Where each key path that is no default was written.</summary>
    public IReadOnlyDictionary<string, RecipePosition> Written { get; }

    /// <summary>The origin of a key's value: <c>default</c>, <c>line 12</c> or the option that gave it.</summary>
    public string Origin(string key)
    {
        // A list or section that came as a whole gives its parts their origin.
        if (Written.TryGetValue(key, out var position))
            return position.Line == 0 ? position.Source : $"line {position.Line}";
        return "default";
    }

    /// <summary>The recipe.</summary>
    /// <exception cref="RatchetException">There are mistakes; the message lists them all.</exception>
    public Recipe ThrowIfWrong()
    {
        if (Recipe is not null)
            return Recipe;
        var text = new StringBuilder();
        text.Append(Mistakes.Count == 1 ? $"There is a mistake in the recipe {Source}:" : $"There are {Mistakes.Count} mistakes in the recipe {Source}:");
        foreach (var mistake in Mistakes)
            text.Append("\n  ").Append(mistake);
        throw new RatchetException(text.ToString(), "Correct the lines above. docs/recipes.md explains every key, and 'ratchet schema' gives an editor the list.");
    }
}
