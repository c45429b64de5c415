using Ratchet.Service.Admission;
using Ratchet.Systems.Verification;

namespace Ratchet.Service;

/// <summary>A verifier of the service with the queue before it.</summary>
internal sealed record VerifierDesk(OpenVerifier Open, FairQueue Queue)
{
    /// <summary>Name in requests.</summary>
    public string Name => Open.Entry.Name;
}
