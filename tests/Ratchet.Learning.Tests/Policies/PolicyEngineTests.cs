using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Learning.Policies;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Recipes;
using Ratchet.Rollouts;
using Ratchet.Verdicts;

namespace Ratchet.Learning.Tests.Policies;

[Collection("torch")]
public sealed class PolicyEngineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(PolicyAlgorithm.Ppo)]
    [InlineData(PolicyAlgorithm.Grpo)]
    public async Task Both_engines_take_the_same_update(PolicyAlgorithm algorithm)
    {
        var options = LearnerGrid.Options(algorithm == PolicyAlgorithm.Ppo ? "ppo" : "grpo", LearningTask.Sums, 2) with { Prompts = 16, Samples = 4, Minibatch = 32, ProbeRollouts = 8 };
        var own = await Train(options, PolicyEngine.Cpu(), "own");
        var torch = await Train(options, PolicyEngine.Torch(), "torch");
        var (a, b) = (own.Updates[0], torch.Updates[0]);
        Assert.Equal(a.Reward, b.Reward);
        Assert.Equal(a.GradientNorm, b.GradientNorm, 2e-3 * a.GradientNorm);
        Assert.Equal(a.Entropy, b.Entropy, 1e-4);
        Assert.Equal(own.Updates[1].KlExact, torch.Updates[1].KlExact, 0.02 * own.Updates[1].KlExact);
        Assert.True(b.Parity < 1e-4, $"sampler and learner differ by {b.Parity}");
    }

    [Fact]
    public async Task Threads_change_no_bit_of_a_training()
    {
        var options = LearnerGrid.Options("ppo", LearningTask.Sums, 2) with { Prompts = 16, Samples = 4, Minibatch = 32 };
        var one = await Train(options, PolicyEngine.Cpu(), "one");
        var three = await Train(options, PolicyEngine.Cpu(threads: 3), "three");
        Assert.Equal(one.Policy.WeightsHash, three.Policy.WeightsHash);
        Assert.Equal(one.Critic!.WeightsHash, three.Critic!.WeightsHash);
    }

    [Fact]
    public async Task A_verifier_is_a_judge_and_sees_only_samples_that_have_ended()
    {
        var verifier = new Parity();
        var problems = new[] { "a", "b" }.Select(id => new Problem { Id = id, Domain = "digits", Statement = id, CanonicalHash = id, Split = Split.Train });
        var judge = RolloutJudges.Verifier(verifier, problems, LearningTask.Tokenizer, threads: 2);
        Rollout Rollout(string problem, StopReason stop, params int[] sample) =>
            new() { Id = problem, ProblemId = problem, Group = problem, Ids = [1, 3, .. sample], TargetStart = 2, Stop = stop };

        var judged = await judge([Rollout("a", StopReason.EndToken, 5, 2), Rollout("b", StopReason.EndToken, 4, 2), Rollout("a", StopReason.Length, 5), Rollout("a", StopReason.EndToken, 10, 2)], default);

        Assert.Equal([RolloutOutcome.Accepted, RolloutOutcome.Rejected, RolloutOutcome.Rejected, RolloutOutcome.Unknown], judged.Select(j => j.Outcome));
        Assert.Equal([VerdictReason.Proved, VerdictReason.WrongAnswer, VerdictReason.CutOff, VerdictReason.TimedOut], judged.Select(j => j.Reason!.Value));
        Assert.Equal(["1", "2", "7"], verifier.Seen.Order());
        await Assert.ThrowsAsync<Runs.RatchetException>(() => judge([Rollout("c", StopReason.EndToken, 5, 2)], default));
    }

    [Fact]
    public void A_recipe_binds_to_the_options_and_tells_mistakes_with_their_lines()
    {
        var catalog = new RecipeCatalog().Add<PolicyRecipe>("policy");
        var reading = catalog.Read(
            """
            system: policy
            name: try
            learn:
              algorithm: ppo
              updates: 7
              temperature: 0.7
              ppo:
                kl_coefficient: 0.01
                adaptive_kl:
                  target: 3
                critic:
                  learning_rate: 0.002
              grpo:
                aggregation: sequence_mean
                kl_loss: k2
              quark:
                reward_tokens: [4, 5, 6, 7]
              reward:
                form: sigmoid
            """,
            "try.yaml");
        var learn = ((PolicyRecipe)reading.ThrowIfWrong()).Learn;
        Assert.Empty(learn.Validate());
        Assert.Equal((PolicyAlgorithm.Ppo, 7, 0.7, 0.01, 3.0, 0.002), (learn.Algorithm, learn.Updates, learn.Temperature, learn.Ppo.KlCoefficient, learn.Ppo.AdaptiveKl!.Target, learn.Ppo.Critic.LearningRate));
        Assert.Equal((TokenAggregation.SequenceMean, KlEstimator.K2, RewardForm.Sigmoid, 4), (learn.Grpo.Aggregation, learn.Grpo.KlLoss, learn.Reward.Form, learn.Quark.RewardTokens.Count));

        var wrong = catalog.Read("system: policy\nname: try\nlearn:\n  updates: 0\n  grpo:\n    clip_low: 1\n", "try.yaml");
        Assert.Equal([4, 6], wrong.Mistakes.Select(m => m.Position.Line));
    }

    private async Task<PolicyTrainingResult> Train(PolicyTrainingOptions options, PolicyEngine engine, string name)
    {
        var task = LearningTask.Sums;
        return await new PolicyTraining(options, LearningTask.Tokenizer, task.Judge(), engine).TrainAsync(
            new PolicyTrainingRequest { From = task.Checkpoint(_folder.Path, 1), Prompts = task.Prompts, Stream = RandomStream.FromSeed(7), Folder = Path.Combine(_folder.Path, name) }, default);
    }

    /// <summary>A recipe with the options as a section.</summary>
    public sealed record PolicyRecipe : Recipe
    {
        /// <summary>Makes a recipe.</summary>
        public PolicyRecipe()
            : base("policy")
        {
        }

        /// <summary>Settings.</summary>
        public PolicyTrainingOptions Learn { get; init; } = new();
    }

    /// <summary>Accepts even digits, rejects odd ones, and comes to no answer about 7.</summary>
    private sealed class Parity : IVerifier
    {
        public System.Collections.Concurrent.ConcurrentBag<string> Seen { get; } = [];

        public string Name => "parity";

        public string Version => "1";

        public ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
        {
            Seen.Add(text);
            return ValueTask.FromResult<Verdict>(text switch
            {
                "7" => new Verdict.Unknown { Reason = VerdictReason.TimedOut, Verifier = Name, VerifierVersion = Version },
                "2" => new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = Name, VerifierVersion = Version },
                _ => new Verdict.Rejected { Reason = VerdictReason.WrongAnswer, Verifier = Name, VerifierVersion = Version },
            });
        }
    }
}
