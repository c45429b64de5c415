using Ratchet.Runs;

namespace Ratchet.Learning;

/// <summary>How <see cref="CpuTrainer"/> divides its work.</summary>
public sealed record CpuTrainerOptions
{
    /// <summary>Threads that work, the calling thread counted; at least 1, default 1. Never changes a bit of a result.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// Parts that the rows of a step are divided into, each with its own gradient buffer of the size of the model; at least 1, default 4.
    /// Part of the result's identity: another number adds gradients in another order and changes last digits. More shards than
    /// <see cref="Threads"/> let the other threads take over when one is held up.
    /// </summary>
    public int Shards { get; init; } = 4;

    /// <summary>
    /// Tokens that a shard takes through the model at once; at least 1, default 512. Bounds the memory for activations; a longer row goes
    /// alone. Part of the result's identity like <see cref="Shards"/>.
    /// </summary>
    public int ChunkTokens { get; init; } = 512;

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Threads < 1)
            errors.Add($"{nameof(Threads)} must be at least 1, not {Threads}.");
        if (Shards < 1)
            errors.Add($"{nameof(Shards)} must be at least 1, not {Shards}.");
        if (ChunkTokens < 1)
            errors.Add($"{nameof(ChunkTokens)} must be at least 1, not {ChunkTokens}.");
        return errors;
    }

    /// <summary>Throws when something is wrong.</summary>
    /// <exception cref="RatchetException">The message names all mistakes.</exception>
    internal void ThrowIfInvalid(AdamWOptions adamW)
    {
        var errors = Validate().Concat(adamW.Validate()).ToList();
        if (errors.Count > 0)
            throw new RatchetException("The trainer's options are invalid: " + string.Join(" ", errors), "Correct the learning section of the recipe.");
    }
}
