namespace Ratchet.Domains.Metamath;

/// <summary>A mistake in a Metamath database or in a proof.</summary>
/// <param name="Kind">What rule is broken.</param>
/// <param name="File">File, as it was named.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column in bytes, from 1.</param>
/// <param name="Label">Label of the statement that holds the mistake; empty where it has none.</param>
/// <param name="Message">What is wrong, in words.</param>
public sealed record MetamathError(MetamathErrorKind Kind, string File, int Line, int Column, string Label, string Message)
{
    /// <summary><c>file:line:column: label: message</c>.</summary>
    public override string ToString() => Label.Length == 0 ? $"{File}:{Line}:{Column}: {Message}" : $"{File}:{Line}:{Column}: {Label}: {Message}";
}
