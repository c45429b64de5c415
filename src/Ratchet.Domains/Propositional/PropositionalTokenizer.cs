using System.Collections.Frozen;
using System.Text;
using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Propositional;

/// <summary>
/// The closed vocabulary of propositional goals and tactic scripts: one symbol or word a token, 64 ids.
/// </summary>
/// <remarks>
/// Atoms are <c>A</c> to <c>F</c>, hypotheses <c>h0</c> to <c>h15</c>; <c>Proof.</c> is one token and stands between goal and script.
/// Decoding gives text with Coq's usual spacing; encoding it again gives the same ids, marks and spare ids left out.
/// Safe to call from many threads.
/// </remarks>
public sealed class PropositionalTokenizer : ITokenizer
{
    /// <summary>The file that <see cref="Save"/> writes.</summary>
    public const string FileName = "tokenizer.json";

    /// <summary>How many hypothesis names the vocabulary has: <c>h0</c> to <c>h15</c>.</summary>
    internal const int HypothesisCount = 16;

    /// <summary>Names of the atoms that the vocabulary can show, in order.</summary>
    internal static readonly IReadOnlyList<string> Atoms = ["A", "B", "C", "D", "E", "F"];

    private const int MarkCount = 3;

    private static readonly string[] Vocabulary = MakeVocabulary();

    private static readonly FrozenDictionary<string, int> Ids =
        Vocabulary.Select((text, id) => (text, id)).ToFrozenDictionary(p => p.text, p => p.id, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Lookup = Ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <inheritdoc/>
    public int VocabularySize => Vocabulary.Length;

    /// <inheritdoc/>
    public int PadId => 0;

    /// <inheritdoc/>
    public int BeginId => 1;

    /// <inheritdoc/>
    public int EndId => 2;

    /// <summary>Id of <c>Proof.</c>, which ends every prompt.</summary>
    public static int SeparatorId => 3;

    /// <summary>True for <c>h0</c> to <c>h15</c>.</summary>
    internal static bool IsHypothesis(string name) => name.Length > 1 && name[0] == 'h' && Ids.ContainsKey(name);

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 2);
        try
        {
            var lexer = new Lexer(text);
            while (lexer.Current.Kind != TokenKind.End)
            {
                var token = lexer.Advance();
                var isSeparator = token.Kind == TokenKind.Name && lexer.Current.Kind == TokenKind.Stop && lexer.Span(token).SequenceEqual("Proof");
                if (isSeparator)
                {
                    lexer.Advance();
                    ids.Add(SeparatorId);
                }
                else if (Lookup.TryGetValue(lexer.Span(token), out var id))
                {
                    ids.Add(id);
                }
                else
                {
                    throw new TokenizationException($"The vocabulary of the propositional domain has no {lexer.Describe(token)}.", token.Start);
                }
            }
        }
        catch (TextException e)
        {
            throw new TokenizationException(e.Message, e.Start);
        }

        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var builder = new StringBuilder(ids.Length * 4);
        var last = "";
        foreach (var id in ids)
        {
            if (id < MarkCount || id >= Vocabulary.Length || Vocabulary[id][0] == '<' && Vocabulary[id] != "<->")
                continue;
            var text = Vocabulary[id];
            if (last.Length > 0 && NeedsSpace(last, text))
                builder.Append(' ');
            builder.Append(text);
            last = text;
        }

        return builder.ToString();
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Save()
    {
        var builder = new StringBuilder();
        builder.Append("{\n  \"version\": \"1.0\",\n  \"model\": {\n    \"type\": \"WordLevel\",\n    \"unk_token\": \"<pad>\",\n    \"vocab\": {\n");
        for (var id = 0; id < Vocabulary.Length; id++)
        {
            builder.Append("      \"").Append(Vocabulary[id].Replace("\\", "\\\\", StringComparison.Ordinal)).Append("\": ").Append(id)
                .Append(id + 1 < Vocabulary.Length ? ",\n" : "\n");
        }

        builder.Append("    }\n  }\n}\n");
        return new Dictionary<string, string> { [FileName] = builder.ToString() };
    }

    private static bool NeedsSpace(string last, string next) => next switch
    {
        // ".." and "(*" would be read as other tokens.
        "." => last is "." or "Proof.",
        ")" or "]" => last is "." or "Proof.",
        _ => last is not ("(" or "[") || next == "*",
    };

    private static string[] MakeVocabulary()
    {
        List<string> words =
        [
            "<pad>", "<bos>", "<eos>", "Proof.",
            .. Atoms,
            "True", "False", "->", @"/\", @"\/", "~", "<->", "(", ")",
            "intros", "exact", "apply", "split", "left", "right", "destruct", "as", "exfalso", "assumption", "assert",
            "constructor", "contradiction", "intro",
            ".", "[", "]", "|", ":", "-", "+", "*", "{", "}",
            .. Enumerable.Range(0, HypothesisCount).Select(i => $"h{i}"),
        ];
        while (words.Count % 8 != 0)
            words.Add($"<spare{words.Count}>");
        return [.. words];
    }
}
