using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Isabelle;

/// <summary>A message of Isabelle.</summary>
/// <param name="Kind"><c>writeln</c>, <c>warning</c> or <c>error</c>.</param>
/// <param name="Text">What it says.</param>
/// <param name="Line">One-based line, or 0.</param>
/// <param name="Offset">One-based place in Isabelle symbols, or 0.</param>
/// <param name="EndOffset">Place after the last, or 0.</param>
internal sealed record IsabelleNote(string Kind, string Text, int Line, int Offset, int EndOffset);

/// <summary>What came back when Isabelle was given a theory.</summary>
internal sealed record IsabelleAnswer
{
    /// <summary>Whether Isabelle says that all went well: the result, the theory's node and its commands.</summary>
    public bool IsFine { get; init; }

    /// <summary>Whether Isabelle gave the theory up by itself.</summary>
    public bool IsCanceled { get; init; }

    /// <summary>Messages in order.</summary>
    public IReadOnlyList<IsabelleNote> Notes { get; init; } = [];

    /// <summary>Set where Isabelle did not get through the theory.</summary>
    public VerdictReason? Failure { get; init; }

    /// <summary>What happened, where <see cref="Failure"/> is set.</summary>
    public string FailureText { get; init; } = "";

    /// <summary>An answer that says why there is no other.</summary>
    public static IsabelleAnswer Failed(VerdictReason reason, string text) => new() { Failure = reason, FailureText = text };
}
