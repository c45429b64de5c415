using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.ML.Tokenizers;
using Ratchet.Models.Tokenization;
using Ratchet.Runs;
using PreTokenizer = Ratchet.Models.Tokenization.PreTokenizer;

namespace Ratchet.Models.Tests.Tokenization;

public sealed partial class ByteLevelBpeTests : IDisposable
{
    private static readonly string[] Texts =
    [
        "intros H. destruct H as [A B]. split. exact B. exact A.",
        "intros H. apply H. exact B.   exact A.",
        "It's what we'll do: they've 12 apples, I'm sure they'd say 1234.",
        "Größe, naïve, 東京, привет, 😀😀 and \ud835\udc9c\ud835\udc9c.",
        "line one\nline two\r\n\tindented  \n\n end",
    ];

    private static readonly ByteLevelBpeTokenizer Tokenizer = new ByteLevelBpeTrainer { VocabularySize = 290 }.Train(Texts);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_most_frequent_pairs_are_merged_and_ties_go_to_lower_ids()
    {
        var tokenizer = new ByteLevelBpeTrainer { VocabularySize = 262 }.Train(["abab abab", "abab cd cd"]);

        // "ab" stands 6 times, then "abab" 3 times; "cd" and the space before it twice each, and c has the lower id.
        Assert.Equal(["ab", "abab", "cd"], Enumerable.Range(259, 3).Select(i => tokenizer.TokenOf(i)));
        Assert.Equal([tokenizer.IdOf("abab")!.Value, tokenizer.IdOf("Ġ")!.Value, tokenizer.IdOf("cd")!.Value], tokenizer.Encode("abab cd"));
        Assert.Equal((0, 1, 2, 262), (tokenizer.PadId, tokenizer.BeginId, tokenizer.EndId, tokenizer.VocabularySize));
    }

    [Fact]
    public void Training_is_the_slow_definition()
    {
        // Counts all pairs afresh before each merge.
        var words = Texts.SelectMany(t => PreTokenizer.Gpt2.Split(t).Select(r => t[r])).GroupBy(w => w).Select(g => (Ids: Tokens(g.Key), Count: g.Count())).ToList();
        var learned = new List<string>();
        while (learned.Count < 290 - 259)
        {
            var best = words.SelectMany(w => w.Ids.Zip(w.Ids.Skip(1), (a, b) => (Pair: (a, b), w.Count))).GroupBy(p => p.Pair)
                .Select(g => (g.Key, Count: g.Sum(p => p.Count))).OrderByDescending(p => p.Count).ThenBy(p => Tokenizer.IdOf(p.Key.a)).ThenBy(p => Tokenizer.IdOf(p.Key.b)).First();
            learned.Add(best.Key.a + best.Key.b);
            words = words.ConvertAll(w => (Merge(w.Ids, best.Key), w.Count));
        }

        Assert.Equal(learned, Enumerable.Range(259, learned.Count).Select(i => Tokenizer.TokenOf(i)));

        static List<string> Tokens(string word) => [.. ByteAlphabet.Write(System.Text.Encoding.UTF8.GetBytes(word)).Select(c => c.ToString())];

        static List<string> Merge(List<string> ids, (string A, string B) pair)
        {
            var result = new List<string>();
            for (var i = 0; i < ids.Count; i++)
                result.Add(i + 1 < ids.Count && ids[i] == pair.A && ids[i + 1] == pair.B ? ids[i++] + ids[i] : ids[i]);
            return result;
        }
    }

    [Fact]
    public void No_merge_makes_a_special_token()
    {
        var tokenizer = new ByteLevelBpeTrainer { VocabularySize = 280 }.Train(Enumerable.Repeat("<s> </s> <pad>", 50));

        Assert.Equal(1, tokenizer.IdOf("<s>"));
        Assert.DoesNotContain(tokenizer.Encode("<s> </s> <pad>"), id => id < 3);
        Assert.Equal("<s> </s> <pad>", tokenizer.Decode(tokenizer.Encode("<s> </s> <pad>")));
    }

    [Fact]
    public void The_order_of_texts_does_not_matter()
    {
        var reversed = new ByteLevelBpeTrainer { VocabularySize = 290 }.Train(Texts.Reverse());

        Assert.Equal(Tokenizer.Save()["tokenizer.json"], reversed.Save()["tokenizer.json"]);
    }

    [Fact]
    public void Any_text_comes_back() =>
        Gen.OneOf(Gen.String, Gen.Char["ab '\n\t slted1é東"].Array.Select(c => new string(c)), Gen.Int[0, Texts.Length - 1].Select(i => Texts[i])).Sample(text =>
        {
            // Half of a surrogate pair is no Unicode text; the encoder says so by U+FFFD.
            var valid = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
            Assert.Equal(valid, Tokenizer.Decode(Tokenizer.Encode(text)));
        }, iter: 2_000, threads: 1);

    [Fact]
    public void Pieces_are_those_of_the_GPT2_expression() =>
        Gen.Char["ab '\n\t\u00a0 slvremd1²é東.,!-"].Array[0, 30].Select(c => new string(c)).Sample(
            text => Assert.Equal(Gpt2Expression().Matches(text).Select(m => m.Value), PreTokenizer.Gpt2.Split(text).Select(r => text[r])), iter: 5_000, threads: 1);

