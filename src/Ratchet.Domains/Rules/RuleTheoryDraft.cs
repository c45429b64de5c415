using Ratchet.Problems;

namespace Ratchet.Domains.Rules;

/// <summary>Collects a theory while a statement is read, whatever its form, and checks it.</summary>
internal sealed class RuleTheoryDraft
{
    private const int MaxRules = 1_000;

    private readonly List<RuleAtom> _atoms = [];
    private readonly Dictionary<RuleAtom, int> _index = [];
    private readonly List<int> _facts = [];
    private readonly List<RuleClause> _rules = [];
    private readonly List<(string Winner, string Loser, int Position)> _preferences = [];

    public int Literal(RuleAtom atom, bool holds)
    {
        if (!_index.TryGetValue(atom, out var number))
        {
            _index[atom] = number = _atoms.Count;
            _atoms.Add(atom);
        }

        return (number << 1) | (holds ? 0 : 1);
    }

    /// <exception cref="StatementException">The opposite is a fact.</exception>
    public void AddFact(int literal, int position)
    {
        if (_facts.Contains(literal ^ 1))
            throw new StatementException($"Two facts contradict each other: {_atoms[literal >> 1]}.", position);
        if (!_facts.Contains(literal))
            _facts.Add(literal);
    }

    /// <exception cref="StatementException">There is a rule of that name, there are too many, or the body contradicts itself.</exception>
    public void AddRule(string id, List<int> body, int head, int position)
    {
        if (_rules.Exists(r => r.Id == id))
            throw new StatementException($"The rule {id} stands twice.", position);
        if (_rules.Count == MaxRules)
            throw new StatementException($"There are more than {MaxRules} rules.", position);
        if (body.FindIndex(l => body.Contains(l ^ 1)) is >= 0 and var index)
            throw new StatementException($"The body of {id} contradicts itself: {_atoms[body[index] >> 1]}.", position);
        _rules.Add(new RuleClause(id, [.. body.Distinct()], head));
    }

    public void AddPreference(string winner, string loser, int position) => _preferences.Add((winner, loser, position));

    /// <exception cref="StatementException">A preference names no rule, or preferences go in a circle.</exception>
    public RuleTheory Make(int query)
    {
        var preferences = new List<(int Winner, int Loser)>();
        foreach (var (winner, loser, position) in _preferences)
        {
            var pair = (Find(winner, position), Find(loser, position));
            if (!preferences.Contains(pair))
                preferences.Add(pair);
            if (Reaches(preferences, pair.Item2, pair.Item1))
                throw new StatementException($"The preferences go in a circle: {winner} would be preferred over itself.", position);
        }

        return new RuleTheory([.. _atoms], [.. _facts], [.. _rules], [.. preferences], query);
    }

    private int Find(string id, int position) => _rules.FindIndex(r => r.Id == id) is >= 0 and var rule ? rule : throw new StatementException($"There is no rule {id}.", position);

    private static bool Reaches(List<(int Winner, int Loser)> preferences, int from, int to)
    {
        var seen = new HashSet<int> { from };
        var stack = new Stack<int>(seen);
        while (stack.TryPop(out var rule))
        {
            if (rule == to)
                return true;
            foreach (var (_, loser) in preferences.Where(p => p.Winner == rule))
            {
                if (seen.Add(loser))
                    stack.Push(loser);
            }
        }

        return false;
    }
}
