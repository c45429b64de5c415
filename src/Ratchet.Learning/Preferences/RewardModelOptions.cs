using Ratchet.Recipes;

namespace Ratchet.Learning.Preferences;

/// <summary>Training of a reward model: a decoder with a scalar head, read at the last token of a response.</summary>
public sealed record RewardModelOptions
{
    /// <summary>Pairs, or groups with the listwise loss, of an optimizer step.</summary>
    [AtLeast(1)]
    public int BatchUnits { get; init; } = 16;

    /// <summary>Deviation of the fresh head's weights; null takes 1 / (hidden + 1).</summary>
    [AtLeast(0)]
    public double? HeadDeviation { get; init; }

    /// <summary>Factor on the mean squared reward of a step, which keeps rewards near 0; 0 has no such term.</summary>
    [AtLeast(0)]
    public double CenteringWeight { get; init; }

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (BatchUnits < 1)
            errors.Add($"{nameof(BatchUnits)} must be at least 1, not {BatchUnits}.");
        if (HeadDeviation is { } deviation && !(deviation >= 0 && double.IsFinite(deviation)))
            errors.Add($"{nameof(HeadDeviation)} must be 0 or more, not {deviation}.");
        if (!(CenteringWeight >= 0 && double.IsFinite(CenteringWeight)))
            errors.Add($"{nameof(CenteringWeight)} must be 0 or more, not {CenteringWeight}.");
        return errors;
    }
}
