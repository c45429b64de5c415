using Ratchet.Domains.Metamath.Verification;
using Ratchet.Problems;

namespace Ratchet.Domains.Metamath;

/// <summary>Makes problems of a database's theorems.</summary>
public static class MetamathProblems
{
    /// <summary>Name of the domain in problems.</summary>
    public const string Domain = "metamath";

    /// <summary>A problem that asks for a proof of a theorem.</summary>
    /// <param name="theorem">Theorem; the problem's statement is <see cref="MetamathTheorem.Text"/>, and its id the label.</param>
    /// <param name="split">Split.</param>
    public static Problem Problem(MetamathTheorem theorem, Split split)
    {
        ArgumentNullException.ThrowIfNull(theorem);
        return new Problem { Id = theorem.Label, Domain = Domain, Statement = theorem.Text, CanonicalHash = CanonicalForm.Hash(theorem), Split = split };
    }

    /// <summary>
    /// The theorems of a database in order, each a problem, with the proofs of the file as reference solutions. Theorems about syntax are left
    /// out, and of theorems that say the same up to names and order of hypotheses all but the first; both are counted.
    /// </summary>
    /// <param name="database">Database.</param>
    /// <param name="first">Only the first so many theorems are looked at; all where it is larger than their number.</param>
    /// <param name="seedShare">Share of the problems that are not held out that go to the seed split, 0 to 1.</param>
    /// <param name="heldoutShare">Share of all problems that is held out, 0 to 1. Both shares go by the canonical hash, so a statement is on the same side in every database.</param>
    public static ProblemSet Of(MetamathDatabase database, int first = int.MaxValue, double seedShare = 0.5, double heldoutShare = 0.2)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        if (seedShare is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(seedShare), seedShare, "A share is between 0 and 1.");
        if (heldoutShare is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(heldoutShare), heldoutShare, "A share is between 0 and 1.");
        var problems = new List<Problem>();
        var references = new Dictionary<string, string>(StringComparer.Ordinal);
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        var (seen, syntax, repeated) = (0, 0, 0);
        for (var i = 0; i < database.Count && seen < first; i++)
        {
            if (database.Tables.Statements[i].Kind != MetamathStatementKind.Theorem)
                continue;
            seen++;
            if (database.IsSyntaxType(database.SymbolsOf(i)[0]))
            {
                syntax++;
                continue;
            }

            var problem = Problem(new MetamathTheorem(database, i), Split.Train);
            if (!hashes.Add(problem.CanonicalHash))
            {
                repeated++;
                continue;
            }

            problems.Add(problem with { Split = Side(problem.CanonicalHash, seedShare, heldoutShare) });
            references[problem.Id] = NamedLabels.ProofText(database, i);
        }

        var removed = new Dictionary<string, int>();
        if (syntax > 0)
            removed["about syntax"] = syntax;
        if (repeated > 0)
            removed["same canonical hash as an earlier theorem"] = repeated;
        return new ProblemSet(problems, references, removed);
    }

    private static Split Side(string hash, double seedShare, double heldoutShare)
    {
        // Two independent draws from the hash, each uniform on [0, 1).
        static double Draw(string digits) => Convert.ToUInt32(digits, 16) / 4294967296.0;
        if (Draw(hash[..8]) < heldoutShare)
            return Split.Heldout;
        return Draw(hash[8..16]) < seedShare ? Split.Seed : Split.Train;
    }
}
