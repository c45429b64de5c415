using Ratchet.Domains.Vocabulary;
using Ratchet.Runs;

namespace Ratchet.Domains.Rules;

/// <summary>A difficulty class of generated problems: how many rules stand on each other.</summary>
/// <param name="Depth">Rules in the longest chain to the answer, 1 to 6. For <c>unknown</c>: in the chain that would decide and breaks.</param>
/// <param name="SeedShare">Share of the seed split, 0 to 1.</param>
/// <param name="Share">Share of the train and held-out splits, 0 to 1.</param>
public sealed record RulesStratum(int Depth, double SeedShare, double Share)
{
    /// <summary>Name in <see cref="Problems.Problem.Stratum"/>, for example <c>depth 2</c>.</summary>
    public string Name => $"depth {Depth}";
}

/// <summary>What the generator draws.</summary>
public sealed record RulesGeneratorOptions
{
    /// <summary>Difficulty classes, easiest first. Default: depth 1 to 4, seed problems mostly from the first two.</summary>
    public IReadOnlyList<RulesStratum> Strata { get; init; } = [new(1, 0.4, 0.25), new(2, 0.4, 0.35), new(3, 0.2, 0.25), new(4, 0.0, 0.15)];

    /// <summary>Share of the rules of a chain that another rule opposes, 0 to 1. Default 0.5.</summary>
    public double ConflictShare { get; init; } = 0.5;

    /// <summary>Most rules and facts that have nothing to do with the question, of each kind, 0 to 8. Default 3.</summary>
    public int MaxDistractors { get; init; } = 3;

    /// <summary>Throws with every value that is out of its bounds.</summary>
    /// <exception cref="RatchetException">An option is out of bounds.</exception>
    internal void Validate()
    {
        var wrong = new List<string>();
        if (ConflictShare is not (>= 0 and <= 1))
            wrong.Add($"ConflictShare is {ConflictShare}; it can be 0 to 1.");
        if (MaxDistractors is < 0 or > 8)
            wrong.Add($"MaxDistractors is {MaxDistractors}; it can be 0 to 8.");
        foreach (var stratum in Strata)
        {
            if (stratum.Depth is < 1 or > 6)
                wrong.Add($"The stratum '{stratum.Name}' must have a depth of 1 to 6.");
        }

        GeneratorChecks.ThrowIfWrong([.. Strata.Select(s => (s.Name, s.SeedShare, s.Share))], wrong);
    }
}
