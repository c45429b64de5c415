using Ratchet.Domains.Arithmetic;
using Ratchet.Domains.Blocks;
using Ratchet.Domains.Instructions;
using Ratchet.Domains.Propositional;
using Ratchet.Domains.Rules;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Systems;

/// <summary>The domains that recipes can name.</summary>
public static class DomainCatalog
{
    private static readonly (string Name, Func<IDomain> Create)[] Entries =
    [
        ("propositional", static () => new PropositionalDomain()),
        ("blocks", static () => new BlocksDomain()),
        ("rules", static () => new RulesDomain()),
        ("arithmetic", static () => new ArithmeticDomain()),
        ("instructions", static () => new InstructionsDomain()),
    ];

    /// <summary>Names, in the order of <c>ratchet list</c>.</summary>
    public static IReadOnlyList<string> Names => [.. Entries.Select(e => e.Name)];

    /// <summary>Makes a domain.</summary>
    /// <exception cref="RatchetException">There is no domain of that name.</exception>
    public static IDomain Create(string name)
    {
        foreach (var entry in Entries)
        {
            if (entry.Name == name)
                return entry.Create();
        }

        throw new RatchetException($"There is no domain '{name}'.", $"Use one of: {string.Join(", ", Names)}.");
    }
}
