using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Ratchet.Attempts;
using Ratchet.Models.Tokenization;
using Ratchet.Runs;
using Ratchet.Sampling.Constraints;

namespace Ratchet.Sampling.Tests.Constraints;

public sealed class GrammarTests
{
    private static readonly ByteLevelBpeTokenizer Bytes = new ByteLevelBpeTrainer { VocabularySize = 300 }.Train(["{\"name\": \"value\"}, true, false, null", "the then there, the 12 1200 é è 漢字 漢"]);

    private static readonly TokenVocabulary Vocabulary = TokenVocabulary.Of(Bytes, Bytes.VocabularySize);

    [Theory]
    [InlineData("(ab|a)*c", "c ac abc aabac", "a ab b cc")]
    [InlineData("^[^a-z\\d]{2,3}$", "AB AB! é漢Z", "A ABCD aB 1B")]
    [InlineData("-?(0|[1-9][0-9]*)(\\.[0-9]+)?", "0 -0 12 -3.25", "01 1. .5 --1")]
    [InlineData("(a*)*b?", "b a aaab", "ba bb")]
    [InlineData("\\w+@\\w+\\.(com|org)", "me@x.com you_1@site.org", "me@x.net @x.com")]
    [InlineData("[\\u6f22-\\u6f23]|\\x41.", "漢 A! A漢", "字 A")]
    public void A_regular_expression_takes_what_the_framework_takes(string pattern, string inside, string outside)
    {
        var constraint = GrammarConstraint.Compile(Grammar.FromRegex(pattern), Vocabulary);
        Assert.All(inside.Split(' '), text => Assert.True(Regex.IsMatch(text, $"^(?:{pattern})$") && constraint.Matches(text), text));
        Assert.All(outside.Split(' '), text => Assert.False(Regex.IsMatch(text, $"^(?:{pattern})$") || constraint.Matches(text), text));
    }

