using System.Diagnostics;
using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Learning;
using Ratchet.Learning.Objectives;
using Ratchet.Learning.Policies;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Rollouts;
using Ratchet.Tokenization;

namespace Ratchet.Bench;

/// <summary>A policy training by GRPO on own kernels, on the tensor library, and as plain eager code: rollouts and updates a second, and where the time goes.</summary>
internal static class GrpoBench
{
    private const int PromptTokens = 40;
    private const int EndId = 2;
    private const double Clip = 0.2;
    private const double Beta = 1e-3;
    private const double Rate = 1e-4;

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--size", "--threads", "--repeats", "--prompts", "--samples", "--minibatch", "--new", "--plain-batch");
        var size = SideBySide.Option(args, "--size", "1");
        var threads = SideBySide.Numbers(args, "--threads", "2");
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "3"));
        var recipe = new GrpoRecipe(
            SideBySide.Number(SideBySide.Option(args, "--prompts", "64")), SideBySide.Number(SideBySide.Option(args, "--samples", "8")),
            SideBySide.Number(SideBySide.Option(args, "--minibatch", "64")), SideBySide.Number(SideBySide.Option(args, "--new", "64")),
            SideBySide.Number(SideBySide.Option(args, "--plain-batch", "128")));
        var config = TrainerBench.Shape(size);
        Console.WriteLine("## Policy training by GRPO");
        Console.WriteLine();
        SideBySide.PrintFacts("grpo", args);
        Console.WriteLine($"- {config.ParameterCount} parameters, vocabulary {config.VocabularySize}, float32. An update: {recipe.Prompts} prompts of {PromptTokens} tokens x {recipe.Samples} samples of at most {recipe.NewTokens} tokens at temperature 1 (fresh weights end a sample with probability about 1 in {config.VocabularySize} a token), a verifier in process, group advantages, β {Beta} · k3 against the start policy, {recipe.Prompts * recipe.Samples / recipe.Minibatch} optimizer steps of {recipe.Minibatch} rollouts.");
        Console.WriteLine($"- Median of {repeats} updates (least to most), after one that does not count; one contender after the other.");
        Console.WriteLine("- Own kernels and \"tensor library, ours\" run `PolicyTraining`: a prompt is evaluated once for its samples, ended samples leave the batch, rows are not padded, the old log-probabilities are those that sampling recorded, and the probe's exact divergence is part of the time.");
        Console.WriteLine($"- Plain eager: samples {recipe.PlainBatch} sequences at a time, each with its prompt and until the last has ended; computes old and reference log-probabilities on padded rows; padded minibatches; one stage after the other. No probe. Before measuring, its loss is held against the own one on the same rollouts.");
        Console.WriteLine();
        Console.WriteLine("| threads | training | rollouts/s | updates/s | to plain | sampling | verifying | learning |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var count in threads)
            Measure(DecoderWeights.Initialize(config, RandomStream.FromSeed(1)), recipe, count, repeats);
    }

    /// <summary>What is to be verified: cheap, right about every other time.</summary>
    private static bool IsRight(IReadOnlyList<int> ids, int start) => ids.Skip(start).Sum() % 2 == 0;

    private static void Measure(DecoderWeights weights, GrpoRecipe recipe, int threads, int repeats)
    {
        TorchNative.Threads = threads;
        PolicyPrompt[] prompts = [.. Enumerable.Range(0, recipe.Prompts).Select(p =>
        {
            var stream = RandomStream.FromSeed(2).Derive(p);
            return new PolicyPrompt($"p{p}", [.. Enumerable.Range(0, PromptTokens).Select(_ => 3 + stream.NextInt(weights.Config.VocabularySize - 3))]);
        })];
        CheckLosses(weights, recipe);
        using var plain = new PlainGrpo(weights, recipe, prompts);
        var folder = Directory.CreateTempSubdirectory("ratchet-grpo").FullName;
        try
        {
            var start = CheckpointStore.Save(Path.Combine(folder, "start"), "start", weights, new Dictionary<string, string>());
            var own = Ours(start, recipe, prompts, PolicyEngine.Cpu(threads), repeats, Path.Combine(folder, "own"));
            var library = Ours(start, recipe, prompts, PolicyEngine.Torch(), repeats, Path.Combine(folder, "torch"));
            PolicyUpdateTimes[] eager = [.. Enumerable.Range(0, repeats + 1).Select(_ => plain.Update()).Skip(1)];
            var baseline = Median(eager);
            Print(threads, SideBySide.Names[0], own, recipe, baseline);
            Print(threads, SideBySide.Names[1], library, recipe, baseline);
            Print(threads, SideBySide.Names[2], eager, recipe, baseline);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static PolicyUpdateTimes[] Ours(Checkpoint start, GrpoRecipe recipe, PolicyPrompt[] prompts, PolicyEngine engine, int repeats, string folder)
    {
        var options = new PolicyTrainingOptions
        {
            Updates = repeats + 1,
            Prompts = recipe.Prompts,
            Samples = recipe.Samples,
            Minibatch = recipe.Minibatch,
            MaxNewTokens = recipe.NewTokens,
            SnapshotInterval = 0,
            Policy = new OptimizationOptions { LearningRate = Rate, Decay = LearningRateDecay.Constant, WarmupFraction = 0, WeightDecay = 0.1 },
            Grpo = new GrpoOptions { KlCoefficient = Beta, ClipLow = Clip, ClipHigh = Clip },
        };
        var times = new List<PolicyUpdateTimes>();
        var hooks = new PolicyTrainingHooks { Progress = new Inline(u => times.Add(u.Times)) };
        RolloutJudge judge = (rollouts, _) => Task.FromResult<IReadOnlyList<RolloutJudgement>>([.. rollouts.Select(r => new RolloutJudgement(IsRight(r.Ids, r.TargetStart) ? RolloutOutcome.Accepted : RolloutOutcome.Rejected))]);
        var training = new PolicyTraining(options, new NoText(CheckpointStore.LoadConfig(start.Folder).VocabularySize), judge, engine, hooks);
        training.TrainAsync(new PolicyTrainingRequest { From = start, Prompts = prompts, Stream = RandomStream.FromSeed(3), Folder = folder }, default).GetAwaiter().GetResult();
        return [.. times.Skip(1)];
    }

    /// <summary>Both implementations give the same loss for the same rollouts and numbers.</summary>
    private static void CheckLosses(DecoderWeights weights, GrpoRecipe recipe)
    {
        var rows = TrainerBench.Rows(weights.Config, targetsOnly: true).Take(8).ToArray();
        using var own = new CpuTrainer(weights);
        using var plain = new PlainEager(weights);
        float[] advantages = [.. rows.Select((_, i) => i % 2 == 0 ? 1f : -0.7f)];
        var whole = plain.LogProbabilities(rows, rows.Length);
        float[][] old = [.. whole.Select(r => r.Select((x, i) => x + (0.3f * ((i % 3) - 1))).ToArray())], reference = [.. whole.Select(r => r.Select((x, i) => x + (0.2f * ((i % 5) - 2))).ToArray())];
        var objective = new ClippedSurrogate
        {
            Advantages = [.. rows.Select((r, i) => Enumerable.Repeat(advantages[i], r.Targets).ToArray())],
            Old = [.. rows.Select((r, i) => old[i][(r.TargetStart - 1)..(r.Ids.Count - 1)])],
            Reference = [.. rows.Select((r, i) => reference[i][(r.TargetStart - 1)..(r.Ids.Count - 1)])],
            ClipLow = Clip,
            ClipHigh = Clip,
            KlCoefficient = Beta,
        };
        var expected = objective.Evaluate(own.Forward(rows, objective.Quantities));
        using var loss = plain.GrpoLoss(rows, advantages, old, reference, Clip, Beta);
        if (Math.Abs(expected - loss.item<float>()) > 1e-4)
            throw new InvalidOperationException($"The two do not compute the same loss: {expected} and {loss.item<float>()} ({recipe}).");
    }

    private static double Median(PolicyUpdateTimes[] times) => SideBySide.Median([.. times.Select(Total)]);

    private static double Total(PolicyUpdateTimes times) => times.Sampling + times.Judging + times.Learning;

    private static void Print(int threads, string name, PolicyUpdateTimes[] times, GrpoRecipe recipe, double baseline)
    {
        var (median, rollouts) = (Median(times), recipe.Prompts * recipe.Samples);
        var whole = times.Sum(Total);
        Console.WriteLine($"| {threads} | {name} | {rollouts / median:F0} ({rollouts / times.Max(Total):F0} to {rollouts / times.Min(Total):F0}) | {1 / median:F2} | {baseline / median:F2} | {times.Sum(t => t.Sampling) / whole:P0} | {times.Sum(t => t.Judging) / whole:P1} | {times.Sum(t => t.Learning) / whole:P0} |");
    }

    /// <summary>Sizes of an update.</summary>
    private sealed record GrpoRecipe(int Prompts, int Samples, int Minibatch, int NewTokens, int PlainBatch);

    private sealed class Inline(Action<PolicyUpdate> report) : IProgress<PolicyUpdate>
    {
        public void Report(PolicyUpdate value) => report(value);
    }

    /// <summary>A vocabulary without texts: nothing here is decoded.</summary>
    private sealed class NoText(int size) : ITokenizer
    {
        public int VocabularySize => size;

        public int BeginId => 1;

        public int EndId => GrpoBench.EndId;

        public int PadId => 0;

        public int[] Encode(string text) => throw new NotSupportedException();

        public string Decode(ReadOnlySpan<int> ids) => throw new NotSupportedException();

        public IReadOnlyDictionary<string, string> Save() => new Dictionary<string, string>();
    }

    /// <summary>The plain training: policy and reference as separate plain models.</summary>
    private sealed class PlainGrpo(DecoderWeights weights, GrpoRecipe recipe, PolicyPrompt[] prompts) : IDisposable
    {
        private const int ForwardRows = 64;

        private readonly PlainEager _policy = new(weights);
        private readonly PlainEager _reference = new(weights);

        public PolicyUpdateTimes Update()
        {
            var clock = Stopwatch.StartNew();
            var asked = prompts.SelectMany(p => Enumerable.Repeat(p.Ids, recipe.Samples)).ToArray();
            var rows = new List<Example>();
            foreach (var part in asked.Chunk(recipe.PlainBatch))
            {
                var drawn = _policy.Sample(part, recipe.NewTokens, EndId);
                for (var i = 0; i < part.Length; i++)
                {
                    var end = Array.IndexOf(drawn[i], EndId);
                    rows.Add(new Example { Id = "r", ProblemId = "p", AttemptIds = [], Ids = [.. part[i], .. drawn[i].Take(end < 0 ? drawn[i].Length : end + 1).Select(x => (int)x)], TargetStart = PromptTokens });
                }
            }

            var sampling = clock.Elapsed.TotalSeconds;
            clock.Restart();
            double[] rewards = [.. rows.Select(r => IsRight(r.Ids, r.TargetStart) ? 1.0 : 0.0)];
            var verifying = clock.Elapsed.TotalSeconds;
            clock.Restart();
            var old = _policy.LogProbabilities(rows, ForwardRows);
            var reference = _reference.LogProbabilities(rows, ForwardRows);
            float[] advantages = [.. rewards.Chunk(recipe.Samples).SelectMany(g => Advantages.OfGroup(g, normalizeDeviation: true)).Select(a => (float)a)];
            foreach (var part in Enumerable.Range(0, rows.Count).Chunk(recipe.Minibatch))
                _policy.GrpoStep([.. part.Select(i => rows[i])], [.. part.Select(i => advantages[i])], [.. part.Select(i => old[i])], [.. part.Select(i => reference[i])], Clip, Beta, Rate);
            return new PolicyUpdateTimes(sampling, verifying, clock.Elapsed.TotalSeconds);
        }

        public void Dispose()
        {
            _policy.Dispose();
            _reference.Dispose();
        }
    }
}
