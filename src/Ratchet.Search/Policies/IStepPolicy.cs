using Ratchet.Loop;
using Ratchet.Proving;

namespace Ratchet.Search.Policies;

/// <summary>Proposes steps for states. One call serves many states of many theorems, so that a model works on them together.</summary>
/// <remarks>
/// The proposals for a query depend on the query alone, never on what else is asked for in the call. Not called from two threads at once.
/// </remarks>
public interface IStepPolicy
{
    /// <summary>What the policy is, for journals and reports: a name and, for a model, its checkpoint.</summary>
    string Name { get; }

    /// <summary>The policy proposes all that it ever will: asking again about a state gives nothing new.</summary>
    bool IsExhaustive { get; }

    /// <summary>Proposes steps.</summary>
    /// <param name="queries">States, each with how many steps are wanted.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Proposals of each query, in order.</returns>
    /// <exception cref="Runs.RatchetException">The policy cannot work: an outage is no empty proposal.</exception>
    Task<IReadOnlyList<StepProposals>> ProposeAsync(IReadOnlyList<PolicyQuery> queries, CancellationToken cancellationToken);
}

/// <summary>A state to propose steps for.</summary>
/// <param name="State">State.</param>
/// <param name="Count">Most steps wanted; 1 for <paramref name="Greedy"/>.</param>
/// <param name="Stream">Where draws come from.</param>
/// <param name="Greedy">The most likely step is wanted, not a draw.</param>
public sealed record PolicyQuery(ProofState State, int Count, RandomStream Stream, bool Greedy = false);

/// <summary>What was proposed for a state.</summary>
/// <param name="Steps">Proposals in the order in which they are to be run; texts may repeat.</param>
/// <param name="Tokens">Tokens of all of them that a model wrote, unusable ones included, or read to rank them; 0 for a policy without a model.</param>
/// <param name="Unusable">Drafts that were no step: cut off by the length limit, empty, or for a state that is too long for the model.</param>
public sealed record StepProposals(IReadOnlyList<StepProposal> Steps, int Tokens = 0, int Unusable = 0);

/// <summary>A step that a policy proposes.</summary>
/// <param name="Step">The step.</param>
/// <param name="LogProbability">Natural log of its probability under the policy's plain distribution (temperature 1, nothing cut), all tokens together.</param>
/// <param name="Tokens">Tokens of the step, at least 1.</param>
public sealed record StepProposal(string Step, double LogProbability, int Tokens = 1)
{
    /// <summary>Further steps that the policy wants to run behind the first, for a policy that writes whole proofs; none for most.</summary>
    public IReadOnlyList<string> Then { get; init; } = [];

    /// <summary>Mean log-probability of a token of the step's text. Where <see cref="LogProbability"/> is a share among the steps of a list, the mean is still that of the text.</summary>
    public double MeanLogProbability { get; init; } = LogProbability / Tokens;
}
