using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Models.Adapters;
using Ratchet.Models.Merging;
using Ratchet.Models.Safetensors;
using Ratchet.Models.Torch;
using Ratchet.Runs;

namespace Ratchet.Models.Tests.Adapters;

public sealed class AdapterStoreTests : IDisposable
{
    private static readonly DecoderConfig Shape = TinyModels.Plain;
    private static readonly DecoderWeights Weights = TinyModels.Weights(Shape);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void An_adapter_lies_under_the_names_of_PEFT_and_comes_back_as_it_was(bool dora, bool stabilized)
    {
        var adapter = Adapter(new LoraOptions { Rank = 3, Alpha = 5, Dropout = 0.1, Targets = ["q_proj", "down_proj"], Dora = dora, RankStabilized = stabilized });

        AdapterStore.Save(_folder["a"], "a", adapter, Base(), new Dictionary<string, string>());

        using var file = SafetensorsFile.Open(Path.Combine(_folder["a"], "adapter_model.safetensors"));
        var q = "base_model.model.model.layers.0.self_attn.q_proj.";
        Assert.Equal([3L, Shape.HiddenSize], file.Find(q + "lora_A.weight")!.Shape);
        Assert.Equal([(long)Shape.Heads * Shape.HeadSize, 3L], file.Find(q + "lora_B.weight")!.Shape);
        Assert.Equal(dora ? [(long)Shape.Heads * Shape.HeadSize] : null, file.Find(q + "lora_magnitude_vector")?.Shape);
        Assert.Equal(Shape.Layers * 2 * (dora ? 3 : 2), file.Tensors.Count);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["a"], "adapter_config.json")))!.AsObject();
        Assert.Equal(
            ("LORA", "CAUSAL_LM", 3, 5.0, 0.1, dora, stabilized, "../base"),
            (config["peft_type"]!.GetValue<string>(), config["task_type"]!.GetValue<string>(), config["r"]!.GetValue<int>(), config["lora_alpha"]!.GetValue<double>(), config["lora_dropout"]!.GetValue<double>(), config["use_dora"]!.GetValue<bool>(), config["use_rslora"]!.GetValue<bool>(), config["base_model_name_or_path"]!.GetValue<string>()));
        Assert.Equal(["down_proj", "q_proj"], config["target_modules"]!.AsArray().Select(t => t!.GetValue<string>()));
        var loaded = AdapterStore.Load(_folder["a"]);
        Assert.Equal(adapter.Modules, loaded.Modules);
        Assert.All(adapter.Shapes(), s => Assert.Equal(adapter[s.Name], loaded[s.Name]));
        Assert.Equal(Shape, CheckpointStore.LoadConfig(_folder["a"]));
        Assert.Equal(CheckpointStore.HashFile(Path.Combine(_folder["a"], "adapter_model.safetensors")), CheckpointStore.Open(_folder["a"]).WeightsHash);
    }

    [Theory]
    [InlineData(false, false, 7)]
    [InlineData(true, false, 1 << 18)]
    [InlineData(true, true, 50)]
    public void Weights_with_an_adapter_are_those_of_the_papers_and_the_model_is_only_read(bool dora, bool stabilized, int chunk)
    {
        var adapter = Adapter(new LoraOptions { Rank = 4, Alpha = 3, Dora = dora, RankStabilized = stabilized });
        var model = Base();
        AdapterStore.Save(_folder["a"], "a", adapter, model, new Dictionary<string, string>());

        var merged = CheckpointStore.LoadWeights(_folder["a"]);
        CheckpointStore.ReadWeights(_folder["a"], read =>
        {
            Assert.All(merged.Config.WeightShapes(), s => Assert.Equal(merged[s.Name], read[s.Name]));
            return true;
        });
        var made = ModelMerge.Adapter(_folder["base"], _folder["a"], _folder["merged"], new MergeOptions { ChunkElements = chunk });

        Assert.Equal(model.WeightsHash, CheckpointStore.Open(_folder["base"]).WeightsHash);
        Assert.Equal(made.WeightsHash, CheckpointStore.Open(_folder["merged"]).WeightsHash);
        var written = CheckpointStore.LoadWeights(_folder["merged"]);
        foreach (var (name, shape) in Shape.WeightShapes())
        {
            Assert.Equal(merged[name], written[name]);
            var expected = adapter.Modules.FirstOrDefault(m => m.Weight == name) is { } module ? Expected(adapter, module, stabilized ? 3 / 2.0 : 3 / 4.0) : [.. Weights[name].Select(v => (double)v)];
            for (var i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], merged[name][i], 1e-6);
        }
    }

    [Theory]
    [InlineData("window")]
    [InlineData("latent")]
    [InlineData("latent and mixture")]
    [InlineData("qk-norm and mixture")]
    [InlineData("qkv-bias")]
    public void Model_and_adapter_give_the_logits_of_the_merged_weights(string variant)
    {
        var weights = TinyModels.Weights(TinyModels.Any(variant));
        var adapter = Adapter(new LoraOptions { Rank = 3, Alpha = 3, Dora = variant.Contains('q', StringComparison.Ordinal) }, weights);
        int[] ids = [1, 5, 9, 2, 8, 7, 3, 1];
        using var beside = new TorchDecoder(weights, null, trainable: false, adapter);
        using var merged = new TorchDecoder(adapter.Merge(weights));
        using var plain = new TorchDecoder(weights);

        var expected = merged.AllLogits(ids);
        Assert.InRange(expected.Zip(beside.AllLogits(ids)).Max(p => Math.Abs(p.First - p.Second)), 0, 2e-3);
        Assert.True(expected.Zip(plain.AllLogits(ids)).Max(p => Math.Abs(p.First - p.Second)) > 0.1);
    }

    [Fact]
    public void An_adapter_of_another_maker_with_half_precision_and_older_names_loads()
    {
        var adapter = Adapter(new LoraOptions { Rank = 2, Alpha = 4, Targets = ["v_proj"], Dora = true });
        Directory.CreateDirectory(_folder["theirs"]);
        Base();
        SafetensorsWriter.Write(
            Path.Combine(_folder["theirs"], AdapterStore.WeightsFile),
            [.. adapter.Shapes().Select(s => ("base_model.model." + s.Name + (s.Name.EndsWith("vector", StringComparison.Ordinal) ? ".weight" : ""), (IReadOnlyList<int>)s.Shape, adapter[s.Name]))],
            TensorType.BFloat16);
        File.WriteAllText(Path.Combine(_folder["theirs"], AdapterStore.ConfigFile), """{"peft_type":"LORA","r":2,"lora_alpha":4,"use_dora":true,"target_modules":".*v_proj","base_model_name_or_path":"""
            + JsonSerializer.Serialize(_folder["base"]) + ""","modules_to_save":[],"rank_pattern":{}}""");

        var loaded = AdapterStore.Load(_folder["theirs"]);

        Assert.Equal(adapter.Modules, loaded.Modules);
        Assert.Equal(["v_proj"], loaded.Options.Targets);
        Assert.All(adapter.Shapes(), s => Assert.All(adapter[s.Name].Zip(loaded[s.Name]), p => Assert.Equal(p.First, p.Second, 0.01 * Math.Max(1, Math.Abs(p.First)))));
        CheckpointStore.LoadWeights(_folder["theirs"]);
    }

    [Fact]
    public void What_is_no_adapter_of_linear_layers_is_refused_by_name()
    {
        Save();
        Refused("\"bias\": \"none\"", "\"bias\": \"all\"", "bias is 'all'");
        Refused("\"modules_to_save\": null", "\"modules_to_save\": [\"lm_head\"]", "modules_to_save is not empty");
        Refused("\"peft_type\": \"LORA\"", "\"peft_type\": \"IA3\"", "peft_type is 'IA3'");
        Refused("\"rank_pattern\": {}", "\"rank_pattern\": {\"q_proj\": 4}", "rank_pattern is not empty");
        Refused("\"r\": 3", "\"r\": 2", "says rank 2");
        Refused("\"use_dora\": false", "\"use_dora\": true", "with lengths (DoRA)");
        Refused("\"r\": 3", "\"r\": \"x\"", "r must be a whole number");
        Refused("../base", "meta-llama/Llama-2-7b", "which is no folder here");
        Save(("lora_embedding_A", [3, 4]));
        Assert.Contains("lora_embedding_A", Message(), StringComparison.Ordinal);
        Save(("model.layers.7.self_attn.q_proj.lora_A.weight", [3, 4]));
        Assert.Contains("without its second factor", Message(), StringComparison.Ordinal);
        Save(("model.layers.7.self_attn.q_proj.lora_A.weight", [3, 4]), ("model.layers.7.self_attn.q_proj.lora_B.weight", [4, 3]));
        Assert.Contains("'model.layers.7.self_attn.q_proj' [4, 4], which the model does not have", Message(), StringComparison.Ordinal);

        void Refused(string old, string replacement, string says)
        {
            var path = Path.Combine(_folder["a"], AdapterStore.ConfigFile);
            var text = File.ReadAllText(path);
            Assert.Contains(old, text, StringComparison.Ordinal);
            File.WriteAllText(path, text.Replace(old, replacement, StringComparison.Ordinal));
            Assert.Contains(says, Message(), StringComparison.Ordinal);
            File.WriteAllText(path, text);
            CheckpointStore.Open(_folder["a"]);
        }

        string Message() => Assert.Throws<RatchetException>(() => CheckpointStore.LoadWeights(_folder["a"])).Message;
    }

    [Fact]
    public void An_adapter_is_not_merged_into_weights_that_it_was_not_trained_on()
    {
        Save();
        CheckpointStore.Save(_folder["other"], "other", DecoderWeights.Initialize(Shape, RandomStream.FromSeed(77)), new Dictionary<string, string>());
        CheckpointStore.Save(_folder["small"], "small", DecoderWeights.Initialize(Shape with { HiddenSize = 8 }, RandomStream.FromSeed(77)), new Dictionary<string, string>());

        Assert.Contains("other weights", Assert.Throws<RatchetException>(() => ModelMerge.Adapter(_folder["other"], _folder["a"], _folder["out"])).Message, StringComparison.Ordinal);
        Assert.Contains("does not have in that shape", Assert.Throws<RatchetException>(() => ModelMerge.Adapter(_folder["small"], _folder["a"], _folder["out"])).Message, StringComparison.Ordinal);
        Assert.Contains("is the model", Assert.Throws<RatchetException>(() => ModelMerge.Adapter(_folder["base"], _folder["a"], _folder["base"])).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Damaged_adapters_end_in_a_message()
    {
        Save();
        var stream = RandomStream.FromSeed(5);
        var refused = 0;
        var count = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1" ? 10_000 : 600;
        for (var i = 0; i < count; i++)
        {
            var path = Path.Combine(_folder["a"], stream.NextInt(3) == 0 ? AdapterStore.ConfigFile : AdapterStore.WeightsFile);
            var good = File.ReadAllBytes(path);
            var bytes = stream.NextInt(4) == 0 ? good[..stream.NextInt(good.Length)] : (byte[])good.Clone();
            for (var n = stream.NextInt(4); n > 0 && bytes.Length > 0; n--)
                bytes[stream.NextInt(Math.Min(bytes.Length, 1500))] ^= (byte)(1 << stream.NextInt(8));
            File.WriteAllBytes(path, bytes);
            try
            {
                CheckpointStore.LoadWeights(_folder["a"]);
            }
            catch (RatchetException e)
            {
                Assert.True(e.Message.Length > 20 && !e.Message.Any(char.IsControl), e.Message);
                refused++;
            }

            File.WriteAllBytes(path, good);
        }

        Assert.InRange(refused, count / 3, count);
        CheckpointStore.LoadWeights(_folder["a"]);
    }

    private Checkpoint Base() => CheckpointStore.Save(_folder["base"], "base", Weights, new Dictionary<string, string>());

    private void Save(params (string Name, int[] Shape)[] more)
    {
        var adapter = Adapter(new LoraOptions { Rank = 3 });
        AdapterStore.Save(_folder["a"], "a", adapter, Base(), new Dictionary<string, string>());
        if (more.Length == 0)
            return;
        SafetensorsWriter.Write(
            Path.Combine(_folder["a"], AdapterStore.WeightsFile),
            [.. adapter.Shapes().Concat(more).Select(s => ("base_model.model." + s.Name, (IReadOnlyList<int>)s.Shape, more.Contains(s) ? new float[s.Shape.Aggregate(1, (a, b) => a * b)] : adapter[s.Name]))]);
    }

    private static LoraAdapter Adapter(LoraOptions options, DecoderWeights? weights = null)
    {
        var adapter = LoraAdapter.Initialize(weights ?? Weights, options, RandomStream.FromSeed(3));
        var stream = RandomStream.FromSeed(4);
        foreach (var (name, _) in adapter.Shapes())
        {
            for (var i = 0; i < adapter[name].Length; i++)
                adapter[name][i] += (float)(0.2 * stream.NextNormal());
        }

        return adapter;
    }

    /// <summary>W + s B A element by element, and with DoRA each row at its length.</summary>
    private static double[] Expected(LoraAdapter adapter, LoraModule m, double scaling)
    {
        var rank = adapter.Options.Rank;
        var result = new double[m.Outputs * m.Inputs];
        for (var o = 0; o < m.Outputs; o++)
        {
            for (var i = 0; i < m.Inputs; i++)
            {
                result[(o * m.Inputs) + i] = Weights[m.Weight][(o * m.Inputs) + i]
                    + (scaling * Enumerable.Range(0, rank).Sum(k => (double)adapter[m.Up][(o * rank) + k] * adapter[m.Down][(k * m.Inputs) + i]));
            }

            if (!adapter.Options.Dora)
                continue;
            var row = result.AsSpan(o * m.Inputs, m.Inputs);
            var length = Math.Sqrt(row.ToArray().Sum(x => x * x));
            for (var i = 0; i < row.Length; i++)
                row[i] *= adapter[m.Magnitude][o] / length;
        }

        return result;
    }
}
