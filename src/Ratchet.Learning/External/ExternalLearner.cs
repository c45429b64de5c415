using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Learning.External;

/// <summary>Settings of <see cref="ExternalLearner"/>.</summary>
public sealed record ExternalLearnerOptions
{
    /// <summary>
    /// Program and arguments. In each, <c>{rows}</c> stands for the file of rows, <c>{base}</c> for the folder of the model to start from, <c>{out}</c> for
    /// the folder to write the checkpoint to (not there yet), <c>{round}</c>, <c>{epochs}</c> and <c>{seed}</c> for numbers.
    /// </summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Layout of the rows.</summary>
    public RowFormat Format { get; init; }

    /// <summary>Kind of the file of rows.</summary>
    public RowFileType File { get; init; }

    /// <summary>Folder that the command is started in, or null for the current one.</summary>
    public string? Folder { get; init; }

    /// <summary>Time that one call may take, or null for any.</summary>
    public TimeSpan? Limit { get; init; }
}

/// <summary>Learns by a user's own training program: writes the rows, runs the program, checks the checkpoint that it wrote and takes it over.</summary>
/// <remarks>
/// <para>Works in <c>FOLDER.external</c> beside the checkpoint's folder. What the program printed is in <c>trainer.log</c> there, and later in the checkpoint. A program that
/// was killed with the run is called again for the whole round, with a new output folder; one that had ended well is not.</para>
/// <para>The program may write a whole model or an adapter (<see cref="AdapterStore"/>) of the model that it started from. Where it writes
/// <c>trainer_state.json</c>, as the trainers of the transformers library do, steps, loss and curve come from there; without it they are 0 and empty.</para>
/// <para>Row weights other than 0 are not passed on. Bits of two runs are equal as far as the program's are.</para>
/// </remarks>
public sealed class ExternalLearner : ILearner
{
    private const string LogName = "trainer.log";
    private const string StateName = "trainer_state.json";

    private readonly ExternalLearnerOptions _options;
    private readonly ITokenizer _tokenizer;
    private readonly Func<LearningRequest, IReadOnlyList<TextRow>> _texts;

