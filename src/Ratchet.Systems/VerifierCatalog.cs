using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Systems.Verification;
using Ratchet.Systems.Verification.Forms;

namespace Ratchet.Systems;

/// <summary>The verifiers that commands and requests can name.</summary>
public static class VerifierCatalog
{
    private static readonly VerifierEntry[] Entries = VerifierEntries.All();

    /// <summary>All verifiers, in the order of <c>ratchet list</c>, whether this machine has their tools or not.</summary>
    public static IReadOnlyList<VerifierEntry> All => Entries;

    /// <summary>The verifier of a name.</summary>
    /// <exception cref="RatchetException">There is none of that name.</exception>
    public static VerifierEntry Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Array.Find(Entries, e => e.Name == name) is { } entry)
            return entry;
        var names = Entries.Select(e => e.Name).ToList();
        var near = NearestName.Find(name, names);
        throw new RatchetException($"There is no verifier '{name}'.", $"{(near is null ? "" : $"Did you mean '{near}'? ")}Use one of: {string.Join(", ", names)}.") { ExitCode = 2 };
    }
}
