using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
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
    public static Checkpoint Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!Directory.Exists(path))
            throw new RatchetException($"There is no folder '{path}'.", "Give a checkpoint folder (config.json, model.safetensors) or a run folder.");
        if (File.Exists(Path.Combine(path, CheckpointStore.ConfigFile)) || !File.Exists(Path.Combine(path, "recipe.yaml")))
            return CheckpointStore.Open(path);
        using var folder = RunFolder.OpenReadOnly(path);
        using var journal = Journal.RunJournal.OpenReadOnly(folder.JournalPath);
        var made = journal.Checkpoints();
        if (made.Count == 0)
            throw new RatchetException($"The run '{path}' has no checkpoint yet.", $"Continue it with 'ratchet resume {path}'.");
        return CheckpointStore.Open(folder.CheckpointPath(made[^1].Id), made[^1].Id);
    }

    /// <summary>Makes a checkpoint a proposer. Dispose it.</summary>
    /// <param name="checkpoint">Policy; it is loaded.</param>
    /// <param name="domain">Domain of the problems. Prompts are written in the checkpoint's own tokenizer.</param>
    /// <param name="options">How to draw.</param>
    /// <param name="threads">Threads; 0 takes all cores. Never changes the result of the own kernels.</param>
    /// <param name="device"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. The own kernels sample what they know on the CPU, the tensor library all else.</param>
    /// <param name="grammar">Language that attempts are held to, or null.</param>
    /// <param name="tools">Tool that attempts may call; null for none. Not owned.</param>
    /// <exception cref="RatchetException">The checkpoint or its tokenizer cannot be read, the device is not available, or the grammar cannot be used.</exception>
    public static SamplerProposer Open(Checkpoint checkpoint, IDomain domain, SamplingOptions options, int threads, string device = "cpu", Grammar? grammar = null, ToolUse? tools = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(options);
        var config = CheckpointStore.LoadConfig(checkpoint.Folder);
        var tokenizer = ModelTokenizer.Load(checkpoint.Folder, domain);
        var draw = options with
        {
            StopIds = [tokenizer.EndId],
            Constraint = grammar is null ? null : GrammarConstraint.Compile(grammar, TokenVocabulary.Of(tokenizer, config.VocabularySize)),
        };
        var proposer = new SamplerProposer(domain.Prompt, tokenizer, c => Sampler(c, threads, device), config.MaxPositions, draw, draw, tools);
        proposer.Load(checkpoint);
        return proposer;
    }

    /// <summary>A sampler for a checkpoint: own kernels on the CPU where they compute it, else the tensor library.</summary>
    /// <param name="checkpoint">Model.</param>
    /// <param name="threads">Threads; 0 takes all cores.</param>
    /// <param name="device"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <exception cref="RatchetException">The checkpoint cannot be read, or the device is not available.</exception>
    internal static ISampler Sampler(Checkpoint checkpoint, int threads, string device)
    {
        var cores = threads == 0 ? Environment.ProcessorCount : threads;
        return CheckpointStore.ReadWeights<ISampler>(checkpoint.Folder, weights =>
        {
            if (device == "cpu" && weights.Config.RunsOnOwnKernels)
                return new CpuSampler(weights, cores);
            TorchNative.Threads = cores;
            return new TorchSampler(weights, new TorchOptions { Device = device });
        });
    }

    /// <summary>Makes and judges attempts.</summary>
    /// <param name="checkpoint">Policy.</param>
    /// <param name="domain">Domain of the problems. Prompts are written in the checkpoint's own tokenizer.</param>
    /// <param name="problems">Problems.</param>
    /// <param name="options">How to draw.</param>
    /// <param name="samples">Attempts at each problem, at least 1.</param>
    /// <param name="phase"><see cref="Phase.Heldout"/> to sample, <see cref="Phase.Greedy"/> for the most likely attempt.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="threads">Threads; 0 takes all cores. Never changes the result of the own kernels.</param>
    /// <param name="device">As in <see cref="Open"/>.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <param name="grammar">Language that attempts are held to, or null.</param>
    /// <param name="tools">Tool that attempts may call; null for none. Not owned.</param>
    /// <exception cref="RatchetException">The checkpoint or its tokenizer cannot be read, or a prompt cannot be written in its vocabulary or is too long for the model.</exception>
    public static async Task<IReadOnlyList<JudgedAttempt>> JudgeAsync(
        Checkpoint checkpoint, IDomain domain, IReadOnlyList<Problem> problems, SamplingOptions options, int samples, Phase phase, ulong seed, int threads, string device, CancellationToken cancellationToken, Grammar? grammar = null, ToolUse? tools = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        using var proposer = Open(checkpoint, domain, options, threads, device, grammar, tools);
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
