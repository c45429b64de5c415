using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Systems;

/// <summary>
/// Judges scripts of the propositional domain by Coq in the place of the domain's own kernel: the same statements, the same scripts, the same
/// offsets in what it says. Slower by orders of magnitude; its use is to hold the kernel against Coq, and to train against a verifier outside the process.
/// </summary>
/// <param name="coq">Coq; not owned.</param>
public sealed class PropositionalCoqVerifier(CoqVerifier coq) : IVerifier
{
    /// <inheritdoc/>
    public string Name => coq.Name;

    /// <inheritdoc/>
    public string Version => coq.Version;

    /// <inheritdoc/>
    public ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return coq.VerifyAsync(problem with { Domain = CoqProblem.Domain, Statement = CoqExport.Theorem("goal", problem.Statement) }, text, cancellationToken);
    }
}
