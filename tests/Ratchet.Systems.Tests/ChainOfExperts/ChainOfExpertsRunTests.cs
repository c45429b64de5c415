using System.Text.Json;
using Ratchet.Models;
using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Systems.ChainOfExperts;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ChainOfExperts;

public sealed class ChainOfExpertsRunTests : IDisposable
{
    private static readonly ChainOfExpertsRecipe Recipe = TinyPretraining.Recipe;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_learns_from_its_text_and_tells_what_held_out_text_and_routes_are_like()
    {
        var summary = await TinyPretraining.StartAsync(Recipe, _folder["run"]);

        Assert.Equal("completed", summary.Status);
        var measures = summary.Measures!;
        Assert.InRange(measures["heldout_loss"], 1.5, 4.5);
        Assert.True(measures["heldout_loss"] < Math.Log(259) - 1, "barely better than guessing");
        Assert.Equal(2 * (2 + 1), measures["expert_evaluations"]);
        Assert.InRange(measures["chosen_again"], 0, 1);
        Assert.InRange(measures["load_difference"], 1e-6, 1);
        Assert.InRange(measures["routing_entropy"], 0.2, 1);
        Assert.Equal(24 * 8 * 32, summary.TokensTrained);
        Assert.True(summary.Speed.TrainTokensPerS > 0);

        // A process that has trained before may have the memory already.
        Assert.InRange(summary.TrainingMemoryBytes!.Value, 0, 1L << 30);

        // One token a byte: bits of a token are bits of a byte but for the end marks.
        Assert.InRange(measures["bits_per_byte"] / (measures["heldout_loss"] / Math.Log(2)), 1, 1.02);
        var routing = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder["run"], "routing.json"))).RootElement;
        Assert.Equal(2, routing.GetArrayLength());
        Assert.Equal(1, routing[0].GetProperty("rounds")[1].GetProperty("load").EnumerateArray().Sum(l => l.GetDouble()), 1e-9);
        Assert.Equal(8 * 32 * 2 * 2, routing[0].GetProperty("co_activations").EnumerateArray().Sum(r => r.EnumerateArray().Sum(c => c.GetInt64())));
        Assert.Contains("heldout_loss", File.ReadAllText(Path.Combine(_folder["run"], "report.html")), StringComparison.Ordinal);
        var saved = CheckpointStore.LoadConfig(Path.Combine(_folder["run"], "checkpoints", "round-0"));
        Assert.Equal((2, MixtureResidual.Repo, 0.001), (saved.Mixture!.Rounds, saved.Mixture.Residual, saved.Mixture.BalanceWeight));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(23)]
    public async Task A_run_that_is_cut_off_and_resumed_ends_with_the_same_weights_and_numbers(int atStep)
    {
        var whole = await TinyPretraining.StartAsync(Recipe, _folder["whole"]);

        // An exception in the observer ends the run at once, as a kill would: nothing is saved on the way out.
        var observer = new TinyPretraining.Observer(step => _ = step == atStep ? throw new IOException("killed") : step);
        await Assert.ThrowsAsync<IOException>(() => ChainOfExpertsRun.StartAsync(Recipe, _folder["cut"], observer, TestContext.Current.CancellationToken));
        Assert.True(Directory.Exists(Path.Combine(_folder["cut"], "checkpoints", "round-0.snapshot")));
        var resumed = await ChainOfExpertsRun.ResumeAsync(_folder["cut"], new TinyPretraining.Observer(null), TestContext.Current.CancellationToken);

        Assert.Equal(whole.WeightsHash, resumed.WeightsHash);
        Assert.Equal(whole.Measures, resumed.Measures);
        Assert.Equal(whole.TokensTrained, resumed.TokensTrained);
        Assert.Equal(2, resumed.Sessions);
        Assert.Equal(TinyPretraining.Read(_folder["whole"], j => j.IdentityHash()), TinyPretraining.Read(_folder["cut"], j => j.IdentityHash()));
        Assert.Equal(whole.Measures, (await ChainOfExpertsRun.ResumeAsync(_folder["whole"], new TinyPretraining.Observer(null), TestContext.Current.CancellationToken)).Measures);
    }

    [Fact]
    public async Task The_tensor_library_comes_to_nearly_the_same_model()
    {
        var own = await TinyPretraining.StartAsync(Recipe, _folder["own"]);
        var torch = await TinyPretraining.StartAsync(Recipe with { Train = Recipe.Train with { Engine = EngineChoice.Torch } }, _folder["torch"]);

        Assert.Equal("torch", torch.Environment["learner"]);
        Assert.Equal(own.Measures!["heldout_loss"], torch.Measures!["heldout_loss"], 0.02);
    }

    [Fact]
    public async Task A_stopped_run_says_how_it_goes_on_and_changed_data_is_refused()
    {
        Directory.CreateDirectory(_folder["data"]);
        File.WriteAllLines(_folder["data/a.jsonl"], Enumerable.Range(0, 100).Select(i => JsonSerializer.Serialize(new { q = $"What is {i} + {i}?", a = $"It is {2 * i}." })));
        var recipe = Recipe with { Data = new CorpusSettings { Root = _folder["data"], Files = ["a.jsonl"], Fields = ["q", "a"], HeldoutCharacters = 500 } };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var observer = new TinyPretraining.Observer(step =>
        {
            if (step == 3)
                stop.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ChainOfExpertsRun.StartAsync(recipe, _folder["run"], observer, stop.Token));
        using (var run = RunFolder.OpenReadOnly(_folder["run"]))
            Assert.Equal("stopped", run.ReadSummary().Status);

        File.AppendAllText(_folder["data/a.jsonl"], "{\"q\": \"One\", \"a\": \"more\"}\n");

        var error = await Assert.ThrowsAsync<RatchetException>(() => ChainOfExpertsRun.ResumeAsync(_folder["run"], new TinyPretraining.Observer(null), TestContext.Current.CancellationToken));
        Assert.Contains("data was changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_of_one_round_is_the_mixture() =>
        Assert.Equal(
            (Recipe.Model with { FeedForward = FeedForwardKind.Moe, SharedRouter = false }).Shape(259, 1, 2, 0),
            (Recipe.Model with { FeedForward = FeedForwardKind.Coe, Rounds = 1 }).Shape(259, 1, 2, 0));

    [Fact]
    public void Mistakes_are_told_with_what_to_do()
    {
        const string Text = """
            system: chain-of-experts
            name: wrong
            data:
              stories: 0
            model:
              experts: 3
              feed_forward: moe
              shared_router: true
            train:
              batch_tokens: 64
              tokens: 32
              engine: own
            device: cuda
            """;

        var reading = SystemRecipes.Catalog.Read(Text, "wrong.yaml");

        Assert.Equal(["data.stories", "model.experts", "model.feed_forward", "train.batch_tokens", "train.batch_tokens", "train.engine"], reading.Mistakes.Select(Place).Order(StringComparer.Ordinal));

        // A conflict is shown where one of its keys is written.
        static string Place(RecipeMistake m) => m.Key switch { "data.files" => "data.stories", "model.experts_per_token" => "model.experts", "model.shared_router" => "model.feed_forward", "train.tokens" => "train.batch_tokens", _ => m.Key };
    }

    [Fact]
    public void Held_out_documents_follow_from_their_text_and_leave_no_copy_behind()
    {
        List<string> documents = [.. Enumerable.Range(0, 60).Select(i => $"document {i % 50} of some length")];

        var corpus = TextCorpus.Divide(documents, 300);
        var shuffled = TextCorpus.Divide([.. documents.AsEnumerable().Reverse()], 300);

        Assert.Empty(corpus.Train.Intersect(corpus.Heldout));
        Assert.Equal(50, corpus.Train.Concat(corpus.Heldout).Distinct().Count());
        Assert.Equal(corpus.Heldout.Order(StringComparer.Ordinal), shuffled.Heldout.Order(StringComparer.Ordinal));
        Assert.True(corpus.Heldout.Sum(d => d.Length) is >= 300 and < 340);
        Assert.Contains("too few", Assert.Throws<RatchetException>(() => TextCorpus.Divide(documents, 100_000)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stories_are_right_and_the_same_for_everyone()
    {
        for (var i = 0; i < 200; i++)
        {
            var story = ArithmeticStories.Make(Loop.RandomStream.FromSeed(0), i);
            Assert.Equal(story, ArithmeticStories.Make(Loop.RandomStream.FromSeed(0), i));
            var lines = story.Split('\n');
            long result = 0;
            foreach (var step in lines[1..^1].Select(l => l.Split(' ')))
            {
                var (a, b) = (long.Parse(step[0]), long.Parse(step[2]));
                result = step[1] switch { "+" => a + b, "-" => a - b, "*" => a * b, _ => a / b };
                Assert.Equal(result, long.Parse(step[4]));
                Assert.True(step[1] != "/" || result * b == a);
            }

            Assert.Equal($"The answer is {result}.", lines[^1]);
        }
    }
}
