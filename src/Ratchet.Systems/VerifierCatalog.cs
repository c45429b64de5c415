using Ratchet.Domains.Propositional;
using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Systems.Verification;

namespace Ratchet.Systems;

/// <summary>The verifiers that commands and requests can name.</summary>
public static class VerifierCatalog
{
    private static readonly VerifierEntry[] Entries = [Propositional()];

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

    private static VerifierEntry Propositional() => new()
    {
        Name = "propositional",
        Description = "Intuitionistic propositional logic: Coq tactic scripts, checked in process by a small kernel.",
        StatementForm = "a formula such as P /\\ Q -> Q /\\ P",
        ProofForm = "the tactic sentences between Proof. and Qed.",
        Extensions = [".v"],
        Document = new PropositionalDocument(),
        Syntax = new ProofSyntax { Steps = CoqSentences.Split, Hole = "admit.", FalseStatement = static _ => "False" },
        ProbeAsync = static (_, _) => Task.FromResult(new VerifierAvailability(true, $"version {new PropositionalVerifier().Version}, in process")),
        Opener = static (entry, _, _) =>
        {
            var verifier = new PropositionalVerifier();
            return Task.FromResult(new OpenVerifier(entry, verifier, item =>
            {
                // The empty script is judged in microseconds, and a text that is no formula is refused before that.
                _ = verifier.Verify(item.Statement, "");
                return VerifierEntry.PlainProblem("propositional", item);
            }));
        },
    };
}
