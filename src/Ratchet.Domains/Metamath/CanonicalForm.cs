using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Domains.Metamath;

/// <summary>
/// The form of a theorem that does not see names of variables, order of hypotheses, nor labels: variables are numbered within their type in order
/// of appearance, first in the statement, then in the hypotheses in the order that gives the smallest text; disjoint pairs follow.
/// </summary>
internal static class CanonicalForm
{
    /// <summary>Orders of hypotheses tried before the smallest so far is taken; more only matter where many hypotheses look alike.</summary>
    private const int MaxOrders = 1_000;

    public static string Hash(MetamathTheorem theorem) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text(theorem))));

    public static string Text(MetamathTheorem theorem)
    {
        var hypotheses = new List<int[]>();
        foreach (var hypothesis in theorem.Mandatory)
        {
            if (!theorem.IsFloating(hypothesis))
                hypotheses.Add(theorem.SymbolsOf(hypothesis).ToArray());
        }

        var search = new Search(theorem, hypotheses);
        return search.Run();
    }

    private sealed class Search(MetamathTheorem theorem, List<int[]> hypotheses)
    {
        private string? _best;
        private int _orders;

        public string Run()
        {
            var numbers = new Dictionary<int, string>();
            var text = Render(theorem.Conclusion, numbers);
            Visit(text, numbers, hypotheses);
            return _best!;
        }

        private void Visit(string text, Dictionary<int, string> numbers, List<int[]> rest)
        {
            if (rest.Count == 0)
            {
                _orders++;
                text += Pairs(numbers);
                if (_best is null || string.CompareOrdinal(text, _best) < 0)
                    _best = text;
                return;
            }

            // The smallest next hypothesis leads to the smallest text; where two look alike, both ways are tried.
            var rendered = new List<(string Text, Dictionary<int, string> Numbers, int Index)>();
            for (var i = 0; i < rest.Count; i++)
            {
                var own = new Dictionary<int, string>(numbers);
                rendered.Add((Render(rest[i], own), own, i));
            }

            var smallest = rendered.Select(r => r.Text).Min(StringComparer.Ordinal)!;
            var tied = rendered.Where(r => r.Text == smallest).ToList();
            foreach (var choice in tied)
            {
                if (_orders >= MaxOrders && _best is not null)
                    return;
                Visit($"{text}\n{choice.Text}", choice.Numbers, [.. rest.Where((_, i) => i != choice.Index)]);

                // A hypothesis without new variables leaves nothing to choose between it and its copies.
                if (choice.Numbers.Count == numbers.Count)
                    return;
            }
        }

        private string Render(ReadOnlySpan<int> symbols, Dictionary<int, string> numbers)
        {
            var text = new StringBuilder();
            foreach (var symbol in symbols)
            {
                if (text.Length > 0)
                    text.Append(' ');
                if (symbol >= 0)
                {
                    text.Append(theorem.Database.SymbolText(symbol));
                    continue;
                }

                if (!numbers.TryGetValue(symbol, out var name))
                {
                    // "$" cannot stand in a constant, so no constant looks like a numbered variable.
                    name = $"${theorem.Database.SymbolText(theorem.Database.Tables.VariableTypes[~symbol])}{numbers.Count}";
                    numbers[symbol] = name;
                }

                text.Append(name);
            }

            return text.ToString();
        }

        private string Pairs(Dictionary<int, string> numbers)
        {
            var pairs = new SortedSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < theorem.Pairs.Length; i += 2)
            {
                var (a, b) = (numbers[theorem.Pairs[i]], numbers[theorem.Pairs[i + 1]]);
                pairs.Add(string.CompareOrdinal(a, b) < 0 ? $"{a} {b}" : $"{b} {a}");
            }

            return pairs.Count == 0 ? "" : $"\n$d {string.Join(", ", pairs)}";
        }
    }
}
