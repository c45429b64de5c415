namespace Ratchet.Learning.Policies;

/// <summary>
/// Numbers of one update: a batch of rollouts as it was sampled, and what the optimizer steps on it did. That of update 0 shows the start policy. Not a number where something was
/// not computed or there was nothing to compute it from.
/// </summary>
public sealed record PolicyUpdate
{
    /// <summary>Number of the update, from 0.</summary>
    public required int Update { get; init; }

    /// <summary>Updates in all.</summary>
    public required int Updates { get; init; }

    /// <summary>Update whose weights drew the batch; less than <see cref="Update"/> where sampling ran ahead.</summary>
    public required int PolicyVersion { get; init; }

    /// <summary>Rollouts that were sampled, those that dynamic sampling left out included.</summary>
    public required int Sampled { get; init; }

    /// <summary>Rollouts that were learned from.</summary>
    public required int Learned { get; init; }

    /// <summary>Ids sampled.</summary>
    public required long SampledTokens { get; init; }

    /// <summary>Share of accepted rollouts among those with an answer of the verifier.</summary>
    public double Acceptance { get; init; } = double.NaN;

    /// <summary>Share of rollouts without an answer of the verifier, among those that were asked about.</summary>
    public double UnknownShare { get; init; } = double.NaN;

    /// <summary>Mean reward of the rollouts that have one.</summary>
    public double Reward { get; init; } = double.NaN;

    /// <summary>Mean of each component of the reward over the rollouts that have it.</summary>
    public IReadOnlyDictionary<string, double> Components { get; init; } = new Dictionary<string, double>();

    /// <summary>Share of groups whose rewards are all the same.</summary>
    public double DeadGroupShare { get; init; } = double.NaN;

    /// <summary>Mean number of ids of a sample.</summary>
    public double Length { get; init; } = double.NaN;

    /// <summary>Share of samples that ended with the end id.</summary>
    public double EndShare { get; init; } = double.NaN;

    /// <summary>Share of samples that the length limit cut.</summary>
    public double CutShare { get; init; } = double.NaN;

    /// <summary>Mean entropy at the targets before the first step, nats.</summary>
    public double Entropy { get; init; } = double.NaN;

    /// <summary>Exact KL(π || π_ref) at the places of the probe, mean a token, nats.</summary>
    public double KlExact { get; init; } = double.NaN;

    /// <summary>Mean of log π - log π_ref, a token; over the batch where the algorithm needs the reference, else over the probe.</summary>
    public double KlK1 { get; init; } = double.NaN;

    /// <summary>Mean of the second estimate, a token.</summary>
    public double KlK2 { get; init; } = double.NaN;

    /// <summary>Mean of the third estimate, a token.</summary>
    public double KlK3 { get; init; } = double.NaN;

    /// <summary>Mean over sequences of the summed log π - log π_ref.</summary>
    public double KlSequence { get; init; } = double.NaN;

    /// <summary>Cost of a nat at this update.</summary>
    public double KlCoefficient { get; init; } = double.NaN;

    /// <summary>Mean loss of the policy's steps.</summary>
    public double Loss { get; init; } = double.NaN;

    /// <summary>Mean of the divergence's part of the loss, its factor included; 0 where it stands in the reward.</summary>
    public double KlLoss { get; init; } = double.NaN;

    /// <summary>Mean ratio of new to old probability over all steps.</summary>
    public double RatioMean { get; init; } = double.NaN;

    /// <summary>Largest ratio.</summary>
    public double RatioMax { get; init; } = double.NaN;

    /// <summary>Share of targets whose gradient the clip took away.</summary>
    public double ClipShare { get; init; } = double.NaN;

    /// <summary>Mean norm of the policy's gradient before clipping.</summary>
    public double GradientNorm { get; init; } = double.NaN;

    /// <summary>Mean loss of the critic's steps.</summary>
    public double ValueLoss { get; init; } = double.NaN;

    /// <summary>Mean norm of the critic's gradient before clipping.</summary>
    public double CriticGradientNorm { get; init; } = double.NaN;

    /// <summary>1 - variance(return - value) / variance(return), with the values before the update.</summary>
    public double ExplainedVariance { get; init; } = double.NaN;

    /// <summary>
    /// Largest difference between the sampler's and the learner's log-probabilities of the same ids, over the first step's rows, where both have the same weights.
    /// </summary>
    public double Parity { get; init; } = double.NaN;

    /// <summary>What the ratio was formed with.</summary>
    public OldProbabilities Old { get; init; }

    /// <summary>Mean importance weight of a token, where rollouts were corrected.</summary>
    public double ImportanceMean { get; init; } = double.NaN;

    /// <summary>Share of tokens whose importance weight was truncated.</summary>
    public double TruncatedShare { get; init; } = double.NaN;

    /// <summary>Optimizer steps of the policy so far.</summary>
    public int Steps { get; init; }

    /// <summary>Learning rate of the last step.</summary>
    public double LearningRate { get; init; }

    /// <summary>Ids that went through the policy's steps.</summary>
    public long LearnedTokens { get; init; }

    /// <summary>Time spent; not part of the result's identity.</summary>
    public PolicyUpdateTimes Times { get; init; }
}

/// <summary>What the ratio of an update was formed with.</summary>
public enum OldProbabilities
{
    /// <summary>No ratio.</summary>
    None,

    /// <summary>The probabilities that sampling recorded: the weights were the same.</summary>
    Behaviour,

    /// <summary>The learner's, at the beginning of the update, with an importance weight for the difference to sampling.</summary>
    Proximal,
}

/// <summary>Time of an update, seconds.</summary>
/// <param name="Sampling">Drawing, and handing over the weights.</param>
/// <param name="Judging">Verifying and scoring.</param>
/// <param name="Learning">Reference, critic and policy.</param>
public readonly record struct PolicyUpdateTimes(double Sampling, double Judging, double Learning);
