using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Metamath;

/// <summary>A closed vocabulary for goals and steps of a part of a database: math symbols, labels, and the marks of steps, one a token.</summary>
/// <remarks>Words are separated by spaces, in text as in the language itself. Ids 0 to 2 are the pad, begin and end marks. Safe to call from many threads.</remarks>
public sealed class MetamathTokenizer : ITokenizer
{
    /// <summary>The file that <see cref="Save"/> writes.</summary>
    public const string FileName = "tokenizer.json";

    private const string Kind = "MetamathWords";
    private static readonly string[] Marks = ["<pad>", "<bos>", "<eos>"];
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string[] _words;
    private readonly FrozenDictionary<string, int> _ids;

    /// <summary>Makes a tokenizer of words, each once, without white space.</summary>
    public MetamathTokenizer(IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        _words = [.. words];
        _ids = _words.Select((word, i) => (word, i)).ToFrozenDictionary(w => w.word, w => w.i + Marks.Length, StringComparer.Ordinal);
    }

    /// <summary>The vocabulary of some texts, words in order of their first appearance.</summary>
    public static MetamathTokenizer Of(IEnumerable<string> texts) =>
        new(texts.SelectMany(t => t.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal));

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="RatchetException">The file is none of these.</exception>
    public static MetamathTokenizer Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path));
            return (string?)root?["model"]?["type"] == Kind && root["model"]!["words"] is JsonArray words
                ? new MetamathTokenizer(words.Select(w => (string)w!))
                : throw new RatchetException($"'{path}' is no vocabulary of a Metamath step prover.", "Give a model that was trained on Metamath steps.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new RatchetException($"'{path}' cannot be read: {e.Message}", "Copy the model again.", e);
        }
    }

    /// <summary>Whether a folder holds such a vocabulary.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName)) && File.ReadAllText(Path.Combine(folder, FileName)).Contains($"\"{Kind}\"", StringComparison.Ordinal);

    /// <inheritdoc/>
    public int VocabularySize => (_words.Length + Marks.Length + 7) / 8 * 8;

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
        for (var i = 0; i < text.Length; i++)
        {
            var start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
                i++;
            if (i == start)
                continue;
            ids.Add(_ids.TryGetValue(text[start..i], out var id) ? id : throw new TokenizationException($"The vocabulary has no '{text[start..i]}'.", start));
        }

        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            if (id >= Marks.Length && id < _words.Length + Marks.Length)
                text.Append(text.Length == 0 ? "" : " ").Append(_words[id - Marks.Length]);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Save() => new Dictionary<string, string>
    {
        [FileName] = new JsonObject { ["version"] = "1.0", ["model"] = new JsonObject { ["type"] = Kind, ["words"] = new JsonArray([.. _words.Select(w => (JsonNode)w)]) } }.ToJsonString(Json) + "\n",
    };
}