    /// <summary>Makes a learner.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="tokenizer">Tokenizer of the run; its files are put beside the weights.</param>
    /// <param name="texts">The rows of a request as text; depends on the request and on what was recorded before it alone.</param>
    public ExternalLearner(ExternalLearnerOptions options, ITokenizer tokenizer, Func<LearningRequest, IReadOnlyList<TextRow>> texts)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(texts);
        if (options.Command.Count == 0)
            throw new ArgumentException("The command is empty.", nameof(options));
        (_options, _tokenizer, _texts) = (options, tokenizer, texts);
    }

    /// <inheritdoc/>
    /// <exception cref="RatchetException">
    /// There is no model to start from or no row; the command is not found, fails or takes too long; or it wrote no checkpoint that can be used. The message ends with
    /// the last lines of its output.
    /// </exception>
    public async Task<LearningResult> LearnAsync(LearningRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var from = request.From ?? throw new RatchetException("An external trainer needs a model to start from.", "Give one in model.path.");
        var texts = _texts(request);
        if (texts.Count == 0)
            throw new RatchetException($"Round {request.Round} has no rows for the external trainer.", "Add seed problems, make more attempts or loosen the selection.");
        var rowsHash = RequestHash.Rows(request.Examples);
        var hash = Hash(request, from, rowsHash, texts);
        if (TrainingManifest.TryLoad(request.Folder) is { } manifest && manifest.RequestHash == hash)
        {
            DeleteWork(request.Folder);
            return new LearningResult(CheckpointStore.Open(request.Folder), manifest.Steps, manifest.Tokens, manifest.FinalLoss) { Curve = manifest.Curve };
        }

        var work = WorkFolder(request.Folder);
        var done = Path.Combine(work, "done.json");
        var output = ReadDone(done, hash);
        if (output is null)
        {
            output = await TrainAsync(request, from, texts, work, cancellationToken);
            Check(output, from, work);
            RunFolder.WriteAtomically(done, JsonSerializer.Serialize(new Dictionary<string, string> { ["request"] = hash, ["output"] = Path.GetFileName(output) }));
        }

        return TakeOver(request, from, hash, rowsHash, output, work);
    }

    private static string WorkFolder(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + ".external";

    private async Task<string> TrainAsync(LearningRequest request, Checkpoint from, IReadOnlyList<TextRow> texts, string work, CancellationToken cancellationToken)
    {
        var record = Path.Combine(work, "process.json");
        TrainerProcess.EndLeftover(record);
        DeleteWork(request.Folder);
        Directory.CreateDirectory(work);
        var rows = Path.Combine(work, _options.File == RowFileType.Parquet ? "rows.parquet" : "rows.jsonl");
        await RowFile.WriteAsync(rows, texts, _options.Format, _options.File, cancellationToken);

        // A name of its own for each call, so that what is left of a killed one cannot be taken for its output.
        var output = Path.Combine(work, "output-" + Guid.NewGuid().ToString("N")[..8]);
        var values = new Dictionary<string, string>
        {
            ["{rows}"] = rows,
            ["{base}"] = Path.GetFullPath(from.Folder),
            ["{out}"] = output,
            ["{round}"] = request.Round.ToString(CultureInfo.InvariantCulture),
            ["{epochs}"] = request.Epochs.ToString(CultureInfo.InvariantCulture),

            // 31 bits, which every program's generator takes.
            ["{seed}"] = (request.Stream.Derive("external").Key >> 33).ToString(CultureInfo.InvariantCulture),
        };
        List<string> command = [.. _options.Command.Select(part => values.Aggregate(part, (text, v) => text.Replace(v.Key, v.Value, StringComparison.Ordinal)))];
        await TrainerProcess.RunAsync(command, _options.Folder, Path.Combine(work, LogName), record, _options.Limit, cancellationToken);
        return output;
    }

    /// <summary>Refuses what cannot be sampled from.</summary>
    private void Check(string output, Checkpoint from, string work)
    {
        if (!Directory.Exists(output) || !Directory.EnumerateFileSystemEntries(output).Any())
            throw Unusable($"The trainer ended well and wrote no checkpoint to '{output}' ({{out}}).", null);
        try
        {
            CheckpointStore.Open(output);
            if (AdapterStore.IsAdapter(output) && Path.GetFullPath(AdapterStore.BaseFolder(output)) != Path.GetFullPath(from.Folder))
                throw new RatchetException($"its adapter is for '{AdapterStore.BaseFolder(output)}', and training began at '{from.Folder}'");
            var (made, start) = (CheckpointStore.LoadConfig(output), CheckpointStore.LoadConfig(from.Folder));
            if (made.VocabularySize < _tokenizer.VocabularySize || made.MaxPositions < start.MaxPositions)
                throw new RatchetException($"it has {made.VocabularySize} ids and {made.MaxPositions} positions; the run needs {_tokenizer.VocabularySize} and {start.MaxPositions}");
        }
        catch (RatchetException e)
        {
            throw Unusable($"The trainer's checkpoint cannot be used: {e.Message}", e);
        }

        RatchetException Unusable(string message, Exception? inner) => new(
            message + TrainerProcess.Tail(Path.Combine(work, LogName)), "Let the trainer save a model or an adapter in the Hugging Face layout (config.json or adapter_config.json, safetensors) to {out}.", inner!);
    }

    /// <summary>Completes the output's folder and puts it in the checkpoint's place.</summary>
    private LearningResult TakeOver(LearningRequest request, Checkpoint from, string hash, string rowsHash, string output, string work)
    {
        var (steps, loss, curve) = ReadState(output);
        var tokens = (long)(request.Examples.Where(r => r.Weight > 0).Sum(r => (long)r.Ids.Count) * request.Epochs);
        var manifest = new TrainingManifest
        {
            Round = request.Round,
            RequestHash = hash,
            FromId = from.Id,
            FromWeightsHash = from.WeightsHash,
            Epochs = request.Epochs,
            Steps = steps,
            Tokens = tokens,
            FinalLoss = loss,
            Curve = curve,
            RowsHash = rowsHash,
            Rows = TrainingManifest.Entries(request.Examples),
        };
        try
        {
            if (AdapterStore.IsAdapter(output))
                AdapterStore.SetBase(output, request.Folder, from.Folder);
            foreach (var (name, text) in _tokenizer.Save())
                DurableFolder.WriteText(Path.Combine(output, name), text);
            File.Copy(Path.Combine(work, LogName), Path.Combine(output, LogName), overwrite: true);
            DurableFolder.WriteText(Path.Combine(output, TrainingManifest.FileName), manifest.ToJson());
            DurableFolder.Replace(output, Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Folder)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"The checkpoint '{request.Folder}' cannot be written");
        }

        DeleteWork(request.Folder);
        return new LearningResult(CheckpointStore.Open(request.Folder), steps, tokens, loss) { Curve = curve };
    }

    private string Hash(LearningRequest request, Checkpoint from, string rowsHash, IReadOnlyList<TextRow> texts)
    {
        var command = JsonSerializer.Serialize(_options.Command);
        using var rows = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in texts)
            rows.AppendData(JsonSerializer.SerializeToUtf8Bytes(row));
        var text = FormattableString.Invariant($"""
            ratchet external learning 1
            round {request.Round} epochs {request.Epochs:R} stream {request.Stream.Key:x} {request.Stream.Position}
            start {from.WeightsHash}
            command {command} {_options.Format} {_options.File}
            rows {rowsHash} {Convert.ToHexStringLower(rows.GetHashAndReset())}
            """);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The output of a call that ended well before a kill, or null.</summary>
    private static string? ReadDone(string done, string hash)
    {
        try
        {
            if (!File.Exists(done) || JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(done)) is not { } state || state.GetValueOrDefault("request") != hash)
                return null;
            var output = Path.Combine(Path.GetDirectoryName(done)!, state["output"]);
            return Directory.Exists(output) ? output : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Steps, last loss and curve of <c>trainer_state.json</c>, as far as they are there.</summary>
    private static (int Steps, double Loss, IReadOnlyList<LearningStep> Curve) ReadState(string output)
    {
        const int Points = 100;
        try
        {
            var path = Path.Combine(output, StateName);
            if (!File.Exists(path))
                return (0, 0, []);
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            var steps = json.RootElement.TryGetProperty("global_step", out var step) && step.TryGetInt32(out var number) ? number : 0;
            var curve = new List<LearningStep>();
            if (json.RootElement.TryGetProperty("log_history", out var history) && history.ValueKind == JsonValueKind.Array)
            {
                foreach (var entry in history.EnumerateArray())
                {
                    if (Number(entry, "loss") is { } loss && Number(entry, "step") is { } at)
                        curve.Add(new LearningStep((int)at, steps, loss, Number(entry, "grad_norm") ?? 0, Number(entry, "learning_rate") ?? 0, 0));
                }
            }

            var thinned = curve.Where((_, i) => (long)(i + 1) * Points / curve.Count != (long)i * Points / curve.Count).DistinctBy(p => p.Step).ToList();
            return (steps, curve.Count > 0 ? curve[^1].Loss : 0, thinned);
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException)
        {
            // A file of that name from another program.
            return (0, 0, []);
        }

        static double? Number(JsonElement entry, string name) =>
            entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble()) ? value.GetDouble() : null;
    }

    private static void DeleteWork(string folder)
    {
        var work = WorkFolder(folder);
        try
        {
            if (Directory.Exists(work))
                Directory.Delete(work, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"'{work}' cannot be removed");
        }
    }
}
