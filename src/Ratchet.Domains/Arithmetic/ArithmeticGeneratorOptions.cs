using Ratchet.Domains.Vocabulary;
using Ratchet.Runs;

namespace Ratchet.Domains.Arithmetic;

/// <summary>A difficulty class of generated problems, by the number of operations that the answer takes.</summary>
/// <param name="Steps">Operations, 1 to 6.</param>
/// <param name="SeedShare">Share of the seed split, 0 to 1.</param>
/// <param name="Share">Share of the train and held-out splits, 0 to 1.</param>
public sealed record ArithmeticStratum(int Steps, double SeedShare, double Share)
{
    /// <summary>Name in <see cref="Problems.Problem.Stratum"/>, for example <c>2 steps</c>.</summary>
    public string Name => NameOf(Steps);

    /// <summary>Name of the class of a number of steps.</summary>
    public static string NameOf(int steps) => $"{steps} step{(steps == 1 ? "" : "s")}";
}

/// <summary>What the generator draws.</summary>
public sealed record ArithmeticGeneratorOptions
{
    /// <summary>Difficulty classes. Default: 2, 3 and 4 steps.</summary>
    public IReadOnlyList<ArithmeticStratum> Strata { get; init; } = [new(2, 0.4, 0.4), new(3, 0.4, 0.4), new(4, 0.2, 0.2)];

    /// <summary>Shares of the formats among reference solutions, in the order of <see cref="ArithmeticFormat"/>; they need not sum to 1. Default equal.</summary>
    public IReadOnlyList<double> FormatShares { get; init; } = [1, 1, 1];

    /// <summary>Share of problems with a sentence that has nothing to do with the question, 0 to 1. Default 0.25.</summary>
    public double AsideShare { get; init; } = 0.25;

    /// <summary>Throws with every value that is out of its bounds.</summary>
    /// <exception cref="RatchetException">An option is out of bounds.</exception>
    internal void Validate()
    {
        var wrong = new List<string>();
        foreach (var stratum in Strata)
        {
            if (stratum.Steps is < 1 or > ArithmeticGenerator.MaxSteps)
                wrong.Add($"The stratum '{stratum.Name}' must have 1 to {ArithmeticGenerator.MaxSteps} steps.");
        }

        if (FormatShares.Count != Enum.GetValues<ArithmeticFormat>().Length || FormatShares.Any(s => !(s >= 0 && double.IsFinite(s))) || !(FormatShares.Sum() > 0))
            wrong.Add("FormatShares must be three numbers of at least 0, not all 0.");
        if (AsideShare is not (>= 0 and <= 1))
            wrong.Add("AsideShare must be 0 to 1.");
        GeneratorChecks.ThrowIfWrong([.. Strata.Select(s => (s.Name, s.SeedShare, s.Share))], wrong);
    }
}
