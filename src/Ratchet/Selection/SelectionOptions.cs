using Ratchet.Runs;

namespace Ratchet.Selection;

/// <summary>Which accepted proofs become training rows.</summary>
public sealed record SelectionOptions
{
    /// <summary>Most proofs kept for one problem over all replayed rounds; 0 keeps all. Default 4.</summary>
    public int PerProblem { get; init; } = 4;

    /// <summary>Which proofs of a problem are kept when there are more. Default <see cref="ProofPreference.Shortest"/>.</summary>
    public ProofPreference Prefer { get; init; } = ProofPreference.Shortest;

    /// <summary>
    /// Lower end (inclusive) of the pass-rate window, 0 to 1: a problem solved more rarely in a round gives no rows of
    /// that round. Default 0.
    /// </summary>
    public double MinPassRate { get; init; }

    /// <summary>Upper end (inclusive) of the pass-rate window, 0 to 1: a problem solved more often is too easy to learn from. Default 1.</summary>
    public double MaxPassRate { get; init; } = 1;

    /// <summary>Earlier rounds whose attempts are used again: -1 all, 0 none, n the last n before this one. Default -1.</summary>
    public int ReplayRounds { get; init; } = -1;

    /// <summary>Whether the seed problems' reference solutions are among the rows. Default true.</summary>
    public bool IncludeSeed { get; init; } = true;

    /// <summary>Factor on the weight of seed rows, at least 0. Default 1.</summary>
    public float SeedWeight { get; init; } = 1;

    /// <summary>
    /// Negative control: before selection, the accepted labels of each round are permuted among its attempts, so that as many are
    /// accepted but not the right ones. Recorded verdicts stay as they are. Default false.
    /// </summary>
    public bool ShuffleVerdicts { get; init; }

    /// <summary>
    /// Negative control: no attempts; seed rows are repeated until there are as many rows as selection would have given.
    /// Default false.
    /// </summary>
    public bool SeedOnly { get; init; }

    /// <summary>All mistakes in the settings, each with the recipe key, the value and the allowed range; empty when there are none.</summary>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        if (PerProblem < 0)
            mistakes.Add($"selection.per_problem is {PerProblem}; it must be 0 (no limit) or more.");
        if (!Enum.IsDefined(Prefer))
            mistakes.Add($"selection.prefer is {Prefer}; it must be shortest, first or random.");
        if (MinPassRate is not (>= 0 and <= 1))
            mistakes.Add($"selection.min_pass_rate is {MinPassRate}; it must be between 0 and 1.");
        if (MaxPassRate is not (>= 0 and <= 1))
            mistakes.Add($"selection.max_pass_rate is {MaxPassRate}; it must be between 0 and 1.");
        if (MinPassRate > MaxPassRate)
            mistakes.Add($"selection.min_pass_rate ({MinPassRate}) is above selection.max_pass_rate ({MaxPassRate}); no problem could pass.");
        if (ReplayRounds < -1)
            mistakes.Add($"selection.replay_rounds is {ReplayRounds}; it must be -1 (all rounds), 0 (this round only) or a number of rounds.");
        if (!(SeedWeight >= 0) || float.IsInfinity(SeedWeight))
            mistakes.Add($"selection.seed_weight is {SeedWeight}; it must be 0 or more.");
        if (ShuffleVerdicts && SeedOnly)
            mistakes.Add("selection.shuffle_verdicts and selection.seed_only are two different controls; set one of them.");
        return mistakes;
    }

    /// <summary>Throws when <see cref="Validate"/> finds mistakes, with all of them in the message.</summary>
    /// <exception cref="RatchetException">There are mistakes.</exception>
    public void ThrowIfInvalid()
    {
        var mistakes = Validate();
        if (mistakes.Count > 0)
            throw new RatchetException(string.Join(Environment.NewLine, mistakes), "Correct these settings in the recipe.");
    }
}

/// <summary>Which proofs of a problem are kept when there are more than the limit.</summary>
public enum ProofPreference
{
    /// <summary>Fewest tokens; ties by round, then sample number.</summary>
    Shortest,

    /// <summary>Earliest round, then lowest sample number.</summary>
    First,

    /// <summary>Drawn uniformly from the selector's stream.</summary>
    Random,
}
