using System.Globalization;
using System.Text.Json.Serialization;
using Ratchet.Evaluation;

namespace Ratchet.Reports;

/// <summary>What a study gave: the same seeds under several settings ("arms").</summary>
public sealed record StudyResult
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, or null.</summary>
    public string? Description { get; init; }

    /// <summary>The number that arms are compared by.</summary>
    public required string Measure { get; init; }

    /// <summary>A smaller number is better.</summary>
    public bool LowerIsBetter { get; init; }

    /// <summary>Further numbers shown for each arm.</summary>
    public IReadOnlyList<string> Measures { get; init; } = [];

    /// <summary>Seeds of every arm.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>Arms in order.</summary>
    public required IReadOnlyList<StudyArm> Arms { get; init; }

    /// <summary>Comparisons of two arms over the seeds that both have.</summary>
    public required IReadOnlyList<StudyComparison> Comparisons { get; init; }

    /// <summary>What must hold.</summary>
    public required IReadOnlyList<StudyGate> Gates { get; init; }

    /// <summary>Claims that were written down before the runs, checked by the runs' system on what they left.</summary>
    public IReadOnlyList<StudyCheck> Checks { get; init; } = [];

    /// <summary>What the system of the runs adds: its checks, tables and charts.</summary>
    public IReadOnlyList<ReportSection> Sections { get; init; } = [];

    /// <summary>What the runs ran on.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Runs that have not ended well, and why.</summary>
    [JsonIgnore]
    public IEnumerable<(StudyArm Arm, StudyRun Run)> Unfinished => Arms.SelectMany(a => a.Runs.Where(r => r.Status != "completed").Select(r => (a, r)));
}

/// <summary>A claim that was written down before the runs, and what they say of it.</summary>
/// <param name="Name">Short name or number.</param>
/// <param name="Claim">What must be seen.</param>
/// <param name="Result">What was seen, with numbers.</param>
/// <param name="Holds">Whether it holds; null where the runs that it needs are not there.</param>
public sealed record StudyCheck(string Name, string Claim, string Result, bool? Holds);

/// <summary>One setting of a study.</summary>
public sealed record StudyArm
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>What it sets, as <c>key=value</c>.</summary>
    public required string Settings { get; init; }

    /// <summary>One run a seed, in the order of seeds.</summary>
    public required IReadOnlyList<StudyRun> Runs { get; init; }

    /// <summary>A number of each finished run that has it.</summary>
    public IReadOnlyList<double> Values(string measure) => [.. Runs.Where(r => r.Values.ContainsKey(measure)).Select(r => r.Values[measure])];
}

/// <summary>One run of a study.</summary>
public sealed record StudyRun
{
    /// <summary>Seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary><c>completed</c>, <c>failed</c>, or <c>missing</c> where it has not ended.</summary>
    public required string Status { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Message { get; init; }

    /// <summary>Numbers by name; empty unless completed.</summary>
    public IReadOnlyDictionary<string, double> Values { get; init; } = new Dictionary<string, double>();
}

/// <summary>Two arms side by side: left minus right, paired by seed.</summary>
public sealed record StudyComparison
{
    /// <summary>Arm.</summary>
    public required string Left { get; init; }

    /// <summary>Arm that it is compared with.</summary>
    public required string Right { get; init; }

    /// <summary>What the comparison is for, or null.</summary>
    public string? Text { get; init; }

    /// <summary>Left minus right; null where no seed has both.</summary>
    public PairedDifference? Difference { get; init; }

    /// <summary>The result as a sentence.</summary>
    public string Finding(StudyResult study)
    {
        ArgumentNullException.ThrowIfNull(study);
        if (Difference is not { } d)
            return $"{Left} and {Right} cannot be compared: no seed has finished under both.";
        var better = study.LowerIsBetter ? d.Pairs - d.Above : d.Above;
        var word = (d.Mean < 0) == study.LowerIsBetter ? "better" : "worse";
        var size = Math.Abs(d.Mean).ToString("0.0000", CultureInfo.InvariantCulture);
        var count = string.Create(CultureInfo.InvariantCulture, $"better in {better} of {d.Pairs} seed{(d.Pairs == 1 ? "" : "s")}");
        return d.Mean == 0 ? $"{Left} and {Right} are equal in {study.Measure}."
            : d.IsBeyondNoise ? $"{Left} is {word} than {Right} by {size} ({count}): beyond the noise of seeds."
            : $"{Left} is {word} than {Right} by {size} on average ({count}), which is within the noise of seeds: no difference is shown.";
    }
}

/// <summary>What must hold in every seed.</summary>
/// <param name="Claim">The claim as the study writes it.</param>
/// <param name="Text">Why it must hold, or null.</param>
/// <param name="Holds">Seeds in which it holds.</param>
/// <param name="Of">Seeds in which both sides are there.</param>
public sealed record StudyGate(string Claim, string? Text, int Holds, int Of)
{
    /// <summary>True where it holds in all seeds, and there is one.</summary>
    public bool Passed => Of > 0 && Holds == Of;
}
