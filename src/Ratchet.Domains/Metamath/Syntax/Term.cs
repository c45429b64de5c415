namespace Ratchet.Domains.Metamath.Syntax;

/// <summary>A parsed expression. Immutable, and shared freely: a term may stand in many places of another.</summary>
internal sealed class Term : IEquatable<Term>
{
    private readonly int _hash;

    private Term(int head, Term[] arguments, int size, int depth)
    {
        Head = head;
        Arguments = arguments;
        Size = size;
        Depth = depth;
        var hash = head * -1640531527;
        foreach (var argument in arguments)
            hash = (int)uint.RotateLeft((uint)hash, 5) ^ (argument._hash * 668265263);
        _hash = hash;
    }

    /// <summary>A variable (below 0), or the syntax axiom that builds the term.</summary>
    public int Head { get; }

    /// <summary>What is put in place of the axiom's variables, in the order of its mandatory hypotheses.</summary>
    public Term[] Arguments { get; }

    /// <summary>Number of symbols of the expression, at most <see cref="int.MaxValue"/>.</summary>
    public int Size { get; }

    /// <summary>Levels of nesting, 1 for a variable.</summary>
    public int Depth { get; }

    public static Term Variable(int variable) => new(variable, [], 1, 1);

    /// <param name="axiom">Syntax axiom.</param>
    /// <param name="constants">Number of its constants, type code excluded.</param>
    /// <param name="arguments">Arguments.</param>
    public static Term Node(int axiom, int constants, Term[] arguments)
    {
        long size = constants;
        var depth = 0;
        foreach (var argument in arguments)
        {
            size += argument.Size;
            depth = Math.Max(depth, argument.Depth);
        }

        return new Term(axiom, arguments, (int)Math.Min(size, int.MaxValue), depth + 1);
    }

    /// <summary>The same head over other arguments, which may have another size.</summary>
    public Term With(Term[] arguments)
    {
        var constants = Size;
        foreach (var argument in Arguments)
            constants -= argument.Size;
        return Node(Head, constants, arguments);
    }

    public bool Equals(Term? other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other is null || _hash != other._hash || Head != other.Head || Size != other.Size)
            return false;
        for (var i = 0; i < Arguments.Length; i++)
        {
            if (!Arguments[i].Equals(other.Arguments[i]))
                return false;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Term);

    public override int GetHashCode() => _hash;

    /// <summary>Adds the variables of the term to a set.</summary>
    public void CollectVariables(ISet<int> variables)
    {
        if (Head < 0)
            variables.Add(Head);
        foreach (var argument in Arguments)
            argument.CollectVariables(variables);
    }
}

/// <summary>A statement as a type code and a parsed body.</summary>
internal readonly record struct Statement(int Typecode, Term Body);
