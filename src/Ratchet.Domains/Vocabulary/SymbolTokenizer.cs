using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Vocabulary;

/// <summary>A closed vocabulary of words that white space separates: one word a token.</summary>
/// <remarks>
/// Ids 0 to 2 are the pad, begin and end marks. Decoding puts a space between words, or a line break before words that start a line; encoding
/// that again gives the same ids, marks left out. Safe to call from many threads.
/// </remarks>
public sealed class SymbolTokenizer : ITokenizer
{
    /// <summary>The file that <see cref="Save"/> writes.</summary>
    public const string FileName = "tokenizer.json";

    private const int MarkCount = 3;

    private static readonly JsonWriterOptions JsonOptions = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _domain;
    private readonly string[] _words;
    private readonly FrozenDictionary<string, int> _ids;
    private readonly FrozenSet<string> _lineStarters;

    /// <summary>Makes the tokenizer; spare ids fill the vocabulary up to a multiple of 8.</summary>
    /// <param name="domain">Name of the domain, for messages.</param>
    /// <param name="words">The words, without white space, each once.</param>
    /// <param name="lineStarters">Those of them that decoding puts at the start of a line.</param>
    public SymbolTokenizer(string domain, IEnumerable<string> words, IEnumerable<string> lineStarters)
    {
        ArgumentNullException.ThrowIfNull(words);
        _domain = domain;
        List<string> all = ["<pad>", "<bos>", "<eos>", .. words];
        while (all.Count % 8 != 0)
            all.Add($"<spare{all.Count}>");
        _words = [.. all];
        _ids = _words.Select((text, id) => (text, id)).ToFrozenDictionary(p => p.text, p => p.id, StringComparer.Ordinal);
        _lineStarters = lineStarters.ToFrozenSet(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public int VocabularySize => _words.Length;

    /// <inheritdoc/>
    public int PadId => 0;

    /// <inheritdoc/>
    public int BeginId => 1;

    /// <inheritdoc/>
    public int EndId => 2;

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>();
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }

            var start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
                i++;
            var word = text[start..i];
            if (!_ids.TryGetValue(word, out var id) || !IsText(id))
                throw new TokenizationException($"The vocabulary of the {_domain} domain has no '{(word.Length <= 60 ? word : word[..60])}'.", start);
            ids.Add(id);
        }

        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var builder = new StringBuilder(ids.Length * 6);
        foreach (var id in ids)
        {
            if (id < 0 || id >= _words.Length || !IsText(id))
                continue;
            if (builder.Length > 0)
                builder.Append(_lineStarters.Contains(_words[id]) ? '\n' : ' ');
            builder.Append(_words[id]);
        }

        return builder.ToString();
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Save()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteStartObject("model");
            json.WriteString("type", "WordLevel");
            json.WriteString("unk_token", "<pad>");
            json.WriteStartObject("vocab");
            for (var id = 0; id < _words.Length; id++)
                json.WriteNumber(_words[id], id);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return new Dictionary<string, string> { [FileName] = Encoding.UTF8.GetString(stream.ToArray()) + "\n" };
    }

    /// <summary>Marks and spare ids give no text.</summary>
    private bool IsText(int id) => id >= MarkCount && _words[id][0] != '<';
}
