using Ratchet.Domains.Rules;
using Ratchet.Loop;

namespace Ratchet.Domains.Tests.Rules;

/// <summary>Small theories without any plan: circles, ties and unused rules included; preferences never go in a circle.</summary>
internal static class RandomTheories
{
    public static RuleTheory Draw(RandomStream stream, bool circles)
    {
        var atoms = 2 + stream.NextInt(4);
        var names = Enumerable.Range(0, atoms).Select(i => new RuleAtom(RulesVocabulary.Animals[i], "helps", "newt")).ToArray();
        var facts = new List<int>();
        for (var i = stream.NextInt(3); i > 0; i--)
        {
            var literal = stream.NextInt(2 * atoms);
            if (!facts.Contains(literal) && !facts.Contains(literal ^ 1))
                facts.Add(literal);
        }

        var rules = new List<RuleClause>();
        for (var i = 1 + stream.NextInt(8); i > 0; i--)
        {
            var head = stream.NextInt(2 * atoms);

            // Without circles, conditions come from atoms before the head's.
            var from = circles ? atoms : head >> 1;
            var body = Enumerable.Range(0, from == 0 ? 0 : stream.NextInt(3)).Select(_ => stream.NextInt(2 * from)).Distinct().ToArray();
            if (!body.Any(l => body.Contains(l ^ 1)))
                rules.Add(new RuleClause($"r{rules.Count + 1}", body, head));
        }

        var order = Enumerable.Range(0, rules.Count).ToArray();
        stream.Shuffle(order.AsSpan());
        var preferences = new List<(int, int)>();
        for (var i = 0; i < order.Length; i++)
        {
            for (var j = i + 1; j < order.Length; j++)
            {
                if (rules[order[i]].Head == (rules[order[j]].Head ^ 1) && stream.NextInt(2) == 0)
                    preferences.Add((order[i], order[j]));
            }
        }

        return new RuleTheory(names, [.. facts], [.. rules], [.. preferences], stream.NextInt(2 * atoms));
    }
}
