using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Ratchet.Models.Tokenization;
using Ratchet.Models.Tokenization.Normalizers;
using Ratchet.Runs;

namespace Ratchet.Models.Tests.Tokenization;

public sealed class PretrainedTokenizerTests
{
    private static readonly ByteLevelBpeTokenizer Trained = new ByteLevelBpeTrainer { VocabularySize = 300 }.Train(TextSamples.Take(60));

    // Characters a, b and the space mark, some merges, bytes for the rest.
    private static readonly string SentencePiece = new JsonObject
    {
        ["added_tokens"] = new JsonArray(
            new JsonObject { ["id"] = 0, ["content"] = "<unk>", ["special"] = true },
            new JsonObject { ["id"] = 1, ["content"] = "<s>", ["special"] = true },
            new JsonObject { ["id"] = 2, ["content"] = "</s>", ["special"] = true },
            new JsonObject { ["id"] = 300, ["content"] = "<call>", ["special"] = false, ["normalized"] = false, ["rstrip"] = true }),
        ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}"""),
        ["post_processor"] = JsonNode.Parse("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}"""),
        ["decoder"] = JsonNode.Parse("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}"""),
        ["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["unk_token"] = "<unk>",
            ["fuse_unk"] = true,
            ["byte_fallback"] = true,
            ["vocab"] = new JsonObject(Enumerable.Range(0, 256).Select(b => KeyValuePair.Create($"<0x{b:X2}>", (JsonNode?)(b + 3)))
                .Concat(((string[])["▁", "a", "b", "ab", "▁ab", "▁▁", "aba"]).Select((t, i) => KeyValuePair.Create(t, (JsonNode?)(i + 259))))),
            ["merges"] = new JsonArray("a b", "▁ ab", "▁ ▁", "ab a"),
        },
    }.ToJsonString();

    [Fact]
    public void A_trained_vocabulary_gives_the_same_ids_through_the_general_loader()
    {
        var loaded = PretrainedTokenizer.Read(Trained.Save());

        Assert.Equal((Trained.VocabularySize, Trained.BeginId, Trained.EndId, Trained.PadId), (loaded.VocabularySize, loaded.BeginId, loaded.EndId, loaded.PadId));
        foreach (var text in TextSamples.Take(2_000))
        {
            Assert.Equal(Trained.Encode(text), loaded.Encode(text));
            Assert.Equal(NodePeer.Whole(text), loaded.Decode(loaded.Encode(text)));
        }

        Assert.Equal(Trained.Save(), loaded.Save());
    }

    [Fact]
    public void Bytes_stand_in_for_what_a_vocabulary_of_characters_lacks()
    {
        var tokenizer = PretrainedTokenizer.Read(new Dictionary<string, string> { ["tokenizer.json"] = SentencePiece });

        Assert.Equal(["▁ab", "▁ab", "a", "▁▁", "b", "<0xC3>", "<0xA9>", "<0x0A>"], tokenizer.Encode("ab aba  bé\n").Select(id => tokenizer.TokenOf(id)));
        Assert.Equal("ab aba  bé\n", tokenizer.Decode(tokenizer.Encode("ab aba  bé\n")));
        Assert.Equal("a\ufffd", tokenizer.Decode([tokenizer.IdOf("a")!.Value, tokenizer.IdOf("<0xC3>")!.Value]));
    }

    [Fact]
    public void Marks_in_text_are_read_only_when_asked_for()
    {
        var tokenizer = PretrainedTokenizer.Read(new Dictionary<string, string> { ["tokenizer.json"] = SentencePiece, ["tokenizer_config.json"] = """{"bos_token":"<s>","eos_token":{"content":"</s>"}}""" });

        Assert.Equal((1, 2, 2), (tokenizer.BeginId, tokenizer.EndId, tokenizer.PadId));
        Assert.DoesNotContain(2, tokenizer.Encode("a</s>"));
        Assert.Equal([1, tokenizer.IdOf("▁")!.Value, tokenizer.IdOf("a")!.Value, 2], tokenizer.Encode("a</s>", readMarks: true, addMarks: true));
        Assert.Equal("a", tokenizer.Decode([1, tokenizer.IdOf("a")!.Value, 2, 99_999]));
        Assert.Equal("<s>a</s>", tokenizer.Decode([1, tokenizer.IdOf("a")!.Value, 2], keepMarks: true));

        // No mark, so always read; the white space after it is part of it.
        Assert.Equal([tokenizer.IdOf("▁")!.Value, tokenizer.IdOf("a")!.Value, 300, tokenizer.IdOf("▁")!.Value, tokenizer.IdOf("b")!.Value], tokenizer.Encode("a<call> \n b"));
    }

    [Theory]
    [InlineData("model", """{"type":"WordLevel","vocab":{}}""", "its model is 'WordLevel'")]
    [InlineData("normalizer", """{"type":"Precompiled","precompiled_charsmap":""}""", "its normalizer is 'Precompiled'")]
    [InlineData("pre_tokenizer", """{"type":"UnicodeScripts"}""", "its pre-tokenizer is 'UnicodeScripts'")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"[[:alpha:]]+"},"behavior":"Isolated"}""", "a class that is not supported")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"a++"},"behavior":"Isolated"}""", "is not supported")]
    [InlineData("decoder", """{"type":"CTC"}""", "its decoder is 'CTC'")]
    [InlineData("post_processor", """{"type":"Odd"}""", "its post-processor is 'Odd'")]
    [InlineData("added_tokens", """[{"id":2000000000,"content":"x"}]""", "out of range")]
    [InlineData("added_tokens", """[{"content":"x"}]""", "'id' is missing")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a c"]}""", "merge 0 ('a' and 'c')")]
    [InlineData("model", """{"type":"BPE","dropout":0.1,"vocab":{"a":0},"merges":[]}""", "drawn at random")]
    public void What_is_not_supported_is_refused_by_name(string key, string value, string expected)
    {
        var json = JsonNode.Parse(SentencePiece)!;
        json[key] = JsonNode.Parse(value);

        var error = Assert.Throws<RatchetException>(() => PretrainedTokenizer.Read(new Dictionary<string, string> { ["tokenizer.json"] = json.ToJsonString() }));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_file_is_refused_or_read_and_never_a_crash()
    {
        var bytes = Encoding.UTF8.GetBytes(SentencePiece);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte, Gen.Int[0, 3]).Sample(
            (at, value, kind) =>
            {
                var damaged = kind switch { 0 => bytes[..at], 1 => [.. bytes[..at], .. bytes[(at + 1)..]], 2 => [.. bytes[..at], value, .. bytes[at..]], _ => [.. bytes[..at], value, .. bytes[(at + 1)..]] };
                try
                {
                    PretrainedTokenizer.Read(new Dictionary<string, string> { ["tokenizer.json"] = Encoding.UTF8.GetString(damaged) }).Encode("ab <call> é </s>");
                }
                catch (RatchetException e)
                {
                    Assert.Contains("tokenizer.json", e.Message, StringComparison.Ordinal);
                }
            },
            iter: 1_500,
            threads: 1);
    }

    [Theory]
    [InlineData("e\u0301", "\u00e9", "e\u0301")]
    [InlineData("\u1e9b\u0323", "\u1e9b\u0323", "\u017f\u0323\u0307")]
    [InlineData("\u212b\u2126", "\u00c5\u03a9", "A\u030a\u03a9")]
    [InlineData("a\u0308\u0323", "\u1ea1\u0308", "a\u0323\u0308")]
    [InlineData("\u1112\u1161\u11ab\ud55c", "\ud55c\ud55c", "\u1112\u1161\u11ab\u1112\u1161\u11ab")]
    [InlineData("\u0958\u2adc", "\u0915\u093c\u2add\u0338", "\u0915\u093c\u2add\u0338")]
    [InlineData("\U0001d15e plain", "\U0001d157\U0001d165 plain", "\U0001d157\U0001d165 plain")]
    public void Normal_forms_are_those_of_the_standard(string text, string composed, string decomposed)
    {
        Assert.Equal(composed, UnicodeNormalization.Normalize(text, NormalizationForm.FormC));
        Assert.Equal(decomposed, UnicodeNormalization.Normalize(text, NormalizationForm.FormD));
        Assert.Equal(composed, UnicodeNormalization.Normalize(decomposed, NormalizationForm.FormC));
    }

    [Fact]
    public void Compatibility_forms_unfold_ligatures_and_widths() =>
        Assert.Equal("fi ABC 12 1⁄2 カ", UnicodeNormalization.Normalize("ﬁ ＡＢＣ ①② ½ ｶ", NormalizationForm.FormKC));
}
