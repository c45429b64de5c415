namespace Ratchet.Verifiers.Lean.Syntax;

/// <summary>A text cut into tokens.</summary>
/// <param name="Items">Tokens in order.</param>
/// <param name="Faults">Places where the text does not end what it opens, or where Lean, depending on what it has imported, may read it in two ways.</param>
/// <param name="Quoted">Ranges of strings that may run over several lines; white space inside them is part of a value.</param>
internal sealed record LeanTokens(IReadOnlyList<LeanToken> Items, IReadOnlyList<LeanFault> Faults, IReadOnlyList<(int Start, int End)> Quoted);

/// <summary>A place that cannot be read for certain.</summary>
/// <param name="Start">Offset of its first character.</param>
/// <param name="End">Offset after its last character.</param>
/// <param name="Message">What is wrong.</param>
internal readonly record struct LeanFault(int Start, int End, string Message);
