namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>
/// A condition. Terms are numbers: an object's index, or the complement (<c>~slot</c>) of a variable's slot in the binding.
/// </summary>
internal abstract record Condition
{
    public static Condition True { get; } = new And([]);

    public sealed record And(Condition[] Items) : Condition;

    public sealed record Or(Condition[] Items) : Condition;

    public sealed record Not(Condition Inner) : Condition;

    public sealed record Atom(int Predicate, int[] Terms) : Condition;

    public sealed record Equal(int Left, int Right) : Condition;

    public sealed record Quantified(bool ForAll, Variable[] Variables, Condition Inner) : Condition;
}

/// <summary>A variable: its slot, the types that it ranges over, and its name with the question mark.</summary>
internal sealed record Variable(int Slot, int[] Types, string Name);
