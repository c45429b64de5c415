using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Lean;

/// <summary>What came back when Lean was given a file: Lean's messages, or why there are none.</summary>
public sealed record LeanAnswer
{
    /// <summary>Messages in Lean's order, places counted in lines of the whole file.</summary>
    public IReadOnlyList<LeanMessage> Messages { get; init; } = [];

    /// <summary>Holes that the backend lists beside the messages.</summary>
    public IReadOnlyList<LeanHole> Holes { get; init; } = [];

    /// <summary>
    /// Set where Lean did not get through the file: <see cref="VerdictReason.TimedOut"/>, <see cref="VerdictReason.OutOfMemory"/>,
    /// <see cref="VerdictReason.ResourceLimit"/>, <see cref="VerdictReason.Crashed"/> or <see cref="VerdictReason.Unavailable"/>.
    /// </summary>
    public VerdictReason? Failure { get; init; }

    /// <summary>What happened, where <see cref="Failure"/> is set: one sentence that says what to install or set where that helps.</summary>
    public string FailureText { get; init; } = "";

    /// <summary>An answer that says why there is no other.</summary>
    public static LeanAnswer Failed(VerdictReason reason, string text) => new() { Failure = reason, FailureText = text };
}
