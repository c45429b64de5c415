using System.Text.Json.Nodes;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Tokenization;

namespace Ratchet.Service.Tests.Completions;

/// <summary>A small model with random weights, a byte-level tokenizer and a chat template, written once.</summary>
internal static class ModelFolder
{
    private const string Template =
        "{% for m in messages %}{% if m.role == 'bad' %}{{ raise_exception('no such role') }}{% endif %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";

    private static readonly Lazy<string> Made = new(() => Make(mixture: null));
    private static readonly Lazy<string> MadeMixture = new(() => Make(new ExpertMixture { Experts = 4, ExpertsPerToken = 2, ExpertSize = 24, NormalizeWeights = true }));

    public static string Path => Made.Value;

    /// <summary>The same with a mixture of experts, which only the tensor library samples.</summary>
    public static string Mixture => MadeMixture.Value;

    /// <summary>The model that own kernels compute, or the one of the tensor library.</summary>
    public static string For(string engine) => engine == "own kernels" ? Path : Mixture;

    /// <summary>A service with the model under the name <c>tiny</c>.</summary>
    public static Task<Stand> ServeAsync(ServiceOptions? options = null, string? folder = null) =>
        Stand.StartAsync((options ?? new ServiceOptions()) with { Verifiers = [], Models = [new ServedModel("tiny", folder ?? Path)], ModelThreads = 2 });

    private static string Make(ExpertMixture? mixture)
    {
        var folder = Directory.CreateTempSubdirectory("ratchet-served-model").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var tokenizer = new ByteLevelBpeTrainer { VocabularySize = 320 }.Train(["user: the quick brown fox", "assistant: {\"name\": \"value\", \"flag\": true}", "the fox, the dog, the cat; 漢字 漢"]);
        var config = new DecoderConfig
        {
            VocabularySize = tokenizer.VocabularySize, HiddenSize = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 8, FeedForwardSize = 48, MaxPositions = 512, QkNorm = true,
            Mixture = mixture, BeginId = tokenizer.BeginId, EndId = tokenizer.EndId, PadId = tokenizer.PadId,
        };
        var files = tokenizer.Save().ToDictionary(f => f.Key, f => f.Value);
        var settings = JsonNode.Parse(files["tokenizer_config.json"])!.AsObject();
        settings["chat_template"] = Template;
        files["tokenizer_config.json"] = settings.ToJsonString();
        CheckpointStore.Save(System.IO.Path.Combine(folder, "tiny"), "tiny", DecoderWeights.Initialize(config, RandomStream.FromSeed(3), 0.3), files);
        return System.IO.Path.Combine(folder, "tiny");
    }
}
