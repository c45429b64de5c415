using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Models.Cpu;
using Ratchet.Models.Tokenization;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

/// <summary>Runs from published models, and with adapters.</summary>
public sealed class AdapterRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly ExpertIterationRecipe Recipe = TinyRun.Recipe with
    {
        Rounds = 1,
        Problems = new ProblemSettings { Seed = 16, Train = 4, Heldout = 2 },
        Start = new StartSettings { Epochs = 3, Augment = 1 },
        Propose = TinyRun.Recipe.Propose with { Samples = 2, MaxNewTokens = 24 },
        Learn = TinyRun.Recipe.Learn with { BatchTokens = 900, Lora = new LoraSettings { Rank = 4, Dropout = 0.1 } },
        Evaluate = new EvaluateSettings { Samples = 2, K = [1], Bootstrap = 100, Greedy = false },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_published_chat_model_is_run_with_its_own_tokenizer_template_and_an_adapter()
    {
        var model = TinyHuggingFace.Write(_folder["qwen"], "qwen2", chat: true);
        var before = CheckpointStore.Open(model).WeightsHash;

        var summary = await TinyRun.StartAsync(Recipe with { Model = new ModelSettings { Path = model } }, _folder["run"]);

        Assert.Equal(("own", "torch"), (summary.Environment["sampler"], summary.Environment["learner"]));
        Assert.Equal(before, CheckpointStore.Open(model).WeightsHash);
        Assert.InRange(summary.Parity.MaxLogprobDifference, 0, 1e-3);
        var tokenizer = PretrainedTokenizer.Load(model);
        var problem = TinyRun.Read(_folder["run"], j => j.Problems())!.In(Split.Train)[0];
        var domain = DomainCatalog.Create("propositional");
        var attempt = TinyRun.Read(_folder["run"], j => j.Attempts(new AttemptQuery { Round = 1, ProblemId = problem.Id }))[0].Attempt;
        Assert.Equal($"<|im_start|>user\n{domain.Prompt(problem)}<|im_end|>\n<|im_start|>assistant\n", tokenizer.Decode([.. attempt.PromptIds], keepMarks: true));
        Assert.Equal(TinyHuggingFace.TurnStart, attempt.PromptIds[0]);

        // Both checkpoints are adapters: the first of the model, the second went on from the first.
        foreach (var id in (string[])["round-0", "round-1"])
        {
            var folder = Path.Combine(_folder["run"], "checkpoints", id);
            Assert.True(AdapterStore.IsAdapter(folder));
            Assert.Equal(Path.GetFullPath(model), AdapterStore.BaseFolder(folder));
            Assert.Equal(4, AdapterStore.Load(folder).Options.Rank);
            Assert.Equal(tokenizer.Save(), PretrainedTokenizer.Load(folder).Save());
        }

        // The run's last checkpoint samples outside of it.
        using var proposer = PolicyProbe.Open(PolicyProbe.Find(_folder["run"]), domain, new SamplingOptions { MaxNewTokens = 8 }, new SamplerSettings { Threads = 1 });
        var judged = await PolicyProbe.JudgeAsync(proposer, domain, [problem], 2, Attempts.Phase.Heldout, 1, CancellationToken.None);
        Assert.Equal(2, judged.Count);
        Assert.Equal(attempt.PromptIds, judged[0].Attempt.PromptIds);
    }

    [Fact]
    public async Task A_run_that_sets_the_template_aside_keeps_it_aside()
    {
        var model = TinyHuggingFace.Write(_folder["qwen"], "qwen2", chat: true);

        await TinyRun.StartAsync(Recipe with { Model = new ModelSettings { Path = model, ChatTemplate = false } }, _folder["run"]);

        var attempt = TinyRun.Read(_folder["run"], j => j.Attempts(new AttemptQuery { Round = 1, Limit = 1 }))[0];
        var domain = DomainCatalog.Create("propositional");
        var tokenizer = PretrainedTokenizer.Load(model);
        Assert.Equal([tokenizer.BeginId, .. tokenizer.Encode(domain.Prompt(attempt.Problem))], attempt.Attempt.PromptIds);
        var saved = ModelTokenizer.Load(Path.Combine(_folder["run"], "checkpoints", "round-1"), domain);
        Assert.Equal(attempt.Attempt.PromptIds, saved.EncodePrompt(domain.Prompt(attempt.Problem)));
    }

    [Fact]
    public async Task Fresh_weights_are_trained_whole_and_then_adapted()
    {
        var summary = await TinyRun.StartAsync(Recipe with { Learn = Recipe.Learn with { Lora = new LoraSettings { Rank = 2, Dora = true, Targets = ["q_proj", "v_proj"] } } }, _folder["run"]);

        var first = Path.Combine(_folder["run"], "checkpoints", "round-0");
        var second = Path.Combine(_folder["run"], "checkpoints", "round-1");
        Assert.False(AdapterStore.IsAdapter(first));
        Assert.Equal(first, AdapterStore.BaseFolder(second));
        Assert.InRange(summary.Parity.MaxLogprobDifference, 0, 1e-3);

        // The folder of the run can be moved: the adapter finds its model beside it.
        Directory.Move(_folder["run"], _folder["moved"]);
        CheckpointStore.LoadWeights(Path.Combine(_folder["moved"], "checkpoints", "round-1"));
    }

    [Fact]
    public async Task A_model_beyond_the_own_kernels_is_sampled_and_judged_all_the_same()
    {
        var model = TinyHuggingFace.Write(_folder["mistral"], "mistral", chat: false);
        Assert.False(CheckpointStore.LoadConfig(model).RunsOnOwnKernels);
        var domain = DomainCatalog.Create("propositional");

        using var proposer = PolicyProbe.Open(CheckpointStore.Open(model), domain, new SamplingOptions { MaxNewTokens = 60 }, new SamplerSettings { Threads = 2, Precision = WeightPrecision.BFloat16 });
        var judged = await PolicyProbe.JudgeAsync(proposer, domain, [domain.Parse("a", "A -> A", Split.Heldout)], 3, Attempts.Phase.Heldout, 1, CancellationToken.None);

        Assert.Equal(3, judged.Count);
        Assert.All(judged, j => Assert.NotEmpty(j.Attempt.TokenIds));
    }

    [Fact]
    public void A_run_with_an_adapter_ends_the_same_after_kills_in_training()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The run is killed with SIGKILL.");
        var model = TinyHuggingFace.Write(_folder["llama"], "llama", chat: false);
        var recipe = TinyRun.WriteRecipe(
            Recipe with { Model = new ModelSettings { Path = model }, Learn = Recipe.Learn with { BatchTokens = 300, From = Systems.ExpertIteration.LearnFrom.Continue, GradientCheckpointing = true, MicroBatchTokens = 200, SnapshotSteps = 3 } }, _folder["tiny.yaml"]);
        var alone = TinyRun.Process(["start", recipe, _folder["alone"]]);
        Assert.True(alone.ExitCode == 0, alone.Errors);
        var lines = alone.Lines.ToList();
        Assert.Contains("0 learn 8", lines);

        // Behind a snapshot of the start training, and in the training of the first round.
        var run = _folder["run"];
        TinyRun.Process(["start", recipe, run], lines.IndexOf("0 learn 7"));
        var second = TinyRun.Process(["resume", run], lines.FindIndex(l => l.StartsWith("1 learn", StringComparison.Ordinal)) - lines.IndexOf("0 learn 7"));
        Assert.DoesNotContain("0 learn 3", second.Lines);
        var third = TinyRun.Process(["resume", run]);

        Assert.True(third.ExitCode == 0, third.Errors);
        TinyRun.AssertSame(_folder["alone"], run);
    }

    [Fact]
    public async Task Another_program_trains_the_rounds_and_none_is_trained_twice()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "The trainer is a script for bash.");
        File.WriteAllText(_folder["train.sh"], """
            set -e
            echo "round $4" >> calls
            cp "$1" "rows-$4"
            cp -r "$2" "$3"
            printf '\1\2\3\4' | dd of="$3/model.safetensors" bs=1 seek=$(( $(stat -c %s "$3/model.safetensors") - 8 )) conv=notrunc
            """);
        var recipe = TinyRun.Recipe with
        {
            Propose = TinyRun.Recipe.Propose with { Samples = 2 },
            Problems = TinyRun.Recipe.Problems with { Train = 8, Heldout = 2 },
            Learn = TinyRun.Recipe.Learn with
            {
                From = Systems.ExpertIteration.LearnFrom.Continue,
                External = new ExternalSettings { Command = ["bash", "train.sh", "{rows}", "{base}", "{out}", "{round}"], Folder = _folder.Path, Format = Learning.External.RowFormat.Messages },
            },
        };
        var path = TinyRun.WriteRecipe(recipe, _folder["tiny.yaml"]);
        Assert.Equal(recipe.Learn.External, ((ExpertIterationRecipe)SystemRecipes.Catalog.ReadFile(path).ThrowIfWrong()).Learn.External);

        var run = _folder["run"];
        var ended = TinyRun.Process(["start", path, run]);
        Assert.True(ended.ExitCode == 0, ended.Errors);

        Assert.Equal(["round 1", "round 2"], File.ReadAllLines(_folder["calls"]));
        var round = Path.Combine(run, "checkpoints", "round-2");
        Assert.Contains("copied", File.ReadAllText(Path.Combine(round, "trainer.log")), StringComparison.Ordinal);
        Assert.Equal("round-1", Learning.TrainingManifest.TryLoad(round)!.FromId);
        var lineage = TinyRun.Read(run, j => j.Lineage("round-2"));
        Assert.Equal(lineage.Count, File.ReadAllLines(_folder["rows-2"]).Length);
        Assert.StartsWith("{\"messages\":[{\"role\":\"user\",\"content\":\"", File.ReadAllLines(_folder["rows-2"])[0], StringComparison.Ordinal);

        // A resumed run finds all of it done.
        await TinyRun.ResumeAsync(run);
        Assert.Equal(2, File.ReadAllLines(_folder["calls"]).Length);
    }

    [Fact]
    public async Task A_model_that_cannot_fit_is_refused_before_anything_is_made()
    {
        var huge = Recipe with { Model = new ModelSettings { Layers = 1000, HiddenSize = 65_536, Heads = 64, KeyValueHeads = 64, FeedForwardSize = 262_144, MaxPositions = 160 } };

        var error = await Assert.ThrowsAsync<RatchetException>(() => TinyRun.StartAsync(huge, _folder["run"]));

        Assert.Matches(@"^The run needs about \d+\.\d\d GB of memory, and there are \d+\.\d\d GB: loading and saving \d+\.\d\d GB, optimizer \d+\.\d\d GB, ", error.Message);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public void The_estimate_of_memory_counts_what_is_trained()
    {
        var shape = new DecoderConfig { VocabularySize = 1000, HiddenSize = 64, Layers = 4, Heads = 4, KeyValueHeads = 2, HeadSize = 16, FeedForwardSize = 128, MaxPositions = 256 };
        var whole = MemoryEstimate.Of(Recipe with { Learn = new LearnSettings { Shards = 1 }, Engine = new EngineSettings { Learner = EngineChoice.Torch } }, shape);
        var adapted = MemoryEstimate.Of(Recipe with { Model = new ModelSettings { Path = "x" } }, shape);
        var saving = MemoryEstimate.Of(Recipe with { Model = new ModelSettings { Path = "x" }, Learn = Recipe.Learn with { GradientCheckpointing = true } }, shape);

        Assert.Equal((4 * shape.ParameterCount, 4 * shape.ParameterCount, 8 * shape.ParameterCount), (whole.Weights, whole.Gradients, whole.Optimizer));
        Assert.Equal(4L * 4 * 4 * ((64 + 64) + (2 * (64 + 32)) + (64 + 64) + (2 * (64 + 128)) + (128 + 64)), adapted.Gradients);
        Assert.True(saving.Activations < adapted.Activations / 2);
        Assert.Null(adapted.Check(1L << 40));
        Assert.Contains("learn.gradient_checkpointing", adapted.Check(adapted.Total), StringComparison.Ordinal);
    }
}
