using Ratchet.Checkpoints;
using Ratchet.Learning.Objectives;
using Ratchet.Learning.Preferences;
using Ratchet.Learning.Tests.Policies;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Rollouts;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests.Preferences;

public sealed class PreferenceLearnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("dpo")]
    [InlineData("pairwise")]
    [InlineData("listwise")]
    [InlineData("quark")]
    public async Task A_training_that_is_cancelled_and_asked_for_again_ends_at_the_same_bits(string method)
    {
        var options = new LearningOptions { SnapshotInterval = 3 };
        var whole = await Learn(method, options, "whole");
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Learn(method, options, "parts", new Inline(s => { if (s.Step == 4) stop.Cancel(); }), stop.Token));
        Assert.True(Directory.Exists(Path.Combine(_folder.Path, "parts.snapshot")));
        var resumed = await Learn(method, options, "parts");
        Assert.Equal(Tiny.Bits(CheckpointStore.LoadWeights(whole.Checkpoint.Folder)), Tiny.Bits(CheckpointStore.LoadWeights(resumed.Checkpoint.Folder)));
        Assert.Equal(whole.FinalLoss, resumed.FinalLoss);
        if (method is "dpo" or "pairwise")
            Assert.True(whole.Curve[^1].Loss < whole.Curve[0].Loss, $"{method}: loss {whole.Curve[0].Loss} to {whole.Curve[^1].Loss}");

        // Asked for once more it is there already; with other settings it is another training.
        Assert.Equal(resumed.Checkpoint.WeightsHash, (await Learn(method, options, "parts", new Inline(_ => throw new InvalidOperationException("a step was taken")))).Checkpoint.WeightsHash);
        Assert.NotEqual(whole.Checkpoint.WeightsHash, (await Learn(method, options with { LearningRate = 2e-3 }, "parts")).Checkpoint.WeightsHash);
    }

    [Fact]
    public async Task A_reward_model_tells_right_from_wrong_responses_it_has_not_seen()
    {
        // Right responses begin with the prompt's digit.
        var pairs = Enumerable.Range(0, 400).Select(i => Pair(i, RandomStream.FromSeed(5).Derive(i))).ToArray();
        var learned = await new RewardModelLearner(LearningTask.Tokenizer, null, new LearningOptions { LearningRate = 5e-3 })
            .LearnAsync(new PreferenceRequest { From = LearningTask.Sums.Checkpoint(_folder.Path, 1), Pairs = pairs[..300], Epochs = 4, Stream = RandomStream.FromSeed(1), Folder = Path.Combine(_folder.Path, "reward") }, null, default);
        Assert.True(CheckpointStore.LoadConfig(learned.Checkpoint.Folder).ScalarHead);
        Assert.Contains("LlamaForSequenceClassification", File.ReadAllText(Path.Combine(learned.Checkpoint.Folder, "config.json")));
        using var model = new RewardModel(learned.Checkpoint);
        var scores = model.Score([.. pairs[300..].SelectMany(p => (IReadOnlyList<int>[])[[.. p.Prompt, .. p.First], [.. p.Prompt, .. p.Second]])]);
        var right = Enumerable.Range(0, 100).Count(k => scores[2 * k] > scores[(2 * k) + 1] == pairs[300 + k].Preference > 0.5);
        Assert.True(right >= 95, $"{right} of 100 pairs in the right order");

        // Alone and among others a sequence has the same reward.
        Assert.Equal(scores[7], model.Score([[.. pairs[303].Prompt, .. pairs[303].Second]])[0]);
        Assert.Empty(model.Score([]));
    }

    [Fact]
    public void Losses_are_those_computed_by_hand()
    {
        // Listwise: right 1, wrong 0 and -1: ½ (-log σ(1) - log σ(2)).
        Assert.Equal(0.5 * (0.3132617 + 0.1269280), Value(new ListwiseReward([[true, false, false]]), 1, 0, -1), 1e-6);

        // Bradley-Terry with a preference of 0.75 for the first at a difference of 1: 0.75 · 0.3132617 + 0.25 · 1.3132617.
        Assert.Equal((0.75 * 0.3132617) + (0.25 * 1.3132617), Value(new PairwiseReward([(0.75, 3)]), 1, 0), 1e-6);

        // DPO: sums -1 and -3, references -2 and -2.5: h = 1 + 0.5 = 1.5; β 2: -log σ(3).
        var rows = new[] { Tiny.Row("a", [1, 2, 3], 1), Tiny.Row("b", [1, 2, 3], 1) };
        var batch = new TokenBatch(rows, TokenQuantities.LogProbability);
        (batch.LogProbabilities[0][0], batch.LogProbabilities[0][1], batch.LogProbabilities[1][0], batch.LogProbabilities[1][1]) = (-0.4f, -0.6f, -1, -2);
        Assert.Equal(0.0485874, new DirectPreference([new PairTerm(1, 1, -2, -2.5)], new DpoOptions { Beta = 2 }).Evaluate(batch), 1e-6);

        // IPO: means over two targets: h = 0.5 + 0.25; τ = 1 / 4: (0.75 - 0.25)².
        Assert.Equal(0.25, new DirectPreference([new PairTerm(1, 1, -2, -2.5)], new DpoOptions { Beta = 2, Loss = PreferenceLoss.Ipo }).Evaluate(batch), 1e-6);

        static double Value(ITokenObjective objective, params float[] rewards)
        {
            var batch = new TokenBatch([.. rewards.Select((_, i) => RewardModel.Row($"{i}", [1, 2]))], TokenQuantities.Value);
            for (var i = 0; i < rewards.Length; i++)
                batch.Values[i][0] = rewards[i];
            return objective.Evaluate(batch);
        }
    }

    [Fact]
    public void Rows_of_imitation_are_what_each_method_imitates()
    {
        Rollout Rollout(string problem, int sample, RolloutOutcome outcome, double reward, params int[] response) =>
            new() { Id = $"{problem}/{sample}", ProblemId = problem, Group = problem, Ids = [1, 3, .. response], TargetStart = 2, Outcome = outcome, Reward = reward };
        Rollout[] rollouts =
        [
            Rollout("a", 0, RolloutOutcome.Accepted, 1, 4), Rollout("a", 1, RolloutOutcome.Accepted, 1.2, 5), Rollout("a", 2, RolloutOutcome.Accepted, 1, 4),
            Rollout("b", 0, RolloutOutcome.Unknown, 9, 6), Rollout("b", 1, RolloutOutcome.Rejected, 0, 7),
        ];
        Assert.Equal(["a/0", "a/1"], ImitationRows.Accepted(rollouts).Select(r => r.Id));
        Assert.Equal(["a/0"], ImitationRows.Accepted(rollouts, perProblem: 1).Select(r => r.Id));
        Assert.Equal(["a/1", "b/1"], ImitationRows.BestOfGroup(rollouts).Select(r => r.Id));
        Assert.Equal(["a/1", "a/0"], ImitationRows.Quantiles(rollouts, 2, []).Select(r => r.Id));
        Assert.Equal([9, 9, 10, 10], ImitationRows.Quantiles(rollouts, 2, [9, 10]).Select(r => r.Ids[0]));
        Assert.Equal(3, ImitationRows.Quantiles(rollouts, 2, [9, 10])[0].TargetStart);

        var pair = new PreferencePair { Id = "p", ProblemId = "q", Prompt = [1, 3], First = [4], Second = [5, 2], Preference = 0 };
        Assert.Equal([1, 3, 5, 2], ImitationRows.Preferred([pair, pair with { Preference = 0.5 }]).Single().Ids);
        var conditioned = ImitationRows.Conditioned([pair], 9, 10);
        Assert.Equal([9, 1, 3, 5, 2], conditioned[0].Ids);
        Assert.Equal([10, 1, 3, 4], conditioned[1].Ids);
        Assert.All(conditioned, r => Assert.Equal(3, r.TargetStart));
        Assert.Empty(LabelledGroup.From(rollouts));
        Assert.Equal([true, false], LabelledGroup.From([rollouts[0], rollouts[0] with { Outcome = RolloutOutcome.Rejected }, rollouts[3] with { Group = "a" }]).Single().Responses.Select(r => r.IsRight));
    }

    [Fact]
    public async Task Mistakes_are_told_with_what_to_do()
    {
        var pair = Pair(0, RandomStream.FromSeed(1));
        await Refused("nothing to train on", []);
        await Refused("preference 2", [pair with { Preference = 2 }]);
        await Refused("vocabulary", [pair with { First = [40] }]);
        Assert.Throws<RatchetException>(() => new DpoLearner(LearningTask.Tokenizer, new DpoOptions { Beta = 0 }));
        Assert.Throws<ArgumentException>(() => new ListwiseReward([[true, true]]));

        async Task Refused(string words, PreferencePair[] pairs)
        {
            var e = await Assert.ThrowsAsync<RatchetException>(() => new DpoLearner(LearningTask.Tokenizer).LearnAsync(
                new PreferenceRequest { From = LearningTask.Sums.Checkpoint(_folder.Path, 1), Pairs = pairs, Epochs = 1, Stream = RandomStream.FromSeed(1), Folder = Path.Combine(_folder.Path, "refused") }, null, default));
            Assert.Contains(words, e.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static PreferencePair Pair(int number, RandomStream stream)
    {
        var digit = 3 + stream.NextInt(4);
        int[] right = [digit, 3 + stream.NextInt(4), 2], wrong = [3 + ((digit - 2 + stream.NextInt(3)) % 4), 3 + stream.NextInt(4), 2];
        var first = stream.NextInt(2) == 0;
        return new PreferencePair { Id = $"pair{number}", ProblemId = $"pair{number}", Prompt = [1, digit], First = first ? right : wrong, Second = first ? wrong : right, Preference = first ? 1 : 0 };
    }

    private Task<LearningResult> Learn(string method, LearningOptions options, string name, IProgress<LearningStep>? progress = null, CancellationToken cancellationToken = default)
    {
        var from = LearningTask.Sums.Checkpoint(_folder.Path, 1);
        var pairs = Enumerable.Range(0, 40).Select(i => Pair(i, RandomStream.FromSeed(5).Derive(i))).ToArray();
        var (stream, folder) = (RandomStream.FromSeed(2), Path.Combine(_folder.Path, name));
        var rollouts = LearningTask.Sums.Sample(LearningTask.Sums.Start(1), 8, RandomStream.FromSeed(4), prompts: LearningTask.Sums.Prompts[..20]);
        return method switch
        {
            "dpo" => new DpoLearner(LearningTask.Tokenizer, new DpoOptions { BatchPairs = 8 }, options).LearnAsync(new PreferenceRequest { From = from, Pairs = pairs, Epochs = 2, Stream = stream, Folder = folder }, progress, cancellationToken),
            "pairwise" => new RewardModelLearner(LearningTask.Tokenizer, new RewardModelOptions { BatchUnits = 8 }, options).LearnAsync(new PreferenceRequest { From = from, Pairs = pairs, Epochs = 2, Stream = stream, Folder = folder }, progress, cancellationToken),
            "listwise" => new RewardModelLearner(LearningTask.Tokenizer, new RewardModelOptions { BatchUnits = 2, CenteringWeight = 0.01 }, options).LearnAsync(new LabelledGroupRequest { From = from, Groups = LabelledGroup.From(rollouts), Epochs = 2, Stream = stream, Folder = folder }, progress, cancellationToken),
            _ => new QuantileLearner(LearningTask.Tokenizer, null, options, batchRows: 8).LearnAsync(new QuantileRequest { From = from, Rollouts = rollouts, Epochs = 2, Stream = stream, Folder = folder }, progress, cancellationToken),
        };
    }

    private sealed class Inline(Action<LearningStep> report) : IProgress<LearningStep>
    {
        public void Report(LearningStep value) => report(value);
    }
}
