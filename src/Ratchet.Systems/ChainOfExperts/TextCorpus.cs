using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ratchet.Loop;
using Ratchet.Models.Tokenization;
using Ratchet.Runs;

namespace Ratchet.Systems.ChainOfExperts;

/// <summary>Documents of a recipe's data, divided into those to learn from and those held out.</summary>
internal sealed class TextCorpus
{
    private TextCorpus(List<string> train, List<string> heldout, string hash)
    {
        Train = train;
        Heldout = heldout;
        Hash = hash;
    }

    /// <summary>Documents to learn from.</summary>
    public IReadOnlyList<string> Train { get; }

    /// <summary>Documents held out: those whose texts have the smallest hashes. No copy of one is among <see cref="Train"/>.</summary>
    public IReadOnlyList<string> Heldout { get; }

    /// <summary>SHA-256 of all documents in order.</summary>
    public string Hash { get; }

    /// <summary>Reads and divides. The same for every seed.</summary>
    /// <exception cref="RatchetException">A file is missing or not readable, or too little text is left to learn from.</exception>
    public static TextCorpus Read(CorpusSettings settings)
    {
        var documents = new List<string>();
        foreach (var file in settings.Files)
            documents.AddRange(Documents(PathOf(settings, file), settings.Fields));
        var stories = RandomStream.FromSeed(0).Derive("stories");
        for (var i = 0; i < settings.Stories; i++)
            documents.Add(ArithmeticStories.Make(stories, i));
        return Divide(documents, settings.HeldoutCharacters);
    }

    internal static TextCorpus Divide(IReadOnlyList<string> documents, long heldoutCharacters)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var byHash = new SortedDictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < documents.Count; i++)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(documents[i]));
            all.AppendData(hash);
            var key = Convert.ToHexStringLower(hash);
            if (!byHash.TryGetValue(key, out var places))
                byHash.Add(key, places = []);
            places.Add(i);
        }

        var held = new HashSet<int>();
        var characters = 0L;
        foreach (var (_, places) in byHash)
        {
            if (characters >= heldoutCharacters)
                break;
            characters += documents[places[0]].Length;
            held.UnionWith(places);
        }

        List<string> train = [.. documents.Where((_, i) => !held.Contains(i))];
        if (characters < heldoutCharacters || train.Count == 0)
            throw new RatchetException($"The data has {documents.Sum(d => (long)d.Length)} characters: too few to hold out {heldoutCharacters} and to learn from the rest.", "Give more data, or make data.heldout_characters smaller.");

        // A held-out text that is there twice is evaluated once.
        return new TextCorpus(train, [.. documents.Where((_, i) => held.Contains(i)).Distinct(StringComparer.Ordinal)], Convert.ToHexStringLower(all.GetHashAndReset()));
    }

    /// <summary>The documents as one row of ids, each with an end mark behind it.</summary>
    public static int[] Encode(IReadOnlyList<string> documents, ByteLevelBpeTokenizer tokenizer) => [.. documents.SelectMany(d => (IEnumerable<int>)[.. tokenizer.Encode(d), tokenizer.EndId])];

    private static string PathOf(CorpusSettings settings, string file)
    {
        var root = settings.Root ?? Environment.GetEnvironmentVariable("RATCHET_DATA");
        if (string.IsNullOrEmpty(root) && !Path.IsPathRooted(file))
            throw new RatchetException($"The recipe reads '{file}', and nothing says which folder that starts from.", "Set the environment variable RATCHET_DATA, or give data.root (--data FOLDER).");
        var path = Path.Combine(root ?? "", file);
        return File.Exists(path) ? path : throw new RatchetException($"There is no data file '{path}'.", "Check data.files, and data.root or the environment variable RATCHET_DATA.");
    }

    private static List<string> Documents(string path, IReadOnlyList<string> fields)
    {
        var plain = path.EndsWith(".gz", StringComparison.Ordinal) ? path[..^3] : path;
        var jsonLines = plain.EndsWith(".jsonl", StringComparison.Ordinal);
        if (!jsonLines && !plain.EndsWith(".txt", StringComparison.Ordinal))
            throw new RatchetException($"The data file '{path}' is neither .jsonl nor .txt (or one of them with .gz).", "Convert it, or name another.");
        try
        {
            using var file = File.OpenRead(path);
            using Stream stream = plain == path ? file : new GZipStream(file, CompressionMode.Decompress);
            using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));

            // Split by hand: a line of JSON may hold other characters that a reader takes for line ends.
            var lines = reader.ReadToEnd().Split('\n');
            return jsonLines ? [.. lines.Select((l, i) => (Line: l, Number: i + 1)).Where(l => l.Line.Trim().Length > 0).Select(l => Document(l.Line, l.Number, path, fields))] : Paragraphs(lines);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or DecoderFallbackException)
        {
            throw new RatchetException($"The data file '{path}' cannot be read: {e.Message}", "Check that it is whole, in UTF-8, and that you may read it.", e);
        }
    }

    private static List<string> Paragraphs(string[] lines)
    {
        var result = new List<string>();
        var start = 0;
        for (var i = 0; i <= lines.Length; i++)
        {
            if (i < lines.Length && lines[i].Trim().Length > 0)
                continue;
            if (i > start)
                result.Add(string.Join('\n', lines[start..i]));
            start = i + 1;
        }

        return result;
    }

    private static string Document(string line, int number, string path, IReadOnlyList<string> fields)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var texts = fields.Select(f => json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(f, out var v) && v.ValueKind == JsonValueKind.String
                ? v.GetString()! : throw new RatchetException($"Line {number} of '{path}' has no text in the field '{f}'.", "Correct data.fields or the line."));
            return string.Join('\n', texts);
        }
        catch (JsonException e)
        {
            throw new RatchetException($"Line {number} of '{path}' is not JSON: {e.Message}", "Correct the line.", e);
        }
    }
}
