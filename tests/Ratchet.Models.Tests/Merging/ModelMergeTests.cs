using System.Diagnostics;
using Ratchet.Models.Merging;
using Ratchet.Models.Safetensors;
using Ratchet.Runs;

namespace Ratchet.Models.Tests.Merging;

public sealed class ModelMergeTests : IDisposable
{
    private const string ChildVariable = "RATCHET_MERGE_CHILD";
    private const int LimitBytes = 64 << 20;

    private static readonly Dictionary<string, string> Files = new() { ["tokenizer.json"] = "{}" };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_interpolation_is_the_weighted_sum_of_every_element()
    {
        var (a, b) = (Save("a", 1), Save("b", 2));

        var merged = ModelMerge.Interpolate(_folder["a"], _folder["b"], 0.25, _folder["out"], new MergeOptions { ChunkElements = 7 });

        var c = CheckpointStore.LoadWeights(_folder["out"]);
        foreach (var (name, _) in a.Config.WeightShapes())
        {
            for (var i = 0; i < a[name].Length; i++)
                Assert.Equal((float)((0.75 * a[name][i]) + (0.25 * b[name][i])), c[name][i]);
        }

        Assert.Equal(merged.WeightsHash, CheckpointStore.Open(_folder["out"]).WeightsHash);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"], Directory.GetFiles(_folder["out"]).Select(Path.GetFileName).Order());
        Assert.Equal(3, Directory.GetFileSystemEntries(_folder.Path).Length);
    }

    [Fact]
    public void Share_0_and_1_and_task_arithmetic_give_the_models_back()
    {
        Save("a", 1);
        Save("b", 2);
        ModelMerge.Interpolate(_folder["a"], _folder["b"], 0, _folder["zero"]);
        ModelMerge.Interpolate(_folder["a"], _folder["b"], 1, _folder["one"]);
        ModelMerge.TaskArithmetic(_folder["a"], [(_folder["b"], 1)], _folder["task"]);
        ModelMerge.UniformSoup([_folder["a"], _folder["a"]], _folder["same"]);

        Assert.All(ModelDiff.Compare(_folder["a"], _folder["zero"]).Tensors, d => Assert.Equal(0, d.Largest));
        Assert.All(ModelDiff.Compare(_folder["b"], _folder["one"]).Tensors, d => Assert.Equal(0, d.Largest));
        Assert.All(ModelDiff.Compare(_folder["b"], _folder["task"]).Tensors, d => Assert.Equal(0, d.Largest));
        Assert.All(ModelDiff.Compare(_folder["a"], _folder["same"]).Tensors, d => Assert.Equal(0, d.Largest));
        Assert.Contains(ModelDiff.Compare(_folder["a"], _folder["b"]).Tensors, d => d.Largest > 0.1 && d.Relative > 0.1);
    }

    [Fact]
    public void A_negative_task_weight_takes_what_was_learned_away()
    {
        var (a, b) = (Save("a", 1), Save("b", 2));

        ModelMerge.TaskArithmetic(_folder["a"], [(_folder["b"], -0.5)], _folder["out"]);

        var c = CheckpointStore.LoadWeights(_folder["out"]);
        Assert.Equal((float)((1.5 * a["model.norm.weight"][3]) - (0.5 * b["model.norm.weight"][3])), c["model.norm.weight"][3]);
    }

    [Fact]
    public async Task A_greedy_soup_keeps_a_model_only_where_the_score_does_not_fall()
    {
        // The score is closeness of one element to a wish; the third model pulls the mean away from it.
        foreach (var (name, value) in ((string, float)[])[("a", 1f), ("b", 3f), ("c", 20f), ("d", 2f)])
            Single(name, value);
        double Score(string folder)
        {
            using var file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
            return -Math.Abs(file.ReadFloats("w")[0] - 2.25);
        }

        var (_, score, kept) = await ModelMerge.GreedySoupAsync([_folder["a"], _folder["b"], _folder["c"], _folder["d"]], f => Task.FromResult(Score(f)), _folder["out"]);

        // d (2) first, with b (3) the mean is 2.5: as close as before, so kept; a makes it 2, c far off: both left out.
        Assert.Equal([_folder["d"], _folder["b"], _folder["a"]], kept);
        Assert.Equal(-0.25, score);
        Assert.Equal(-0.25, Score(_folder["out"]));
        Assert.False(Directory.Exists(_folder["out.candidate"]));
    }

    [Fact]
    public void A_conversion_changes_type_and_parts_and_nothing_else()
    {
        var a = Save("a", 1);

        ModelMerge.Convert(_folder["a"], _folder["half"], new MergeOptions { Type = WeightsType.BFloat16, ShardBytes = 2000 });
        ModelMerge.Convert(_folder["half"], _folder["whole"], new MergeOptions { Type = WeightsType.Float32 });
        CheckpointStore.Save(_folder["direct"], "direct", a, Files, WeightsType.BFloat16);

        Assert.True(Directory.GetFiles(_folder["half"], "model-*.safetensors").Length > 2);
        Assert.Contains("\"bfloat16\"", File.ReadAllText(_folder["half/config.json"]), StringComparison.Ordinal);
        var (half, whole, direct) = (CheckpointStore.LoadWeights(_folder["half"]), CheckpointStore.LoadWeights(_folder["whole"]), CheckpointStore.LoadWeights(_folder["direct"]));
        foreach (var (name, _) in a.Config.WeightShapes())
        {
            Assert.Equal(direct[name], half[name]);
            Assert.Equal(direct[name], whole[name]);
        }
    }

