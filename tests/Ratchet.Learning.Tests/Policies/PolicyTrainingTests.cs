using Ratchet.Checkpoints;
using Ratchet.Learning.Policies;
using Ratchet.Learning.Preferences;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Rollouts;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests.Policies;

public sealed class PolicyTrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Kinds => ["ppo", "grpo ahead", "quark"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_training_that_is_killed_or_cancelled_and_asked_for_again_ends_at_the_same_bits(string kind)
    {
        var options = Options(kind) with { Updates = 6, SnapshotInterval = 2 };
        var whole = await Train(options, "whole");
        var rollouts = new Dictionary<int, string>();
        var hooks = new PolicyTrainingHooks { Rollouts = (u, r) => rollouts[u] = Text(r) };

        // Killed in the judge: nothing since the last snapshot is saved.
        var calls = 0;
        RolloutJudge dying = (r, t) => ++calls == 4 ? throw new IOException("killed") : LearningTask.Sums.Judge()(r, t);
        await Assert.ThrowsAsync<IOException>(() => Train(options, "killed", dying, hooks));
        Assert.True(Directory.Exists(Path.Combine(_folder.Path, "killed.snapshot")));
        var before = new Dictionary<int, string>(rollouts);

        // Cancelled after another update, then left alone.
        using (var stop = new CancellationTokenSource())
        {
            var cancelling = hooks with { Progress = new Inline(u => { if (u.Update == 4) stop.Cancel(); }) };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Train(options, "killed", null, cancelling, stop.Token));
        }

        var resumed = await Train(options, "killed", null, hooks);
        Assert.Equal(Bits(whole.Policy), Bits(resumed.Policy));
        Assert.Equal(whole.Updates, resumed.Updates.Select(u => u with { Times = default }), SameNumbers);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "killed.snapshot")));
        foreach (var (update, text) in before)
            Assert.Equal(text, rollouts[update]);
        if (kind == "ppo")
            Assert.Equal(Bits(whole.Critic!), Bits(resumed.Critic!));

        // Asked for once more it is there already.
        var again = await Train(options, "killed", (_, _) => throw new InvalidOperationException("nothing is sampled"));
        Assert.Equal(resumed.Policy.WeightsHash, again.Policy.WeightsHash);
        Assert.Equal(6, again.Updates.Count);
    }

    [Fact]
    public async Task Numbers_are_there_from_the_first_update_on()
    {
        foreach (var kind in (string[])["ppo", "grpo", "reinforce"])
        {
            // The policy is the one that is sampled, so its temperature is in every number.
            var result = await Train(Options(kind) with { Updates = 4, Temperature = kind == "grpo" ? 0.7 : 1 }, "numbers " + kind);
            var (first, last) = (result.Updates[0], result.Updates[^1]);
            Assert.Equal(0, first.KlExact, 1e-6);
            Assert.Equal(0, first.KlK1, 1e-5);
            Assert.Equal(1, first.RatioMean, 0.2);
            Assert.True(first.Parity < 1e-4, $"{kind}: sampler and learner differ by {first.Parity}");
            Assert.True(first.Entropy is > 0.1 and < 2.4, $"{kind}: entropy {first.Entropy}");
            Assert.Equal(OldProbabilities.Behaviour, first.Old);
            Assert.Equal(64, first.Sampled);
            Assert.Equal(64, first.Learned);
            Assert.True(last.KlExact > 1e-5, $"{kind}: divergence {last.KlExact}");
            Assert.Equal(last.KlExact, last.KlK3, 0.5 * Math.Max(last.KlExact, last.KlK3));
            Assert.True(last.GradientNorm > 0 && last.DeadGroupShare < 1 && last.EndShare > 0.5 && last.Length is > 3 and < 6, last.ToString());
            Assert.Equal(4 * result.Updates[0].Steps, last.Steps);
            Assert.Equal(first.Acceptance, first.Components["verdict"], 1e-9);
            if (kind == "ppo")
                Assert.True(double.IsFinite(last.ExplainedVariance) && last.ValueLoss > 0 && last.CriticGradientNorm > 0, last.ToString());
        }
    }

    [Fact]
    public async Task A_critic_comes_to_explain_the_returns()
    {
        // One accepted prompt in two: the value follows from the prompt alone.
        RolloutJudge judge = (rollouts, _) => Task.FromResult<IReadOnlyList<RolloutJudgement>>([.. rollouts.Select(r => new RolloutJudgement(r.Ids[1] < 5 ? RolloutOutcome.Accepted : RolloutOutcome.Rejected))]);
        var options = Options("ppo") with { Updates = 30, Ppo = new PpoOptions { CriticWarmupUpdates = 30, Critic = new OptimizationOptions { LearningRate = 1e-2 } } };
        var result = await Train(options, "critic", judge);
        Assert.True(result.Updates[0].ExplainedVariance < 0.1, $"starts at {result.Updates[0].ExplainedVariance}");
        Assert.True(result.Updates[^1].ExplainedVariance > 0.8, $"ends at {result.Updates[^1].ExplainedVariance}");

        // The policy waited meanwhile.
        Assert.Equal(0, result.Updates[^1].Steps);
        Assert.Equal(LearningTask.Sums.Start(1)["model.norm.weight"], CheckpointStore.LoadWeights(result.Policy.Folder)["model.norm.weight"]);
    }

    [Fact]
    public async Task A_critic_starts_from_a_reward_model_and_divergence_is_measured_from_the_reference_that_is_named()
    {
        var task = LearningTask.Sums;
        var (start, other) = (task.Checkpoint(_folder.Path, 1), task.Checkpoint(_folder.Path, 2));
        var groups = LabelledGroup.From(task.Sample(task.Start(1), 8, RandomStream.FromSeed(1), prompts: task.Prompts[..40]));
        var reward = await new RewardModelLearner(LearningTask.Tokenizer).LearnAsync(
            new LabelledGroupRequest { From = start, Groups = groups, Epochs = 1, Stream = RandomStream.FromSeed(1), Folder = Path.Combine(_folder.Path, "reward") }, null, default);
        var request = new PolicyTrainingRequest { From = start, Reference = other, Critic = reward.Checkpoint, Prompts = task.Prompts, Stream = RandomStream.FromSeed(7), Folder = Path.Combine(_folder.Path, "from-reward") };
        var options = Options("ppo") with { Updates = 1, Ppo = new PpoOptions { Critic = new OptimizationOptions { LearningRate = 1e-9, WarmupFraction = 0 } } };

        var result = await new PolicyTraining(options, LearningTask.Tokenizer, task.Judge()).TrainAsync(request, default);

        Assert.True(result.Updates[0].KlExact > 0.05, $"divergence {result.Updates[0].KlExact} from another model");
        Assert.Equal(result.Updates[0].KlExact, result.Updates[0].KlK1, 0.5 * result.Updates[0].KlExact);
        var (critic, head) = (CheckpointStore.LoadWeights(result.Critic!.Folder), CheckpointStore.LoadWeights(reward.Checkpoint.Folder)["score.weight"]);
        Assert.True(critic.Config.ScalarHead);
        Assert.All(critic["score.weight"].Zip(head), p => Assert.Equal(p.Second, p.First, 1e-6));
        var refused = await Assert.ThrowsAsync<RatchetException>(() => new PolicyTraining(options, LearningTask.Tokenizer, task.Judge()).TrainAsync(request with { Critic = other, Folder = request.Folder + "2" }, default));
        Assert.Contains("scalar head", refused.Message);
    }

    [Fact]
    public async Task A_reward_model_orders_accepted_samples_behind_the_gate_or_is_the_reward_itself()
    {
        using var model = new RewardModel(LearningTask.Sums.Start(1).WithScalarHead(RandomStream.FromSeed(1), deviation: 0.2));
        var batches = new List<IReadOnlyList<Rollout>>();
        var hooks = new PolicyTrainingHooks { Rollouts = (_, r) => batches.Add(r) };
        var options = Options("grpo") with { Updates = 1, Reward = new RewardOptions { Form = RewardForm.Sigmoid } };
        await Train(options, "gated", RolloutJudges.Model(model, other: LearningTask.Sums.Judge()), hooks);
        await Train(options, "alone", RolloutJudges.Model(model), hooks);

        Assert.All(batches[0].Where(r => r.Outcome == RolloutOutcome.Accepted), r => Assert.InRange(r.Reward, 0, 1));
        Assert.All(batches[0].Where(r => r.Outcome == RolloutOutcome.Rejected), r => Assert.InRange(r.Reward, -1, 0));
        Assert.True(batches[0].Where(r => r.Outcome == RolloutOutcome.Accepted).Select(r => r.Reward).Distinct().Count() > 1);
        Assert.All(batches[1], r => Assert.Equal(model.Score([r.Ids])[0], r.Reward, 1e-6));
        Assert.All(batches[1], r => Assert.Equal(RolloutOutcome.Unjudged, r.Outcome));
    }

    [Fact]
    public async Task Quark_with_reward_tokens_asks_for_the_best_and_learns_what_was_earned()
    {
        var batches = new List<IReadOnlyList<Rollout>>();
        var hooks = new PolicyTrainingHooks { Rollouts = (_, r) => batches.Add(r) };
        RolloutJudge judge = async (r, t) => await LearningTask.Sums.Judge()([.. r.Select(x => x with { Ids = [.. x.Ids.Skip(1)], TargetStart = x.TargetStart - 1 })], t);
        var options = Options("quark") with { Updates = 3, Quark = new QuarkOptions { RewardTokens = [7, 8, 9, 10], KlCoefficient = 0.1 } };
        var result = await Train(options, "tokens", judge, hooks);

        Assert.All(batches.SelectMany(b => b), r => Assert.Equal(7, r.Ids[0]));
        Assert.True(result.Updates[0].Parity < 1e-4, $"sampler and learner differ by {result.Updates[0].Parity}");
        Assert.True(result.Updates[^1].KlLoss > 0);

        // The token that nobody used before is learned.
        var (start, end) = (LearningTask.Sums.Start(1), CheckpointStore.LoadWeights(result.Policy.Folder));
        var width = start.Config.HiddenSize;
        foreach (var token in (int[])[7, 8, 9, 10])
            Assert.NotEqual(start["model.embed_tokens.weight"][(token * width)..((token + 1) * width)], end["model.embed_tokens.weight"][(token * width)..((token + 1) * width)]);
    }

    [Fact]
    public async Task Unknown_verdicts_carry_no_gradient_and_leave_their_groups_statistics()
    {
        // Without an answer to anything nothing changes.
        var silent = await Train(Options("grpo") with { Updates = 2 }, "silent", Outcomes(_ => RolloutOutcome.Unknown));
        Assert.Equal(Tiny.Bits(LearningTask.Sums.Start(1)), Bits(silent.Policy));
        Assert.Equal((0, 1.0, true), (silent.Updates[0].Learned, silent.Updates[0].UnknownShare, double.IsNaN(silent.Updates[0].Reward)));

        // Accepted beside unknown is no contrast, accepted beside rejected is.
        var half = await Train(Options("grpo") with { Updates = 1, Grpo = new GrpoOptions { KlCoefficient = 0 } }, "half", Outcomes(i => i % 2 == 0 ? RolloutOutcome.Unknown : RolloutOutcome.Accepted));
        Assert.Equal((32, 0.5, 1.0, 1.0), (half.Updates[0].Learned, half.Updates[0].UnknownShare, half.Updates[0].DeadGroupShare, half.Updates[0].Acceptance));
        Assert.Equal(0, half.Updates[0].GradientNorm);
        Assert.Equal(Tiny.Bits(LearningTask.Sums.Start(1)), Bits(half.Policy));
    }

    [Fact]
    public async Task Dynamic_sampling_draws_further_prompts_for_groups_that_the_verifier_judges_alike()
    {
        // Every other group is accepted as a whole; shaping that differs within it does not bring it back.
        RolloutJudge judge = (rollouts, _) => Task.FromResult<IReadOnlyList<RolloutJudgement>>([.. rollouts.Select((r, i) =>
            new RolloutJudgement(i / 4 % 2 == 0 || i % 2 == 0 ? RolloutOutcome.Accepted : RolloutOutcome.Rejected) { Components = new Dictionary<string, double> { ["style"] = 0.1 * i } })]);
        var options = Options("grpo") with { Updates = 1, Reward = new RewardOptions { Form = RewardForm.Bounded }, Grpo = new GrpoOptions { DynamicSampling = true, MaxSamplingRounds = 3 } };
        var result = await Train(options, "dynamic", judge);

        // 16 prompts of 4: 8 groups stay, 8 are drawn again of which 4 stay, then 4 of which 2 stay.
        Assert.Equal((4 * 28, 4 * 14), (result.Updates[0].Sampled, result.Updates[0].Learned));
        Assert.True(result.Updates[0].Components.ContainsKey("style"));
        Assert.Equal(["style", "verdict"], result.Updates[0].Components.Keys.Order());
    }

    [Fact]
    public async Task Rollouts_of_older_weights_are_weighted_and_the_decision_is_on_record()
    {
        var result = await Train(Options("grpo ahead") with { Updates = 4 }, "ahead");
        Assert.Equal([0, 0, 1, 2], result.Updates.Select(u => u.PolicyVersion));
        Assert.Equal((OldProbabilities.Behaviour, true), (result.Updates[0].Old, double.IsNaN(result.Updates[0].ImportanceMean)));
        foreach (var update in result.Updates.Skip(1))
        {
            Assert.Equal(OldProbabilities.Proximal, update.Old);
            Assert.Equal(1, update.ImportanceMean, 0.2);
            Assert.True(update.TruncatedShare is >= 0 and < 0.5);
            Assert.True(double.IsNaN(update.Parity), "the weights differ");
        }

        var plain = await Train(Options("grpo ahead") with { Updates = 4, Correction = OffPolicyCorrection.None }, "plain");
        Assert.Equal(OldProbabilities.Behaviour, plain.Updates[2].Old);
        Assert.NotEqual(Bits(result.Policy), Bits(plain.Policy));
    }

    [Fact]
    public async Task Rollouts_name_what_they_are_and_evaluation_sees_the_present_policy()
    {
        var batches = new List<IReadOnlyList<Rollout>>();
        var evaluated = new List<(int Updates, double LogProbability)>();
        var hooks = new PolicyTrainingHooks
        {
            Rollouts = (_, r) => batches.Add(r),
            Evaluate = (e, _) =>
            {
                int[] ids = [1, 3, 4, 5, 6];
                var (sampler, policy) = (e.Sampler.Score([ids])[0][3], e.Policy.Score([ids])[0][3]);
                Assert.Equal(policy, sampler, 1e-5);
                evaluated.Add((e.Updates, policy));
                e.Save(Path.Combine(_folder.Path, $"at{e.Updates}"));
                return Task.CompletedTask;
            },
            EvaluateAfter = u => u is 0 or 2 or 3,
        };
        var result = await Train(Options("grpo") with { Updates = 3, Reward = new RewardOptions { Form = RewardForm.Bounded }, Grpo = new GrpoOptions { Overlong = new OverlongOptions { Limit = 5, Buffer = 2, Factor = 0.5 } } }, "rollouts", null, hooks);

        Assert.Equal([0, 2, 3], evaluated.Select(e => e.Updates));
        Assert.Equal(3, evaluated.Select(e => e.LogProbability).Distinct().Count());
        Assert.Equal(result.Policy.WeightsHash, CheckpointStore.Open(Path.Combine(_folder.Path, "at3")).WeightsHash);
        var all = batches.SelectMany(b => b).ToList();
        Assert.Equal(all.Count, all.Select(r => r.Id).Distinct().Count());
        Assert.All(all, r =>
        {
            Assert.Equal(r.Length, r.BehaviourLogProbabilities!.Count);
            Assert.Equal(r.Length <= 3 ? 0 : r.Length == 4 ? -0.25 : -0.5, r.Components["overlong"]);
            Assert.Equal(r.Outcome == RolloutOutcome.Accepted ? 1 + r.Components["overlong"] : r.Components["overlong"], r.Reward, 1e-12);
        });
        Assert.All(batches[0].GroupBy(r => r.Group), g => Assert.Equal(4, g.Count()));

        // A pass over the prompts before any comes again.
        Assert.Equal(48, all.Select(r => r.ProblemId).Distinct().Count());
    }

    [Fact]
    public async Task Mistakes_are_told_with_what_to_do()
    {
        var options = new PolicyTrainingOptions { Samples = 1, Temperature = 0, Grpo = new GrpoOptions { KlLoss = KlEstimator.K1, ClipLow = 2, Overlong = new OverlongOptions() }, Policy = new OptimizationOptions { LearningRate = 0 } };
        Assert.Equal(
            [
                "Temperature must be above 0, not 0: the greedy policy has no gradient.",
                "Policy: LearningRate must be above 0, not 0.",
                "Grpo: ClipLow must lie in (0, 1), not be 2.",
                "Grpo: KlLoss must be K2 or K3, not K1: as a loss k1 has no gradient in expectation.",
                "Samples must be at least 2 with Grpo, which compares the samples of a prompt, not 1.",
                "Grpo.Overlong needs the form Bounded or Sigmoid of Reward: with Verdict a penalty counts for nothing.",
            ],
            options.Validate());
        Assert.Throws<RatchetException>(() => new PolicyTraining(options, LearningTask.Tokenizer, LearningTask.Sums.Judge()));
        await Refused("two prompts", new PolicyPrompt("a", [1, 3]), new PolicyPrompt("a", [1, 4]));
        await Refused("vocabulary", new PolicyPrompt("a", [1, 30]));
        await Refused("no prompts");
        var few = await Assert.ThrowsAsync<RatchetException>(() => Train(Options("grpo"), "few", (_, _) => Task.FromResult<IReadOnlyList<RolloutJudgement>>([])));
        Assert.Contains("0 judgements of 64", few.Message);

        async Task Refused(string words, params PolicyPrompt[] prompts)
        {
            var training = new PolicyTraining(Options("grpo"), LearningTask.Tokenizer, LearningTask.Sums.Judge());
            var e = await Assert.ThrowsAsync<RatchetException>(() => training.TrainAsync(
                new PolicyTrainingRequest { From = LearningTask.Sums.Checkpoint(_folder.Path, 1), Prompts = prompts, Stream = RandomStream.FromSeed(1), Folder = Path.Combine(_folder.Path, "refused") }, default));
            Assert.Contains(words, e.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static PolicyTrainingOptions Options(string kind) => LearnerGrid.Options(kind.Split(' ')[0], LearningTask.Sums, 1) with
    {
        Prompts = 16,
        Samples = 4,
        Minibatch = 32,
        Staleness = kind.EndsWith(" ahead", StringComparison.Ordinal) ? 1 : 0,
        Ppo = new PpoOptions { AdaptiveKl = new AdaptiveKlOptions { Target = 0.05 }, Critic = new OptimizationOptions { LearningRate = 5e-3 } },
        ProbeRollouts = 64,
    };

    private static RolloutJudge Outcomes(Func<int, RolloutOutcome> outcome) =>
        (rollouts, _) => Task.FromResult<IReadOnlyList<RolloutJudgement>>([.. rollouts.Select((_, i) => new RolloutJudgement(outcome(i)))]);

    private static int[] Bits(Checkpoint checkpoint) => Tiny.Bits(CheckpointStore.LoadWeights(checkpoint.Folder));

    private static string Text(IEnumerable<Rollout> rollouts) => string.Join('\n', rollouts.Select(r => $"{r.Id} {string.Join(' ', r.Ids)} {r.Reward} {string.Join(' ', r.BehaviourLogProbabilities!)}"));

    private static bool SameNumbers(PolicyUpdate a, PolicyUpdate b) =>
        (a with { Components = b.Components }).ToString() == b.ToString() && a.Components.OrderBy(c => c.Key, StringComparer.Ordinal).SequenceEqual(b.Components.OrderBy(c => c.Key, StringComparer.Ordinal));

    private async Task<PolicyTrainingResult> Train(PolicyTrainingOptions options, string name, RolloutJudge? judge = null, PolicyTrainingHooks? hooks = null, CancellationToken cancellationToken = default)
    {
        var task = LearningTask.Sums;
        var training = new PolicyTraining(options, LearningTask.Tokenizer, judge ?? task.Judge(), null, hooks);
        return await training.TrainAsync(
            new PolicyTrainingRequest { From = task.Checkpoint(_folder.Path, 1), Prompts = task.Prompts, Stream = RandomStream.FromSeed(7), Folder = Path.Combine(_folder.Path, name) }, cancellationToken);
    }

    private sealed class Inline(Action<PolicyUpdate> report) : IProgress<PolicyUpdate>
    {
        public void Report(PolicyUpdate value) => report(value);
    }
}
