using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Systems.Verification;

/// <summary>A verifier that is ready to work, with the processes that it keeps. Safe to use from many threads.</summary>
public sealed class OpenVerifier : IAsyncDisposable
{
    private readonly Func<ProofItem, Problem> _read;
    private readonly Func<PoolFigures>? _pool;

    /// <summary>Makes one.</summary>
    /// <param name="entry">What it is.</param>
    /// <param name="verifier">The verifier; disposed with this object where it can be.</param>
    /// <param name="read">Makes the problem of an item; throws <see cref="StatementException"/> for what is no statement.</param>
    /// <param name="pool">Tells what its pool of processes is doing; null for a verifier without one.</param>
    public OpenVerifier(VerifierEntry entry, IVerifier verifier, Func<ProofItem, Problem> read, Func<PoolFigures>? pool = null)
    {
        _pool = pool;
        Entry = entry;
        Verifier = verifier;
        _read = read;
    }

    /// <summary>What it is.</summary>
    public VerifierEntry Entry { get; }

    /// <summary>The verifier.</summary>
    public IVerifier Verifier { get; }

    /// <summary>What its pool of processes is doing at this moment; null for a verifier without one.</summary>
    public PoolFigures? Pool => _pool?.Invoke();

    /// <summary>The problem that an item's proof is judged against.</summary>
    /// <exception cref="StatementException">The item's statement is not one that the verifier reads.</exception>
    public Problem Read(ProofItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return _read(item);
    }

    /// <summary>Ends the verifier's processes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Verifier is IAsyncDisposable later)
            await later.DisposeAsync().ConfigureAwait(false);
        else
            (Verifier as IDisposable)?.Dispose();
    }
}
