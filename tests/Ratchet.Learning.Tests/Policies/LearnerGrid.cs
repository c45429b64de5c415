using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning.Policies;
using Ratchet.Learning.Preferences;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Rollouts;

namespace Ratchet.Learning.Tests.Policies;

/// <summary>Every learner on a task, from a start policy to the accuracy after a stated number of optimizer steps.</summary>
internal static class LearnerGrid
{
    /// <summary>
    /// Solves the bandit round by round. On the sums that finds the mistakes of a model that is not always right, and the policy gets worse (0.14 to 0.48 after eight rounds): there a model is trained to the end and used once, by
    /// <see cref="RewardModelOnSums"/>.
    /// </summary>
    public const string RewardModelName = "reward model and best of n";

    public static string[] Online { get; } = ["ppo", "grpo", "grpo without deviation", "reinforce", "quark"];

    public static string[] Offline { get; } = ["rejection sampling", "expert iteration from base", "best of n", "dpo", "ipo", RewardModelName, "feedme", "reward conditioning", "quark with tokens"];

    /// <summary>Batches of an online learner, rounds of sampling of an offline one.</summary>
    public static int Updates(string learner, LearningTask task, bool whole) =>
        (Online.Contains(learner), task.Prompts.Length == 1) switch { (true, true) => 40, (true, false) => whole ? 80 : 40, (false, true) => 6, (false, false) => 8 };

    /// <summary>The accuracy that is reached, and the most optimizer steps that it takes.</summary>
    public static (double Accuracy, int Steps) Goal(string learner, LearningTask task, bool whole) => task.Prompts.Length == 1
        ? (0.8, Online.Contains(learner) ? 40 : 300)
        : learner switch
        {
            "quark" => (0.8, 80),
            "ppo" or "grpo" or "grpo without deviation" or "reinforce" => whole ? (0.8, 320) : (0.6, 160),
            _ => (0.7, 800),
        };

    /// <summary>Settings of an online learner.</summary>
    public static PolicyTrainingOptions Options(string learner, LearningTask task, int updates) => new()
    {
        Algorithm = learner switch { "ppo" => PolicyAlgorithm.Ppo, "reinforce" => PolicyAlgorithm.Reinforce, "quark" => PolicyAlgorithm.Quark, _ => PolicyAlgorithm.Grpo },
        Updates = updates,
        Prompts = task.Prompts.Length == 1 ? 4 : 64,
        Samples = 8,
        Minibatch = task.Prompts.Length == 1 ? 0 : 128,
        MaxNewTokens = task.NewTokens,
        Policy = new OptimizationOptions { LearningRate = task.Prompts.Length == 1 ? 1e-2 : 2e-3, Decay = LearningRateDecay.Constant, WarmupFraction = 0 },
        Ppo = new PpoOptions { Critic = new OptimizationOptions { LearningRate = 5e-3, Decay = LearningRateDecay.Constant, WarmupFraction = 0 } },
        Grpo = new GrpoOptions { NormalizeDeviation = learner != "grpo without deviation" },
        Quark = new QuarkOptions { KlCoefficient = 0.01 },
        ProbeRollouts = 4,
    };

    /// <summary>The accuracy after training.</summary>
    public static async Task<(double Accuracy, int Steps)> Run(string learner, LearningTask task, ulong seed, int size, bool shuffled = false)
    {
        using var folder = new TemporaryFolder();
        var start = task.Checkpoint(folder.Path, seed);
        if (Online.Contains(learner))
        {
            var training = new PolicyTraining(Options(learner, task, size), LearningTask.Tokenizer, task.Judge(shuffled));
            var result = await training.TrainAsync(new PolicyTrainingRequest { From = start, Prompts = task.Prompts, Stream = RandomStream.FromSeed(seed), Folder = Path.Combine(folder.Path, "out") }, default);
            return (task.Accuracy(CheckpointStore.LoadWeights(result.Policy.Folder)), result.Updates[^1].Steps);
        }

        var state = new RoundState(start);
        for (var round = 0; round < size; round++)
            await Round(learner, task, state, start, RandomStream.FromSeed(seed).Derive(round), Path.Combine(folder.Path, $"round{round}"), shuffled, round);
        return (task.Accuracy(CheckpointStore.LoadWeights(state.Policy.Folder), Prefix(learner, size)), state.Steps);
    }

