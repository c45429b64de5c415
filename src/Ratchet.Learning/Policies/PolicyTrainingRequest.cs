using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Rollouts;
using Ratchet.Sampling;
using Ratchet.Verdicts;

namespace Ratchet.Learning.Policies;

/// <summary>A prompt to sample from.</summary>
/// <param name="ProblemId">Problem, unique among the prompts.</param>
/// <param name="Ids">Ids of the prompt, begin mark included.</param>
public sealed record PolicyPrompt(string ProblemId, IReadOnlyList<int> Ids);

/// <summary>What a policy training is asked for.</summary>
public sealed record PolicyTrainingRequest
{
    /// <summary>Policy to start from.</summary>
    public required Checkpoint From { get; init; }

    /// <summary>Reference that divergence is measured from; null takes <see cref="From"/>.</summary>
    public Checkpoint? Reference { get; init; }

    /// <summary>
    /// Model with a scalar head that the critic starts from (AlpacaFarm: the reward model); null starts from the policy's trunk with a fresh head. Only used with a critic.
    /// </summary>
    public Checkpoint? Critic { get; init; }

    /// <summary>Prompts, at least one.</summary>
    public required IReadOnlyList<PolicyPrompt> Prompts { get; init; }

    /// <summary>Parent of all random streams.</summary>
    public required RandomStream Stream { get; init; }

    /// <summary>Folder that the policy's checkpoint is written into; snapshots lie beside it in <c>FOLDER.snapshot</c>, the critic's checkpoint in <c>FOLDER.critic</c>.</summary>
    public required string Folder { get; init; }
}

/// <summary>What a judge says of a rollout.</summary>
/// <param name="Outcome">The verifier's answer; <see cref="RolloutOutcome.Unjudged"/> where there is none and the components alone count.</param>
public sealed record RolloutJudgement(RolloutOutcome Outcome)
{
    /// <summary>Why, where a verifier judged.</summary>
    public VerdictReason? Reason { get; init; }

    /// <summary>
    /// Shaping by name (a reward model's score, a format's bonus); their sum enters the reward as <see cref="RewardOptions.Form"/> says. Finite numbers. The names
    /// <c>verdict</c> and <c>overlong</c> are taken.
    /// </summary>
    public IReadOnlyDictionary<string, double> Components { get; init; } = new Dictionary<string, double>();
}

/// <summary>
/// Judges rollouts, in their order; must depend on their ids and problems alone. Ids, target start, problem and stop reason are set; outcome and reward are not.
/// </summary>
public delegate Task<IReadOnlyList<RolloutJudgement>> RolloutJudge(IReadOnlyList<Rollout> rollouts, CancellationToken cancellationToken);

/// <summary>What a caller hears and does while a policy is trained. After a kill everything since the last snapshot happens again in the same way: keep by identifier.</summary>
public sealed record PolicyTrainingHooks
{
    /// <summary>Gets each batch's judged rollouts before they are learned from, in order; for a journal.</summary>
    public Action<int, IReadOnlyList<Rollout>>? Rollouts { get; init; }

    /// <summary>Gets each update's numbers.</summary>
    public IProgress<PolicyUpdate>? Progress { get; init; }

    /// <summary>
    /// Evaluates the policy after so many updates; 0 is the start model. Must not change it.
    /// </summary>
    public Func<PolicyEvaluation, CancellationToken, Task>? Evaluate { get; init; }

    /// <summary>Whether <see cref="Evaluate"/> is called after so many updates, 0 to all; null calls it at the beginning and at the end.</summary>
    public Func<int, bool>? EvaluateAfter { get; init; }
}

/// <summary>The policy at a moment of its training.</summary>
public sealed class PolicyEvaluation
{
    private readonly Func<string, Checkpoint> _save;

    internal PolicyEvaluation(int updates, ISampler sampler, IDecoderTrainer policy, Func<string, Checkpoint> save) =>
        (Updates, Sampler, Policy, _save) = (updates, sampler, policy, save);

    /// <summary>Updates done.</summary>
    public int Updates { get; }

    /// <summary>Draws from the present weights. Not owned.</summary>
    public ISampler Sampler { get; }

    /// <summary>The learner, for scores. Not owned; not to be stepped.</summary>
    public IDecoderTrainer Policy { get; }

    /// <summary>Writes the present policy as a checkpoint.</summary>
    public Checkpoint Save(string folder) => _save(folder);
}

/// <summary>What a policy training gave.</summary>
/// <param name="Policy">The policy's checkpoint.</param>
/// <param name="Critic">The critic's checkpoint, where there was one.</param>
/// <param name="Updates">Numbers of all updates in order.</param>
public sealed record PolicyTrainingResult(Checkpoint Policy, Checkpoint? Critic, IReadOnlyList<PolicyUpdate> Updates);

/// <summary>Makes the engines that a policy training works with.</summary>
public sealed record PolicyEngine
{
    /// <summary>Name, part of a training's identity: <c>cpu</c> or <c>torch</c> with what shapes results.</summary>
    public required string Name { get; init; }

    /// <summary>Makes trainers: policy, reference and critic.</summary>
    public required DecoderTrainerFactory Trainer { get; init; }

    /// <summary>Makes the sampler.</summary>
    public required Func<DecoderWeights, ISampler> Sampler { get; init; }

    /// <summary>Own kernels.</summary>
    /// <param name="cpu">Division of the learner's work; null for the defaults with as many threads as the sampler.</param>
    /// <param name="threads">Threads of the sampler.</param>
    /// <param name="budget">Permits to work on, or null.</param>
    public static PolicyEngine Cpu(int threads = 1, CpuTrainerOptions? cpu = null, ThreadBudget? budget = null)
    {
        cpu ??= new CpuTrainerOptions { Threads = threads };
        return new PolicyEngine
        {
            Name = $"cpu shards {cpu.Shards} chunk {cpu.ChunkTokens}",
            Trainer = (weights, adamW, _) => new CpuTrainer(weights, adamW, cpu, budget),
            Sampler = weights => new CpuSampler(weights, threads, budget: budget),
        };
    }

    /// <summary>The tensor library.</summary>
    /// <param name="options">Device and type of computation; null for float32 on CPU.</param>
    /// <param name="budget">Permits to work on, or null.</param>
    public static PolicyEngine Torch(Models.Torch.TorchOptions? options = null, ThreadBudget? budget = null) => new()
    {
        Name = $"torch {options?.Device ?? "cpu"} {options?.Compute ?? WeightsType.Float32}",
        Trainer = (weights, adamW, lora) => new TorchTrainer(weights, adamW, options, budget, lora),
        Sampler = weights => new TorchSampler(weights, options, budget),
    };
}
