using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Ratchet.Models.Tokenization.Subwords;

/// <summary>Byte-pair encoding, on bytes (GPT-2, Llama 3, Qwen) or on code points with bytes for those that the vocabulary lacks (Llama 2, Gemma).</summary>
internal sealed class BytePairModel : SubwordModel
{
    private const char SpaceMark = '\u2581';

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idOf;
    private readonly MergeTable _merges;
    private readonly bool _bytes;
    private readonly bool _ignoreMerges;
    private readonly int[] _idOfByte;
    private readonly bool _byteFallback;
    private readonly int _unknown;
    private readonly bool _fuseUnknown;
    private readonly string _prefix;
    private readonly string _suffix;
    private readonly bool _dividesAtSpaces;

    private BytePairModel(JsonElement json, bool bytes)
    {
        if (json.Optional("dropout") is { } dropout && (dropout.ValueKind != JsonValueKind.Number || dropout.GetDouble() != 0))
            throw new FormatException("its merges are drawn at random (dropout)");
        _bytes = bytes;
        _ids = json.Vocabulary();
        _idOf = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _ignoreMerges = json.Flag("ignore_merges", false);
        _byteFallback = json.Flag("byte_fallback", false);
        _idOfByte = bytes ? [.. Enumerable.Range(0, 256).Select(b => _ids.GetValueOrDefault(ByteAlphabet.Character((byte)b).ToString(), -1))] : FallbackBytes(_ids);
        _unknown = json.OptionalText("unk_token") is { Length: > 0 } unknown ? _ids.GetValueOrDefault(unknown, -1) : -1;
        _fuseUnknown = json.Flag("fuse_unk", false);
        _prefix = json.OptionalText("continuing_subword_prefix") ?? string.Empty;
        _suffix = json.OptionalText("end_of_word_suffix") ?? string.Empty;
        if (bytes && (_prefix.Length > 0 || _suffix.Length > 0))
            throw new FormatException("its byte-level tokens have a prefix or suffix");
        var crosses = false;
        var merges = new Dictionary<(int, int), (int, int)>();
        var rank = 0;
        foreach (var merge in json.Items("merges"))
        {
            var (left, right) = Pair(merge);
            var whole = left + right[Math.Min(_prefix.Length, right.Length)..];
            if (!_ids.TryGetValue(left, out var a) || !_ids.TryGetValue(right, out var b) || !_ids.TryGetValue(whole, out var id))
                throw new FormatException($"merge {rank} ('{left}' and '{right}') uses or makes a token that the vocabulary lacks");
            merges[(a, b)] = (rank++, id);
            crosses |= Crosses(whole);
        }

        _merges = new MergeTable(merges);

        // Where no merge makes a token with a space inside, words never meet, and each can be encoded on its own: the same ids, from the cache.
        _dividesAtSpaces = !bytes && !crosses && !_ignoreMerges && _prefix.Length == 0 && _suffix.Length == 0 && _ids.ContainsKey(SpaceMark.ToString());
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _ids;

    public static new BytePairModel Read(JsonElement json, bool bytes) => new(json, bytes);

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (!_dividesAtSpaces)
        {
            base.Encode(piece, ids);
            return;
        }

        while (piece.Length > 0)
        {
            var end = 0;
            while (end < piece.Length && piece[end] == SpaceMark)
                end++;
            var word = piece[end..].IndexOf(SpaceMark);
            end = word < 0 ? piece.Length : end + word;
            base.Encode(piece[..end], ids);
            piece = piece[end..];
        }
    }

    protected override void Append(ReadOnlySpan<char> piece, List<int> ids)
    {
        // A UTF-16 unit is at most three bytes, and at most three symbols.
        var most = (piece.Length * 3) + 1;
        var rented = most > 512 ? ArrayPool<int>.Shared.Rent(most) : null;
        var symbols = rented ?? stackalloc int[512];
        var count = _bytes ? Bytes(piece, symbols) : Symbols(piece, symbols);
        if (count >= 0)
            count = _merges.Apply(symbols[..count]);
        else
            count = 1;
        ids.AddRange(symbols[..count]);
        if (rented is not null)
            ArrayPool<int>.Shared.Return(rented);
    }

    private static (string Left, string Right) Pair(JsonElement merge)
    {
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2)
            return (merge[0].GetString() ?? string.Empty, merge[1].GetString() ?? string.Empty);
        var text = merge.ValueKind == JsonValueKind.String ? merge.GetString()! : string.Empty;
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space < text.Length - 1 ? (text[..space], text[(space + 1)..]) : throw new FormatException($"the merge '{text}' is not a pair");
    }

    private static bool Crosses(string token)
    {
        for (var i = 1; i < token.Length; i++)
        {
            if (token[i] == SpaceMark && token[i - 1] != SpaceMark)
                return true;
        }

        return false;
    }

    /// <summary>The ids of a piece's bytes; -1 where the piece is a token by itself, which then is the first symbol.</summary>
    private int Bytes(ReadOnlySpan<char> piece, Span<int> symbols)
    {
        var rented = piece.Length > 256 ? ArrayPool<byte>.Shared.Rent(piece.Length * 3) : null;
        var buffer = rented ?? stackalloc byte[768];
        var bytes = buffer[..Encoding.UTF8.GetBytes(piece, buffer)];
        var count = 0;
        if (_ignoreMerges && bytes.Length <= 256)
        {
            Span<char> spelled = stackalloc char[bytes.Length];
            for (var i = 0; i < bytes.Length; i++)
                spelled[i] = ByteAlphabet.Character(bytes[i]);
            if (_idOf.TryGetValue(spelled, out symbols[0]))
                count = -1;
        }

        if (count == 0)
        {
            foreach (var b in bytes)
            {
                // Without a token and without an unknown token a byte is left out, as the reference implementation does.
                if (_idOfByte[b] >= 0)
                    symbols[count++] = _idOfByte[b];
                else if (_unknown >= 0 && !(_fuseUnknown && count > 0 && symbols[count - 1] == _unknown))
                    symbols[count++] = _unknown;
            }
        }

        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return count;
    }

    private int Symbols(ReadOnlySpan<char> piece, Span<int> symbols)
    {
        if (_ignoreMerges && _idOf.TryGetValue(piece, out symbols[0]))
            return -1;
        var count = 0;
        var afterUnknown = false;
        Span<byte> bytes = stackalloc byte[4];
        for (var at = 0; at < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[at..], out var rune, out var length);
            var found = Find(piece.Slice(at, length), at == 0, at + length == piece.Length);
            at += length;
            if (found >= 0)
            {
                symbols[count++] = found;
                afterUnknown = false;
                continue;
            }

            var written = rune.EncodeToUtf8(bytes);
            if (_byteFallback && HasAll(bytes[..written]))
            {
                foreach (var b in bytes[..written])
                    symbols[count++] = _idOfByte[b];
                afterUnknown = false;
            }
            else if (_unknown >= 0 && !(_fuseUnknown && afterUnknown))
            {
                symbols[count++] = _unknown;
                afterUnknown = true;
            }
        }

        return count;
    }

    private bool HasAll(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            if (_idOfByte[b] < 0)
                return false;
        }

        return true;
    }

    private int Find(ReadOnlySpan<char> symbol, bool first, bool last)
    {
        if ((first || _prefix.Length == 0) && (!last || _suffix.Length == 0))
            return _idOf.TryGetValue(symbol, out var plain) ? plain : -1;
        return _ids.GetValueOrDefault((first ? string.Empty : _prefix) + symbol.ToString() + (last ? _suffix : string.Empty), -1);
    }
}
