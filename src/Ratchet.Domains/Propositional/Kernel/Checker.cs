using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Kernel;

/// <summary>
/// The trusted kernel: computes the type of a proof term and compares it with a statement. A proof counts only when this
/// class has seen its whole term; tactics, parser of scripts, oracle and generator need no trust.
/// </summary>
/// <remarks>
/// Natural deduction for intuitionistic propositional logic (Gentzen 1935) in the Curry-Howard form, with Coq's two
/// definitions <c>~ A := A -> False</c> and <c>A &lt;-> B := (A -> B) /\ (B -> A)</c> unfolded on demand. One instance
/// checks one term; it is not safe for two threads.
/// </remarks>
internal sealed class Checker
{
    /// <summary>Most nodes and comparisons of one check.</summary>
    public const int StepLimit = 200_000;

    /// <summary>Deepest nesting of one term.</summary>
    public const int DepthLimit = 2_000;

    private Formula?[] _types = new Formula?[32];

    /// <summary>Nodes and comparisons so far.</summary>
    public int Steps { get; private set; }

    /// <summary>True if the term proves the statement and uses no free variable and no hole.</summary>
    /// <exception cref="KernelLimitException">The term is too large or too deep.</exception>
    public bool Proves(Term term, Formula statement) => TypeOf(term, 0) is { } type && Convertible(type, statement);

    /// <summary>Equality up to unfolding of <c>~</c> and <c>&lt;-></c> anywhere.</summary>
    /// <exception cref="KernelLimitException">The step limit was passed.</exception>
    public bool Convertible(Formula a, Formula b)
    {
        Count();
        if (a.Equals(b))
            return true;
        if (a.Kind != b.Kind)
        {
            // Different heads can only meet after unfolding a definition on one side.
            a = a.Head;
            b = b.Head;
            if (a.Kind != b.Kind)
                return false;
        }

        return a.Kind switch
        {
            FormulaKind.Atom or FormulaKind.True or FormulaKind.False => a.Equals(b),
            FormulaKind.Not => Convertible(a.Left, b.Left),
            _ => Convertible(a.Left, b.Left) && Convertible(a.Right, b.Right),
        };
    }

    /// <summary>Type of a term, or null where a rule does not apply.</summary>
    private Formula? TypeOf(Term term, int depth)
    {
        Count();
        if (depth > DepthLimit)
            throw new KernelLimitException();
        depth++;
        switch (term)
        {
            case Term.Hole hole:
                return hole.Value is null ? null : TypeOf(hole.Value, depth);
            case Term.Variable variable:
                return (uint)variable.Id < (uint)_types.Length ? _types[variable.Id] : null;
            case Term.Lambda lambda:
                return Under(lambda.Id, lambda.Type, lambda.Body, depth) is { } result ? Formula.Implies(lambda.Type, result) : null;
            case Term.Application application:
                return TypeOf(application.Function, depth)?.Head is { Kind: FormulaKind.Implies } function
                    && TypeOf(application.Argument, depth) is { } argument && Convertible(argument, function.Left)
                        ? function.Right
                        : null;
            case Term.Trivial:
                return Formula.True;
            case Term.Pair pair:
                return TypeOf(pair.First, depth) is { } first && TypeOf(pair.Second, depth) is { } second ? Formula.And(first, second) : null;
            case Term.Unpair unpair:
                return unpair.First != unpair.Second && TypeOf(unpair.Scrutinee, depth)?.Head is { Kind: FormulaKind.And } both
                    ? UnderTwo(unpair, both, depth)
                    : null;
            case Term.Inject inject:
                return TypeOf(inject.Proof, depth) is not { } proved ? null
                    : inject.Left ? Formula.Or(proved, inject.Other) : Formula.Or(inject.Other, proved);
            case Term.Case branches:
                return TypeOf(branches.Scrutinee, depth)?.Head is { Kind: FormulaKind.Or } either
                    && Under(branches.LeftId, either.Left, branches.Left, depth) is { } left
                    && Under(branches.RightId, either.Right, branches.Right, depth) is { } right
                    && Convertible(left, right)
                        ? left
                        : null;
            case Term.Absurd absurd:
                return TypeOf(absurd.Contradiction, depth)?.Kind == FormulaKind.False ? absurd.Goal : null;
            default:
                return null;
        }
    }

    private Formula? Under(int id, Formula type, Term body, int depth)
    {
        var outer = Bind(id, type);
        var result = TypeOf(body, depth);
        _types[id] = outer;
        return result;
    }

    private Formula? UnderTwo(Term.Unpair unpair, Formula both, int depth)
    {
        var outerFirst = Bind(unpair.First, both.Left);
        var outerSecond = Bind(unpair.Second, both.Right);
        var result = TypeOf(unpair.Body, depth);
        _types[unpair.Second] = outerSecond;
        _types[unpair.First] = outerFirst;
        return result;
    }

    /// <summary>Puts a variable in scope and gives what its number meant outside.</summary>
    private Formula? Bind(int id, Formula type)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (id > StepLimit)
            throw new KernelLimitException();
        if (id >= _types.Length)
            Array.Resize(ref _types, Math.Max(id + 1, 2 * _types.Length));
        var outer = _types[id];
        _types[id] = type;
        return outer;
    }

    private void Count()
    {
        if (++Steps > StepLimit)
            throw new KernelLimitException();
    }
}
