using System.Security.Cryptography;
using Ratchet.Models.Safetensors;
using Ratchet.Runs;

namespace Ratchet.Models.Tests;

public sealed class CheckpointStoreTests : IDisposable
{
    private static readonly Dictionary<string, string> NoFiles = [];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> VariantNames => [.. TinyModels.Variants.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(VariantNames))]
    public void A_saved_model_loads_identical(string variant)
    {
        var weights = TinyModels.Weights(TinyModels.Variants[variant]);

        var saved = CheckpointStore.Save(_folder["round-1"], "round-1", weights, new Dictionary<string, string> { ["tokenizer.json"] = "{}" });

        var loaded = CheckpointStore.LoadWeights(saved.Folder);
        Assert.Equal(weights.Config, loaded.Config);
        foreach (var (name, _) in weights.Config.WeightShapes())
            Assert.Equal(weights[name], loaded[name]);
        Assert.Equal("{}", File.ReadAllText(Path.Combine(saved.Folder, "tokenizer.json")));
        Assert.Equal(saved, CheckpointStore.Open(saved.Folder));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(saved.Folder, "model.safetensors")))), saved.WeightsHash);
        Assert.Equal([_folder["round-1"]], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("latent and mixture")]
    public void Weights_that_are_read_as_they_are_asked_for_are_those_that_are_loaded_and_none_is_kept(string variant)
    {
        var weights = TinyModels.Weights(TinyModels.Any(variant));
        var saved = CheckpointStore.Save(_folder["model"], "model", weights, NoFiles, WeightsType.BFloat16);
        var loaded = CheckpointStore.LoadWeights(saved.Folder);

        var kept = CheckpointStore.ReadWeights(saved.Folder, read =>
        {
            Assert.Equal(weights.Config, read.Config);
            Assert.All(weights.Config.WeightShapes(), s => Assert.Equal(loaded[s.Name], read[s.Name]));
            Assert.NotSame(read["model.norm.weight"], read["model.norm.weight"]);
            Assert.Throws<KeyNotFoundException>(() => read["none"]);
            return read;
        });

        Assert.Throws<ObjectDisposedException>(() => kept["model.norm.weight"]);
    }

    [Fact]
    public void A_large_model_is_packed_on_several_threads_and_a_damaged_one_has_its_message()
    {
        var config = TinyModels.Plain with { VocabularySize = 100, HiddenSize = 512, Heads = 8, KeyValueHeads = 8, HeadSize = 64, FeedForwardSize = 1400, Layers = 7 };
        Assert.True(config.ParameterCount > 20_000_000);
        var saved = CheckpointStore.Save(_folder["large"], "large", TinyModels.Weights(config), NoFiles);
        int[] ids = [1, 5, 99, 2];
        using var loaded = new Ratchet.Models.Cpu.CpuDecoder(CheckpointStore.LoadWeights(saved.Folder));
        using var read = CheckpointStore.ReadWeights(saved.Folder, w => new Ratchet.Models.Cpu.CpuDecoder(w));
        Assert.Equal(loaded.Score(ids), read.Score(ids));

        var error = Assert.Throws<RatchetException>(() => CheckpointStore.ReadWeights(saved.Folder, w =>
        {
            // Another program's work: this one's own would see that the file is in use.
            using var truncate = System.Diagnostics.Process.Start("truncate", ["-s", "-1000", _folder["large/model.safetensors"]]);
            truncate.WaitForExit();
            return new Ratchet.Models.Cpu.CpuDecoder(w);
        }));
        Assert.Contains("it ended while it was being read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scalar_head_is_a_classifier_of_one_label_and_keeps_its_trunk()
    {
        var policy = TinyModels.Weights(TinyModels.Plain);
        var weights = policy.WithScalarHead(Ratchet.Loop.RandomStream.FromSeed(3));
        var saved = CheckpointStore.Save(_folder["reward"], "reward", weights, NoFiles);

        var loaded = CheckpointStore.LoadWeights(saved.Folder);
        Assert.Equal(weights.Config, loaded.Config);
        Assert.True(loaded.Config.ScalarHead);
        Assert.Equal(policy["model.embed_tokens.weight"], loaded["model.embed_tokens.weight"]);
        Assert.Equal(policy.Config.HiddenSize, loaded["score.weight"].Length);
        Assert.DoesNotContain(loaded.Config.WeightShapes(), s => s.Name == "lm_head.weight");
        Assert.Equal(loaded.Config.WeightShapes().Sum(s => s.Shape.Aggregate(1L, (a, b) => a * b)), loaded.Config.ParameterCount);
        var config = File.ReadAllText(_folder["reward/config.json"]);
        Assert.Contains("ForSequenceClassification", config);
        Assert.Contains("label", Assert.Throws<RatchetException>(() => HuggingFaceConfig.Read(config.Replace("\"0\": \"LABEL_0\"", "\"0\": \"A\", \"1\": \"B\"", StringComparison.Ordinal))).Message);
        Assert.Contains("scalar head", Assert.Throws<RatchetException>(() => new Ratchet.Models.Cpu.CpuDecoder(loaded)).Message);
    }

    [Fact]
    public void Saving_twice_gives_the_same_bytes_and_replaces_the_folder()
    {
        var weights = TinyModels.Weights(TinyModels.Plain);
        var first = CheckpointStore.Save(_folder["c"], "c", weights, new Dictionary<string, string> { ["old.txt"] = "x" });
        var bytes = File.ReadAllBytes(_folder["c/model.safetensors"]);
        Directory.CreateDirectory(_folder[".c.partial"]);
        File.WriteAllText(_folder[".c.partial/left-by-a-kill"], "x");

        var second = CheckpointStore.Save(_folder["c"], "c", weights, NoFiles);

        Assert.Equal(first, second);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["c/model.safetensors"]));
        Assert.Equal(["config.json", "model.safetensors"], Directory.GetFiles(_folder["c"]).Select(Path.GetFileName).Order());
        Assert.Equal([_folder["c"]], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_save_that_fails_leaves_the_old_checkpoint_and_no_part()
    {
        var weights = TinyModels.Weights(TinyModels.Plain);
        var saved = CheckpointStore.Save(_folder["c"], "c", weights, NoFiles);

        var error = Assert.Throws<RatchetException>(() => CheckpointStore.Save(_folder["c"], "c", TinyModels.Weights(TinyModels.Plain, 8), NoFiles, writeMore: _ => throw new IOException("No space left on device", 28)));

        Assert.Equal($"The checkpoint '{_folder["c"]}' cannot be written: the disk is full.", error.Message);
        Assert.Contains("ratchet resume", error.Remedy, StringComparison.Ordinal);
        Assert.Equal(saved, CheckpointStore.Open(_folder["c"], "c"));
        Assert.Equal([_folder["c"]], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(WeightsType.BFloat16, 1.0 / 256)]
    [InlineData(WeightsType.Float16, 1.0 / 1024)]
    public void Half_size_weights_load_as_float32(WeightsType type, double relativeError)
    {
        var weights = TinyModels.Weights(TinyModels.Plain);

        CheckpointStore.Save(_folder["c"], "c", weights, NoFiles, type);

        var loaded = CheckpointStore.LoadWeights(_folder["c"]);
        foreach (var (name, _) in weights.Config.WeightShapes())
        {
            for (var i = 0; i < weights[name].Length; i++)
                Assert.InRange(loaded[name][i], weights[name][i] - (relativeError * Math.Abs(weights[name][i])) - 1e-7, weights[name][i] + (relativeError * Math.Abs(weights[name][i])) + 1e-7);
        }
    }

    [Fact]
    public void A_model_in_parts_loads_like_one_in_a_single_file()
    {
        var weights = TinyModels.Weights(TinyModels.Plain);
        SaveInParts(weights, "model-00002-of-00002.safetensors");

        var loaded = CheckpointStore.LoadWeights(_folder["c"]);

        foreach (var (name, _) in weights.Config.WeightShapes())
            Assert.Equal(weights[name], loaded[name]);
        Assert.Equal(64, CheckpointStore.Open(_folder["c"]).WeightsHash.Length);
    }

    [Theory]
    [InlineData("model-00003-of-00002.safetensors", "does not exist")]
    [InlineData("../model-00002-of-00002.safetensors", "not a plain file name")]
    [InlineData("model-00001-of-00002.safetensors", "which does not hold it")]
    public void An_index_that_points_elsewhere_is_refused(string secondName, string expected)
    {
        SaveInParts(TinyModels.Weights(TinyModels.Plain), secondName);

        Assert.Contains(expected, Assert.Throws<RatchetException>(() => CheckpointStore.LoadWeights(_folder["c"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_thing_that_can_be_missing_or_wrong_has_its_own_message()
    {
        string Message(Action<string>? damage)
        {
            if (Directory.Exists(_folder["c"]))
                Directory.Delete(_folder["c"], true);
            if (damage is not null)
            {
                CheckpointStore.Save(_folder["c"], "c", TinyModels.Weights(TinyModels.Plain), NoFiles);
                damage(_folder["c"]);
            }

            return Assert.Throws<RatchetException>(() => CheckpointStore.Open(_folder["c"])).Message.Replace(_folder.Path + Path.DirectorySeparatorChar, string.Empty, StringComparison.Ordinal);
        }

        Assert.Equal("The model folder 'c' does not exist.", Message(null));
        Assert.Equal("The model folder 'c' has no config.json.", Message(f => File.Delete(Path.Combine(f, "config.json"))));
        Assert.Equal("The model folder 'c' has neither model.safetensors nor model.safetensors.index.json.", Message(f => File.Delete(Path.Combine(f, "model.safetensors"))));
        Assert.StartsWith("'c/config.json' is not a readable model configuration:", Message(f => File.WriteAllText(Path.Combine(f, "config.json"), "not json")), StringComparison.Ordinal);
        Assert.Contains("lie outside the 1000 bytes of data; the file may be cut off", Message(f => Truncate(Path.Combine(f, "model.safetensors"), 1000)), StringComparison.Ordinal);
        Assert.Equal(
            "The tensor 'model.embed_tokens.weight' of 'c/model.safetensors' has the shape [23, 16]; config.json needs [24, 16].",
            Message(f => Reconfigure(f, TinyModels.Plain with { VocabularySize = 24 })));
        Assert.Equal("The tensor 'model.layers.2.input_layernorm.weight' is missing in the weights of 'c'.", Message(f => Reconfigure(f, TinyModels.Plain with { Layers = 3 })));
        Assert.Equal("'c': config.json says 1000000000 layers, the weights are only 20 tensors.", Message(f => Reconfigure(f, TinyModels.Plain with { Layers = 1_000_000_000 })));
        Assert.Equal(
            "'c/model.safetensors' holds the tensor 'model.layers.1.input_layernorm.weight', which the model of config.json does not have.",
            Message(f => Reconfigure(f, TinyModels.Plain with { Layers = 1 })));
    }

    [Fact]
    public void Named_tensors_and_metadata_come_back()
    {
        var tensors = new Dictionary<string, float[]> { ["m.b"] = [1, 2, 3], ["m.a"] = [-0.5f] };

        CheckpointStore.SaveTensors(_folder["optimizer.safetensors"], tensors, new Dictionary<string, string> { ["steps"] = "12" });

        var (read, metadata) = CheckpointStore.LoadTensors(_folder["optimizer.safetensors"]);
        Assert.Equal(["m.a", "m.b"], read.Keys);
        Assert.Equal([1, 2, 3], read["m.b"]);
        Assert.Equal("12", metadata["steps"]);
    }

    private static void Reconfigure(string folder, DecoderConfig config) => File.WriteAllText(Path.Combine(folder, "config.json"), HuggingFaceConfig.Write(config));

    private static void Truncate(string path, int dataBytes)
    {
        var bytes = File.ReadAllBytes(path);
        var header = BitConverter.ToInt32(bytes, 0);
        File.WriteAllBytes(path, bytes.AsSpan(0, 8 + header + dataBytes));
    }

    private void SaveInParts(DecoderWeights weights, string secondName)
    {
        var tensors = weights.Config.WeightShapes().Select(s => (s.Name, (IReadOnlyList<int>)s.Shape, weights[s.Name])).ToList();
        Directory.CreateDirectory(_folder["c"]);
        Reconfigure(_folder["c"], weights.Config);
        SafetensorsWriter.Write(_folder["c/model-00001-of-00002.safetensors"], tensors[..5]);
        SafetensorsWriter.Write(_folder["c/model-00002-of-00002.safetensors"], tensors[5..]);
        var map = string.Join(",", tensors.Select((t, i) => $"\"{t.Name}\":\"{(i < 5 ? "model-00001-of-00002.safetensors" : secondName)}\""));
        File.WriteAllText(_folder["c/model.safetensors.index.json"], "{\"metadata\":{\"total_size\":1},\"weight_map\":{" + map + "}}");
    }
}
