using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Systems.Verification;

/// <summary>Something that a validation did not expect.</summary>
/// <param name="Corruption">How the gold proof was spoilt; null for the gold proof itself.</param>
/// <param name="Checked">The item as it was judged, with the verdict.</param>
/// <param name="MayBeRight">The spoilt proof may be right by chance (see <see cref="Corruption"/>), so that a person has to look.</param>
public sealed record Surprise(Corruption? Corruption, CheckedItem Checked, bool MayBeRight);

/// <summary>What a validation found.</summary>
public sealed class ValidationReport
{
    /// <summary>Verdicts on the gold proofs: all should be accepted.</summary>
    public required CheckSummary Gold { get; init; }

    /// <summary>Verdicts on the spoilt proofs by kind: none should be accepted. A kind that fits no item is not there.</summary>
    public required IReadOnlyDictionary<Corruption, CheckSummary> Spoilt { get; init; }

    /// <summary>Gold proofs that were not accepted and spoilt ones that were, in the order of kinds and items.</summary>
    public required IReadOnlyList<Surprise> Surprises { get; init; }

    /// <summary>All gold proofs were accepted, and no spoilt one that cannot be right.</summary>
    public bool IsSound => Surprises.All(s => s.MayBeRight);
}

/// <summary>Tries a verifier from both sides before it is used: it must accept the right proofs of a set and reject spoilt copies of them.</summary>
public static class GoldValidation
{
    /// <summary>Judges the gold proofs, then one spoilt copy of each kind for every accepted one.</summary>
    /// <param name="verifier">Verifier.</param>
    /// <param name="items">Gold proofs, at least one.</param>
    /// <param name="options">Threads and time limit.</param>
    /// <param name="progress">Told after each check how many are done, how many are known to be done in all, how many were accepted and how many are unknown; or null.</param>
    /// <param name="cancellationToken">Gives the work up.</param>
    /// <exception cref="RatchetException">A gold statement cannot be read (exit code 2).</exception>
    public static async Task<ValidationReport> RunAsync(
        OpenVerifier verifier, IReadOnlyList<ProofItem> items, VerifierOptions options, Action<int, int, int, int>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        ArgumentNullException.ThrowIfNull(items);
        var surprises = new List<Surprise>();
        var (done, all, right, unknown) = (0, items.Count, 0, 0);
        var gold = new CheckSummary();
        var accepted = new List<int>();
        await foreach (var result in ProofCheck.RunAsync(verifier, items, ProofCheck.ReadStatements(verifier, items), options, cancellationToken).ConfigureAwait(false))
        {
            gold.Add(result.Verdict);
            if (result.Verdict.IsAccepted)
                accepted.Add(done);
            else
                surprises.Add(new(null, result, MayBeRight: false));
            Tell(result);
        }

        var spoilt = new SortedDictionary<Corruption, CheckSummary>();
        foreach (var kind in Enum.GetValues<Corruption>())
        {
            var (copies, problems) = Copies(verifier, items, accepted, kind);
            all += copies.Count;
            await foreach (var result in ProofCheck.RunAsync(verifier, copies, problems, options, cancellationToken).ConfigureAwait(false))
            {
                if (!spoilt.TryGetValue(kind, out var summary))
                    spoilt[kind] = summary = new();
                summary.Add(result.Verdict);
                if (result.Verdict.IsAccepted)
                    surprises.Add(new(kind, result, Corruptor.MayBeRight(kind)));
                Tell(result);
            }
        }

        return new ValidationReport { Gold = gold, Spoilt = spoilt, Surprises = surprises };

        void Tell(CheckedItem result)
        {
            right += result.Verdict.IsAccepted ? 1 : 0;
            unknown += result.Verdict.IsUnknown ? 1 : 0;
            done++;
            progress?.Invoke(done, all, right, unknown);
        }
    }

    private static (List<ProofItem> Items, List<Problem> Problems) Copies(OpenVerifier verifier, IReadOnlyList<ProofItem> items, List<int> accepted, Corruption kind)
    {
        var (copies, problems) = (new List<ProofItem>(), new List<Problem>());
        foreach (var index in accepted)
        {
            if (Corruptor.Apply(kind, items, index, verifier.Entry.Syntax) is not { } copy)
                continue;
            try
            {
                problems.Add(verifier.Read(copy));
                copies.Add(copy);
            }
            catch (StatementException)
            {
                // A false statement that the verifier does not even read cannot be proved; there is nothing to try.
            }
        }

        return (copies, problems);
    }
}
