namespace Ratchet.Rollouts;

/// <summary>Two responses to one prompt and which of them is preferred.</summary>
public sealed record PreferencePair
{
    /// <summary>Identifier, unique in a data set.</summary>
    public required string Id { get; init; }

    /// <summary>Problem or instruction that the prompt was made from.</summary>
    public required string ProblemId { get; init; }

    /// <summary>Ids of the prompt, at least one.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>Ids of the first response, end mark included where there is one; at least one id.</summary>
    public required IReadOnlyList<int> First { get; init; }

    /// <summary>Ids of the second response.</summary>
    public required IReadOnlyList<int> Second { get; init; }

    /// <summary>Probability that the first is preferred, in [0, 1]: 1 first, 0 second, 0.5 a tie.</summary>
    public required double Preference { get; init; }

    /// <summary>Factor on the pair's loss, at least 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Who said so, or null.</summary>
    public string? Annotator { get; init; }

    /// <summary>The preferred response; the first on a tie.</summary>
    public IReadOnlyList<int> Preferred => Preference >= 0.5 ? First : Second;

    /// <summary>The other response.</summary>
    public IReadOnlyList<int> Other => Preference >= 0.5 ? Second : First;
}
