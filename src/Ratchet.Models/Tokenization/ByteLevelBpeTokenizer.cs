using System.Text;
using Ratchet.Tokenization;

namespace Ratchet.Models.Tokenization;

/// <summary>
/// A byte-level byte-pair encoding: every text can be written, and decoding gives it back exactly. Made by <see cref="ByteLevelBpeTrainer"/> or read
/// from a Hugging Face <c>tokenizer.json</c>.
/// </summary>
/// <remarks>
/// Special tokens are never read out of text: a text that spells one is encoded letter by letter, so that nothing a user or a model writes can
/// pass for a mark. <see cref="IdOf"/> gives their ids. Safe from many threads.
/// </remarks>
public sealed class ByteLevelBpeTokenizer : ITokenizer
{
    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _tokens;
    private readonly byte[]?[] _bytes;
    private readonly int[] _idOfByte = new int[256];
    private readonly MergeTable _merges;
    private readonly PieceCache _cache = new();
    private readonly HashSet<int> _marks;
    private readonly BpeModel _model;

    internal ByteLevelBpeTokenizer(BpeModel model)
    {
        _model = model;
        _ids = model.Vocabulary;
        VocabularySize = Math.Max(_ids.Count == 0 ? 0 : _ids.Values.Max(), model.SpecialTokens.Count == 0 ? 0 : model.SpecialTokens.Values.Max()) + 1;
        _tokens = new string?[VocabularySize];
        _bytes = new byte[]?[VocabularySize];
        foreach (var (token, id) in _ids)
        {
            _tokens[id] = token;
            _bytes[id] = ByteAlphabet.Read(token) ?? Encoding.UTF8.GetBytes(token);
        }

        foreach (var (token, id) in model.SpecialTokens)
        {
            _tokens[id] = token;
            _bytes[id] = Encoding.UTF8.GetBytes(token);
        }

        for (var b = 0; b < 256; b++)
        {
            if (!_ids.TryGetValue(ByteAlphabet.Character((byte)b).ToString(), out _idOfByte[b]))
                throw new FormatException($"the vocabulary lacks the byte 0x{b:X2}");
        }

        var merges = new Dictionary<(int, int), (int, int)>(model.Merges.Count);
        for (var rank = 0; rank < model.Merges.Count; rank++)
        {
            var (left, right) = model.Merges[rank];
            if (!_ids.TryGetValue(left, out var a) || !_ids.TryGetValue(right, out var b) || !_ids.TryGetValue(left + right, out var merged))
                throw new FormatException($"merge {rank} ('{left}' and '{right}') uses or makes a token that the vocabulary lacks");
            merges.TryAdd((a, b), (rank, merged));
        }

        _merges = new MergeTable(merges);
        (PadId, BeginId, EndId) = (Mark(model.Pad), Mark(model.Begin), Mark(model.End));
        _marks = [PadId, BeginId, EndId];
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int BeginId { get; }

    /// <inheritdoc/>
    public int EndId { get; }

    /// <inheritdoc/>
    public int PadId { get; }

    /// <summary>Reads <c>tokenizer.json</c>, and <c>tokenizer_config.json</c> for the marks, from a folder.</summary>
    /// <exception cref="Runs.RatchetException">A file is missing or damaged, or it holds another kind of tokenizer; the message says which.</exception>
    public static ByteLevelBpeTokenizer Load(string folder) => HuggingFaceTokenizer.Load(folder);

    /// <summary>The id of a token or special token as the vocabulary spells it, or null.</summary>
    public int? IdOf(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _model.SpecialTokens.TryGetValue(token, out var special) ? special : _ids.TryGetValue(token, out var id) ? id : null;
    }

    /// <summary>The token of an id as the vocabulary spells it (a byte as a character of the byte alphabet), or null for an unused id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public string? TokenOf(int id)
    {
        ThrowIfOutside(id);
        return _tokens[id];
    }

    /// <summary>The bytes of an id in a text; null for special tokens and unused ids.</summary>
    internal byte[]? BytesOf(int id) => _tokens[id] is { } token && !_model.SpecialTokens.ContainsKey(token) ? _bytes[id] : null;

    /// <inheritdoc/>
    /// <remarks>Half of a surrogate pair on its own, which no UTF-8 text holds, is encoded as U+FFFD.</remarks>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>((text.Length / 3) + 1);
        foreach (var piece in _model.PreTokenizer.Split(text))
        {
            var span = text.AsSpan()[piece];
            if (span.Length > PieceCache.LongestPiece)
            {
                ids.AddRange(EncodePiece(text[piece]));
                continue;
            }

            if (_cache.Find(span, out var slot) is not { } encoded)
            {
                encoded = EncodePiece(text[piece]);
                _cache.Keep(slot, span, encoded);
            }

            ids.AddRange(encoded);
        }

        return [.. ids];
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Ids that break a character in two give U+FFFD for the part. Ids outside the vocabulary give no text: many models have more ids than
    /// their tokenizer, to round the number up.
    /// </remarks>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var bytes = new List<byte>(ids.Length * 4);
        foreach (var id in ids)
        {
            if ((uint)id < (uint)VocabularySize && !_marks.Contains(id) && _bytes[id] is { } own)
                bytes.AddRange(own);
        }

        return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Save() => HuggingFaceTokenizer.Save(_model);

    internal static ByteLevelBpeTokenizer Create(List<string> tokens, List<(int Left, int Right)> merges, IReadOnlyList<string> special, string pad, string begin, string end)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var specialTokens = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < tokens.Count; i++)
            (i < special.Count ? specialTokens : vocabulary).Add(tokens[i], i);
        return new ByteLevelBpeTokenizer(new BpeModel(vocabulary, merges.ConvertAll(m => (tokens[m.Left], tokens[m.Right])), specialTokens, PreTokenizer.Gpt2, false, pad, begin, end));
    }

    private int[] EncodePiece(string piece)
    {
        var bytes = Encoding.UTF8.GetBytes(piece);
        if (_model.IgnoreMerges && _ids.TryGetValue(ByteAlphabet.Write(bytes), out var whole))
            return [whole];
        var ids = Array.ConvertAll(bytes, b => _idOfByte[b]);
        return ids[.._merges.Apply(ids)];
    }

    private int Mark(string token) => IdOf(token) ?? throw new FormatException($"the token '{token}' is not in the vocabulary");

    private void ThrowIfOutside(int id)
    {
        if ((uint)id >= (uint)VocabularySize)
            throw new ArgumentOutOfRangeException(nameof(id), id, $"Ids lie in [0, {VocabularySize}).");
    }
}

/// <summary>What a byte-level encoding is made of.</summary>
/// <param name="Vocabulary">Ids by token, spelled in the byte alphabet.</param>
/// <param name="Merges">Pairs in order of rank.</param>
/// <param name="SpecialTokens">Ids of added tokens by their plain text.</param>
/// <param name="PreTokenizer">Divides text into pieces.</param>
/// <param name="IgnoreMerges">A piece that is a token is that token, whatever the merges make of it.</param>
/// <param name="Pad">Token that fills unused places.</param>
/// <param name="Begin">Token that starts sequences.</param>
/// <param name="End">Token that ends sequences.</param>
internal sealed record BpeModel(
    Dictionary<string, int> Vocabulary,
    List<(string Left, string Right)> Merges,
    Dictionary<string, int> SpecialTokens,
    PreTokenizer PreTokenizer,
    bool IgnoreMerges,
    string Pad,
    string Begin,
    string End);
