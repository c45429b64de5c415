using Ratchet.Attempts;
using Ratchet.Examples;
using Ratchet.Verdicts;

namespace Ratchet.Rollouts;

/// <summary>One judged sample of a policy, as every learner from rewards sees it. Plain data: it goes into a journal or a file as it is.</summary>
/// <remarks>Places are counted as in <see cref="Example"/>: targets are the ids <c>[TargetStart, Ids.Count)</c> without the masked spans.</remarks>
public sealed record Rollout
{
    /// <summary>Identifier, unique in a run.</summary>
    public required string Id { get; init; }

    /// <summary>Problem that the prompt was made from.</summary>
    public required string ProblemId { get; init; }

    /// <summary>Group whose rewards are compared with each other: the samples of one prompt in one batch share it.</summary>
    public required string Group { get; init; }

    /// <summary>Prompt and sample.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Index of the first sampled id, at least 1.</summary>
    public required int TargetStart { get; init; }

    /// <summary>Parts of the sample that a tool wrote and not the model: in order, apart. They carry no gradient and no log-probability.</summary>
    public IReadOnlyList<IdSpan> Masked { get; init; } = [];

    /// <summary>
    /// Natural-log probability of each id of <c>[TargetStart, Ids.Count)</c> under the distribution that it was drawn from; not a number at masked places.
    /// Null where it is not known: the rollout is off-policy and may be imitated, but no ratio can be formed with it.
    /// </summary>
    public IReadOnlyList<float>? BehaviourLogProbabilities { get; init; }

    /// <summary>Update of the training whose weights drew the sample, counted from 0; -1 for another policy.</summary>
    public int PolicyVersion { get; init; } = -1;

    /// <summary>What the verifier said.</summary>
    public RolloutOutcome Outcome { get; init; }

    /// <summary>Why, where a verifier judged.</summary>
    public VerdictReason? Reason { get; init; }

    /// <summary>The reward that learning uses: the outcome with its shaping, after the gate. 0 and unused where the outcome is unknown.</summary>
    public double Reward { get; init; }

    /// <summary>What the reward was made from, by name, before gate and clip; each is logged apart.</summary>
    public IReadOnlyDictionary<string, double> Components { get; init; } = new Dictionary<string, double>();

    /// <summary>Why sampling ended.</summary>
    public StopReason Stop { get; init; } = StopReason.EndToken;

    /// <summary>The length limit cut the sample off.</summary>
    public bool IsCut => Stop == StopReason.Length;

    /// <summary>The sample ends with the model's end id.</summary>
    public bool IsEnded => Stop == StopReason.EndToken;

    /// <summary>Ids of the sample, masked ones included.</summary>
    public int Length => Ids.Count - TargetStart;

    /// <summary>Ids that the model drew.</summary>
    public int Targets => Length - Masked.Sum(s => s.End - s.Start);

    /// <summary>The row of this rollout.</summary>
    /// <param name="weight">Factor on its loss, at least 0.</param>
    public Example ToExample(float weight = 1f) =>
        new() { Id = Id, Ids = Ids, TargetStart = TargetStart, Masked = Masked, Weight = weight, ProblemId = ProblemId, AttemptIds = [Id] };
}

/// <summary>What a verifier said of a rollout. The three answers of a verifier are kept apart; a task without a verifier has none of them.</summary>
public enum RolloutOutcome
{
    /// <summary>No verifier was asked: the reward is the sum of its components.</summary>
    Unjudged,

    /// <summary>The verifier accepted it.</summary>
    Accepted,

    /// <summary>The verifier rejected it.</summary>
    Rejected,

    /// <summary>The verifier came to no answer: the rollout carries no gradient and takes no part in its group's statistics.</summary>
    Unknown,
}
