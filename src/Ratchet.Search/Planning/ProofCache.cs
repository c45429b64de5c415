using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ratchet.Proving;
using Ratchet.Search.Journal;

namespace Ratchet.Search.Planning;

/// <summary>Proofs of goals that were closed once, shared by all provers of a process and, through a journal, by all processes and later runs.</summary>
/// <remarks>
/// A goal is found again by its text and the environment. What is found is run again in place before it counts, so that a proof that does not fit costs time and never soundness. Of two proofs of a goal the
/// first stays. Safe from many threads.
/// </remarks>
/// <param name="environment">World that the goals are of.</param>
/// <param name="journal">Where proofs are kept; null keeps them in memory alone. Not owned.</param>
public sealed class ProofCache(IProofEnvironment environment, SearchJournal? journal = null)
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _known = new(StringComparer.Ordinal);

    /// <summary>World that the goals are of.</summary>
    public IProofEnvironment Environment => environment;

    /// <summary>
    /// Closes the first goal of a state by a proof that is known; null where none is, or where it does not close it any more.
    /// </summary>
    /// <returns>The state whose goals are the others, with the number of steps that were run.</returns>
    public async ValueTask<(ProofState State, int Steps)?> CloseAsync(ProofState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        var key = KeyOf(state);
        if (!_known.TryGetValue(key, out var steps))
        {
            steps = journal?.FindSubgoal(key);
            if (steps is not null)
                _known.TryAdd(key, steps);
        }

        if (steps is null)
            return null;
        var current = state;
        foreach (var step in steps)
        {
            if (await environment.RunAsync(current, step, cancellationToken).ConfigureAwait(false) is not StepOutcome.Moved moved)
                return null;
            current = moved.State;
        }

        return current.Goals.SequenceEqual(state.Goals.Skip(1)) ? (current, steps.Count) : null;
    }

    /// <summary>Keeps the steps that closed the first goal of a state. False where a proof was known already; that one stays.</summary>
    public bool Add(ProofState state, IReadOnlyList<string> steps)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(steps);
        var key = KeyOf(state);
        return _known.TryAdd(key, steps) && (journal?.AddSubgoal(key, state.Problem.Id, state.Goals[0], steps) ?? true);
    }

    private string KeyOf(ProofState state) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{environment.Name}\n{environment.Version}\n{state.Goals[0]}")).AsSpan(0, 16));
}
