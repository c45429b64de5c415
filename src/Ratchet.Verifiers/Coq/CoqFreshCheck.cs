using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Coq;

/// <summary>The full check: proofs that share a header, in a process that no other attempt has touched, with an audit of statement and axioms.</summary>
/// <remarks>
/// For each proof: the statement's definitions; the theorem once under a reference name, admitted; the attempt's own lemmas; the theorem itself,
/// the proof, <c>Qed</c>; then a definition that gives the proved constant the reference's type, which Coq refuses where another statement was proved; then what the
/// constant rests on. That an admitted copy stands there helps no proof: one that uses it rests on an axiom that is not allowed.
/// As the reference comes before the attempt's lemmas, none of them can change what it says.
/// </remarks>
internal sealed class CoqFreshCheck(CoqInstallation installation, CoqOptions options)
{
    /// <summary>Checks proofs of statements with one header, one after the other in one process. Null stands for accepted.</summary>
    /// <exception cref="ChildFailureException">The process failed; nothing is known of any of them.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<CoqRefusal?> Check(IReadOnlyList<(CoqStatement Statement, CoqProof Proof)> items, CancellationToken cancellationToken)
    {
        using var worker = new CoqWorker(installation, options, [.. items[0].Statement.Header.Select(s => s.Text)], Deadline.After(options.Limits.StartUp, cancellationToken));
        return worker.Use(() =>
        {
            var results = new List<CoqRefusal?>(items.Count);
            foreach (var (statement, proof) in items)
            {
                var deadline = Deadline.After(options.Limits.Wall, cancellationToken);
                worker.Close(deadline);
                results.Add(worker.HeaderError is { } error ? Unavailable(error) : Check(worker, statement, proof, deadline));
            }

            return results;
        });
    }

    private CoqRefusal? Check(CoqWorker worker, CoqStatement statement, CoqProof proof, Deadline deadline)
    {
        return proof.Load(worker, statement, [statement.Reference, "Admitted."], deadline)
            ?? proof.Run(worker, deadline)
            ?? Audit(worker, statement, options.AllowedAxioms, deadline);
    }

    /// <summary>Audits the theorem on a worker that stands after its <c>Qed</c>.</summary>
    public static CoqRefusal? Audit(CoqWorker worker, CoqStatement statement, IReadOnlyList<string> allowed, Deadline deadline)
    {
        var same = worker.Execute($"Definition ratchet_same_statement := ltac:(let ratchet_type := type of {CoqStatement.ReferenceName} in exact ({statement.Name} : ratchet_type)).", deadline);
        if (same.Outcome is CoqOutcome.Failed or CoqOutcome.Syntax)
            return new CoqRefusal(VerdictReason.Cheat, new Feedback(-1, -1, $"What was proved is not the statement that was asked: {same.Message}"));
        if (same.Outcome != CoqOutcome.Done)
            return CoqRefusal.For(same, new CoqSentence(-1, ""));
        worker.BePatient(deadline);
        return CoqAudit.Check(worker, statement, statement.Name, allowed, deadline);
    }

    private static CoqRefusal Unavailable(string message) => new(VerdictReason.Unavailable, new Feedback(-1, -1, message));
}
