using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Domains.Rules;

/// <summary>A hash that does not depend on names or on the order of facts, rules, conditions and preferences.</summary>
/// <remarks>
/// Colour refinement (Weisfeiler and Leman) over atoms and rules. Two theories that differ in names and order only have the same hash; two others may share
/// one where refinement cannot tell them apart, which only means that one of them is not used beside the other.
/// </remarks>
internal static class RulesCanonicalForm
{
    private const int Rounds = 6;

    /// <summary>Hexadecimal hash.</summary>
    public static string Hash(RuleTheory theory)
    {
        var atoms = Enumerable.Range(0, theory.Atoms.Length)
            .Select(a => $"{theory.Facts.Contains(a << 1)} {theory.Facts.Contains((a << 1) | 1)} {(theory.Query >> 1 == a ? theory.Query & 1 : -1)}").ToArray();
        var rules = theory.Rules.Select(r => r.Body.Length.ToString()).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            string Literal(int literal) => $"{atoms[literal >> 1]}{(literal & 1) == 1}";
            var nextRules = theory.Rules.Select((rule, r) => Digest(
                rules[r], Literal(rule.Head), Sorted(rule.Body.Select(Literal)),
                Sorted(theory.Preferences.Where(p => p.Winner == r).Select(p => rules[p.Loser])), Sorted(theory.Preferences.Where(p => p.Loser == r).Select(p => rules[p.Winner])))).ToArray();
            var nextAtoms = theory.Atoms.Select((_, a) => Digest(
                atoms[a],
                Sorted(theory.Rules.Select((rule, r) => (rule, r)).Where(x => x.rule.Head >> 1 == a).Select(x => $"{rules[x.r]}{x.rule.Head & 1}")),
                Sorted(theory.Rules.SelectMany((rule, r) => rule.Body.Where(l => l >> 1 == a).Select(l => $"{rules[r]}{l & 1}"))))).ToArray();
            (atoms, rules) = (nextAtoms, nextRules);
        }

        return Digest(Sorted(atoms), Sorted(rules));
    }

    private static string Sorted(IEnumerable<string> items) => string.Join(',', items.Order(StringComparer.Ordinal));

    private static string Digest(params ReadOnlySpan<string> parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(';', parts))))[..32];
}
