namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>An immutable propositional formula. Equality is structural; definitions are not unfolded by it.</summary>
internal sealed class Formula : IEquatable<Formula>
{
    public static readonly Formula True = new(FormulaKind.True, null, null, null);
    public static readonly Formula False = new(FormulaKind.False, null, null, null);

    private readonly int _hash;
    private Formula? _head;

    private Formula(FormulaKind kind, string? name, Formula? left, Formula? right)
    {
        Kind = kind;
        Name = name;
        Left = left!;
        Right = right!;
        Size = 1 + (left?.Size ?? 0) + (right?.Size ?? 0);
        Depth = 1 + Math.Max(left?.Depth ?? 0, right?.Depth ?? 0);
        var hash = ((int)kind + 1) * 0x1F351F35;
        if (name is not null)
        {
            foreach (var c in name)
                hash = (hash ^ c) * 0x01000193;
        }

        if (left is not null)
            hash = (hash ^ left._hash) * 0x5BD1E995 + (hash >>> 15);
        if (right is not null)
            hash = (hash ^ (right._hash * 31)) * 0x27D4EB2D + (hash >>> 13);
        _hash = hash;
    }

    public FormulaKind Kind { get; }

    /// <summary>The atom's name; null for every other kind.</summary>
    public string? Name { get; }

    /// <summary>Left part, or the only part of a negation; null for atoms and constants.</summary>
    public Formula Left { get; }

    /// <summary>Right part of a binary formula; null otherwise.</summary>
    public Formula Right { get; }

    /// <summary>Number of atoms, constants and connectives.</summary>
    public int Size { get; }

    /// <summary>Length of the longest path to a leaf, 1 for a leaf.</summary>
    public int Depth { get; }

    /// <summary>
    /// Head normal form: <c>~ A</c> becomes <c>A -> False</c>, <c>A &lt;-> B</c> becomes <c>(A -> B) /\ (B -> A)</c>,
    /// everything else is itself.
    /// </summary>
    public Formula Head => _head ??= Kind switch
    {
        FormulaKind.Not => Implies(Left, False),
        FormulaKind.Iff => And(Implies(Left, Right), Implies(Right, Left)),
        _ => this,
    };

    public bool IsBinary => Kind >= FormulaKind.And;

    public static Formula Atom(string name) => new(FormulaKind.Atom, name, null, null);

    public static Formula Not(Formula part) => new(FormulaKind.Not, null, part, null);

    public static Formula And(Formula left, Formula right) => new(FormulaKind.And, null, left, right);

    public static Formula Or(Formula left, Formula right) => new(FormulaKind.Or, null, left, right);

    public static Formula Iff(Formula left, Formula right) => new(FormulaKind.Iff, null, left, right);

    public static Formula Implies(Formula left, Formula right) => new(FormulaKind.Implies, null, left, right);

    public static Formula Binary(FormulaKind kind, Formula left, Formula right) => new(kind, null, left, right);

    /// <summary>The formula with every atom replaced.</summary>
    public Formula Map(Func<string, Formula> atom) => Kind switch
    {
        FormulaKind.Atom => atom(Name!),
        FormulaKind.True or FormulaKind.False => this,
        FormulaKind.Not => Not(Left.Map(atom)),
        _ => new Formula(Kind, null, Left.Map(atom), Right.Map(atom)),
    };

    /// <summary>Adds the names of the formula's atoms in order of first appearance, each once.</summary>
    public void CollectAtoms(List<string> names)
    {
        if (Kind == FormulaKind.Atom)
        {
            if (!names.Contains(Name!))
                names.Add(Name!);
            return;
        }

        Left?.CollectAtoms(names);
        Right?.CollectAtoms(names);
    }

    public bool Equals(Formula? other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other is null || _hash != other._hash || Kind != other.Kind || Size != other.Size)
            return false;
        return Kind switch
        {
            FormulaKind.Atom => Name == other.Name,
            FormulaKind.True or FormulaKind.False => true,
            FormulaKind.Not => Left.Equals(other.Left),
            _ => Left.Equals(other.Left) && Right.Equals(other.Right),
        };
    }

    public override bool Equals(object? obj) => Equals(obj as Formula);

    public override int GetHashCode() => _hash;

    public override string ToString() => FormulaPrinter.Print(this);
}
