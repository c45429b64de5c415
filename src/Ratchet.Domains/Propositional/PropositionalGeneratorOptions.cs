using Ratchet.Domains.Vocabulary;
using Ratchet.Runs;

namespace Ratchet.Domains.Propositional;

/// <summary>A difficulty class of generated problems, by the number of sentences of the reference script.</summary>
/// <param name="MinSentences">Fewest sentences.</param>
/// <param name="MaxSentences">Most sentences, at most 20.</param>
/// <param name="SeedShare">Share of the seed split, 0 to 1.</param>
/// <param name="Share">Share of the train and held-out splits, 0 to 1.</param>
public sealed record PropositionalStratum(int MinSentences, int MaxSentences, double SeedShare, double Share)
{
    /// <summary>Name in <see cref="Problems.Problem.Stratum"/>, for example <c>depth 4-6</c>.</summary>
    public string Name => $"depth {MinSentences}-{MaxSentences}";
}

/// <summary>What the generator draws.</summary>
public sealed record PropositionalGeneratorOptions
{
    /// <summary>
    /// Difficulty classes, easiest first. Default: 1-3, 4-6, 7-9 and 10-14 sentences; seed problems mostly from the first two, the
    /// others in equal mix.
    /// </summary>
    public IReadOnlyList<PropositionalStratum> Strata { get; init; } =
    [
        new(1, 3, 0.75, 0.70),
        new(4, 6, 0.23, 0.23),
        new(7, 9, 0.02, 0.05),
        new(10, 14, 0.00, 0.02),
    ];

    /// <summary>Most tokens of begin mark, prompt, reference script and end mark together, 16 to 1,024. Default 128.</summary>
    public int MaxTokens { get; init; } = 128;

    /// <summary>Throws with every value that is out of its bounds.</summary>
    /// <exception cref="RatchetException">An option is out of bounds.</exception>
    internal void Validate()
    {
        var wrong = new List<string>();
        if (MaxTokens is < 16 or > 1_024)
            wrong.Add($"MaxTokens is {MaxTokens}; it can be 16 to 1024.");
        foreach (var stratum in Strata)
        {
            if (stratum.MinSentences < 1 || stratum.MaxSentences > 20 || stratum.MinSentences > stratum.MaxSentences)
                wrong.Add($"The stratum '{stratum.Name}' must lie within 1 to 20 sentences.");
        }

        GeneratorChecks.ThrowIfWrong([.. Strata.Select(s => (s.Name, s.SeedShare, s.Share))], wrong);
    }
}