    [Fact]
    public void Ids_are_those_of_another_implementation()
    {
        var json = JsonNode.Parse(Tokenizer.Save()["tokenizer.json"])!["model"]!;
        var vocabulary = json["vocab"]!.AsObject().Select(p => KeyValuePair.Create(p.Key, (int)p.Value!));
        var other = BpeTokenizer.Create(new BpeOptions(vocabulary) { Merges = json["merges"]!.AsArray().Select(m => (string)m!), ByteLevel = true, PreTokenizer = new RegexPreTokenizer(Gpt2Expression(), null) });

        foreach (var text in Texts.Where(t => !t.Contains('\ud835', StringComparison.Ordinal)).Append("exact intros destructs  split.\n\napples it's"))
            Assert.Equal(other.EncodeToIds(text), Tokenizer.Encode(text));
    }

    [Fact]
    public void A_saved_tokenizer_loads_the_same()
    {
        foreach (var (name, text) in Tokenizer.Save())
            File.WriteAllText(_folder[name], text);

        var loaded = ByteLevelBpeTokenizer.Load(_folder.Path);

        Assert.Equal(Tokenizer.Save(), loaded.Save());
        Assert.Equal((Tokenizer.PadId, Tokenizer.BeginId, Tokenizer.EndId, Tokenizer.VocabularySize), (loaded.PadId, loaded.BeginId, loaded.EndId, loaded.VocabularySize));
        foreach (var text in Texts)
            Assert.Equal(Tokenizer.Encode(text), loaded.Encode(text));
    }

    [Fact]
    public void Ids_outside_the_vocabulary_give_no_text() => Assert.Equal("a", Tokenizer.Decode([-5, Tokenizer.IdOf("a")!.Value, Tokenizer.VocabularySize, int.MaxValue]));

    [Fact]
    public void A_mark_spelled_in_text_stays_text()
    {
        var ids = Tokenizer.Encode("</s>");

        Assert.DoesNotContain(Tokenizer.EndId, ids);
        Assert.Equal("</s>", Tokenizer.Decode(ids));
        Assert.Equal("a", Tokenizer.Decode([Tokenizer.BeginId, Tokenizer.IdOf("a")!.Value, Tokenizer.EndId, Tokenizer.PadId]));
    }

    [Fact]
    public void A_long_piece_takes_no_quadratic_time()
    {
        var text = string.Concat(Enumerable.Repeat("abab", 100_000));
        var tokenizer = new ByteLevelBpeTrainer { VocabularySize = 262 }.Train(["abab abab", "abab cd cd"]);

        // Quadratic work on 400,000 characters would not end within a test run.
        Assert.Equal(100_000, tokenizer.Encode(text).Length);
    }

    [Fact]
    public void The_rule_of_another_family_is_read_and_written()
    {
        var json = JsonNode.Parse(Tokenizer.Save()["tokenizer.json"])!;
        json["pre_tokenizer"] = JsonNode.Parse("""
            {"type":"Sequence","pretokenizers":[
              {"type":"Split","pattern":{"Regex":"\\p{N}{1,3}| ?\\p{L}+|\\s+"},"behavior":"Isolated","invert":false},
              {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}
            """);
        File.WriteAllText(_folder["tokenizer.json"], json.ToJsonString());

        var loaded = ByteLevelBpeTokenizer.Load(_folder.Path);

        Assert.Equal("exact A: 12345", loaded.Decode(loaded.Encode("exact A: 12345")));
        Assert.Equal(json["pre_tokenizer"]!.ToJsonString(), JsonNode.Parse(loaded.Save()["tokenizer.json"])!["pre_tokenizer"]!.ToJsonString());
    }

    [Theory]
    [InlineData("model", """{"type":"Unigram"}""", "its model is 'Unigram'")]
    [InlineData("normalizer", """{"type":"NFC"}""", "its normalizer is 'NFC'")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace"}""", "its pre-tokenizer is neither")]
    [InlineData("pre_tokenizer", "null", "no pre-tokenizer")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":5},"merges":[]}""", "lacks the byte 0x00")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":2000000000},"merges":[]}""", "out of range")]
    [InlineData("added_tokens", """[{"id":100,"content":"<x>"}]""", "used twice")]
    public void A_tokenizer_of_another_kind_is_refused_by_name(string key, string value, string expected)
    {
        var json = JsonNode.Parse(Tokenizer.Save()["tokenizer.json"])!;
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(_folder["tokenizer.json"], json.ToJsonString());
        File.WriteAllText(_folder["tokenizer_config.json"], Tokenizer.Save()["tokenizer_config.json"]);

        var error = Assert.Throws<RatchetException>(() => ByteLevelBpeTokenizer.Load(_folder.Path));

        Assert.Contains(_folder["tokenizer.json"], error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_damaged_file_is_refused_by_name()
    {
        Assert.Contains("has no tokenizer.json", Assert.Throws<RatchetException>(() => ByteLevelBpeTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["tokenizer.json"], "{");
        Assert.Contains("not a tokenizer that can be used", Assert.Throws<RatchetException>(() => ByteLevelBpeTokenizer.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt2Expression();
}