    /// <summary>
    /// A reward model of the sums, trained on 64 judged samples a prompt: how often it ranks a right fresh sample above a wrong one of the same prompt, and the accuracy of a policy that imitates, once, the best of 16 by its score.
    /// </summary>
    public static async Task<(double Ranked, double Accuracy, int Steps)> RewardModelOnSums(ulong seed, bool shuffled)
    {
        using var folder = new TemporaryFolder();
        var (task, start, stream) = (LearningTask.Sums, LearningTask.Sums.Checkpoint(folder.Path, seed), RandomStream.FromSeed(seed));
        var options = new LearningOptions { LearningRate = 3e-3, BatchTokens = 1000, Decay = LearningRateDecay.Linear, AdamW = new AdamWOptions { WeightDecay = 0 } };
        var rollouts = task.Sample(task.Start(seed), 64, stream.Derive("train"), shuffled);
        var reward = await new RewardModelLearner(LearningTask.Tokenizer, new RewardModelOptions { BatchUnits = 16 }, options).LearnAsync(
            new LabelledGroupRequest { From = start, Groups = LabelledGroup.From(rollouts), Epochs = 100, Stream = stream, Folder = Path.Combine(folder.Path, "reward") }, null, default);
        using var model = new RewardModel(reward.Checkpoint);
        var fresh = task.Sample(task.Start(seed), 16, stream.Derive("fresh"));
        var scores = model.Score([.. fresh.Select(r => r.Ids)]);
        var pairs = fresh.Select((r, i) => (r, Score: scores[i])).GroupBy(x => x.r.Group)
            .SelectMany(g => g.Where(x => x.r.Outcome == RolloutOutcome.Accepted).SelectMany(a => g.Where(x => x.r.Outcome == RolloutOutcome.Rejected).Select(b => a.Score > b.Score ? 1.0 : 0.0))).ToList();

        // The learner sees scores alone: what is right is not told again.
        var best = ImitationRows.BestOfGroup(fresh.Select((r, i) => r with { Reward = scores[i], Outcome = RolloutOutcome.Unjudged }));
        var policy = await new SupervisedLearner(task.Config, LearningTask.Tokenizer, options).LearnAsync(
            new LearningRequest { Round = 1, From = start, Examples = best, Epochs = 20, Stream = stream, Folder = Path.Combine(folder.Path, "policy") }, null, default);
        return (pairs.Average(), task.Accuracy(CheckpointStore.LoadWeights(policy.Checkpoint.Folder)), reward.Steps + policy.Steps);
    }

    /// <summary>The id that asks for the best, once the model knows it.</summary>
    private static int? Prefix(string learner, int round) => round == 0 ? null : learner switch { "reward conditioning" => 9, "quark with tokens" => 7, _ => null };

