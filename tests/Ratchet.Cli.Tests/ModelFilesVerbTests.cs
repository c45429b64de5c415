using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;

namespace Ratchet.Cli.Tests;

public sealed class ModelFilesVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ratchet-model-verb-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Models_are_shown_averaged_converted_and_compared()
    {
        var config = new DecoderConfig { VocabularySize = 11, HiddenSize = 8, Layers = 1, Heads = 2, KeyValueHeads = 2, HeadSize = 4, FeedForwardSize = 12, MaxPositions = 16 };
        foreach (var (name, seed) in ((string, ulong)[])[("a", 1), ("b", 2)])
            CheckpointStore.Save(In(name), name, DecoderWeights.Initialize(config, RandomStream.FromSeed(seed)), new Dictionary<string, string>());

        var show = await CliRun.Of("model", "show", In("a"));
        Assert.Equal(0, show.ExitCode);
        Assert.StartsWith($"11 tensors, {config.ParameterCount} parameters, {config.ParameterCount * 4} bytes\nF32      {config.ParameterCount}\ndecoder: 1 layers, width 8,", show.Out, StringComparison.Ordinal);

        Assert.Equal(0, (await CliRun.Of("model", "average", In("a"), In("b"), "--share", "0.5", "-o", In("half"))).ExitCode);
        Assert.Equal(0, (await CliRun.Of("model", "average", In("a"), In("b"), "-o", In("mean"))).ExitCode);
        Assert.Equal(0, (await CliRun.Of("model", "average", In("a"), In("b"), "--task", "1", "-o", In("task"))).ExitCode);
        Assert.Equal((0, "0 of 11 common tensors differ\n"), Brief(await CliRun.Of("model", "diff", In("half"), In("mean"))));
        Assert.Equal((0, "0 of 11 common tensors differ\n"), Brief(await CliRun.Of("model", "diff", In("b"), In("task"))));
        Assert.Equal(1, (await CliRun.Of("model", "diff", In("a"), In("b"))).ExitCode);

        Assert.Equal(0, (await CliRun.Of("model", "convert", In("a"), "--type", "bfloat16", "-o", In("small"))).ExitCode);
        Assert.Contains("BF16", (await CliRun.Of("model", "show", In("small"))).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_is_worked_into_its_model_and_into_no_other()
    {
        var config = new DecoderConfig { VocabularySize = 11, HiddenSize = 8, Layers = 1, Heads = 2, KeyValueHeads = 2, HeadSize = 4, FeedForwardSize = 12, MaxPositions = 16 };
        var weights = DecoderWeights.Initialize(config, RandomStream.FromSeed(1));
        var model = CheckpointStore.Save(In("base"), "base", weights, new Dictionary<string, string>());
        CheckpointStore.Save(In("other"), "other", DecoderWeights.Initialize(config, RandomStream.FromSeed(2)), new Dictionary<string, string>());
        var adapter = LoraAdapter.Initialize(weights, new LoraOptions { Rank = 2, Targets = ["v_proj"] }, RandomStream.FromSeed(3));
        adapter[adapter.Modules[0].Up][0] = 1;
        AdapterStore.Save(In("adapter"), "adapter", adapter, model, new Dictionary<string, string>());

        var merged = await CliRun.Of("model", "merge-lora", In("base"), In("adapter"), "-o", In("merged"));
        var wrong = await CliRun.Of("model", "merge-lora", In("other"), In("adapter"), "-o", In("wrong"));

        Assert.Equal((0, $"{In("merged")} {CheckpointStore.Open(In("merged")).WeightsHash}\n"), Brief(merged));
        Assert.Matches(@"^model\.layers\.0\.self_attn\.v_proj\.weight: .*\n1 of 11 common tensors differ\n$", (await CliRun.Of("model", "diff", In("base"), In("merged"))).Out);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("was trained on other weights", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_is_told_and_nothing_is_written()
    {
        var run = await CliRun.Of("model", "average", In("none"), In("other"), "--share", "0.5", "-o", In("out"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"There is no folder '{In("none")}'.", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    private static (int ExitCode, string Out) Brief(CliRun run) => (run.ExitCode, run.Out);

    private string In(string name) => Path.Combine(_folder, name);
}
