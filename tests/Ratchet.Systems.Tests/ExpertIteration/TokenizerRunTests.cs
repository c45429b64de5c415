using Ratchet.Models.Tokenization;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

public sealed class TokenizerRunTests : IDisposable
{
    private static readonly ExpertIterationRecipe Recipe = TinyRun.Recipe with
    {
        Rounds = 1,
        Model = TinyRun.Recipe.Model with { Tokenizer = TokenizerChoice.Bpe, Vocabulary = 320, MaxPositions = 300 },
        Start = new StartSettings { Epochs = 20, Augment = 1 },
        Learn = TinyRun.Recipe.Learn with { SnapshotSteps = 30 },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_on_a_trained_byte_level_tokenizer_saves_it_and_ends_the_same_after_a_kill()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The run is killed with SIGKILL.");
        var recipe = TinyRun.WriteRecipe(Recipe, _folder["tiny.yaml"]);
        var alone = TinyRun.Process(["start", recipe, _folder["alone"]]);
        Assert.True(alone.ExitCode == 0, alone.Errors);
        TinyRun.Process(["start", recipe, _folder["run"]], alone.Lines.Count / 2);
        var resumed = TinyRun.Process(["resume", _folder["run"]]);

        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        TinyRun.AssertSame(_folder["alone"], _folder["run"]);

        // Rows and attempts are ids of the saved tokenizer, and a row's target is the solution encoded on its own.
        var tokenizer = ByteLevelBpeTokenizer.Load(Path.Combine(_folder["run"], "checkpoints", "round-1"));
        Assert.Equal(320, tokenizer.VocabularySize);
        var problems = TinyRun.Read(_folder["run"], j => j.Problems())!;
        var row = ExpertIterationWorld.Create(Recipe, problems).SeedExamples[0];
        Assert.Equal([.. tokenizer.Encode(problems.References[row.ProblemId]), tokenizer.EndId], row.Ids.Skip(row.TargetStart));
        foreach (var a in TinyRun.Read(_folder["run"], j => j.Attempts(new Journal.AttemptQuery { Round = 1 })))
            Assert.Equal(a.Attempt.Text, tokenizer.Decode([.. a.Attempt.TokenIds]));

        // What the run made samples again outside of it, and starts another run with its own tokenizer.
        var checkpoint = PolicyProbe.Find(_folder["run"]);
        var domain = DomainCatalog.Create("propositional");
        using var proposer = PolicyProbe.Open(checkpoint, domain, new SamplingOptions { MaxNewTokens = 60 }, new SamplerSettings { Threads = 1 });
        var judged = await PolicyProbe.JudgeAsync(proposer, domain, problems.In(Split.Heldout), 2, Attempts.Phase.Heldout, 1, CancellationToken.None);
        Assert.Equal(20, judged.Count);
        Assert.Contains(judged, j => j.Attempt.Text.Contains("intros", StringComparison.Ordinal));
        await TinyRun.StartAsync(
            TinyRun.Recipe with { Rounds = 1, Model = new ModelSettings { Path = checkpoint.Folder }, Start = new StartSettings { Epochs = 0 } }, _folder["next"]);
        Assert.Equal(tokenizer.Save(), ByteLevelBpeTokenizer.Load(Path.Combine(_folder["next"], "checkpoints", "round-1")).Save());
    }

    [Fact]
    public async Task Problems_whose_prompts_do_not_fit_are_refused_before_the_folder_is_made()
    {
        var error = await Assert.ThrowsAsync<RatchetException>(() => TinyRun.StartAsync(
            Recipe with { Model = Recipe.Model with { MaxPositions = 16 }, Propose = Recipe.Propose with { MaxNewTokens = 8 } }, _folder["run"]));

        Assert.Matches(@"^The prompts of \d+ problems \(\S+, \S+, \S+, \.\.\.\) have up to \d+ tokens, and the model has 16 positions for prompt and attempt\.$", error.Message);
        Assert.Matches(@"^Set model\.max_positions well above \d+, or leave these problems out\.$", error.Remedy!);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public void Seed_proofs_that_do_not_fit_are_left_out_with_a_note()
    {
        static string Asserting(int last) => "intros h0 h1. " + string.Concat(Enumerable.Range(2, last - 1).Select(i => $"assert (A) as h{i}. exact h0. ")) + "exact h0.";
        File.WriteAllLines(_folder["my.jsonl"],
        [
            """{"id": "short", "goal": "A -> A", "proof": "intros h0. exact h0.", "split": "seed"}""",
            $$"""{"id": "long", "goal": "A -> B -> A", "proof": "{{Asserting(15)}}", "split": "seed"}""",
            $$"""{"id": "more-names-than-tokens", "goal": "A -> B -> C -> A", "proof": "{{Asserting(16).Replace("h0 h1", "h0 h1 h20", StringComparison.Ordinal)}}", "split": "seed"}""",
            """{"id": "t", "goal": "A -> A /\\ A", "split": "train"}""",
            """{"id": "h", "goal": "B -> B \\/ A", "split": "heldout"}""",
        ]);

        var world = ExpertIterationWorld.Create(TinyRun.Recipe with
        {
            Problems = TinyRun.Recipe.Problems with { File = _folder["my.jsonl"] },
            Model = TinyRun.Recipe.Model with { MaxPositions = 100 },
        });

        Assert.Equal("short", Assert.Single(world.SeedExamples).ProblemId);
        Assert.Equal(
            [
                "1 of 3 seed proofs are longer with their prompts than the model's 100 positions and were left out.",
                "1 of 3 seed proofs cannot be written in the model's vocabulary and were left out.",
            ],
            world.Notes);
    }
}
