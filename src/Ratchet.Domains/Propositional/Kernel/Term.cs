using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Kernel;

/// <summary>
/// A proof term of intuitionistic propositional logic, every binder annotated so that its type can be computed. Variables
/// are numbers that the maker of a term chooses; a binder's number is in scope in its body only.
/// </summary>
internal abstract class Term
{
    private Term()
    {
    }

    /// <summary>A bound variable.</summary>
    public sealed class Variable(int id) : Term
    {
        public int Id { get; } = id;
    }

    /// <summary><c>fun id : Type => Body</c>, a proof of <c>Type -> ...</c>.</summary>
    public sealed class Lambda(int id, Formula type, Term body) : Term
    {
        public int Id { get; } = id;

        public Formula Type { get; } = type;

        public Term Body { get; } = body;
    }

    /// <summary>Modus ponens.</summary>
    public sealed class Application(Term function, Term argument) : Term
    {
        public Term Function { get; } = function;

        public Term Argument { get; } = argument;
    }

    /// <summary>The proof of <c>True</c>.</summary>
    public sealed class Trivial : Term
    {
        public static readonly Trivial Instance = new();
    }

    /// <summary><c>conj First Second</c>.</summary>
    public sealed class Pair(Term first, Term second) : Term
    {
        public Term First { get; } = first;

        public Term Second { get; } = second;
    }

    /// <summary><c>match Scrutinee with conj first second => Body end</c>.</summary>
    public sealed class Unpair(Term scrutinee, int first, int second, Term body) : Term
    {
        public Term Scrutinee { get; } = scrutinee;

        public int First { get; } = first;

        public int Second { get; } = second;

        public Term Body { get; } = body;
    }

    /// <summary><c>or_introl</c> or <c>or_intror</c>, with the part of the disjunction that is not proved.</summary>
    public sealed class Inject(bool left, Term proof, Formula other) : Term
    {
        public bool Left { get; } = left;

        public Term Proof { get; } = proof;

        public Formula Other { get; } = other;
    }

    /// <summary><c>match Scrutinee with or_introl l => Left | or_intror r => Right end</c>.</summary>
    public sealed class Case(Term scrutinee, int leftId, Term left, int rightId, Term right) : Term
    {
        public Term Scrutinee { get; } = scrutinee;

        public int LeftId { get; } = leftId;

        public Term Left { get; } = left;

        public int RightId { get; } = rightId;

        public Term Right { get; } = right;
    }

    /// <summary>Anything from a proof of <c>False</c>.</summary>
    public sealed class Absurd(Term contradiction, Formula goal) : Term
    {
        public Term Contradiction { get; } = contradiction;

        public Formula Goal { get; } = goal;
    }

    /// <summary>A place that a tactic fills later. An empty one has no type.</summary>
    public sealed class Hole : Term
    {
        public Term? Value { get; set; }
    }
}
