namespace Ratchet.Recipes;

/// <summary>Where a recipe's value was written.</summary>
/// <param name="Source">Name of the file, or the option that gave the value (<c>--set</c>, <c>--seed</c>).</param>
/// <param name="Line">Line from 1, or 0 for an option.</param>
/// <param name="Column">Column from 1, or 0 for an option.</param>
public readonly record struct RecipePosition(string Source, int Line, int Column)
{
    /// <summary><c>file:line:column</c>, or the option.</summary>
    public override string ToString() => Line == 0 ? Source : $"{Source}:{Line}:{Column}";
}

/// <summary>A value that an option puts in the place of the recipe's.</summary>
/// <param name="Key">Key path, for example <c>propose.samples</c>.</param>
/// <param name="Value">Value as a recipe would write it.</param>
/// <param name="Option">Option as the user typed it, for messages and for the value's origin.</param>
/// <param name="IsText">The value is taken letter by letter and not read as YAML (paths).</param>
public sealed record RecipeOverride(string Key, string Value, string Option, bool IsText = false);

/// <summary>One mistake in a recipe.</summary>
/// <param name="Position">Where.</param>
/// <param name="Key">Key path, empty for the file as a whole.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
/// <param name="Remedy">What is allowed or what to do, as one or more sentences, or null.</param>
public sealed record RecipeMistake(RecipePosition Position, string Key, string Message, string? Remedy)
{
    /// <summary>One line: position, key, message, remedy.</summary>
    public override string ToString() => $"{Position}: {(Key.Length == 0 ? "" : Key + ": ")}{Message}{(Remedy is null ? "" : " " + Remedy)}";
}
