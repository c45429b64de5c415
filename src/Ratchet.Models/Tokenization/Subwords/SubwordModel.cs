using System.Text.Json;

namespace Ratchet.Models.Tokenization.Subwords;

/// <summary>Writes a piece of text as tokens of a vocabulary. Safe from many threads.</summary>
internal abstract class SubwordModel
{
    private readonly PieceCache _cache = new();

    /// <summary>Ids by token.</summary>
    public abstract IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>Reads the model of a <c>tokenizer.json</c>.</summary>
    /// <param name="json">The model.</param>
    /// <param name="bytes">True where pieces are written as bytes.</param>
    /// <exception cref="FormatException">The kind is not supported, or it does not fit together.</exception>
    public static SubwordModel Read(JsonElement json, bool bytes)
    {
        // Files of the first years leave the type out.
        var kind = json.OptionalText("type") ?? (json.Optional("merges") is not null ? "BPE" : json.Optional("continuing_subword_prefix") is not null ? "WordPiece" : "Unigram");
        if (bytes && kind != "BPE")
            throw new FormatException($"its model is '{kind}' over bytes");
        return kind switch
        {
            "BPE" => BytePairModel.Read(json, bytes),
            "WordPiece" => WordPieceModel.Read(json),
            "Unigram" => UnigramModel.Read(json),
            _ => throw new FormatException($"its model is '{kind}'"),
        };
    }

    /// <summary>Adds the ids of a piece.</summary>
    public virtual void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > PieceCache.LongestPiece)
        {
            Append(piece, ids);
            return;
        }

        if (_cache.Find(piece, out var slot) is { } known)
        {
            ids.AddRange(known);
            return;
        }

        var first = ids.Count;
        Append(piece, ids);
        _cache.Keep(slot, piece, [.. System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids)[first..]]);
    }

    /// <summary>Works the ids of a piece out and adds them.</summary>
    protected abstract void Append(ReadOnlySpan<char> piece, List<int> ids);

    /// <summary>Ids of the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>; -1 where the vocabulary lacks one.</summary>
    protected static int[] FallbackBytes(IReadOnlyDictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(b => vocabulary.GetValueOrDefault($"<0x{b:X2}>", -1))];
}
