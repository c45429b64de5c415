using Ratchet.Proving;

namespace Ratchet.Search.Policies;

/// <summary>The floor that a model has to beat: each step of an enumerator's list with the same probability.</summary>
/// <param name="enumerator">Lists steps.</param>
/// <param name="order">How a list longer than asked for is cut.</param>
public sealed class UniformPolicy(IStepEnumerator enumerator, UniformOrder order = UniformOrder.Listed) : IStepPolicy
{
    /// <inheritdoc/>
    public string Name => order == UniformOrder.Listed ? "uniform" : "uniform-random";

    /// <inheritdoc/>
    public bool IsExhaustive => order == UniformOrder.Listed;

    /// <inheritdoc/>
    public Task<IReadOnlyList<StepProposals>> ProposeAsync(IReadOnlyList<PolicyQuery> queries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queries);
        var result = new StepProposals[queries.Count];
        for (var i = 0; i < result.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var query = queries[i];
            var steps = enumerator.Steps(query.State).ToArray();
            if (order == UniformOrder.Random)
            {
                var stream = query.Stream;
                stream.Shuffle(steps.AsSpan());
            }

            var logProbability = -Math.Log(Math.Max(1, steps.Length));
            result[i] = new StepProposals([.. steps.Take(query.Count).Select(s => new StepProposal(s, logProbability))]);
        }

        return Task.FromResult<IReadOnlyList<StepProposals>>(result);
    }
}

/// <summary>Which steps of a list a uniform policy proposes where it lists more than are asked for.</summary>
public enum UniformOrder
{
    /// <summary>The first, in the list's own order.</summary>
    Listed,

    /// <summary>Drawn without replacement.</summary>
    Random,
}