    [Fact]
    public void Models_that_do_not_fit_are_refused_with_the_names()
    {
        Save("a", 1);
        CheckpointStore.Save(_folder["wide"], "wide", TinyModels.Weights(TinyModels.Plain with { FeedForwardSize = 32, TiedHead = false }), Files);

        var message = Assert.Throws<RatchetException>(() => ModelMerge.UniformSoup([_folder["a"], _folder["wide"]], _folder["out"])).Message;

        Assert.Contains("not the same kind of model", message, StringComparison.Ordinal);
        Assert.Contains("'model.layers.0.mlp.gate_proj.weight' is [24, 16] and [32, 16]", message, StringComparison.Ordinal);
        Assert.Contains("only the second has 'lm_head.weight'", message, StringComparison.Ordinal);
        Assert.Contains("is the model", Assert.Throws<RatchetException>(() => ModelMerge.Convert(_folder["a"], _folder["a"] + "/")).Message, StringComparison.Ordinal);
        Assert.Contains("from 0 to 1, not 1.5", Assert.Throws<RatchetException>(() => ModelMerge.Interpolate(_folder["a"], _folder["a"], 1.5, _folder["out"])).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<RatchetException>(() => ModelMerge.Convert(_folder["none"], _folder["out"])).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Path).Length);
    }

    [Fact]
    public void Whole_numbers_must_agree_and_are_copied()
    {
        foreach (var (name, last) in ((string, byte)[])[("a", 1), ("b", 1), ("c", 2)])
        {
            Directory.CreateDirectory(_folder[name]);
            using var stream = new SafetensorsStream(_folder[name + "/model.safetensors"], [("ids", TensorType.UInt8, [3])], null);
            stream.Write([7, 8, last]);
            stream.Finish();
        }

        ModelMerge.UniformSoup([_folder["a"], _folder["b"]], _folder["out"]);

        Assert.Equal(File.ReadAllBytes(_folder["a/model.safetensors"])[^3..], File.ReadAllBytes(_folder["out/model.safetensors"])[^3..]);
        Assert.Contains("'ids' holds whole numbers that differ", Assert.Throws<RatchetException>(() => ModelMerge.UniformSoup([_folder["a"], _folder["c"]], _folder["other"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_larger_than_the_memory_limit_of_the_process_is_averaged()
    {
        var runner = Path.Combine(AppContext.BaseDirectory, "Ratchet.Models.Tests" + (OperatingSystem.IsWindows() ? ".exe" : string.Empty));
        Assert.SkipUnless(File.Exists(runner), "The tests have no executable of their own here.");
        Large("a", 0);
        Large("b", 1);
        Assert.True(new FileInfo(_folder["a/model.safetensors"]).Length > LimitBytes);

        using var child = Process.Start(new ProcessStartInfo(runner, ["-method", "*" + nameof(The_child_process_of_the_test_of_the_memory_limit)])
        {
            RedirectStandardOutput = true,
            Environment = { [ChildVariable] = _folder.Path, ["DOTNET_GCHeapHardLimit"] = LimitBytes.ToString("x", System.Globalization.CultureInfo.InvariantCulture) },
        })!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();

        Assert.True(child.ExitCode == 0, output);
        using var file = SafetensorsFile.Open(_folder["out/model.safetensors"]);
        Assert.All(file.ReadFloats("w31").Index().Take(5000), e => Assert.Equal((e.Index % 1000) + 0.25f, e.Item));
    }

    [Fact]
    public void The_child_process_of_the_test_of_the_memory_limit()
    {
        var folder = Environment.GetEnvironmentVariable(ChildVariable);
        Assert.SkipUnless(folder is not null, "Runs as the child of another test only.");

        // The limit is there and binds: the model does not fit.
        Assert.Equal(LimitBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        Assert.Throws<OutOfMemoryException>(() => CheckpointStore.LoadTensors(Path.Combine(folder, "a", "model.safetensors")));

        ModelMerge.Interpolate(Path.Combine(folder, "a"), Path.Combine(folder, "b"), 0.25, Path.Combine(folder, "out"));
    }

    private DecoderWeights Save(string name, ulong seed)
    {
        var weights = TinyModels.Weights(TinyModels.Plain, seed);
        CheckpointStore.Save(_folder[name], name, weights, new Dictionary<string, string>(Files) { ["manifest.json"] = "{}" });
        return weights;
    }

    private void Single(string name, float value)
    {
        Directory.CreateDirectory(_folder[name]);
        SafetensorsWriter.Write(_folder[name + "/model.safetensors"], [("w", [1], [value])]);
    }

    /// <summary>32 tensors of 2.5 MB in float32, element i being i modulo 1000 and an addend.</summary>
    private void Large(string name, float addend)
    {
        Directory.CreateDirectory(_folder[name]);
        var data = Enumerable.Range(0, 640_000).Select(i => (i % 1000) + addend).ToArray();
        SafetensorsWriter.Write(_folder[name + "/model.safetensors"], [.. Enumerable.Range(0, 32).Select(i => ($"w{i:00}", (IReadOnlyList<int>)[data.Length], data))]);
    }
}
