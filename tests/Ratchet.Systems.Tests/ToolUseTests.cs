using Ratchet.Attempts;
using Ratchet.Examples;
using Ratchet.Journal;
using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Tokenization;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Selection;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Tests.ExpertIteration;
using Ratchet.Verifiers.Answers;
using Ratchet.Verifiers.Python;

namespace Ratchet.Systems.Tests;

/// <summary>Reasoning with Python, from sampling to training, with a model of seconds that knows a dozen products by heart.</summary>
public sealed class ToolUseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_model_writes_programs_reads_what_they_print_and_is_trained_on_its_own_words_alone()
    {
        using var tool = new PythonTool(Sandbox());
        var problems = Enumerable.Range(0, 8).Select(i => Problem(137 + (61 * i), 289 + (83 * i))).ToList();
        var references = problems.ToDictionary(p => p.Id, p => Product(p).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var tokenizer = new ByteLevelBpeTrainer { VocabularySize = 300 }.Train(problems.SelectMany(p => (string[])[p.Statement, Solution(p)]));
        var shape = new DecoderConfig
        {
            VocabularySize = tokenizer.VocabularySize, HiddenSize = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 16, FeedForwardSize = 128, MaxPositions = 128,
            BeginId = tokenizer.BeginId, EndId = tokenizer.EndId, PadId = tokenizer.PadId,
        };
        var learner = new SupervisedLearner(shape, tokenizer, new LearningOptions { BatchTokens = 300, LearningRate = 0.01, SnapshotInterval = 0 });
        var seeds = problems.ConvertAll(p => Row(p, tokenizer));
        Assert.All(seeds, row => Assert.StartsWith("```output\n", tokenizer.Decode([.. row.Ids.Skip(row.Masked[0].Start).Take(row.Masked[0].End - row.Masked[0].Start)]), StringComparison.Ordinal));
        var start = await learner.LearnAsync(Request(0, null, seeds, 60), null, TestContext.Current.CancellationToken);

        using var proposer = new SamplerProposer(
            p => p.Statement, tokenizer, c => new CpuSampler(CheckpointStore.LoadWeights(c.Folder), 2), shape.MaxPositions, new SamplingOptions { MaxNewTokens = 60 }, null, new ToolUse(tool));
        proposer.Load(start.Checkpoint);
        var attempts = await proposer.ProposeAsync(
            new ProposalRequest { Round = 1, Phase = Phase.Greedy, Items = [.. problems.Select(p => new ProposalItem(p, 1))], Stream = RandomStream.FromSeed(2) }, TestContext.Current.CancellationToken);
        var verifier = new AnswersVerifier(references, AnswerProfiles.Strict);
        var judged = new List<JudgedAttempt>();
        foreach (var (problem, attempt) in problems.Zip(attempts))
            judged.Add(new JudgedAttempt(problem, attempt with { Id = attempt.Id with { Phase = Phase.Train } }, await verifier.VerifyAsync(problem, attempt.Text, TestContext.Current.CancellationToken)));
        var right = judged.FindAll(j => j.Verdict.IsAccepted);
        Assert.True(right.Count >= 4, string.Join("\n---\n", attempts.Select(a => a.Text)));

        // What stands between the fences is what Python said, and only the model's ids have probabilities.
        foreach (var (problem, attempt, _) in right)
        {
            var span = Assert.Single(attempt.ToolSpans());
            Assert.Equal($"```output\n{Product(problem)}\n```\n", tokenizer.Decode([.. attempt.TokenIds.Skip(span.Start).Take(span.End - span.Start)]).TrimStart('\n'));
            Assert.DoesNotContain(attempt.LogProbabilities.Where((_, i) => !IdSpan.Contains([span], i)), float.IsNaN);
        }

        Assert.Equal(attempts.Sum(a => a.LogProbabilities.Count(p => !float.IsNaN(p))), proposer.TokensSampled);

        var (rows, _) = new VerifiedSelector(new SelectionOptions { IncludeSeed = false }, tokenizer.EndId)
            .Select(new SelectionInput { Round = 1, History = right, SeedExamples = [], Stream = RandomStream.FromSeed(4) });
        Assert.Equal(right.Count, rows.Count);
        Assert.All(rows, r => Assert.True(r.Masked.Count == 1 && r.Targets < r.Ids.Count - r.TargetStart));
        var next = await learner.LearnAsync(Request(1, start.Checkpoint, rows, 2), null, TestContext.Current.CancellationToken);
        Assert.Equal(rows.Select(r => r.Targets), TrainingManifest.TryLoad(next.Checkpoint.Folder)!.Rows.Select(r => r.Targets));
    }

    [Fact]
    public async Task A_run_with_the_setting_goes_through()
    {
        Sandbox().Dispose();
        var recipe = TinyRun.Recipe with
        {
            Rounds = 1,
            Model = TinyRun.Recipe.Model with { Tokenizer = TokenizerChoice.Bpe, Vocabulary = 300, MaxPositions = 300 },
            Propose = TinyRun.Recipe.Propose with { Tools = ToolChoice.Python, ToolCalls = 2 },
        };
        await TinyRun.StartAsync(recipe, _folder["run"]);
        Assert.Equal(144, TinyRun.Read(_folder["run"], j => j.Attempts(new AttemptQuery { Round = 1, Phase = Phase.Train })).Count);
    }

    [Fact]
    public async Task The_journal_keeps_which_ids_a_tool_wrote()
    {
        var set = new ProblemSet([Problem(2, 3)], new Dictionary<string, string>());
        using var journal = RunJournal.Open(_folder["journal.db"]);
        var attempt = new Attempt
        {
            Id = new AttemptId(0, Phase.Heldout, "2*3", 0), PromptIds = [1, 4], TokenIds = [5, 6, 7], LogProbabilities = [-1f, float.NaN, -0.5f], Text = "t", Seed = 1, Policy = "p", Stop = StopReason.EndToken,
        };
        var verifier = new AnswersVerifier(new Dictionary<string, string> { ["2*3"] = "6" }, AnswerProfiles.Strict);
        await Ratchet.Evaluation.EvaluationRun.RunAsync(
            new Fixed(attempt), verifier, set, [new ProposalItem(set.All[0], 1)], new Dictionary<string, string>(), RandomStream.FromSeed(1), journal, new ThreadBudget(1), new Quiet(), TestContext.Current.CancellationToken);
        var read = Assert.Single(journal.Attempts(new AttemptQuery())).Attempt;
        Assert.Equal([new IdSpan(1, 2)], read.ToolSpans());
    }

    private static PythonSandbox Sandbox()
    {
        try
        {
            return new PythonSandbox(new PythonOptions { Threads = 2, Modules = ["math"] });
        }
        catch (RatchetException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    private static Problem Problem(int a, int b) => new() { Id = $"{a}*{b}", Domain = "products", Statement = $"{a}*{b}=", CanonicalHash = $"{a}*{b}", Split = Split.Train };

    private static long Product(Problem problem) => problem.Id.Split('*').Select(long.Parse).Aggregate((a, b) => a * b);

    private static string Solution(Problem problem) => $"```python\nprint({problem.Id})\n```\n```output\n{Product(problem)}\n```\n\\boxed{{{Product(problem)}}}";

    private static Example Row(Problem problem, ByteLevelBpeTokenizer tokenizer)
    {
        List<int> ids = [tokenizer.BeginId, .. tokenizer.Encode(problem.Statement)];
        var (start, masked) = (ids.Count, new List<IdSpan>());
        foreach (var (text, isOutput) in PythonFences.Outputs(Solution(problem)))
        {
            var from = ids.Count;
            ids.AddRange(tokenizer.Encode(text));
            if (isOutput)
                masked.Add(new IdSpan(from, ids.Count));
        }

        return new Example { Id = "seed/" + problem.Id, Ids = [.. ids, tokenizer.EndId], TargetStart = start, Masked = masked, ProblemId = problem.Id, AttemptIds = [] };
    }

    private LearningRequest Request(int round, Ratchet.Checkpoints.Checkpoint? from, IReadOnlyList<Example> rows, double epochs) =>
        new() { Round = round, From = from, Examples = rows, Epochs = epochs, Stream = RandomStream.FromSeed(7).Derive(round), Folder = _folder[$"round-{round}"] };

    private sealed class Fixed(Attempt attempt) : IProposer
    {
        public Task<IReadOnlyList<Attempt>> ProposeAsync(ProposalRequest request, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Attempt>>([attempt]);

        public void Load(Ratchet.Checkpoints.Checkpoint checkpoint)
        {
        }
    }

    private sealed class Quiet : IRunObserver
    {
        public void OnEvent(RunEvent e)
        {
        }
    }
}
