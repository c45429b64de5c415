using Ratchet.Domains.Rules;

namespace Ratchet.Domains.Tests.Rules;

/// <summary>
/// What follows from a theory by its arguments: all finite trees of rules without repetition on a branch are built, and arguments are justified or
/// defended in turns until nothing changes (in the manner of Governatori, Maher, Antoniou, Billington 2004). Exponential; shares no code with the solver.
/// </summary>
internal sealed class ArgumentationSemantics
{
    private readonly RuleTheory _theory;
    private readonly Dictionary<int, List<Argument>> _for = [];
    private readonly List<Argument> _all = [];

    public ArgumentationSemantics(RuleTheory theory)
    {
        _theory = theory;
        for (var literal = 0; literal < theory.Atoms.Length * 2; literal++)
            _all.AddRange(_for[literal] = [.. Build(literal, [])]);
    }

    /// <summary>The literals with a justified argument.</summary>
    public HashSet<int> Justified()
    {
        HashSet<int> justified = [];
        while (true)
        {
            var defended = Accept(opposing: justified);
            var next = Accept(opposing: defended);
            if (next.SetEquals(justified))
                return justified;
            justified = next;
        }
    }

    /// <summary>The conclusions of arguments all of whose steps stand up to opposing rules that may use the given literals.</summary>
    private HashSet<int> Accept(HashSet<int> opposing)
    {
        var accepted = new HashSet<Argument>();
        bool Stands(Argument argument) => argument.Rule < 0 || _theory.Rules.Select((rule, number) => (rule, number))
            .Where(o => o.rule.Head == (argument.Literal ^ 1) && o.rule.Body.All(opposing.Contains))
            .All(o => _for[argument.Literal].Exists(ally => ally.Rule >= 0 && _theory.Preferences.Contains((ally.Rule, o.number)) && ally.Parts.All(accepted.Contains)));
        while (_all.FindAll(a => !accepted.Contains(a) && a.Parts.All(accepted.Contains) && Stands(a)) is { Count: > 0 } more)
            accepted.UnionWith(more);
        return [.. accepted.Select(a => a.Literal)];
    }

    private IEnumerable<Argument> Build(int literal, List<int> path)
    {
        if (_theory.Facts.Contains(literal))
            return [new Argument(literal, -1, [])];
        if (_theory.Facts.Contains(literal ^ 1) || path.Contains(literal))
            return [];
        List<int> longer = [.. path, literal];
        return _theory.Rules.Select((rule, number) => (rule, number)).Where(r => r.rule.Head == literal).SelectMany(r =>
        {
            IEnumerable<Argument[]> parts = [[]];
            foreach (var condition in r.rule.Body)
                parts = parts.SelectMany(p => Build(condition, longer).Select(next => (Argument[])[.. p, next])).ToArray();
            return parts.Select(p => new Argument(literal, r.number, p));
        });
    }

    private sealed record Argument(int Literal, int Rule, Argument[] Parts)
    {
        private readonly string _text = $"{Literal}:{Rule}({string.Join(' ', Parts.Select(p => p._text))})";

        public bool Equals(Argument? other) => other is not null && other._text == _text;

        public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);
    }
}
