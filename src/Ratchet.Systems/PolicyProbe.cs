using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Sampling.Constraints;

namespace Ratchet.Systems;

/// <summary>Lets a checkpoint make attempts at problems outside a run, and judges them.</summary>
public static class PolicyProbe
{
    /// <summary>Finds the checkpoint that a user means: a checkpoint folder, or a run folder (its last checkpoint).</summary>
    /// <exception cref="RatchetException">There is neither.</exception>
    public static Checkpoint Find(string path) => CheckpointStore.Open(FindFolder(path));

    /// <summary>The folder of <see cref="Find"/>; nothing of the model in it is read.</summary>
    /// <exception cref="RatchetException">There is no such folder, or it is a run without a checkpoint.</exception>
    public static string FindFolder(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!Directory.Exists(path))
            throw new RatchetException($"There is no folder '{path}'.", "Give a checkpoint folder (config.json, model.safetensors) or a run folder.");
        if (File.Exists(Path.Combine(path, CheckpointStore.ConfigFile)) || !File.Exists(Path.Combine(path, "recipe.yaml")))
            return path;
        using var folder = RunFolder.OpenReadOnly(path);
        using var journal = Journal.RunJournal.OpenReadOnly(folder.JournalPath);
        return journal.Checkpoints() is [.., var last]
            ? folder.CheckpointPath(last.Id)
            : throw new RatchetException($"The run '{path}' has no checkpoint yet.", $"Continue it with 'ratchet resume {path}'.");
    }

    /// <summary>Makes a checkpoint a proposer. Dispose it.</summary>
    /// <param name="checkpoint">Policy; it is loaded.</param>
    /// <param name="domain">Domain of the problems. Prompts are written in the checkpoint's own tokenizer.</param>
    /// <param name="options">How to draw.</param>
    /// <param name="settings">What the sampler runs on.</param>
    /// <param name="grammar">Language that attempts are held to, or null.</param>
    /// <param name="tools">Tool that attempts may call; null for none. Not owned.</param>
    /// <exception cref="RatchetException">The checkpoint or its tokenizer cannot be read, the device is not available, or the grammar cannot be used.</exception>
    public static SamplerProposer Open(Checkpoint checkpoint, IDomain domain, SamplingOptions options, SamplerSettings settings, Grammar? grammar = null, ToolUse? tools = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(settings);
        var config = CheckpointStore.LoadConfig(checkpoint.Folder);
        var tokenizer = ModelTokenizer.Load(checkpoint.Folder, domain);
        var draw = options with
        {
            StopIds = [tokenizer.EndId],
            Constraint = grammar is null ? null : GrammarConstraint.Compile(grammar, TokenVocabulary.Of(tokenizer, config.VocabularySize)),
        };
        var proposer = new SamplerProposer(domain.Prompt, tokenizer, c => settings.Open(c.Folder), config.MaxPositions, draw, draw, tools);
        proposer.Load(checkpoint);
        return proposer;
    }

    /// <summary>Makes and judges attempts.</summary>
    /// <param name="proposer">Who makes them.</param>
    /// <param name="domain">Domain of the problems, which judges.</param>
    /// <param name="problems">Problems.</param>
    /// <param name="samples">Attempts at each problem, at least 1.</param>
    /// <param name="phase"><see cref="Phase.Heldout"/> to sample, <see cref="Phase.Greedy"/> for the most likely attempt.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="RatchetException">A prompt cannot be written in the proposer's vocabulary or is too long for its model.</exception>
    public static async Task<IReadOnlyList<JudgedAttempt>> JudgeAsync(
        IProposer proposer, IDomain domain, IReadOnlyList<Problem> problems, int samples, Phase phase, ulong seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proposer);
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        var attempts = await proposer.ProposeAsync(
            new ProposalRequest
            {
                Round = 0,
                Phase = phase,
                Items = [.. problems.Select(p => new ProposalItem(p, phase == Phase.Greedy ? 1 : samples))],
                Stream = RandomStream.FromSeed(seed).Derive("probe").Derive(phase.ToString()),
            },
            cancellationToken);
        var byId = problems.ToDictionary(p => p.Id, StringComparer.Ordinal);
        var judged = new List<JudgedAttempt>(attempts.Count);
        foreach (var attempt in attempts)
        {
            var problem = byId[attempt.Id.ProblemId];
            judged.Add(new JudgedAttempt(problem, attempt, await domain.Verifier.VerifyAsync(problem, attempt.Text, cancellationToken)));
        }

        return judged;
    }
}
