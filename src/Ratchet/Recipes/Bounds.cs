namespace Ratchet.Recipes;

/// <summary>A bound on a recipe value; the check, the message, the schema and the docs are all made from it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public abstract class BoundAttribute : Attribute
{
    /// <summary>What is allowed, in words that continue "must be ...".</summary>
    public abstract string Allowed { get; }

    /// <summary>True when the value is inside the bound.</summary>
    internal abstract bool Holds(object value);

    /// <summary>Smallest value and whether it is itself outside; null without a lower end.</summary>
    internal virtual (double Value, bool Exclusive)? Lower => null;

    /// <summary>Largest value and whether it is itself outside; null without an upper end.</summary>
    internal virtual (double Value, bool Exclusive)? Upper => null;
}

/// <summary>A number, at least a value.</summary>
public sealed class AtLeastAttribute(double minimum) : BoundAttribute
{
    /// <summary>Smallest allowed value.</summary>
    public double Minimum { get; } = minimum;

    /// <inheritdoc/>
    public override string Allowed => $"at least {RecipeText.Number(Minimum)}";

    internal override (double Value, bool Exclusive)? Lower => (Minimum, false);

    internal override bool Holds(object value) => Convert.ToDouble(value) >= Minimum;
}

/// <summary>A number, more than a value.</summary>
public sealed class AboveAttribute(double limit) : BoundAttribute
{
    /// <summary>Largest value that is too small.</summary>
    public double Limit { get; } = limit;

    /// <inheritdoc/>
    public override string Allowed => $"above {RecipeText.Number(Limit)}";

    internal override (double Value, bool Exclusive)? Lower => (Limit, true);

    internal override bool Holds(object value) => Convert.ToDouble(value) > Limit;
}

/// <summary>A number between two values, both allowed unless an end is said to be outside.</summary>
public sealed class BetweenAttribute(double minimum, double maximum) : BoundAttribute
{
    /// <summary>Lower end.</summary>
    public double Minimum { get; } = minimum;

    /// <summary>Upper end.</summary>
    public double Maximum { get; } = maximum;

    /// <summary>The lower end itself is not allowed.</summary>
    public bool MinimumOutside { get; init; }

    /// <summary>The upper end itself is not allowed.</summary>
    public bool MaximumOutside { get; init; }

    /// <inheritdoc/>
    public override string Allowed => (MinimumOutside, MaximumOutside) switch
    {
        (false, false) => $"from {RecipeText.Number(Minimum)} to {RecipeText.Number(Maximum)}",
        (true, false) => $"above {RecipeText.Number(Minimum)} and at most {RecipeText.Number(Maximum)}",
        (false, true) => $"at least {RecipeText.Number(Minimum)} and below {RecipeText.Number(Maximum)}",
        _ => $"above {RecipeText.Number(Minimum)} and below {RecipeText.Number(Maximum)}",
    };

    internal override (double Value, bool Exclusive)? Lower => (Minimum, MinimumOutside);

    internal override (double Value, bool Exclusive)? Upper => (Maximum, MaximumOutside);

    internal override bool Holds(object value)
    {
        var number = Convert.ToDouble(value);
        return (MinimumOutside ? number > Minimum : number >= Minimum) && (MaximumOutside ? number < Maximum : number <= Maximum);
    }
}

/// <summary>A text of a given form.</summary>
public sealed class FormAttribute(string pattern, string allowed) : BoundAttribute
{
    /// <summary>Regular expression that the whole text must match.</summary>
    public string Pattern { get; } = pattern;

    /// <inheritdoc/>
    public override string Allowed { get; } = allowed;

    internal override bool Holds(object value) =>
        System.Text.RegularExpressions.Regex.IsMatch((string)value, $"^(?:{Pattern})$", System.Text.RegularExpressions.RegexOptions.CultureInvariant);
}

/// <summary>The word that stands for an enum value in a recipe, where the snake_case name is not the usual spelling.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class WordAttribute(string word) : Attribute
{
    /// <summary>The word.</summary>
    public string Word { get; } = word;
}

/// <summary>A path that the recipe file gives relative to its own folder; it is made absolute when the recipe is read.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RelativePathAttribute : Attribute
{
    /// <summary>A word that is no path and stays as it is.</summary>
    public string? Except { get; init; }
}
