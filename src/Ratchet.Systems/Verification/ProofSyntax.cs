namespace Ratchet.Systems.Verification;

/// <summary>What validation must know of a proof language to spoil a right proof in it.</summary>
public sealed record ProofSyntax
{
    /// <summary>A language of which nothing is known: only whole proofs are exchanged or cut.</summary>
    public static ProofSyntax Plain { get; } = new();

    /// <summary>The steps of a proof, each as its place in the text, in order; null where the language has none.</summary>
    public Func<string, IReadOnlyList<Range>>? Steps { get; init; }

    /// <summary>A step that leaves a hole, such as <c>admit.</c>; null where the language has none.</summary>
    public string? Hole { get; init; }

    /// <summary>A false statement in the place of a given one; null, or a function that gives null, where none can be made.</summary>
    public Func<string, string?>? FalseStatement { get; init; }
}
