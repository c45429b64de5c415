using System.Globalization;
using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Problems;
using Ratchet.Sampling;
using Ratchet.Search;
using Ratchet.Search.Policies;
using Ratchet.Systems;
using Ratchet.Systems.Proving;

namespace Ratchet.Bench;

/// <summary>Expansions a second of best-first search with a tiny policy, batched against one by one, and where the time goes.</summary>
internal static class SearchBench
{
    private const int StepTokens = 8;

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--threads", "--theorems", "--expansions", "--repeats", "--model");
        var threads = SideBySide.Option(args, "--threads", "1,2").Split(',').Select(SideBySide.Number).ToArray();
        var theorems = SideBySide.Number(SideBySide.Option(args, "--theorems", "256"));
        var expansions = SideBySide.Number(SideBySide.Option(args, "--expansions", "24"));
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "3"));
        var world = ProverWorld.Propositional();
        var problems = new PropositionalDomain().Generate(new ProblemCounts(0, theorems, 0), RandomStream.FromSeed(11)).All;
        var model = SideBySide.Option(args, "--model", "");
        SideBySide.PrintFacts("search", args);
        Console.WriteLine();
        Console.WriteLine($"{problems.Count} goals, at most {expansions} expansions each, 4 steps drawn at a node, best-first; policy: {(model.Length == 0 ? $"a decoder of 3 layers, width 96, random weights, {StepTokens} tokens a step; the steps that are run are the list's" : model)}; best of {repeats}");
        Console.WriteLine();
        Console.WriteLine("| threads | nodes a call | expansions/s | policy | verifier | bookkeeping | against one by one |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var count in threads)
        {
            double alone = 0;
            foreach (var batch in (int[])[1, 8, 128])
            {
                SearchTimes? best = null;
                for (var i = 0; i < repeats; i++)
                {
                    using var policy = Policy(world, model, count);
                    var engine = new SearchEngine(world.Environment, world.Verifier, policy, new SearchEngineOptions { Batch = batch, Theorems = batch });
                    engine.RunAsync(
                        [.. problems.Select(p => new SearchTask { Problem = p, Stream = RandomStream.FromSeed(3).Derive(p.Id) })],
                        new SearchOptions { Width = 4, Restarts = 0, KeepTree = false, Budget = new SearchBudget { Expansions = expansions } }).GetAwaiter().GetResult();
                    if (best is null || engine.Times.Expansions / engine.Times.Seconds > best.Expansions / best.Seconds)
                        best = engine.Times;
                }

                var rate = best!.Expansions / best.Seconds;
                alone = batch == 1 ? rate : alone;
                var (policyShare, verifierShare) = (best.PolicySeconds / best.Seconds, best.VerifierSeconds / best.Seconds);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {count} | {batch} | {rate:0} | {policyShare:0.0 %} | {verifierShare:0.0 %} | {1 - policyShare - verifierShare:0.0 %} | {rate / alone:0.0} x |"));
            }
        }
    }

    private static Paid Policy(ProverWorld world, string model, int threads)
    {
        if (model.Length > 0)
            return new Paid(ProverPolicy.Open(PolicyProbe.Find(model), world, false, 1, 40, new SamplerSettings { Threads = threads }), null);
        var tokenizer = world.Domain!.Tokenizer;
        var config = new DecoderConfig
        {
            VocabularySize = tokenizer.VocabularySize, HiddenSize = 96, Layers = 3, Heads = 6, KeyValueHeads = 3, HeadSize = 16, FeedForwardSize = 256, MaxPositions = 192, QkNorm = true, TiedHead = true,
            BeginId = tokenizer.BeginId, EndId = tokenizer.EndId, PadId = tokenizer.PadId,
        };
        var sampler = new CpuSampler(DecoderWeights.Initialize(config, RandomStream.FromSeed(1)), threads);
        return new Paid(
            new ModelPolicy("random", sampler, tokenizer, world.Language, config.MaxPositions, new SamplingOptions { MaxNewTokens = StepTokens, MaxBatch = 64 }), new UniformPolicy(world.Steps, UniformOrder.Random));
    }

    /// <summary>Pays for the model's draws and, where the model knows nothing, runs the list's steps, so that searches go somewhere.</summary>
    private sealed class Paid(IStepPolicy model, UniformPolicy? steps) : IStepPolicy, IDisposable
    {
        public string Name => model.Name;

        public bool IsExhaustive => true;

        public async Task<IReadOnlyList<StepProposals>> ProposeAsync(IReadOnlyList<PolicyQuery> queries, CancellationToken cancellationToken)
        {
            var drawn = await model.ProposeAsync(queries, cancellationToken);
            return steps is null ? drawn : await steps.ProposeAsync(queries, cancellationToken);
        }

        public void Dispose() => (model as IDisposable)?.Dispose();
    }
}
