using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Systems;

/// <summary>The verifier that judges a domain's problems, with the processes that it keeps.</summary>
public sealed class DomainVerifier : IDisposable
{
    private readonly IDisposable? _processes;

    private DomainVerifier(IVerifier verifier, IDisposable? processes = null) => (Verifier, _processes) = (verifier, processes);

    /// <summary>The verifier.</summary>
    public IVerifier Verifier { get; }

    /// <summary>Makes it ready. Dispose it.</summary>
    /// <param name="domain">Domain of the problems.</param>
    /// <param name="choice">Which verifier.</param>
    /// <param name="threads">Processes that may be busy at one time, at least 1.</param>
    /// <exception cref="RatchetException">The domain has no such verifier, or Coq is not there: what to install.</exception>
    public static DomainVerifier Open(IDomain domain, VerifierChoice choice, int threads)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (choice == VerifierChoice.Kernel)
            return new DomainVerifier(domain.Verifier);
        if (domain is not PropositionalDomain)
            throw new RatchetException($"Coq does not judge problems of the domain '{domain.Name}'.", "Use verify.verifier: kernel, or the domain propositional.");
        var coq = new CoqVerifier(new CoqOptions { Threads = threads });
        return new DomainVerifier(new PropositionalCoqVerifier(coq), coq);
    }

    /// <inheritdoc/>
    public void Dispose() => _processes?.Dispose();
}
