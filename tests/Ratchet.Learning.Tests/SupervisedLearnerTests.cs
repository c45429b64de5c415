using System.Text.Json;
using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests;

public sealed class SupervisedLearnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static LearningOptions Options { get; } = new()
    {
        BatchTokens = 60,
        LearningRate = 3e-3,
        SnapshotInterval = 3,
        Cpu = new CpuTrainerOptions { Shards = 2, ChunkTokens = 30 },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_checkpoint_holds_weights_shape_tokenizer_optimizer_and_manifest()
    {
        var result = await Learn("round-0");

        Assert.Equal("round-0", result.Checkpoint.Id);
        Assert.Equal(
            ["config.json", "manifest.json", "model.safetensors", "optimizer.safetensors", "tokenizer.json"],
            Directory.GetFiles(_folder["round-0"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["round-0"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        Assert.Equal(CheckpointStore.Open(_folder["round-0"]).WeightsHash, result.Checkpoint.WeightsHash);
        Assert.Equal(result.Steps, OptimizerFile.Load(_folder["round-0"]).Steps);
    }

    [Fact]
    public async Task The_manifest_leads_from_weights_to_rows_and_from_rows_to_attempts()
    {
        Example[] rows = [.. Rows(), Tiny.Row("proof", [1, 3, 4, 2], 2, 0.5f) with { AttemptIds = ["r1/train/p7/3"], ProblemId = "p7" }, Tiny.Row("unused", [1, 3, 2], 1, 0f)];
        var start = await Learn("round-0");
        var result = await Learn("round-1", Request("round-1", rows) with { Round = 1, From = start.Checkpoint });

        var manifest = TrainingManifest.TryLoad(_folder["round-1"]);

        Assert.NotNull(manifest);
        Assert.Equal(1, manifest.Round);
        Assert.Equal("round-0", manifest.FromId);
        Assert.Equal(start.Checkpoint.WeightsHash, manifest.FromWeightsHash);
        Assert.Equal(rows.Select(r => r.Id), manifest.Rows.Select(r => r.Id));
        var proof = manifest.Rows.Single(r => r.Id == "proof");
        Assert.Equal(("p7", 0.5f, 4, 2), (proof.ProblemId, proof.Weight, proof.Tokens, proof.Targets));
        Assert.Equal(["r1/train/p7/3"], proof.AttemptIds);
        Assert.Equal(result.Tokens, manifest.Tokens);
        Assert.Equal(2 * rows.Where(r => r.Weight > 0).Sum(r => r.Ids.Count), manifest.Tokens);
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder["round-1"], TrainingManifest.FileName)));
        Assert.Equal(
            ["round", "request_hash", "from_id", "from_weights_hash", "epochs", "steps", "tokens", "final_loss", "curve", "rows_hash", "rows"],
            file.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["id", "problem_id", "weight", "tokens", "targets", "attempt_ids"], file.RootElement.GetProperty("rows")[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(["step", "steps", "loss", "gradient_norm", "learning_rate", "tokens"], file.RootElement.GetProperty("curve")[0].EnumerateObject().Select(p => p.Name));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    public async Task A_training_that_is_stopped_and_started_again_ends_at_the_same_bits(int stopAfter)
    {
        var undisturbed = await Learn("a");
        Assert.True(undisturbed.Steps > 8, $"{undisturbed.Steps} steps");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LearnAndStop("b", stopAfter));
        Assert.True(Directory.Exists(_folder["b.snapshot"]));

        var seen = new List<LearningStep>();
        var resumed = await Learn("b", progress: seen);

        Assert.Equal(stopAfter + 1, seen[0].Step);
        Assert.Equal(undisturbed.Checkpoint.WeightsHash, resumed.Checkpoint.WeightsHash);
        Assert.Equal((undisturbed.Steps, undisturbed.Tokens, undisturbed.FinalLoss), (resumed.Steps, resumed.Tokens, resumed.FinalLoss));
        Assert.Equal(undisturbed.Curve, resumed.Curve);
        foreach (var file in Directory.GetFiles(_folder["a"]).Select(f => Path.GetFileName(f)))
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["a"], file)), File.ReadAllBytes(Path.Combine(_folder["b"], file)));
        Assert.False(Directory.Exists(_folder["b.snapshot"]));
    }

    [Fact]
    public async Task A_training_that_is_killed_goes_on_from_the_last_snapshot_on_disk()
    {
        var undisturbed = await Learn("a");
        await Assert.ThrowsAsync<InvalidOperationException>(() => LearnAndDie("b", 8));

        var seen = new List<LearningStep>();
        var resumed = await Learn("b", progress: seen);

        Assert.Equal(7, seen[0].Step);
        Assert.Equal(undisturbed.Checkpoint.WeightsHash, resumed.Checkpoint.WeightsHash);
    }

    [Theory]
    [InlineData("model.safetensors", true)]
    [InlineData("optimizer.safetensors", true)]
    [InlineData("optimizer.safetensors", false)]
    [InlineData("snapshot.json", true)]
    public async Task A_torn_snapshot_is_not_used(string file, bool truncate)
    {
        var undisturbed = await Learn("a");
        await Assert.ThrowsAsync<InvalidOperationException>(() => LearnAndDie("b", 5));
        var path = Path.Combine(_folder["b.snapshot"], file);
        var bytes = File.ReadAllBytes(path);
        if (truncate)
            bytes = bytes[..(bytes.Length / 2)];
        else
            bytes[^5] ^= 1;
        File.WriteAllBytes(path, bytes);

        var seen = new List<LearningStep>();
        var resumed = await Learn("b", progress: seen);

        Assert.Equal(1, seen[0].Step);
        Assert.Equal(undisturbed.Checkpoint.WeightsHash, resumed.Checkpoint.WeightsHash);
    }

    [Fact]
    public async Task A_snapshot_of_another_request_is_not_used()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => LearnAndDie("b", 5));

        var seen = new List<LearningStep>();
        await Learn("b", Request("b", [.. Rows(), Tiny.Row("new", [1, 5, 2])]), progress: seen);

        Assert.Equal(1, seen[0].Step);
    }

    [Fact]
    public async Task A_finished_training_is_not_done_again()
    {
        var first = await Learn("a");
        var seen = new List<LearningStep>();

        var second = await Learn("a", progress: seen);

        Assert.Empty(seen);
        Assert.Equal(first with { Curve = [] }, second with { Curve = [] });
        Assert.Equal(first.Steps, first.Curve.Count);
        Assert.Equal(first.Curve, second.Curve);
    }

    [Fact]
    public async Task Thread_count_and_snapshots_change_nothing()
    {
        var one = await Learn("a");
        var two = await Learn("b", options: Options with { SnapshotInterval = 0, Cpu = Options.Cpu with { Threads = 2 } });

        Assert.Equal(one.Checkpoint.WeightsHash, two.Checkpoint.WeightsHash);
    }

    [Fact]
    public async Task Continuing_takes_the_weights_and_on_demand_the_optimizer_of_a_checkpoint()
    {
        var start = await Learn("start");
        var request = Request("next") with { From = start.Checkpoint };

        var fresh = await Learn("fresh", request with { Folder = _folder["fresh"] });
        var kept = await Learn("kept", request with { Folder = _folder["kept"] }, Options with { KeepOptimizer = true });

        Assert.NotEqual(fresh.Checkpoint.WeightsHash, kept.Checkpoint.WeightsHash);
        Assert.Equal(fresh.Steps, OptimizerFile.Load(_folder["fresh"]).Steps);
        Assert.Equal(start.Steps + kept.Steps, OptimizerFile.Load(_folder["kept"]).Steps);
    }

    [Fact]
    public async Task Augmentation_sees_each_row_in_each_epoch_with_its_own_stream_and_survives_a_stop()
    {
        static Example Rotate(Example row, int epoch, RandomStream stream)
        {
            var shift = stream.NextInt(8);
            return row with { Ids = [.. row.Ids.Select(id => id < 3 ? id : 3 + ((id - 3 + shift) % 8))] };
        }

        var undisturbed = await Learn("a", augmentation: Rotate);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LearnAndStop("b", 5, Rotate));
        var resumed = await Learn("b", augmentation: Rotate);
        var plain = await Learn("c");

        Assert.Equal(undisturbed.Checkpoint.WeightsHash, resumed.Checkpoint.WeightsHash);
        Assert.NotEqual(plain.Checkpoint.WeightsHash, undisturbed.Checkpoint.WeightsHash);
    }

    [Fact]
    public async Task A_loss_that_is_not_finite_stops_with_the_step_and_keeps_the_snapshot()
    {
        var broken = DecoderWeights.Initialize(Tiny.Config, RandomStream.FromSeed(1));
        broken["model.norm.weight"][0] = float.NaN;
        var start = CheckpointStore.Save(_folder["broken"], "broken", broken, new Dictionary<string, string>());

        var e = await Assert.ThrowsAsync<RatchetException>(() => Learn("a", Request("a") with { From = start }));

        Assert.Contains("not a finite number at optimizer step 1", e.Message, StringComparison.Ordinal);
        Assert.Equal("Lower the learning rate, lengthen the warm-up or set a smaller clip norm.", e.Remedy);
    }

    [Fact]
    public async Task Rows_that_cannot_be_trained_on_are_refused_by_name()
    {
        async Task<string> Refusal(params Example[] rows) => (await Assert.ThrowsAsync<RatchetException>(() => Learn("a", Request("a", rows)))).Message;

        Assert.Equal("Round 0 has no rows to train on.", await Refusal());
        Assert.Equal("Round 0 has no rows to train on: all have the weight 0.", await Refusal(Tiny.Row("x", [1, 2], 1, 0f)));
        Assert.Equal("Row 'x' has its first target at 2, but has 2 ids; it must lie in [1, 1].", await Refusal(Tiny.Row("x", [1, 2], 2)));
        Assert.Equal("'x' has the id 11 at place 1; the model's vocabulary ends at 10.", await Refusal(Tiny.Row("x", [1, 11])));
        Assert.Equal("'x' has 97 ids; the model takes at most 96.", await Refusal(Tiny.Row("x", new int[97])));
        Assert.Equal("Row 'x' has the weight NaN; a weight is finite and at least 0.", await Refusal(Tiny.Row("x", [1, 2], 1, float.NaN)));
    }

    private static Example[] Rows() => Tiny.Rows(40, 11, seed: 3);

    private LearningRequest Request(string folder, IReadOnlyList<Example>? rows = null) => new()
    {
        Round = 0,
        From = null,
        Examples = rows ?? Rows(),
        Epochs = 2,
        Stream = RandomStream.FromSeed(9),
        Folder = _folder[folder],
    };

    private Task<LearningResult> Learn(string folder, LearningRequest? request = null, LearningOptions? options = null, List<LearningStep>? progress = null, RowAugmentation? augmentation = null) =>
        Learner(options, augmentation).LearnAsync(request ?? Request(folder), progress is null ? null : new Reporter(progress.Add), default);

    private static SupervisedLearner Learner(LearningOptions? options, RowAugmentation? augmentation) =>
        new(Tiny.Config, new DigitTokenizer(), options ?? Options, augmentation: augmentation);

    private async Task LearnAndStop(string folder, int steps, RowAugmentation? augmentation = null)
    {
        using var stop = new CancellationTokenSource();
        var reporter = new Reporter(step =>
        {
            if (step.Step == steps)
                stop.Cancel();
        });
        await Learner(null, augmentation).LearnAsync(Request(folder), reporter, stop.Token);
    }

    /// <summary>As a kill does it: nothing is tidied up or saved after the step.</summary>
    private Task LearnAndDie(string folder, int steps) => Learner(null, null).LearnAsync(
        Request(folder),
        new Reporter(step =>
        {
            if (step.Step == steps)
                throw new InvalidOperationException("killed");
        }),
        default);

    private sealed class Reporter(Action<LearningStep> action) : IProgress<LearningStep>
    {
        public void Report(LearningStep value) => action(value);
    }
}
