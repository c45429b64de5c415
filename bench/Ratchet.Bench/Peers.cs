using System.Globalization;
using System.Text.Json;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Models.Torch;
using Ratchet.Runs;

namespace Ratchet.Bench;

/// <summary>
/// Small checkpoints and adapters for <c>bench/peers.py</c>, which opens them with Transformers and PEFT; and the comparison with those that it made.
/// </summary>
internal static class Peers
{
    private const double Tolerance = 1e-4;

    private sealed record Expected(int[] Ids, float[] Logits);

    public static void Run(string[] args)
    {
        if (args is not [("make" or "check") and var what, var folder])
            throw new ArgumentException("usage: Ratchet.Bench peers make|check FOLDER");
        if (what == "make")
            Make(folder);
        else
            Check(folder);
    }

    private static IReadOnlyDictionary<string, DecoderConfig> Families()
    {
        var plain = new DecoderConfig { VocabularySize = 160, HiddenSize = 64, Layers = 3, Heads = 4, KeyValueHeads = 2, HeadSize = 16, FeedForwardSize = 96, MaxPositions = 128 };
        var latent = plain with { KeyValueHeads = 4, HeadSize = 24, TiedHead = false, LatentAttention = new LatentAttention { QueryRank = 20, KeyValueRank = 28, PlainHeadSize = 16, RotaryHeadSize = 8, ValueHeadSize = 16 } };
        return new Dictionary<string, DecoderConfig>
        {
            ["llama"] = plain,
            ["llama-untied"] = plain with { TiedHead = false, RopeTheta = 500_000, NormEpsilon = 1e-6f },
            ["llama-linear"] = plain with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Linear, Factor = 3 } },
            ["llama-llama3"] = plain with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Llama3, Factor = 8, OriginalPositions = 32, LowFrequencyFactor = 1, HighFrequencyFactor = 4 } },
            ["llama-yarn"] = plain with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Yarn, Factor = 4, OriginalPositions = 32 } },
            ["mistral"] = plain with { SlidingWindow = 7, TiedHead = false },
            ["qwen2"] = plain with { QkvBias = true },
            ["qwen3"] = plain with { QkNorm = true, HeadSize = 24 },
            ["qwen3-moe"] = plain with { QkNorm = true, TiedHead = false, Mixture = new ExpertMixture { Experts = 6, ExpertsPerToken = 2, ExpertSize = 32, NormalizeWeights = true } },
            ["deepseek-v2"] = latent with { Mixture = new ExpertMixture { Experts = 6, ExpertsPerToken = 2, ExpertSize = 32, SharedExperts = 2, FirstDenseLayers = 1, WeightScale = 2.5, Groups = 3, GroupsPerToken = 2 } },
            ["deepseek-v2-lite"] = latent with
            {
                LatentAttention = latent.LatentAttention! with { QueryRank = null },
                Mixture = new ExpertMixture { Experts = 6, ExpertsPerToken = 2, ExpertSize = 32, SharedExperts = 1, FirstDenseLayers = 1 },
                RopeScaling = new RopeScaling { Kind = RopeScalingKind.Yarn, Factor = 4, OriginalPositions = 32, MScale = 0.707, MScaleAllDimensions = 0.707 },
            },
        };
    }

    private static void Make(string folder)
    {
        var ids = Enumerable.Range(0, 40).Select(i => (i * 37) % 160).ToArray();
        foreach (var (name, config) in Families())
        {
            var weights = Weights(config);
            var saved = CheckpointStore.Save(Path.Combine(folder, "ratchet", name), name, weights, new Dictionary<string, string>());
            using (var decoder = new TorchDecoder(weights))
                Write(saved.Folder, new Expected(ids, decoder.AllLogits(ids)));
            if (name is not ("llama" or "qwen2" or "qwen3"))
                continue;
            foreach (var (kind, options) in new[] { ("lora", new LoraOptions { Rank = 4, Alpha = 8 }), ("rslora", new LoraOptions { Rank = 4, Alpha = 8, RankStabilized = true }), ("dora", new LoraOptions { Rank = 4, Alpha = 8, Dora = true }) })
            {
                var fresh = LoraAdapter.Initialize(weights, options, RandomStream.FromSeed(3));
                var stream = RandomStream.FromSeed(5);
                var adapter = new LoraAdapter(options, fresh.Modules, fresh.Shapes().ToDictionary(s => s.Name, s => fresh[s.Name].Select(v => v + (float)(0.05 * stream.NextNormal())).ToArray()));
                var stored = AdapterStore.Save(Path.Combine(folder, "adapters", $"{name}-{kind}"), kind, adapter, saved, new Dictionary<string, string>());
                using var beside = new TorchDecoder(weights, null, trainable: false, adapter);
                Write(stored.Folder, new Expected(ids, beside.AllLogits(ids)));
            }
        }

        Console.WriteLine($"Made checkpoints and adapters below {folder}. Next: python3 bench/peers.py {folder}, then Ratchet.Bench peers check {folder}");
    }

    private static void Check(string folder)
    {
        var theirs = Path.Combine(folder, "transformers");
        if (!Directory.Exists(theirs))
            throw new RatchetException($"There is no folder {theirs}.", "Run bench/peers.py first.");
        var wrong = 0;
        Console.WriteLine("| made by Transformers | largest difference of a logit |");
        Console.WriteLine("|---|---|");
        foreach (var model in Directory.GetDirectories(theirs).Order(StringComparer.Ordinal))
        {
            var expected = JsonSerializer.Deserialize<Expected>(File.ReadAllText(Path.Combine(model, "expected.json")), JsonSerializerOptions.Web)!;
            string said;
            try
            {
                using var decoder = new TorchDecoder(CheckpointStore.LoadWeights(model));
                var difference = decoder.AllLogits(expected.Ids).Zip(expected.Logits, (a, b) => Math.Abs(a - b)).Max();
                wrong += difference <= Tolerance ? 0 : 1;
                said = difference.ToString("0.0e+0", CultureInfo.InvariantCulture);
            }
            catch (RatchetException e)
            {
                wrong++;
                said = e.Message;
            }

            Console.WriteLine($"| {Path.GetFileName(model)} | {said} |");
        }

        if (wrong > 0)
            throw new RatchetException($"{wrong} models differ by more than {Tolerance}.", "See the table.");
    }

    /// <summary>Weights large enough that every part of the model shows in the logits, norms and biases included.</summary>
    private static DecoderWeights Weights(DecoderConfig config)
    {
        var stream = RandomStream.FromSeed(7);
        return new DecoderWeights(config, config.WeightShapes().ToDictionary(s => s.Name, s =>
        {
            var own = stream.Derive(s.Name);
            var norm = s.Shape.Length == 1 && !s.Name.EndsWith(".bias", StringComparison.Ordinal);
            return Enumerable.Range(0, s.Shape.Aggregate(1, (a, b) => a * b)).Select(_ => (float)((0.12 * own.NextNormal()) + (norm ? 1 : 0))).ToArray();
        }));
    }

    private static void Write(string folder, Expected expected) =>
        File.WriteAllText(Path.Combine(folder, "expected.json"), JsonSerializer.Serialize(expected, JsonSerializerOptions.Web));
}
