using System.Text;

namespace Ratchet.Domains.Rules;

/// <summary>An atom: who does what to whom. The verb stands in the third person.</summary>
internal sealed record RuleAtom(string Subject, string Verb, string Object)
{
    public override string ToString() => $"{Subject} {Verb} {Object}";
}

/// <summary>A rule; literals are <c>2 * atom</c>, plus 1 where the atom is denied.</summary>
internal sealed record RuleClause(string Id, int[] Body, int Head);

/// <summary>Facts, rules, preferences between rules, and a question.</summary>
/// <param name="Atoms">The atoms, each once.</param>
/// <param name="Facts">Literals that hold without doubt.</param>
/// <param name="Rules">Rules.</param>
/// <param name="Preferences">Pairs of rule numbers.</param>
/// <param name="Query">Literal asked about.</param>
internal sealed record RuleTheory(RuleAtom[] Atoms, int[] Facts, RuleClause[] Rules, (int Winner, int Loser)[] Preferences, int Query)
{
    public string Print(int literal) => (literal & 1) == 0 ? Atoms[literal >> 1].ToString() : $"not {Atoms[literal >> 1]}";

    public bool IsPreferred(int winner, int loser) => Array.IndexOf(Preferences, (winner, loser)) >= 0;

    public int FindRule(string id) => Array.FindIndex(Rules, r => r.Id == id);

    /// <summary>The normal text.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        foreach (var fact in Facts)
            text.Append(Print(fact)).Append(" . ");
        foreach (var rule in Rules)
            text.Append(rule.Id).Append(" : ").AppendJoin(" & ", rule.Body.Select(Print)).Append(" -> ").Append(Print(rule.Head)).Append(" . ");
        foreach (var (winner, loser) in Preferences)
            text.Append(Rules[winner].Id).Append(" > ").Append(Rules[loser].Id).Append(" . ");
        return text.Append("? ").Append(Print(Query)).ToString();
    }
}
