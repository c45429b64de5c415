namespace Ratchet.Domains.Metamath.Syntax;

/// <summary>A syntax axiom as a rule of a grammar.</summary>
/// <param name="Axiom">Statement of the database.</param>
/// <param name="Items">What the axiom's text is made of, type code excluded.</param>
/// <param name="Constants">How many of the items are constants.</param>
internal sealed record SyntaxRule(int Axiom, SyntaxItem[] Items, int Constants);

/// <summary>One symbol of a rule: a constant (at least 0), or an expression of a type.</summary>
/// <param name="Constant">Constant, or -1.</param>
/// <param name="Type">Type code of the expression.</param>
/// <param name="Argument">Which argument of the axiom the expression is.</param>
internal readonly record struct SyntaxItem(int Constant, int Type, int Argument);
