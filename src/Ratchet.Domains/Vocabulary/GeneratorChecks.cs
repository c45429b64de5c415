using Ratchet.Runs;

namespace Ratchet.Domains.Vocabulary;

/// <summary>What all generators ask of their options.</summary>
internal static class GeneratorChecks
{
    /// <summary>Checks the shares of difficulty classes.</summary>
    /// <param name="strata">Name, share of the seed split and share of the others of each class.</param>
    /// <param name="wrong">Takes what is wrong with them, behind what the caller found.</param>
    /// <exception cref="RatchetException">Something is wrong: all of it.</exception>
    public static void ThrowIfWrong(IReadOnlyList<(string Name, double SeedShare, double Share)> strata, List<string> wrong)
    {
        if (strata.Count == 0)
            wrong.Add("Strata is empty; give at least one.");
        foreach (var (name, seedShare, share) in strata)
        {
            if (share is not (>= 0 and <= 1) || seedShare is not (>= 0 and <= 1))
                wrong.Add($"The shares of the stratum '{name}' must be 0 to 1.");
        }

        if (strata.Count > 0 && (!(strata.Sum(s => s.Share) > 0) || !(strata.Sum(s => s.SeedShare) > 0)))
            wrong.Add("The shares of all strata together must be above 0, for the seed split and for the others.");
        if (wrong.Count > 0)
            throw new RatchetException(string.Join('\n', wrong), "Correct the generator's options.");
    }
}
