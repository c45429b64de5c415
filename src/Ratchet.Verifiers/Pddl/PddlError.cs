namespace Ratchet.Verifiers.Pddl;

/// <summary>One mistake in a PDDL text.</summary>
/// <param name="Source">What the text is: <c>domain</c>, <c>problem</c>, <c>statement</c> (both in one text) or <c>plan</c>.</param>
/// <param name="Position">Zero-based character offset in that text.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column in characters, from 1.</param>
/// <param name="Message">What is wrong, and where it helps what to write instead.</param>
public sealed record PddlError(string Source, int Position, int Line, int Column, string Message)
{
    /// <summary>Text form, for example <c>domain:3:14: There is no predicate 'clera'.</c></summary>
    public override string ToString() => $"{Source}:{Line}:{Column}: {Message}";
}
