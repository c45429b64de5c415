using System.Text;
using System.Text.Json;

namespace Ratchet.Models.Tokenization.Subwords;

/// <summary>Unigram language model (Kudo 2018; SentencePiece): the segmentation of highest probability, by dynamic programming over UTF-8 bytes.</summary>
internal sealed class UnigramModel : SubwordModel
{
    // What a code point outside the vocabulary costs below the least likely token, as SentencePiece sets it.
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly double[] _scores;
    private readonly Dictionary<(int Node, byte Next), int> _children = [];
    private readonly List<int> _idAt = [-1];
    private readonly int[] _idOfByte;
    private readonly bool _byteFallback;
    private readonly int _unknown;
    private readonly double _unknownScore;

    private UnigramModel(JsonElement json)
    {
        var entries = json.Items("vocab").ToList();
        _scores = new double[entries.Count];
        for (var id = 0; id < entries.Count; id++)
        {
            if (entries[id].ValueKind != JsonValueKind.Array || entries[id].GetArrayLength() != 2 || entries[id][0].GetString() is not { } token || !entries[id][1].TryGetDouble(out _scores[id]))
                throw new FormatException($"entry {id} of the vocabulary is not a token with a score");
            _ids[token] = id;
            if (token.Length > 0)
                Insert(Encoding.UTF8.GetBytes(token), id);
        }

        _unknown = json.Optional("unk_id") is { } unknown ? unknown.Id() : -1;
        if (entries.Count == 0 || _unknown >= entries.Count)
            throw new FormatException("the vocabulary is empty or lacks the unknown token");
        _unknownScore = _scores.Min() - UnknownPenalty;
        _byteFallback = json.Flag("byte_fallback", false);
        _idOfByte = FallbackBytes(_ids);
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _ids;

    public static UnigramModel Read(JsonElement json) => new(json);

    protected override void Append(ReadOnlySpan<char> piece, List<int> ids)
    {
        var text = Encoding.UTF8.GetBytes(piece.ToString());
        var best = Search(text);

        // Back along the best path; unknown code points side by side are one unknown token.
        var parts = new Stack<(int Start, int End, int Id)>();
        for (var end = text.Length; end > 0; end = best[end].Start)
        {
            var (start, id, _) = best[end];
            if (id == _unknown && parts.Count > 0 && parts.Peek() is var next && next.Id == _unknown)
            {
                parts.Pop();
                parts.Push((start, next.End, id));
            }
            else
            {
                parts.Push((start, end, id));
            }
        }

        foreach (var (start, end, id) in parts)
        {
            // A run of unknown code points may spell a token, for example the unknown token itself.
            var spelled = id;
            if (id != _unknown || _ids.TryGetValue(Encoding.UTF8.GetString(text, start, end - start), out spelled))
                ids.Add(spelled);
            else if (_byteFallback && text.AsSpan(start, end - start).ToArray().All(b => _idOfByte[b] >= 0))
                ids.AddRange(text[start..end].Select(b => _idOfByte[b]));
            else if (_unknown >= 0)
                ids.Add(_unknown);
            else
                throw new Ratchet.Tokenization.TokenizationException($"The vocabulary has no token for '{Encoding.UTF8.GetString(text, start, end - start)}' and no unknown token.", 0);
        }
    }

    private (int Start, int Id, double Score)[] Search(byte[] text)
    {
        var best = new (int Start, int Id, double Score)[text.Length + 1];
        Array.Fill(best, (-1, -1, 0));
        for (var start = 0; start < text.Length;)
        {
            var width = Width(text[start]);
            var score = best[start].Score;
            var single = false;
            for (int node = 0, end = start; end < text.Length && _children.TryGetValue((node, text[end]), out node);)
            {
                end++;
                if (_idAt[node] < 0)
                    continue;
                Offer(best, end, start, _idAt[node], score + _scores[_idAt[node]]);
                single |= end - start == width;
            }

            if (!single)
                Offer(best, start + width, start, _unknown, score + _unknownScore);
            start += width;
        }

        return best;
    }

    private static void Offer((int Start, int Id, double Score)[] best, int end, int start, int id, double score)
    {
        if (best[end].Start < 0 || score > best[end].Score)
            best[end] = (start, id, score);
    }

    private static int Width(byte lead) => lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    private void Insert(byte[] token, int id)
    {
        var node = 0;
        foreach (var b in token)
        {
            if (!_children.TryGetValue((node, b), out var next))
            {
                next = _idAt.Count;
                _idAt.Add(-1);
                _children.Add((node, b), next);
            }

            node = next;
        }

        _idAt[node] = id;
    }
}
