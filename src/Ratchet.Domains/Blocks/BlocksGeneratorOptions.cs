using Ratchet.Domains.Vocabulary;
using Ratchet.Runs;

namespace Ratchet.Domains.Blocks;

/// <summary>A difficulty class of generated problems, by the length of a shortest plan.</summary>
/// <param name="MinActions">Fewest actions.</param>
/// <param name="MaxActions">Most actions, at most 60.</param>
/// <param name="SeedShare">Share of the seed split, 0 to 1.</param>
/// <param name="Share">Share of the train and held-out splits, 0 to 1.</param>
public sealed record BlocksStratum(int MinActions, int MaxActions, double SeedShare, double Share)
{
    /// <summary>Name in <see cref="Problems.Problem.Stratum"/>, for example <c>length 6-8</c>.</summary>
    public string Name => $"length {MinActions}-{MaxActions}";
}

/// <summary>What the generator draws.</summary>
public sealed record BlocksGeneratorOptions
{
    /// <summary>Difficulty classes, easiest first. Default: 2-4, 6-8, 10-12 and 14-18 actions; seed problems mostly from the first two.</summary>
    public IReadOnlyList<BlocksStratum> Strata { get; init; } =
    [
        new(2, 4, 0.40, 0.15),
        new(6, 8, 0.45, 0.40),
        new(10, 12, 0.15, 0.35),
        new(14, 18, 0.00, 0.10),
    ];

    /// <summary>Fewest blocks of a problem, at least 2. Default 3.</summary>
    public int MinBlocks { get; init; } = 3;

    /// <summary>Most blocks of a problem, at most 15. Default 7.</summary>
    public int MaxBlocks { get; init; } = 7;

    /// <summary>Throws with every value that is out of its bounds.</summary>
    /// <exception cref="RatchetException">An option is out of bounds.</exception>
    internal void Validate()
    {
        var wrong = new List<string>();
        if (MinBlocks < 2 || MaxBlocks > BlocksProblem.MaxBlocks || MinBlocks > MaxBlocks)
            wrong.Add($"MinBlocks is {MinBlocks} and MaxBlocks {MaxBlocks}; they must lie within 2 to {BlocksProblem.MaxBlocks}.");
        foreach (var stratum in Strata)
        {
            if (stratum.MinActions < 1 || stratum.MaxActions > 60 || stratum.MinActions > stratum.MaxActions)
                wrong.Add($"The stratum '{stratum.Name}' must lie within 1 to 60 actions.");
        }

        GeneratorChecks.ThrowIfWrong([.. Strata.Select(s => (s.Name, s.SeedShare, s.Share))], wrong);
    }
}
