using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Safetensors;

namespace Ratchet.Systems.Tests;

/// <summary>Small checkpoint folders in the layout in which models are published, written by hand.</summary>
internal static class TinyHuggingFace
{
    /// <summary>Ids of the three marks, behind 256 bytes and four merges.</summary>
    public const int EndOfText = 260, TurnStart = 261, TurnEnd = 262;

    private const string ChatMl = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    /// <summary>Writes a folder.</summary>
    /// <param name="folder">Folder to make.</param>
    /// <param name="kind"><c>llama</c>, <c>qwen2</c>, or <c>mistral</c> with a window that only the tensor library computes.</param>
    /// <param name="chat">With a chat template.</param>
    public static string Write(string folder, string kind, bool chat)
    {
        Directory.CreateDirectory(folder);
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(kind == "qwen2" ? "Qwen2ForCausalLM" : kind == "mistral" ? "MistralForCausalLM" : "LlamaForCausalLM"),
            ["model_type"] = kind,
            ["vocab_size"] = 272,
            ["hidden_size"] = 32,
            ["intermediate_size"] = 64,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["max_position_embeddings"] = 256,
            ["hidden_act"] = "silu",
            ["rms_norm_eps"] = 1e-6,
            ["rope_theta"] = 10000.0,
            ["tie_word_embeddings"] = kind == "qwen2",
            ["bos_token_id"] = EndOfText,
            ["eos_token_id"] = chat ? TurnEnd : EndOfText,
            ["torch_dtype"] = "bfloat16",
        };
        if (kind == "mistral")
            config["sliding_window"] = 24;
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        var weights = DecoderWeights.Initialize(CheckpointStore.LoadConfig(folder), RandomStream.FromSeed(31), 0.1);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), [.. weights.Config.WeightShapes().Select(s => (s.Name, (IReadOnlyList<int>)s.Shape, weights[s.Name]))], TensorType.BFloat16);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer());
        var marks = new JsonObject { ["eos_token"] = chat ? "<|im_end|>" : "<|endoftext|>", ["pad_token"] = "<|endoftext|>" };
        if (chat)
            marks["chat_template"] = ChatMl;
        else
            marks["bos_token"] = "<|endoftext|>";
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), marks.ToJsonString());
        return folder;
    }

    private static string Tokenizer()
    {
        var vocabulary = new JsonObject();
        for (var b = 0; b < 256; b++)
            vocabulary[Letter(b)] = b;
        string[] merges = ["i n", "t r", "in tr", "intr o"];
        foreach (var merge in merges)
            vocabulary[merge.Replace(" ", "", StringComparison.Ordinal)] = vocabulary.Count;
        JsonArray added = [Mark(EndOfText, "<|endoftext|>"), Mark(TurnStart, "<|im_start|>"), Mark(TurnEnd, "<|im_end|>")];
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray([.. merges.Select(m => (JsonNode)m)]) },
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });

        static JsonNode Mark(int id, string content) => new JsonObject { ["id"] = id, ["content"] = content, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true };
    }

    /// <summary>The letter that stands for a byte in byte-level vocabularies: itself where it is visible, else one from 256 on, in order.</summary>
    private static string Letter(int b)
    {
        static bool Visible(int x) => x is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
        return ((char)(Visible(b) ? b : 256 + Enumerable.Range(0, b).Count(x => !Visible(x)))).ToString();
    }
}
