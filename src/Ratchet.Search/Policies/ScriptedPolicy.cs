using Ratchet.Proving;

namespace Ratchet.Search.Policies;

/// <summary>A policy that says what a function says, for tests and for policies of one's own.</summary>
/// <param name="name">What it is called.</param>
/// <param name="steps">Proposals for a state.</param>
public sealed class ScriptedPolicy(string name, Func<ProofState, IReadOnlyList<StepProposal>> steps) : IStepPolicy
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool IsExhaustive => true;

    /// <inheritdoc/>
    public Task<IReadOnlyList<StepProposals>> ProposeAsync(IReadOnlyList<PolicyQuery> queries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queries);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<StepProposals>>([.. queries.Select(q => new StepProposals([.. steps(q.State).Take(q.Count)]))]);
    }
}