    /// <summary>Samples from the present policy, has them judged, and learns.</summary>
    private static async Task Round(string learner, LearningTask task, RoundState state, Checkpoint start, RandomStream stream, string folder, bool shuffled, int round)
    {
        var bandit = task.Prompts.Length == 1;
        var rollouts = task.Sample(CheckpointStore.LoadWeights(state.Policy.Folder), bandit ? 256 : 8, stream.Derive("samples"), shuffled, Prefix(learner, round));
        var options = new LearningOptions { LearningRate = bandit ? 1e-2 : 3e-3, BatchTokens = bandit ? 100 : 1000, Decay = LearningRateDecay.Linear, FinalFraction = 0.1, AdamW = new AdamWOptions { WeightDecay = 0 } };
        var pairs = Pairs(rollouts);
        if (pairs.Count == 0)
            return;
        LearningResult result;
        switch (learner)
        {
            case "dpo":
            case "ipo":
                var dpo = new DpoOptions { Beta = learner == "ipo" ? 0.2 : 0.1, Loss = learner == "ipo" ? PreferenceLoss.Ipo : PreferenceLoss.Dpo, LikelihoodWeight = 0.2, BatchPairs = 32 };
                result = await new DpoLearner(LearningTask.Tokenizer, dpo, options with { LearningRate = bandit ? 5e-3 : 1e-3 })
                    .LearnAsync(new PreferenceRequest { From = state.Policy, Pairs = pairs, Epochs = bandit ? 4 : 2, Stream = stream, Folder = folder }, null, default);
                break;
            case "quark with tokens":
                result = await new QuantileLearner(LearningTask.Tokenizer, new QuarkOptions { RewardTokens = [7, 8, 9, 10], KlCoefficient = 0 }, options, batchRows: 64)
                    .LearnAsync(new QuantileRequest { From = state.Policy, Rollouts = rollouts, Epochs = bandit ? 4 : 3, Stream = stream, Folder = folder }, null, default);
                break;
            case RewardModelName:
                state.Reward = (await new RewardModelLearner(LearningTask.Tokenizer, new RewardModelOptions { BatchUnits = 16 }, options)
                    .LearnAsync(new LabelledGroupRequest { From = state.Reward ?? state.Policy, Groups = LabelledGroup.From(rollouts), Epochs = bandit ? 40 : 12, Stream = stream, Folder = folder + ".reward" }, null, default)).Checkpoint;
                using (var model = new RewardModel(state.Reward))
                {
                    var scores = model.Score([.. rollouts.Select(r => r.Ids)]);
                    result = await Imitate(ImitationRows.BestOfGroup(rollouts.Select((r, i) => r with { Reward = scores[i], Outcome = RolloutOutcome.Unjudged })), state.Policy);
                }

                break;
            default:
                state.Rows.AddRange(learner switch
                {
                    "best of n" => ImitationRows.BestOfGroup(rollouts),
                    "feedme" => ImitationRows.Preferred(pairs),
                    "reward conditioning" => ImitationRows.Conditioned(pairs, 9, 10),
                    _ => ImitationRows.Accepted(rollouts),
                });
                result = await Imitate(state.Rows, learner == "expert iteration from base" ? start : state.Policy);

                // Only expert iteration from the base keeps the rows of earlier rounds.
                if (learner != "expert iteration from base")
                    state.Rows.Clear();
                break;
        }

        state.Policy = result.Checkpoint;
        state.Steps += result.Steps;

        // The bandit's one problem has one right answer, and without duplicates one row.
        Task<LearningResult> Imitate(IReadOnlyList<Example> rows, Checkpoint from) => new SupervisedLearner(task.Config, LearningTask.Tokenizer, options).LearnAsync(
            new LearningRequest { Round = round, From = from, Examples = rows, Epochs = bandit ? 40 : 3, Stream = stream, Folder = folder }, null, default);
    }

    /// <summary>An accepted and a rejected sample of the same prompt, as many as there are of the fewer kind; none once all is right.</summary>
    private static List<PreferencePair> Pairs(List<Rollout> rollouts)
    {
        var pairs = new List<PreferencePair>();
        foreach (var group in rollouts.GroupBy(r => r.Group))
        {
            foreach (var (right, wrong) in group.Where(r => r.Outcome == RolloutOutcome.Accepted).Zip(group.Where(r => r.Outcome == RolloutOutcome.Rejected)))
            {
                pairs.Add(new PreferencePair
                {
                    Id = $"{right.Id}-{wrong.Id}", ProblemId = right.ProblemId, Prompt = [.. right.Ids.Take(right.TargetStart)],
                    First = [.. right.Ids.Skip(right.TargetStart)], Second = [.. wrong.Ids.Skip(right.TargetStart)], Preference = 1,
                });
            }
        }

        return pairs;
    }

    private sealed class RoundState(Checkpoint start)
    {
        public Checkpoint Policy { get; set; } = start;

        public Checkpoint? Reward { get; set; }

        public List<Example> Rows { get; } = [];

        public int Steps { get; set; }
    }
}
