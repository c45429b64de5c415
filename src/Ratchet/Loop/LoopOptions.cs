using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Problems;

namespace Ratchet.Loop;

/// <summary>The stages of a loop.</summary>
/// <param name="Proposer">Makes attempts.</param>
/// <param name="Verifier">Judges them.</param>
/// <param name="Selector">Turns judged attempts into rows.</param>
/// <param name="StartLearner">Makes the start model of round 0.</param>
/// <param name="Learner">Makes the checkpoints of later rounds.</param>
public sealed record LoopStages(IProposer Proposer, IVerifier Verifier, ISelector Selector, ILearner StartLearner, ILearner Learner);

/// <summary>Which weights a round's training starts from.</summary>
public enum LearnFrom
{
    /// <summary>The start model of round 0: each round trains anew on all selected rows.</summary>
    Base,

    /// <summary>The round's own policy.</summary>
    Continue,
}

/// <summary>The numbers of a loop.</summary>
public sealed record LoopOptions
{
    /// <summary>Rounds after round 0, at least 0.</summary>
    public required int Rounds { get; init; }

    /// <summary>Attempts at each training problem in a round, at least 1.</summary>
    public required int Samples { get; init; }

    /// <summary>Training problems a round, drawn anew each round; 0 takes all.</summary>
    public int ProblemsPerRound { get; init; }

    /// <summary>Problems in one batch, at least 1: a batch is sampled, verified and recorded together.</summary>
    public int BatchProblems { get; init; } = 256;

    /// <summary>Passes over the seed rows for the start model; 0 takes <see cref="StartFrom"/> as it is.</summary>
    public double StartEpochs { get; init; }

    /// <summary>Checkpoint to start from, or null for fresh weights.</summary>
    public Checkpoint? StartFrom { get; init; }

    /// <summary>Passes over a round's rows.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Rounds learn; else attempts are made, judged and selected, and <see cref="StartFrom"/> stays the policy of all rounds.</summary>
    public bool Learns { get; init; } = true;

    /// <summary>Which weights a round's training starts from.</summary>
    public LearnFrom LearnFrom { get; init; }

    /// <summary>Attempts at each held-out problem, for pass@k.</summary>
    public int EvaluationSamples { get; init; } = 8;

    /// <summary>The k of pass@k; none larger than <see cref="EvaluationSamples"/>.</summary>
    public IReadOnlyList<int> PassAt { get; init; } = [1, 8];

    /// <summary>Also evaluate one most likely attempt a problem.</summary>
    public bool Greedy { get; init; } = true;

    /// <summary>Evaluate every this many rounds; round 0 and the last round always.</summary>
    public int EvaluateEvery { get; init; } = 1;

    /// <summary>Resamples of the bootstrap intervals.</summary>
    public int Bootstrap { get; init; } = 1000;

    /// <summary>Share of unknown verdicts in a stage, 0 to 1, above which the run stops.</summary>
    public double UnknownLimit { get; init; } = 0.2;
}

/// <summary>What the loop asks its proposer for.</summary>
internal static class ProposalRequests
{
    public static ProposalRequest Train(LoopOptions options, ProblemSet problems, int round, RandomStream root)
    {
        var train = problems.In(Split.Train).ToArray();
        if (options.ProblemsPerRound > 0 && options.ProblemsPerRound < train.Length)
        {
            var stream = root.Derive("problems").Derive(round);
            var order = Enumerable.Range(0, train.Length).ToArray();
            stream.Shuffle<int>(order);
            var chosen = order[..options.ProblemsPerRound];
            Array.Sort(chosen);
            train = [.. chosen.Select(i => train[i])];
        }

        return Make(train, options.Samples, round, Phase.Train, root);
    }

    public static ProposalRequest Heldout(LoopOptions options, ProblemSet problems, int round, RandomStream root) =>
        Make(problems.In(Split.Heldout), options.EvaluationSamples, round, Phase.Heldout, root);

    public static ProposalRequest Greedy(ProblemSet problems, int round, RandomStream root) =>
        Make(problems.In(Split.Heldout), 1, round, Phase.Greedy, root);

    private static ProposalRequest Make(IReadOnlyList<Problem> problems, int samples, int round, Phase phase, RandomStream root) => new()
    {
        Round = round,
        Phase = phase,
        Items = [.. problems.Select(p => new ProposalItem(p, samples))],
        Stream = root.Derive("propose").Derive(phase.ToString()).Derive(round),
    };
}

/// <summary>What the loop asks its learner for.</summary>
internal static class LearningRequests
{
    public static string CheckpointId(int round) => $"round-{round}";

    public static LearningRequest Start(LoopOptions options, IReadOnlyList<Example> seed, RandomStream root, Func<string, string> folder) => new()
    {
        Round = 0,
        From = options.StartFrom,
        Examples = seed,
        Epochs = options.StartEpochs,
        Stream = root.Derive("learn").Derive(0),
        Folder = folder(CheckpointId(0)),
    };

    public static LearningRequest Round(
        LoopOptions options, int round, Checkpoint from, IReadOnlyList<Example> examples, RandomStream root, Func<string, string> folder) => new()
    {
        Round = round,
        From = from,
        Examples = examples,
        Epochs = options.Epochs,
        Stream = root.Derive("learn").Derive(round),
        Folder = folder(CheckpointId(round)),
    };
}
