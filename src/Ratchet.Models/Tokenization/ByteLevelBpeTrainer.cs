using System.Text;

namespace Ratchet.Models.Tokenization;

/// <summary>
/// Learns a byte-level byte-pair encoding from texts (Sennrich, Haddow and Birch 2016, on bytes as in GPT-2): the most frequent pair of neighbours within a
/// piece becomes a new token, again and again.
/// </summary>
/// <remarks>
/// Deterministic: among equally frequent pairs the one with the lower left id, then the lower right id, comes first. Ids: special tokens,
/// the 256 bytes, then merges in the order learned. The result does not depend on the order of texts.
/// </remarks>
public sealed class ByteLevelBpeTrainer
{
    /// <summary>Number of ids to end with, special tokens and bytes included; fewer where the texts have no more pairs. At least their sum.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Pairs that are seen fewer times are not merged; at least 1.</summary>
    public int MinFrequency { get; init; } = 2;

    /// <summary>Special tokens, which get the first ids. The first three fill unused places, begin and end sequences.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<pad>", "<s>", "</s>"];

    /// <summary>Learns from texts.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public ByteLevelBpeTokenizer Train(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (SpecialTokens.Count < 3 || SpecialTokens.Distinct(StringComparer.Ordinal).Count() < SpecialTokens.Count || SpecialTokens.Any(string.IsNullOrEmpty))
            throw new ArgumentException("SpecialTokens must hold at least pad, begin and end, none empty or twice.");
        if (VocabularySize < SpecialTokens.Count + 256)
            throw new ArgumentException($"VocabularySize must be at least {SpecialTokens.Count + 256} (special tokens and bytes), not {VocabularySize}.");
        if (MinFrequency < 1)
            throw new ArgumentException($"MinFrequency must be at least 1, not {MinFrequency}.");
        List<string> tokens = [.. SpecialTokens, .. ByteAlphabet.Sorted];
        var idOfByte = new int[256];
        for (var b = 0; b < 256; b++)
            idOfByte[b] = tokens.IndexOf(ByteAlphabet.Character((byte)b).ToString(), SpecialTokens.Count);
        var words = CountWords(texts, idOfByte);
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < tokens.Count; i++)
            known[tokens[i]] = i;
        var merges = new List<(int Left, int Right)>();
        var pairs = new PairCounts(words);
        while (tokens.Count < VocabularySize && pairs.TakeMostFrequent(MinFrequency) is { } pair)
        {
            var text = tokens[pair.Left] + tokens[pair.Right];

            // Two pairs may spell the same token, which has one id; none may spell a special token.
            if (!known.TryGetValue(text, out var id))
            {
                id = tokens.Count;
                known.Add(text, id);
                tokens.Add(text);
            }
            else if (id < SpecialTokens.Count)
            {
                continue;
            }

            merges.Add(pair);
            pairs.Merge(pair, id);
        }

        return ByteLevelBpeTokenizer.Create(tokens, merges, SpecialTokens, SpecialTokens[0], SpecialTokens[1], SpecialTokens[2]);
    }

    private static List<Word> CountWords(IEnumerable<string> texts, int[] idOfByte)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            foreach (var piece in PreTokenizer.Gpt2.Split(text))
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, text[piece], out _)++;
        }

        return [.. counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => new Word([.. Encoding.UTF8.GetBytes(c.Key).Select(b => idOfByte[b])], c.Value))];
    }

    private sealed class Word(int[] ids, long count)
    {
        public int[] Ids { get; } = ids;

        public int Length { get; set; } = ids.Length;

        public long Count => count;
    }

    /// <summary>How often each pair stands in the words, kept up to date through merges.</summary>
    private sealed class PairCounts
    {
        private readonly List<Word> _words;
        private readonly Dictionary<(int Left, int Right), long> _counts = [];
        private readonly Dictionary<(int Left, int Right), HashSet<int>> _places = [];

        // Holds counts that may be out of date, always at least as high as the true ones; the true one is looked up when taken.
        private readonly PriorityQueue<(int Left, int Right), (long NegativeCount, int Left, int Right)> _queue = new();

        public PairCounts(List<Word> words)
        {
            _words = words;
            for (var w = 0; w < words.Count; w++)
            {
                for (var i = 0; i + 1 < words[w].Length; i++)
                    Add((words[w].Ids[i], words[w].Ids[i + 1]), words[w].Count, w);
            }

            foreach (var pair in _counts.Keys)
                Offer(pair);
        }

        /// <summary>The most frequent pair, taken out; null when none reaches the least count.</summary>
        public (int Left, int Right)? TakeMostFrequent(long least)
        {
            while (_queue.TryDequeue(out var pair, out var priority))
            {
                var count = _counts.GetValueOrDefault(pair);
                if (count < least)
                    continue;
                if (count == -priority.NegativeCount)
                    return pair;
                Offer(pair);
            }

            return null;
        }

        public void Merge((int Left, int Right) pair, int id)
        {
            var touched = new HashSet<(int Left, int Right)>();
            foreach (var w in _places[pair])
            {
                var word = _words[w];
                var ids = word.Ids;
                for (var i = 0; i + 1 < word.Length; i++)
                {
                    if (ids[i] != pair.Left || ids[i + 1] != pair.Right)
                        continue;
                    if (i > 0)
                    {
                        _counts[(ids[i - 1], pair.Left)] -= word.Count;
                        Add((ids[i - 1], id), word.Count, w, touched);
                    }

                    if (i + 2 < word.Length)
                    {
                        _counts[(pair.Right, ids[i + 2])] -= word.Count;
                        Add((id, ids[i + 2]), word.Count, w, touched);
                    }

                    ids[i] = id;
                    Array.Copy(ids, i + 2, ids, i + 1, word.Length - i - 2);
                    word.Length--;
                }
            }

            _counts.Remove(pair);
            _places.Remove(pair);
            foreach (var fresh in touched)
                Offer(fresh);
        }

        private void Add((int Left, int Right) pair, long count, int word, HashSet<(int Left, int Right)>? touched = null)
        {
            _counts[pair] = _counts.GetValueOrDefault(pair) + count;
            if (!_places.TryGetValue(pair, out var places))
                _places.Add(pair, places = []);
            places.Add(word);
            touched?.Add(pair);
        }

        private void Offer((int Left, int Right) pair) => _queue.Enqueue(pair, (-_counts[pair], pair.Left, pair.Right));
    }
}