    [Fact]
    public void Random_regular_expressions_agree_with_the_framework_on_random_texts()
    {
        static Gen<T> One<T>(params T[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);
        var atom = One("a", "b", "[ab]", "[^b]", "c", "é", "(?:ab)");
        var piece = Gen.Select(atom, One("", "*", "+", "?", "{2}", "{1,3}", "{0,2}"), (a, q) => a + q);
        var sequence = piece.Array[1, 4].Select(p => string.Concat(p));
        var pattern = Gen.Select(sequence, sequence, Gen.Bool, (a, b, both) => both ? $"(?:{a}|{b})*" : a);
        Gen.Select(pattern, One('a', 'b', 'c', 'é').Array[0, 6].Array[8]).Sample((p, texts) =>
        {
            var constraint = GrammarConstraint.Compile(Grammar.FromRegex(p), Vocabulary);
            foreach (var text in texts.Select(t => new string(t)))
                Assert.True(Regex.IsMatch(text, $"^(?:{p})$", RegexOptions.CultureInvariant) == constraint.Matches(text), $"'{p}' on '{text}'");
        }, iter: 400, seed: "0000000000003");
    }

    [Theory]
    [InlineData("(", "a group is not closed")]
    [InlineData("a(?=b)", "look-around, conditions and options in groups are not supported")]
    [InlineData("(a)\\1", "\\1 is not supported")]
    [InlineData("[a", "a class is not closed")]
    [InlineData("*a", "there is nothing to repeat")]
    [InlineData("a^b", "^ and $ may stand at the ends only")]
    [InlineData("a)", "there is a ')' too many")]
    [InlineData("a{3,2}", "out of range")]
    public void A_regular_expression_that_cannot_be_used_is_told_with_its_place(string pattern, string message) =>
        Assert.Contains(message, Assert.Throws<RatchetException>(() => Grammar.FromRegex(pattern)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_grammar_with_nesting_takes_its_texts_only()
    {
        var constraint = GrammarConstraint.Compile(Grammar.FromEbnf("""
            # sums of numbers, with brackets
            root   ::= term (("+" | "-") term)*
            term   ::= number | "(" root ")"
            number ::= [0-9]{1,3}
            """), Vocabulary);
        Assert.All(new[] { "1", "12+(3-4)", "((((7))))-1", "(1+2)-(3)" }, t => Assert.True(constraint.Matches(t), t));
        Assert.All(new[] { "", "1+", "(1", "1)", "1234", "1 + 2" }, t => Assert.False(constraint.Matches(t), t));
    }

    [Theory]
    [InlineData("a ::= \"x\"", "there is no rule 'root'")]
    [InlineData("root ::= a", "there is no rule 'a'")]
    [InlineData("root ::= \"x", "a text is not closed")]
    [InlineData("root ::= \"x\"\nroot ::= \"y\"", "the rule 'root' stands twice")]
    [InlineData("root ::= root \"x\" | \"x\"", "The rule 'root' of the grammar begins with itself")]
    [InlineData("root ::= a \"x\"\na ::= \"y\"? root | \"z\"", "begins with itself")]
    [InlineData("root ::= \"x\" root", "The grammar describes no text at all")]
    public void A_grammar_that_cannot_be_used_is_told(string text, string message)
    {
        var error = Assert.Throws<RatchetException>(() => GrammarConstraint.Compile(Grammar.FromEbnf(text), Vocabulary));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.ExitCode);
        Assert.Contains("The grammar is too large", Assert.Throws<RatchetException>(() => GrammarConstraint.Compile(Grammar.FromEbnf($"root ::= \"{new string('x', 400_001)}\""), Vocabulary)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alternative_that_never_ends_is_left_out_so_that_no_beginning_is_a_trap()
    {
        var constraint = GrammarConstraint.Compile(Grammar.FromEbnf("root ::= \"a\" | \"b\" trap\ntrap ::= \"c\" trap"), Vocabulary);
        Assert.Equal(["a"], Allowed(constraint.Start));
    }

    [Theory]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["b"]}""",
        """{"b":"x"}|{"a": 1, "b": "é\n"}|{"a":-20,"b":""}""", """{}|{"a":1}|{"b":1}|{"b":"x","a":1}|{"b":"x","c":1}""")]
    [InlineData("""{"type": "array", "items": {"enum": ["x", 1, null]}, "minItems": 1, "maxItems": 2}""", """["x"]|[1,null]|[ "x", 1 ]""", """[]|[1,1,1]|["y"]""")]
    [InlineData("""{"$defs": {"t": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/t"}, {"type": "null"}]}}, "required": ["next"]}}, "$ref": "#/$defs/t"}""",
        """{"next":null}|{"next": {"next": {"next": null}}}""", """{}|null|{"next":{}}""")]
    [InlineData("""{"type": ["boolean", "number"]}""", "true|-0.5e-3|12", "\"true\"|null|01")]
    [InlineData("""{"type": "string", "minLength": 2, "maxLength": 3}""", "\"ab\"|\"\\n漢\"|\"\\u00e9\\\\x\"", "\"a\"|\"abcd\"|\"\\ud800a\"")]
    [InlineData("""{"type": "string", "pattern": "^[a-c\"]+$"}""", "\"ab\"|\"\\\"a\"", "\"\"|\"d\"|\"a")]
    [InlineData("""{"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}""", """{}|{"k":1}|{"k":1, "l": 20}""", """{"k":-1}|{"k":"x"}""")]
    [InlineData("""{"const": {"a": [1]}}""", """{"a":[1]}""", """{"a":[2]}""")]
    [InlineData("true", """{"a":[1,{"b":null}]}|"x"|false""", "{a:1}|[1,]")]
    public void A_schema_takes_valid_texts_only(string schema, string inside, string outside)
    {
        var constraint = GrammarConstraint.Compile(Grammar.FromJsonSchema(JsonSerializer.Deserialize<JsonElement>(schema)), Vocabulary);
        Assert.All(inside.Split('|'), t => Assert.True(constraint.Matches(t), t));
        Assert.All(outside.Split('|'), t => Assert.False(constraint.Matches(t), t));
    }

    [Theory]
    [InlineData("""{"type": "integer", "maximum": 3}""", "'maximum' is not supported here")]
    [InlineData("""{"type": "thing"}""", "type must be of object")]
    [InlineData("""{"$ref": "#/$defs/x"}""", "which is not there")]
    [InlineData("""{"type": "object", "properties": {"a": {"not": {}}}}""", "at #/properties/a: 'not' is not supported here")]
    [InlineData("""{"type": "string", "pattern": "a"}""", "pattern must begin with ^")]
    [InlineData("[]", "a schema is an object or true")]
    public void A_schema_that_cannot_be_used_is_told_with_its_place(string schema, string message) =>
        Assert.Contains(message, Assert.Throws<RatchetException>(() => Grammar.FromJsonSchema(JsonSerializer.Deserialize<JsonElement>(schema))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_mask_holds_exactly_the_tokens_with_which_some_text_goes_on()
    {
        var constraint = GrammarConstraint.Compile(Grammar.FromRegex("the(n|re)?, (漢|é)+"), Vocabulary);
        foreach (var begun in new[] { "", "t", "the", "then", "the, ", "the, 漢" })
        {
            var state = constraint.Start;
            foreach (var id in Bytes.Encode(begun))
                state = state.After(id);
            var allowed = Allowed(state);
            foreach (var id in Enumerable.Range(3, Bytes.VocabularySize - 3))
            {
                var bytes = Encoding.UTF8.GetBytes(begun).Concat(TokenBytes.Of(Bytes)![id]!).ToArray();
                Assert.True(IsBeginning(bytes) == allowed.Contains(Bytes.TokenOf(id)!), $"'{begun}' and {Bytes.TokenOf(id)}");
            }
        }

        static bool IsBeginning(byte[] bytes) => new[] { "the, ", "then, ", "there, " }.Any(b =>
        {
            var whole = Encoding.UTF8.GetBytes(b + string.Concat(Enumerable.Repeat("漢", 8)));
            var other = Encoding.UTF8.GetBytes(b + "é漢é漢é漢");
            var third = Encoding.UTF8.GetBytes(b + "漢é漢é漢é");
            var fourth = Encoding.UTF8.GetBytes(b + "éééééé");
            var fifth = Encoding.UTF8.GetBytes(b + "漢漢é漢é漢é");
            return new[] { whole, other, third, fourth, fifth }.Any(t => t.AsSpan().StartsWith(bytes));
        });
    }

    [Fact]
    public void Sampled_texts_are_in_the_language_whatever_the_model_and_never_come_to_a_dead_end()
    {
        var config = Models.Tiny with { VocabularySize = Bytes.VocabularySize, MaxPositions = 200 };
        using var sampler = new CpuSampler(Models.Weights(config), 2);
        string[] schemas = ["""{"type": "object", "properties": {"a": {"enum": ["x", "yy"]}, "b": {"type": "array", "items": {"type": "boolean"}, "maxItems": 3}}, "required": ["a"]}""", """{"type": "string", "maxLength": 5}"""];
        (GrammarConstraint Constraint, bool Json)[] languages =
        [
            .. schemas.Select(s => (GrammarConstraint.Compile(Grammar.FromJsonSchema(JsonSerializer.Deserialize<JsonElement>(s)), Vocabulary), true)),
            (GrammarConstraint.Compile(Grammar.JsonObject, Vocabulary), true),
            (GrammarConstraint.Compile(Grammar.FromRegex("(the |then |漢字?){1,4}[0-9]{2}"), Vocabulary), false),
            (GrammarConstraint.Compile(Grammar.FromEbnf("root ::= \"(\" root \")\" | [a-z]{0,2}"), Vocabulary), false),
        ];
        var ended = 0;
        foreach (var (constraint, json) in languages)
        {
            foreach (var options in new[] { new SamplingOptions(), new SamplingOptions { TopK = 3, Temperature = 1.5 }, new SamplingOptions { TopP = 0.7 }, new SamplingOptions { Temperature = 0 } })
            {
                var samples = sampler.Generate([Models.Prompt([1, 5], 12, 4)], options with { MaxNewTokens = 150, StopIds = [Bytes.EndId], Constraint = constraint });
                foreach (var sample in samples)
                {
                    Assert.NotEqual(StopReason.DeadEnd, sample.Stop);
                    Assert.All(sample.LogProbabilities, p => Assert.True(p <= 1e-6 && float.IsFinite(p)));
                    if (sample.Stop != StopReason.EndToken)
                        continue;
                    ended++;
                    var text = Bytes.Decode(sample.Ids);
                    Assert.True(constraint.Matches(text), text);
                    if (json)
                        JsonDocument.Parse(text).Dispose();
                }
            }
        }

        Assert.True(ended > 120, $"only {ended} texts ended");
    }

    [Fact]
    public void A_language_that_allows_everything_changes_no_draw_and_no_stop()
    {
        var config = Models.Tiny with { VocabularySize = Bytes.VocabularySize };
        using var sampler = new CpuSampler(Models.Weights(config));
        var all = new Everything(config.VocabularySize);
        var options = new SamplingOptions { MaxNewTokens = 40, StopIds = [Bytes.EndId] };
        var plain = sampler.Generate([Models.Prompt([1, 9], 8, 1)], options);
        var held = sampler.Generate([Models.Prompt([1, 9], 8, 1)], options with { Constraint = all });
        Assert.Equal(plain.Select(s => string.Join(' ', s.Ids)), held.Select(s => string.Join(' ', s.Ids)));
        Assert.Equal(plain.SelectMany(s => s.LogProbabilities), held.SelectMany(s => s.LogProbabilities));
    }

    [Fact]
    public void Own_kernels_and_tensor_library_draw_the_same_texts_of_a_language()
    {
        var weights = Models.Weights(Models.Tiny with { VocabularySize = Bytes.VocabularySize });
        var options = new SamplingOptions { MaxNewTokens = 40, StopIds = [Bytes.EndId], Constraint = GrammarConstraint.Compile(Grammar.FromRegex("(the |then )+[0-9]"), Vocabulary), ModelScores = 2 };
        using var own = new CpuSampler(weights);
        using var torch = new TorchSampler(weights);
        var (a, b) = (own.Generate([Models.Prompt([1, 9], 6, 1)], options), torch.Generate([Models.Prompt([1, 9], 6, 1)], options));
        Assert.Equal(a.Select(s => Bytes.Decode(s.Ids)), b.Select(s => Bytes.Decode(s.Ids)));
        Assert.All(a.Zip(b), p => Assert.Equal(p.First.ModelScores.Count, p.Second.ModelScores.Count));
    }

    [Fact]
    public void The_vocabulary_of_words_knows_the_spaces_between_them()
    {
        var words = new Words();
        var constraint = GrammarConstraint.Compile(Grammar.FromRegex("(go|stop)( go| stop)*"), TokenVocabulary.Of(words, words.VocabularySize));
        using var sampler = new CpuSampler(Models.Weights(Models.Tiny));
        Assert.Throws<ArgumentException>(() => sampler.Generate([Models.Prompt([1], 1, 1)], new SamplingOptions { StopIds = [2], Constraint = constraint }));
        var fitting = GrammarConstraint.Compile(Grammar.FromRegex("(go|stop)( go| stop)*"), TokenVocabulary.Of(words, 23));
        Assert.All(sampler.Generate([Models.Prompt([1], 20, 1)], new SamplingOptions { MaxNewTokens = 9, StopIds = [2], Constraint = fitting }), s => Assert.True(fitting.Matches(words.Decode(s.Ids))));
        var dead = GrammarConstraint.Compile(Grammar.FromRegex("go now"), TokenVocabulary.Of(words, 23));
        Assert.All(sampler.Generate([Models.Prompt([1], 4, 1)], new SamplingOptions { StopIds = [2], Constraint = dead }), s => Assert.Equal((StopReason.DeadEnd, "go"), (s.Stop, words.Decode(s.Ids))));
    }

    private static List<string> Allowed(ITokenConstraintState state) =>
        [.. Enumerable.Range(0, Bytes.VocabularySize).Where(i => (state.Allowed[i >> 6] >> (i & 63) & 1) != 0).Select(i => Bytes.TokenOf(i)!)];

    private sealed class Everything(int size) : ITokenConstraint, ITokenConstraintState
    {
        private readonly ulong[] _all = [.. Enumerable.Repeat(ulong.MaxValue, (size + 63) / 64)];

        public int VocabularySize => size;

        public ITokenConstraintState Start => this;

        public ReadOnlySpan<ulong> Allowed => _all;

        public bool MayContinue => true;

        public bool MayEnd => true;

        public ITokenConstraintState After(int id) => this;
    }

    /// <summary>Words with spaces between them: id 3 is "go", id 4 "stop".</summary>
    private sealed class Words : Ratchet.Tokenization.ITokenizer
    {
        public int VocabularySize => 5;

        public int BeginId => 1;

        public int EndId => 2;

        public int PadId => 0;

        public int[] Encode(string text) => [.. text.Split(' ').Select(w => w == "go" ? 3 : 4)];

        public string Decode(ReadOnlySpan<int> ids) => string.Join(' ', ids.ToArray().Where(i => i > 2).Select(i => i == 3 ? "go" : "stop"));

        public IReadOnlyDictionary<string, string> Save() => new Dictionary<string, string>();
    }
}
