using Ratchet.Checkpoints;
using Ratchet.Domains.Metamath;
using Ratchet.Models;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Search.Policies;

namespace Ratchet.Systems.Proving;

/// <summary>Makes a checkpoint a policy of a world.</summary>
public static class ProverPolicy
{
    /// <summary>Opens a policy. Dispose it.</summary>
    /// <param name="checkpoint">Model.</param>
    /// <param name="world">World; its domain's tokenizer, or the model's own.</param>
    /// <param name="wholeProofs">The model writes whole proofs to a problem's prompt, as the models of <c>expert-iteration</c> do, and not single steps to a state's.</param>
    /// <param name="temperature">Divides the logits.</param>
    /// <param name="maxNewTokens">Limit on the tokens of a text.</param>
    /// <param name="settings">What the sampler runs on.</param>
    /// <param name="rank">The model ranks so many of the first steps of the world's list and writes none of its own; 0 for a model that writes.</param>
    /// <exception cref="RatchetException">The checkpoint or its tokenizer cannot be read, or whole proofs are not written in this world.</exception>
    public static IStepPolicy Open(Checkpoint checkpoint, ProverWorld world, bool wholeProofs, double temperature, int maxNewTokens, SamplerSettings settings, int rank = 0)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(world);
        ArgumentNullException.ThrowIfNull(settings);
        if (wholeProofs && world.WholeProofs is null)
            throw new RatchetException($"Whole proofs of a model are not walked step by step in the world '{world.Name}'.", "Use the world propositional, or a model that writes steps.") { ExitCode = 2 };
        var positions = CheckpointStore.LoadConfig(checkpoint.Folder).MaxPositions;
        var tokenizer = world.Domain is { } domain ? ModelTokenizer.Load(checkpoint.Folder, domain)
            : world.Name == MetamathProblems.Domain && MetamathTokenizer.IsIn(checkpoint.Folder) ? MetamathTokenizer.Load(checkpoint.Folder)
            : ModelTokenizer.Load(checkpoint.Folder);
        if (rank > 0)
            return new RankedPolicy(checkpoint.Id, settings.Open(checkpoint.Folder), tokenizer, world.Language, world.Steps, positions, rank);
        var language = wholeProofs ? world.WholeProofs! : world.Language;
        var options = new SamplingOptions { Temperature = temperature, MaxNewTokens = maxNewTokens, MaxBatch = 64 };
        return new ModelPolicy(checkpoint.Id, settings.Open(checkpoint.Folder), tokenizer, language, positions, options);
    }
}
