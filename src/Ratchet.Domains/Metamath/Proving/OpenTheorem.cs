using Ratchet.Domains.Metamath.Syntax;
using Ratchet.Problems;

namespace Ratchet.Domains.Metamath.Proving;

/// <summary>A theorem that is being proved: its statement and hypotheses parsed, and the variables that it declares disjoint.</summary>
internal sealed class OpenTheorem
{
    private readonly HashSet<(int, int)> _disjoint = [];
    private readonly Dictionary<Statement, int> _hypotheses = [];

    /// <exception cref="StatementException">The grammar cannot read the statement or a hypothesis.</exception>
    public OpenTheorem(ProvingWorld world, Problem problem, MetamathTheorem theorem)
    {
        World = world;
        Problem = problem;
        Theorem = theorem;
        Goal = Parse(theorem.Conclusion, theorem.Label);
        foreach (var hypothesis in theorem.Mandatory)
        {
            if (!theorem.IsFloating(hypothesis))
                _hypotheses.TryAdd(Parse(theorem.SymbolsOf(hypothesis), theorem.LabelOf(hypothesis)), hypothesis);
        }

        var tables = theorem.Database.Tables;
        for (var d = theorem.Disjoint; d >= 0; d = tables.Disjoints[d].Previous)
            AddDisjoint(tables.DisjointVariables.Span(tables.Disjoints[d].Start, tables.Disjoints[d].Length));
        foreach (var local in theorem.LocalDisjoint)
            AddDisjoint(local);
    }

    public ProvingWorld World { get; }

    public Problem Problem { get; }

    public MetamathTheorem Theorem { get; }

    /// <summary>The statement.</summary>
    public Statement Goal { get; }

    /// <summary>What the hypotheses say, in their order.</summary>
    public IEnumerable<Statement> HypothesisStatements => _hypotheses.OrderBy(h => ~h.Value).Select(h => h.Key);

    /// <summary>The hypothesis that says a statement, or null.</summary>
    public int? HypothesisFor(Statement statement) => _hypotheses.TryGetValue(statement, out var reference) ? reference : null;

    /// <summary>The hypothesis with a label and its statement, or null.</summary>
    public (int Reference, Statement Statement)? Hypothesis(string label)
    {
        foreach (var (statement, reference) in _hypotheses)
        {
            if (Theorem.LabelOf(reference) == label)
                return (reference, statement);
        }

        return null;
    }

    /// <summary>
    /// Two variables that a substitution brings together against an assertion's disjointness; null where there are none. Variables
    /// without a substitution yet are passed over.
    /// </summary>
    public (int First, int Second)? Clash(AssertionPattern pattern, Term?[] substitution)
    {
        var pairs = Theorem.Database.PairsOf(pattern.Assertion);
        for (var i = 0; i < pairs.Length; i += 2)
        {
            if (substitution[Array.IndexOf(pattern.Variables, pairs[i])] is not { } left || substitution[Array.IndexOf(pattern.Variables, pairs[i + 1])] is not { } right)
                continue;
            SortedSet<int> first = [], second = [];
            left.CollectVariables(first);
            right.CollectVariables(second);
            foreach (var a in first)
            {
                foreach (var b in second)
                {
                    if (a == b || !_disjoint.Contains(MetamathTheorem.Ordered(a, b)))
                        return (a, b);
                }
            }
        }

        return null;
    }

    private Statement Parse(ReadOnlySpan<int> symbols, string label) =>
        World.Grammar.Parse(symbols, Theorem.Limit)
        ?? throw new StatementException($"The grammar of the database cannot read {label}: {Theorem.Database.SymbolsText(symbols)}", 0);

    private void AddDisjoint(ReadOnlySpan<int> variables)
    {
        for (var i = 0; i < variables.Length; i++)
        {
            for (var j = i + 1; j < variables.Length; j++)
                _disjoint.Add(MetamathTheorem.Ordered(variables[i], variables[j]));
        }
    }
}
