using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Problems;
using Ratchet.Selection;
using Ratchet.Verdicts;

namespace Ratchet.Loop;

/// <summary>The first stage: makes attempts at problems.</summary>
public interface IProposer
{
    /// <summary>Makes the attempts that a request asks for, in the order of its items and then of sample numbers.</summary>
    /// <remarks>
    /// The result depends on the request alone: batch make-up, thread count and timing never change it. Not called from two
    /// threads at once.
    /// </remarks>
    Task<IReadOnlyList<Attempt>> ProposeAsync(ProposalRequest request, CancellationToken cancellationToken);

    /// <summary>Changes the policy that later requests sample from.</summary>
    void Load(Checkpoint checkpoint);
}

/// <summary>What a proposer is asked for.</summary>
public sealed record ProposalRequest
{
    /// <summary>Round of the run.</summary>
    public required int Round { get; init; }

    /// <summary>What the attempts are for.</summary>
    public required Phase Phase { get; init; }

    /// <summary>Problems, each with the number of attempts wanted.</summary>
    public required IReadOnlyList<ProposalItem> Items { get; init; }

    /// <summary>Parent of the attempts' streams: sample i of problem p draws from <c>Stream.Derive(p).Derive(i)</c>.</summary>
    public required RandomStream Stream { get; init; }
}

/// <summary>One problem of a request.</summary>
/// <param name="Problem">Problem.</param>
/// <param name="Count">Number of attempts, at least 1.</param>
/// <param name="FirstSample">Number of the first of them.</param>
public sealed record ProposalItem(Problem Problem, int Count, int FirstSample = 0);

/// <summary>The second stage: judges an attempt's text against the problem's statement.</summary>
public interface IVerifier
{
    /// <summary>Short name, part of every verdict.</summary>
    string Name { get; }

    /// <summary>Version; two versions may judge differently, so it is part of the cache key.</summary>
    string Version { get; }

    /// <summary>Judges one attempt. Safe to call from many threads. Outages are <see cref="Verdict.Unknown"/>, not exceptions.</summary>
    ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken);
}

/// <summary>The third stage: turns judged attempts into training rows.</summary>
public interface ISelector
{
    /// <summary>The rows to train on after a round, in a deterministic order, and what was kept and left out and why.</summary>
    (IReadOnlyList<Example> Examples, SelectionReport Report) Select(SelectionInput input);
}

/// <summary>What selection works on.</summary>
public sealed record SelectionInput
{
    /// <summary>Round that has just been verified.</summary>
    public required int Round { get; init; }

    /// <summary>Judged training attempts of all rounds so far, in order of round, problem and sample.</summary>
    public required IReadOnlyList<JudgedAttempt> History { get; init; }

    /// <summary>Rows made from the seed problems' reference solutions.</summary>
    public required IReadOnlyList<Example> SeedExamples { get; init; }

    /// <summary>Stream for the selector's own draws: the same after every round, so that a replayed round draws as it did before.</summary>
    public required RandomStream Stream { get; init; }
}

/// <summary>An attempt with the problem it was made for and its verdict.</summary>
/// <param name="Problem">Problem.</param>
/// <param name="Attempt">Attempt.</param>
/// <param name="Verdict">Verdict.</param>
public sealed record JudgedAttempt(Problem Problem, Attempt Attempt, Verdict Verdict);

/// <summary>The fourth stage: makes a better checkpoint from rows.</summary>
public interface ILearner
{
    /// <summary>Trains and writes a checkpoint.</summary>
    /// <remarks>
    /// Same request, same machine: same bits. A learner that takes long saves snapshots in
    /// <see cref="LearningRequest.Folder"/> and, called again with the same request after a kill, goes on from the last one
    /// to the same result.
    /// </remarks>
    Task<LearningResult> LearnAsync(LearningRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken);
}

/// <summary>What a learner is asked for.</summary>
public sealed record LearningRequest
{
    /// <summary>Round that the new checkpoint ends; 0 for the start model.</summary>
    public required int Round { get; init; }

    /// <summary>Checkpoint to start from; null for freshly initialised weights.</summary>
    public required Checkpoint? From { get; init; }

    /// <summary>Rows.</summary>
    public required IReadOnlyList<Example> Examples { get; init; }

    /// <summary>Passes over the rows.</summary>
    public required double Epochs { get; init; }

    /// <summary>Parent of the learner's streams (initialisation, data order).</summary>
    public required RandomStream Stream { get; init; }

    /// <summary>Folder that the checkpoint is written into; also holds snapshots while training.</summary>
    public required string Folder { get; init; }
}

/// <summary>A progress report of training.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Steps">Optimizer steps in all.</param>
/// <param name="Loss">Mean loss per target token of the last step, in nats.</param>
/// <param name="GradientNorm">Norm of the gradient before clipping.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="Tokens">Tokens (context and targets) trained on so far.</param>
public sealed record LearningStep(int Step, int Steps, double Loss, double GradientNorm, double LearningRate, long Tokens);

/// <summary>What training gave.</summary>
/// <param name="Checkpoint">New checkpoint, on disk.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Tokens">Tokens (context and targets) trained on, padding not counted.</param>
/// <param name="FinalLoss">Mean loss per target token over the last tenth of the steps, in nats.</param>
public sealed record LearningResult(Checkpoint Checkpoint, int Steps, long Tokens, double FinalLoss)
{
    /// <summary>
    /// Some of the steps in order, the last among them, for a picture of the training: all where there are few, else evenly thinned.
    /// Depends on the request alone, like the weights.
    /// </summary>
    public IReadOnlyList<LearningStep> Curve { get; init; } = [];
}
