using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Ratchet.Models.Tokenization.Subwords;

/// <summary>WordPiece (BERT): the longest token that fits, again and again; a word that cannot be written whole is unknown.</summary>
internal sealed class WordPieceModel : SubwordModel
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idOf;
    private readonly string _prefix;
    private readonly int _unknown;
    private readonly int _longestWord;
    private readonly int _longestToken;

    private WordPieceModel(JsonElement json)
    {
        _ids = json.Vocabulary();
        _idOf = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _prefix = json.OptionalText("continuing_subword_prefix") ?? "##";
        var unknown = json.OptionalText("unk_token") ?? "[UNK]";
        _unknown = _ids.TryGetValue(unknown, out var id) ? id : throw new FormatException($"the unknown token '{unknown}' is not in the vocabulary");
        _longestWord = json.Optional("max_input_chars_per_word") is { ValueKind: JsonValueKind.Number } most && most.TryGetInt32(out var limit) ? limit : 100;
        _longestToken = Math.Max(_prefix.Length, _ids.Keys.Max(k => k.Length));
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _ids;

    public static WordPieceModel Read(JsonElement json) => new(json);

    protected override void Append(ReadOnlySpan<char> piece, List<int> ids)
    {
        var first = ids.Count;
        Span<char> token = new char[_longestToken];
        for (var start = CodePoints(piece) > _longestWord ? -1 : 0; start != piece.Length;)
        {
            var end = start < 0 ? 0 : LongestToken(piece, start, token, out start);
            if (end == 0)
            {
                ids.RemoveRange(first, ids.Count - first);
                ids.Add(_unknown);
                return;
            }

            ids.Add(start);
            start = end;
        }
    }

    private static int CodePoints(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var unit in text)
            count += char.IsLowSurrogate(unit) ? 0 : 1;
        return count;
    }

    /// <summary>The end and id of the longest token from a place on; 0 where none fits.</summary>
    private int LongestToken(ReadOnlySpan<char> piece, int start, Span<char> token, out int id)
    {
        var prefix = start == 0 ? 0 : _prefix.Length;
        _prefix.AsSpan(0, prefix).CopyTo(token);
        for (var end = Math.Min(piece.Length, start + token.Length - prefix); end > start; end--)
        {
            piece[start..end].CopyTo(token[prefix..]);
            if (_idOf.TryGetValue(token[..(prefix + end - start)], out id))
                return end;
        }

        id = -1;
        return 0;
    }
}
