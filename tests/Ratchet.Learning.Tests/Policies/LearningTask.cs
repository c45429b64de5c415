using System.Collections.Concurrent;
using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning.Policies;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Rollouts;
using Ratchet.Sampling;

namespace Ratchet.Learning.Tests.Policies;

/// <summary>A small task with a verifier: prompts, what is right, and a start policy that is sometimes right.</summary>
internal sealed class LearningTask
{
    private static readonly ConcurrentDictionary<(string, ulong), DecoderWeights> s_starts = new();
    private readonly string _name;

    private LearningTask(string name, DecoderConfig config, PolicyPrompt[] prompts, int newTokens, Func<Rollout, bool> isRight, Func<LearningTask, ulong, DecoderWeights> start)
    {
        (_name, Config, Prompts, NewTokens, IsRight) = (name, config, prompts, newTokens, isRight);
        Start = seed => s_starts.GetOrAdd((_name, seed), _ => start(this, seed));
    }

    public static DigitTokenizer Tokenizer { get; } = new();

    /// <summary>One draw of eleven ids, of which one is right. The start policy is fresh: near uniform.</summary>
    public static LearningTask Bandit { get; } = new(
        "bandit",
        Tiny.Config with { Layers = 1, MaxPositions = 16 },
        [new PolicyPrompt("arm", [1, 3])],
        newTokens: 1,
        r => r.Ids[r.TargetStart] == 8,
        (task, seed) => DecoderWeights.Initialize(task.Config, RandomStream.FromSeed(seed)));

    /// <summary>
    /// Three steps: four digits from 0 to 3 are added one after the other, modulo 4, and each partial sum is written. All three are checked, and that the text ends there. The start
    /// policy has seen right and wrong sums.
    /// </summary>
    public static LearningTask Sums { get; } = new(
        "sums",
        Tiny.Config with { HiddenSize = 32, HeadSize = 8, FeedForwardSize = 64, MaxPositions = 16 },
        [.. Enumerable.Range(0, 256).Select(i => new PolicyPrompt($"p{i}", [1, 3 + (i & 3), 3 + ((i >> 2) & 3), 3 + ((i >> 4) & 3), 3 + ((i >> 6) & 3)]))],
        newTokens: 5,
        r => r.IsEnded && r.Length == 4 && r.Ids.Skip(r.TargetStart).Take(3).SequenceEqual(Digits(r.Ids)),
        StartOfSums);

    public DecoderConfig Config { get; }

    public PolicyPrompt[] Prompts { get; }

    public int NewTokens { get; }

    public Func<Rollout, bool> IsRight { get; }

    /// <summary>Start weights of a seed.</summary>
    public Func<ulong, DecoderWeights> Start { get; }

    /// <summary>A judge; a shuffled one hands the batch's verdicts out at random.</summary>
    public RolloutJudge Judge(bool shuffled = false) => (rollouts, _) =>
    {
        var right = rollouts.Select(IsRight).ToArray();
        if (shuffled)
        {
            var stream = RandomStream.FromSeed(9).Derive(rollouts[0].Id);
            stream.Shuffle<bool>(right);
        }

        return Task.FromResult<IReadOnlyList<RolloutJudgement>>([.. right.Select(x => new RolloutJudgement(x ? RolloutOutcome.Accepted : RolloutOutcome.Rejected))]);
    };

    /// <summary>Writes start weights as a checkpoint.</summary>
    public Checkpoint Checkpoint(string folder, ulong seed) => CheckpointStore.Save(Path.Combine(folder, $"start{seed}"), $"start{seed}", Start(seed), Tokenizer.Save());

    /// <summary>Samples of all prompts, judged.</summary>
    public List<Rollout> Sample(DecoderWeights weights, int samples, RandomStream stream, bool shuffled = false, int? prefix = null, PolicyPrompt[]? prompts = null)
    {
        using var sampler = new CpuSampler(weights);
        var asked = prompts ?? Prompts;
        var drawn = sampler.Generate(
            [.. asked.Select(p => new SamplePrompt(prefix is { } id ? [id, .. p.Ids] : p.Ids, [.. Enumerable.Range(0, samples).Select(i => stream.Derive(p.ProblemId).Derive(i))]))],
            new SamplingOptions { MaxNewTokens = NewTokens, StopIds = [Tokenizer.EndId] });
        var rollouts = drawn.Select((s, i) => new Rollout
        {
            Id = $"{asked[i / samples].ProblemId}/{i % samples}",
            ProblemId = asked[i / samples].ProblemId,
            Group = asked[i / samples].ProblemId,
            Ids = [.. asked[i / samples].Ids, .. s.Ids],
            TargetStart = asked[i / samples].Ids.Count,
            BehaviourLogProbabilities = s.LogProbabilities,
            Stop = s.Stop,
        }).ToList();
        var judged = Judge(shuffled)(rollouts, default).Result;
        return [.. rollouts.Select((r, i) => r with { Outcome = judged[i].Outcome, Reward = judged[i].Outcome == RolloutOutcome.Accepted ? 1 : 0 })];
    }

    /// <summary>Share of right samples.</summary>
    public double Accuracy(DecoderWeights weights, int? prefix = null) => Sample(weights, Prompts.Length == 1 ? 400 : 2, RandomStream.FromSeed(1234), prefix: prefix).Average(r => r.Reward);

    private static int[] Digits(IReadOnlyList<int> ids)
    {
        var sum = ids[1] - 3;
        return [.. Enumerable.Range(2, 3).Select(i => 3 + (sum = (sum + ids[i] - 3) & 3))];
    }

    private static DecoderWeights StartOfSums(LearningTask task, ulong seed)
    {
        // Two thirds of the steps are right: every sum is right about every third time, and so a start to sharpen.
        var stream = RandomStream.FromSeed(seed);
        using var trainer = new CpuTrainer(DecoderWeights.Initialize(task.Config, stream), new AdamWOptions { WeightDecay = 0 });
        for (var step = 0; step < 500; step++)
        {
            var rows = new Example[64];
            for (var r = 0; r < rows.Length; r++)
            {
                var ids = task.Prompts[stream.NextInt(task.Prompts.Length)].Ids;
                var sum = ids[1] - 3;
                var written = new int[3];
                for (var i = 0; i < 3; i++)
                {
                    sum = stream.NextDouble() < 0.6 ? (sum + ids[2 + i] - 3) & 3 : stream.NextInt(4);
                    written[i] = 3 + sum;
                }

                rows[r] = Tiny.Row($"r{r}", [.. ids, .. written, Tokenizer.EndId], ids.Count);
            }

            trainer.Step(rows, 3e-3);
        }

        return trainer.Export();
    }
}
