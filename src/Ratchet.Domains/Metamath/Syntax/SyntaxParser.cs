namespace Ratchet.Domains.Metamath.Syntax;

/// <summary>
/// A descent parser that remembers, for each type and position, all places where an expression can end. Where an expression can be
/// read in two ways, the one that is found first is taken: the parser is deterministic, and the verifier has the last word.
/// </summary>
internal sealed class SyntaxParser(SyntaxGrammar grammar, int[] symbols, int limit)
{
    /// <summary>Deepest nesting of expressions.</summary>
    public const int MaxDepth = 1_000;

    private readonly Dictionary<(int Type, int Position), List<(int End, Term Term)>> _known = [];
    private int _depth;

    public Term? Parse(int type)
    {
        foreach (var (end, term) in At(type, 0))
        {
            if (end == symbols.Length)
                return term;
        }

        return null;
    }

    private List<(int End, Term Term)> At(int type, int position)
    {
        if (_known.TryGetValue((type, position), out var found))
            return found;
        _known[(type, position)] = found = [];
        if (++_depth <= MaxDepth)
        {
            if (position < symbols.Length)
            {
                var symbol = symbols[position];
                if (symbol < 0)
                {
                    var variable = Term.Variable(symbol);
                    if (grammar.TypeOf(variable) == type)
                        found.Add((position + 1, variable));
                }
                else
                {
                    foreach (var rule in grammar.ByConstant(type, symbol))
                        Follow(rule, 1, position + 1, new Term[rule.Items.Length - rule.Constants], found);
                }
            }

            foreach (var rule in grammar.ByExpression(type))
                Follow(rule, 0, position, new Term[rule.Items.Length - rule.Constants], found);
            Extend(type, found);
        }

        _depth--;
        return found;
    }

    /// <summary>Left recursion: whatever was found may be the first part of something longer.</summary>
    private void Extend(int type, List<(int End, Term Term)> found)
    {
        var rules = grammar.LeftRecursive(type);
        for (var i = 0; rules.Count > 0 && i < found.Count; i++)
        {
            foreach (var rule in rules)
            {
                var arguments = new Term[rule.Items.Length - rule.Constants];
                arguments[rule.Items[0].Argument] = found[i].Term;
                Follow(rule, 1, found[i].End, arguments, found);
            }
        }
    }

    private void Follow(SyntaxRule rule, int item, int position, Term[] arguments, List<(int End, Term Term)> found)
    {
        if (rule.Axiom >= limit)
            return;
        for (; item < rule.Items.Length && rule.Items[item].Constant >= 0; item++, position++)
        {
            if (position >= symbols.Length || symbols[position] != rule.Items[item].Constant)
                return;
        }

        if (item == rule.Items.Length)
        {
            if (!found.Exists(f => f.End == position))
                found.Add((position, Term.Node(rule.Axiom, rule.Constants, (Term[])arguments.Clone())));
            return;
        }

        var ends = At(rule.Items[item].Type, position);

        // The list may be one that is being made further up and grows meanwhile.
        for (var i = 0; i < ends.Count; i++)
        {
            arguments[rule.Items[item].Argument] = ends[i].Term;
            Follow(rule, item + 1, ends[i].End, arguments, found);
        }
    }
}
