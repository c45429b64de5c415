using Ratchet.Evaluation;
using Ratchet.Runs;
using Ratchet.Selection;
using Ratchet.Verdicts;

namespace Ratchet.Reports;

/// <summary>What a run's report is made from. Everything but the summary may be empty: its section is then left out.</summary>
public sealed partial record ReportData
{
    /// <summary>Numbers of the run.</summary>
    public required RunSummary Summary { get; init; }

    /// <summary>The effective recipe, as text.</summary>
    public string Recipe { get; init; } = "";

    /// <summary>The command that repeats the run, or empty.</summary>
    public string Command { get; init; } = "";

    /// <summary>Attempts before and after, on problems that only the last round solves.</summary>
    public IReadOnlyList<ProofPair> Pairs { get; init; } = [];

    /// <summary>Problems that round 0 left unsolved and the last round solves, in all; <see cref="Pairs"/> shows some of them.</summary>
    public int NewlySolved { get; init; }

    /// <summary>Token counts of accepted held-out proofs by round.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<int>> ProofLengths { get; init; } = new Dictionary<int, IReadOnlyList<int>>();

    /// <summary>Rejected attempts of the last round on held-out problems, by reason.</summary>
    public IReadOnlyDictionary<VerdictReason, long> Rejections { get; init; } = new Dictionary<VerdictReason, long>();

    /// <summary>Accepted training attempts by problem, all rounds; problems without any may be left out.</summary>
    public IReadOnlyDictionary<string, int> AcceptedByProblem { get; init; } = new Dictionary<string, int>();

    /// <summary>Training loss, in order of round and step.</summary>
    public IReadOnlyList<LossPoint> Loss { get; init; } = [];

    /// <summary>What selection kept and left out, by round.</summary>
    public IReadOnlyList<SelectionReport> Selections { get; init; } = [];

    /// <summary>The run in one sentence, where its system says it; null to make one from the numbers.</summary>
    public string? Headline => Sections.Select(s => s.Headline).FirstOrDefault(h => h is not null);

    /// <summary>Sections of the system that the run is of.</summary>
    public IReadOnlyList<ReportSection> Sections { get; init; } = [];

    /// <summary>Last round against round 0 on the same held-out problems at <see cref="RoundComparison.K"/>, or null.</summary>
    public RoundComparison? Gain { get; init; }
}

/// <summary>Two rounds of a run compared.</summary>
/// <param name="K">The k of the compared pass@k.</param>
/// <param name="Result">Paired comparison.</param>
public sealed record RoundComparison(int K, Comparison Result);

/// <summary>A problem with a failed early attempt and an accepted late one.</summary>
/// <param name="ProblemId">Problem.</param>
/// <param name="Stratum">Its difficulty class.</param>
/// <param name="Statement">What was asked.</param>
/// <param name="Before">Text of the failed attempt.</param>
/// <param name="Feedback">What the verifier said about it, with positions in <paramref name="Before"/>.</param>
/// <param name="After">Text of the accepted attempt.</param>
public sealed record ProofPair(string ProblemId, string Stratum, string Statement, string Before, IReadOnlyList<Feedback> Feedback, string After);

/// <summary>Training loss at a step.</summary>
/// <param name="Round">Round.</param>
/// <param name="Step">Step within the round's training, from 1.</param>
/// <param name="Loss">Mean loss per target token, nats.</param>
public sealed record LossPoint(int Round, int Step, double Loss);
