using Ratchet.Examples;

namespace Ratchet.Attempts;

/// <summary>What a proposer produced for a problem: the sampled ids with their log-probabilities; text is a view of them.</summary>
public sealed record Attempt
{
    /// <summary>Who asked for it: round, phase, problem and sample number. Unique in a run, the same in every replay.</summary>
    public required AttemptId Id { get; init; }

    /// <summary>The ids that the model was conditioned on.</summary>
    public required IReadOnlyList<int> PromptIds { get; init; }

    /// <summary>The sampled ids, end mark included where one was sampled; among them those that a tool wrote in answer to a call.</summary>
    public required IReadOnlyList<int> TokenIds { get; init; }

    /// <summary>
    /// Natural-log probability of each sampled id under the distribution that it was drawn from (after temperature,
    /// top-k and top-p). Same length as <see cref="TokenIds"/>; empty where the proposer cannot tell. Not a number (NaN) for an id
    /// that a tool wrote: the model did not draw it, and it is never a target of training.
    /// </summary>
    public required IReadOnlyList<float> LogProbabilities { get; init; }

    /// <summary>Decoded text of <see cref="TokenIds"/>.</summary>
    public required string Text { get; init; }

    /// <summary>Seed of the random stream that drew this attempt.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Identifier of the checkpoint that the ids were sampled from.</summary>
    public required string Policy { get; init; }

    /// <summary>Why sampling ended.</summary>
    public required StopReason Stop { get; init; }

    /// <summary>
    /// The attempt says what was proposed, but not with what probability: it has no ids, or no log-probability for each of them. A text that was written elsewhere
    /// is one. It may be imitated, but nothing may be computed from it that takes it for a sample of the policy.
    /// </summary>
    public bool IsOffPolicy => TokenIds.Count == 0 || LogProbabilities.Count != TokenIds.Count;

    /// <summary>The parts of <see cref="TokenIds"/> that a tool wrote, in order and apart.</summary>
    public IReadOnlyList<IdSpan> ToolSpans()
    {
        List<IdSpan> spans = [];
        for (var i = 0; i < LogProbabilities.Count; i++)
        {
            if (!float.IsNaN(LogProbabilities[i]))
                continue;
            if (spans.Count > 0 && spans[^1].End == i)
                spans[^1] = spans[^1] with { End = i + 1 };
            else
                spans.Add(new IdSpan(i, i + 1));
        }

        return spans;
    }
}

/// <summary>Identity of an attempt within a run.</summary>
/// <param name="Round">Round that asked for it; round 0 evaluates the start model.</param>
/// <param name="Phase">What it was asked for.</param>
/// <param name="ProblemId">Problem.</param>
/// <param name="Sample">Zero-based number among the attempts at the problem in this round and phase.</param>
public readonly record struct AttemptId(int Round, Phase Phase, string ProblemId, int Sample)
{
    /// <summary>Text form, for example <c>r2/train/p17/3</c>.</summary>
    public override string ToString() => $"r{Round}/{Phase.ToString().ToLowerInvariant()}/{ProblemId}/{Sample}";
}

/// <summary>What attempts are made for.</summary>
public enum Phase
{
    /// <summary>Attempts that selection may turn into training rows.</summary>
    Train,

    /// <summary>Sampled attempts on held-out problems, for pass@k.</summary>
    Heldout,

    /// <summary>One most-likely attempt on each held-out problem.</summary>
    Greedy,
}

/// <summary>Why sampling of a sequence ended.</summary>
public enum StopReason
{
    /// <summary>The end token was sampled.</summary>
    EndToken,

    /// <summary>The limit on new tokens was reached.</summary>
    Length,

    /// <summary>A stop string appeared.</summary>
    StopString,

    /// <summary>The caller cancelled.</summary>
    Cancelled,

    /// <summary>The text was held to a language, and the vocabulary has no token for what must follow.</summary>
    DeadEnd,
}
