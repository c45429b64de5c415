using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Parquet.Serialization;
using Ratchet.Checkpoints;
using Ratchet.Learning.External;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests;

public sealed class ExternalLearnerTests : IDisposable
{
    private static readonly TextRow[] Texts = [new("1 + 1 =\n", " 2 \"two\""), new("größer?", "ja ✓")];

    /// <summary>Copies the model, changes its last number, notes what it was called with, and says so.</summary>
    private const string CopyAndChange = """
        set -e
        echo "called with $1 $2 $3 $4 $5 $6"; echo problem >&2
        echo x >> "$7"; cp "$1" "$7.rows"
        cp -r "$2" "$3"
        printf '\1\2\3\4' | dd of="$3/model.safetensors" bs=1 seek=$(( $(stat -c %s "$3/model.safetensors") - 4 )) conv=notrunc 2>/dev/null
        echo '{"global_step": 7, "log_history": [{"step": 3, "loss": 2.5, "grad_norm": 1.5, "learning_rate": 0.1}, {"step": 7, "loss": 1.25}, {"train_loss": 1.9}]}' > "$3/trainer_state.json"
        """;

    private readonly TemporaryFolder _folder = new();

    public ExternalLearnerTests() => Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "The trainers of these tests are scripts for bash.");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_program_is_given_the_rows_and_its_checkpoint_is_taken_over()
    {
        var start = Start();

        var result = await Learner(CopyAndChange).LearnAsync(Request(start), null, CancellationToken.None);

        Assert.Equal(_folder["round-1"], result.Checkpoint.Folder);
        Assert.NotEqual(start.WeightsHash, result.Checkpoint.WeightsHash);
        Assert.Equal(start.WeightsHash, CheckpointStore.Open(start.Folder).WeightsHash);
        Assert.Equal((7, 1.25), (result.Steps, result.FinalLoss));
        Assert.Equal([new LearningStep(3, 7, 2.5, 1.5, 0.1, 0), new LearningStep(7, 7, 1.25, 0, 0, 0)], result.Curve);
        Assert.Equal(["{\"prompt\":\"1 + 1 =\\n\",\"completion\":\" 2 \\\"two\\\"\"}", "{\"prompt\":\"größer?\",\"completion\":\"ja ✓\"}"], File.ReadAllLines(_folder["calls.rows"]));
        Assert.Equal(
            ["config.json", "manifest.json", "model.safetensors", "tokenizer.json", "trainer.log", "trainer_state.json"],
            Directory.GetFiles(_folder["round-1"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Matches($@"^called with \S+/rows\.jsonl {start.Folder} \S+ 1 2 \d+$", File.ReadAllLines(Path.Combine(_folder["round-1"], "trainer.log")).Single(l => l.StartsWith("called", StringComparison.Ordinal)));
        Assert.Contains("problem", File.ReadAllText(Path.Combine(_folder["round-1"], "trainer.log")), StringComparison.Ordinal);
        Assert.Equal("start", TrainingManifest.TryLoad(_folder["round-1"])!.FromId);
        Assert.False(Directory.Exists(_folder["round-1.external"]));

        // The same request again is answered from the disk.
        Assert.Equal(result.Checkpoint.WeightsHash, (await Learner(CopyAndChange).LearnAsync(Request(start), null, CancellationToken.None)).Checkpoint.WeightsHash);
        Assert.Single(File.ReadAllLines(_folder["calls"]));
    }

    [Fact]
    public async Task An_output_that_was_done_when_the_run_was_killed_is_not_trained_again()
    {
        var start = Start();
        await Learner(CopyAndChange).LearnAsync(Request(start), null, CancellationToken.None);

        // As a kill leaves it between the trainer's end and the taking over.
        Directory.CreateDirectory(_folder["round-1.external"]);
        var hash = TrainingManifest.TryLoad(_folder["round-1"])!.RequestHash;
        File.Delete(Path.Combine(_folder["round-1"], TrainingManifest.FileName));
        File.Move(Path.Combine(_folder["round-1"], "trainer.log"), Path.Combine(_folder["round-1.external"], "trainer.log"));
        Directory.Move(_folder["round-1"], Path.Combine(_folder["round-1.external"], "output-1"));
        File.WriteAllText(Path.Combine(_folder["round-1.external"], "done.json"), JsonSerializer.Serialize(new { request = hash, output = "output-1" }));

        var again = await Learner(CopyAndChange).LearnAsync(Request(start), null, CancellationToken.None);

        Assert.Single(File.ReadAllLines(_folder["calls"]));
        Assert.Equal(7, again.Steps);
        Assert.Equal(hash, TrainingManifest.TryLoad(_folder["round-1"])!.RequestHash);
        Assert.False(Directory.Exists(_folder["round-1.external"]));

        // Another request is trained.
        await Learner(CopyAndChange).LearnAsync(Request(start) with { Epochs = 3 }, null, CancellationToken.None);
        Assert.Equal(2, File.ReadAllLines(_folder["calls"]).Length);
    }

    [Fact]
    public async Task A_training_that_is_stopped_leaves_no_process_and_begins_again()
    {
        using var stop = new CancellationTokenSource();
        var start = Start();
        var running = Learner("echo x >> \"$7\"; mkdir -p \"$3\"; echo half > \"$3/config.json\"; sleep 600 & echo $! > \"$7.pid\"; wait").LearnAsync(Request(start), null, stop.Token);
        while (!File.Exists(_folder["calls.pid"]) || File.ReadAllText(_folder["calls.pid"]).Length < 2)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        var id = int.Parse(File.ReadAllText(_folder["calls.pid"]));
        Assert.True(IsGone(id));
        Assert.Equal(7, (await Learner(CopyAndChange).LearnAsync(Request(start), null, CancellationToken.None)).Steps);
        Assert.Equal(2, File.ReadAllLines(_folder["calls"]).Length);
    }

    [Fact]
    public async Task A_program_that_outlives_a_killed_run_is_ended_before_the_next_begins()
    {
        using var leftover = Process.Start(new ProcessStartInfo("sleep", "600"))!;
        Directory.CreateDirectory(_folder["round-1.external"]);
        File.WriteAllText(Path.Combine(_folder["round-1.external"], "process.json"), JsonSerializer.Serialize(new[] { leftover.Id, leftover.StartTime.ToUniversalTime().Ticks }));

        await Learner(CopyAndChange).LearnAsync(Request(Start()), null, CancellationToken.None);

        Assert.True(leftover.WaitForExit(5000));
    }

    [Theory]
    [InlineData("echo one; echo two >&2; exit 3", "The trainer ended with exit code 3. Its last lines (", "one")]
    [InlineData("true", "wrote no checkpoint to", "It printed nothing")]
    [InlineData("mkdir \"$3\"; echo '{}' > \"$3/config.json\"; echo saved", "The trainer's checkpoint cannot be used: ", "saved")]
    [InlineData("cp -r \"$2\" \"$3\"; truncate -s -100 \"$3/model.safetensors\"", "The trainer's checkpoint cannot be used: ", "model.safetensors")]
    [InlineData("echo working; sleep 600", "The trainer took longer than 0.01 minutes and was ended.", "working")]
    public async Task What_goes_wrong_is_told_with_the_last_lines(string script, string says, string also)
    {
        var error = await Assert.ThrowsAsync<RatchetException>(() => Learner(script, TimeSpan.FromMinutes(0.01)).LearnAsync(Request(Start()), null, CancellationToken.None));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains(also, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Remedy);
        Assert.False(Directory.Exists(_folder["round-1"]));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_told()
    {
        var learner = new ExternalLearner(new ExternalLearnerOptions { Command = ["no-such-trainer", "{rows}", "{out}"] }, new DigitTokenizer(), _ => Texts);

        var error = await Assert.ThrowsAsync<RatchetException>(() => learner.LearnAsync(Request(Start()), null, CancellationToken.None));

        Assert.StartsWith("The trainer 'no-such-trainer' cannot be started: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_is_taken_over_with_the_place_of_its_model_and_one_of_another_model_is_not()
    {
        var start = Start();
        var weights = CheckpointStore.LoadWeights(start.Folder);
        var other = CheckpointStore.Save(_folder["other"], "other", weights, new Dictionary<string, string>());
        AdapterStore.Save(_folder["elsewhere/right"], "a", LoraTrainerTests.Moved(weights, LoraTrainerTests.Options("lora")), start, new Dictionary<string, string>());
        AdapterStore.Save(_folder["elsewhere/wrong"], "a", LoraTrainerTests.Moved(weights, LoraTrainerTests.Options("lora")), other, new Dictionary<string, string>());

        var error = await Assert.ThrowsAsync<RatchetException>(() => Learner($"cp -r '{_folder["elsewhere/wrong"]}' \"$3\"").LearnAsync(Request(start), null, CancellationToken.None));
        var result = await Learner($"cp -r '{_folder["elsewhere/right"]}' \"$3\"").LearnAsync(Request(start), null, CancellationToken.None);

        Assert.Contains("its adapter is for", error.Message, StringComparison.Ordinal);
        Assert.Contains("\"base_model_name_or_path\": \"../start\"", File.ReadAllText(Path.Combine(_folder["round-1"], AdapterStore.ConfigFile)), StringComparison.Ordinal);
        Assert.Equal(Tiny.Bits(CheckpointStore.LoadWeights(_folder["elsewhere/right"])), Tiny.Bits(CheckpointStore.LoadWeights(result.Checkpoint.Folder)));
    }

    [Fact]
    public async Task Rows_are_the_same_in_Parquet_as_in_JSON_lines()
    {
        TextRow[] rows = [.. Texts.Select(t => t with { Rejected = "no, " + t.Completion })];
        foreach (var type in Enum.GetValues<RowFileType>())
        {
            foreach (var format in Enum.GetValues<RowFormat>())
                await RowFile.WriteAsync(_folder[$"{format}.{type}"], rows, format, type, CancellationToken.None);
        }

        Assert.Equal("{\"messages\":[{\"role\":\"user\",\"content\":\"größer?\"},{\"role\":\"assistant\",\"content\":\"ja ✓\"}]}", File.ReadAllLines(_folder["Messages.Jsonl"])[1]);
        Assert.Equal("{\"prompt\":\"größer?\",\"chosen\":\"ja ✓\",\"rejected\":\"no, ja ✓\"}", File.ReadAllLines(_folder["Preference.Jsonl"])[1]);
        await Same<PromptCompletion>("PromptCompletion");
        await Same<Preference>("Preference");
        await Same<Conversation>("Messages");
        await Assert.ThrowsAsync<ArgumentException>(() => RowFile.WriteAsync(_folder["x"], Texts, RowFormat.Preference, RowFileType.Jsonl, CancellationToken.None));

        async Task Same<T>(string format)
            where T : class, new()
        {
            await using var stream = File.OpenRead(_folder[format + ".Parquet"]);
            var read = await ParquetSerializer.DeserializeAsync<T>(stream, cancellationToken: TestContext.Current.CancellationToken);
            var options = new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
            Assert.Equal(File.ReadAllLines(_folder[format + ".Jsonl"]), read.Data.Select(r => JsonSerializer.Serialize(r, options)));
        }
    }

    /// <summary>True where a process is not there, or is dead and only waits to be noticed.</summary>
    private static bool IsGone(int id) => !File.Exists($"/proc/{id}/stat") || File.ReadAllText($"/proc/{id}/stat").Split(") ")[1][0] == 'Z';

    private Checkpoint Start() => CheckpointStore.Save(_folder["start"], "start", Tiny.Weights(Tiny.Config), new Dictionary<string, string>());

    private LearningRequest Request(Checkpoint from) => new()
    {
        Round = 1, From = from, Examples = Tiny.Rows(4, 11), Epochs = 2, Stream = RandomStream.FromSeed(5), Folder = _folder["round-1"],
    };

    private ExternalLearner Learner(string script, TimeSpan? limit = null) => new(
        new ExternalLearnerOptions { Command = ["/bin/bash", "-c", script, "trainer", "{rows}", "{base}", "{out}", "{round}", "{epochs}", "{seed}", _folder["calls"]], Limit = limit },
        new DigitTokenizer(),
        _ => Texts);

    private sealed class PromptCompletion
    {
        [JsonPropertyName("prompt")]
        public string Prompt { get; set; } = "";

        [JsonPropertyName("completion")]
        public string Completion { get; set; } = "";
    }

    private sealed class Preference
    {
        [JsonPropertyName("prompt")]
        public string Prompt { get; set; } = "";

        [JsonPropertyName("chosen")]
        public string Chosen { get; set; } = "";

        [JsonPropertyName("rejected")]
        public string Rejected { get; set; } = "";
    }

    private sealed class Conversation
    {
        [JsonPropertyName("messages")]
        public List<Turn> Messages { get; set; } = [];
    }

    private sealed class Turn
    {
        [JsonPropertyName("role")]
        public string Role { get; set; } = "";

        [JsonPropertyName("content")]
        public string Content { get; set; } = "";
    }
}
