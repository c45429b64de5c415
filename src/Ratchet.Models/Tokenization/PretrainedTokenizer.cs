using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Models.ChatTemplates;
using Ratchet.Models.Tokenization.Decoders;
using Ratchet.Models.Tokenization.Normalizers;
using Ratchet.Models.Tokenization.PreTokenizers;
using Ratchet.Models.Tokenization.Subwords;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Models.Tokenization;

/// <summary>
/// A published tokenizer, read from <c>tokenizer.json</c> and <c>tokenizer_config.json</c>: byte-level BPE (GPT-2, Llama 3, Qwen, DeepSeek), BPE
/// with byte fallback (Llama 2, Mistral, Gemma), WordPiece (BERT) and Unigram. Gives the ids of Hugging Face's <c>tokenizers</c> library.
/// </summary>
/// <remarks>
/// Not applied: truncation, padding, pairs of texts. Refused by name when read: random merges, and steps that no published decoder uses
/// (Precompiled, Nmt, UnicodeScripts, CTC). Half a surrogate pair counts as U+FFFD. Safe from many threads.
/// </remarks>
public sealed class PretrainedTokenizer : ITokenizer
{
    private const string Supported = "Supported are BPE, WordPiece and Unigram tokenizers in the tokenizer.json layout.";

    private readonly Dictionary<string, string> _files;
    private readonly SubwordModel _model;
    private readonly Func<string, string>? _normalize;
    private readonly IReadOnlyList<PieceSplitter> _splitters;
    private readonly PostProcessor _marks;
    private readonly TokenDecoder _decoder;
    private readonly AddedTokenFinder _raw;
    private readonly AddedTokenFinder? _normalized;
    private readonly string?[] _tokens;
    private readonly HashSet<int> _special;
    private readonly Dictionary<string, int> _added = new(StringComparer.Ordinal);

    private PretrainedTokenizer(Dictionary<string, string> files, JsonElement root, TokenizerConfig config)
    {
        _files = files;
        _normalize = TextNormalizer.Read(root.Optional("normalizer"));
        (_splitters, var bytes) = PieceSplitters.Read(root.Optional("pre_tokenizer"));
        _model = SubwordModel.Read(root.Required("model"), bytes);
        _marks = PostProcessor.Read(root.Optional("post_processor"));
        _decoder = TokenDecoders.Read(root.Optional("decoder"));
        Spelling = TokenDecoders.Spelling(root.Optional("decoder"));
        AddedTokens = [.. root.Items("added_tokens").Select(ReadAdded)];
        foreach (var token in AddedTokens)
            _added[token.Content] = token.Id;
        _special = [.. AddedTokens.Where(t => t.Special).Select(t => t.Id)];
        _raw = new AddedTokenFinder(AddedTokens.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        if (AddedTokens.Any(t => t.Normalized))
            _normalized = new AddedTokenFinder(AddedTokens.Where(t => t.Normalized).Select(t => (_normalize?.Invoke(t.Content) ?? t.Content, t)));
        var largest = _model.Vocabulary.Values.Concat(AddedTokens.Select(t => t.Id)).Concat(_marks.Before).Concat(_marks.After).DefaultIfEmpty(-1).Max();
        VocabularySize = largest + 1;
        _tokens = new string?[VocabularySize];
        foreach (var (token, id) in _model.Vocabulary)
            _tokens[id] = token;
        foreach (var token in AddedTokens)
            _tokens[token.Id] = token.Content;

        EndId = Mark(config.End) ?? FirstOf("</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>", "[SEP]") ?? throw new FormatException($"{TokenizerConfig.FileName} names no eos_token");
        BeginId = Mark(config.Begin) ?? (_marks.Before.Count > 0 ? _marks.Before[0] : EndId);
        PadId = Mark(config.Pad) ?? EndId;
        ChatTemplate = config.ChatTemplate;
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    /// <remarks>The end mark where the tokenizer has no begin mark (Qwen).</remarks>
    public int BeginId { get; }

    /// <inheritdoc/>
    public int EndId { get; }

    /// <inheritdoc/>
    /// <remarks>The end mark where the tokenizer has no pad mark.</remarks>
    public int PadId { get; }

    /// <summary>The tokens that stand beside the vocabulary.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>How the vocabulary spells tokens.</summary>
    internal TokenSpelling Spelling { get; }

    /// <summary>The template that writes a conversation as text, or null where the files have none.</summary>
    public ChatTemplate? ChatTemplate { get; }

    /// <summary>Reads <c>tokenizer.json</c>, and <c>tokenizer_config.json</c> and <c>chat_template.jinja</c> where they are, from a folder.</summary>
    /// <exception cref="RatchetException">A file is missing or damaged, or holds something that is not supported; the message says which.</exception>
    public static PretrainedTokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var files = new Dictionary<string, string>();
        foreach (var name in (string[])[HuggingFaceTokenizer.File, TokenizerConfig.FileName, TokenizerConfig.TemplateFileName])
        {
            if (name == HuggingFaceTokenizer.File || File.Exists(Path.Combine(folder, name)))
                files[name] = CheckpointStore.ReadText(Path.Combine(folder, name), $"The folder '{folder}' has no {name}.");
        }

        return Read(files, Path.Combine(folder, HuggingFaceTokenizer.File));
    }

    /// <summary>Reads the texts of tokenizer files, as <see cref="Save"/> gives them.</summary>
    /// <param name="files">Texts by file name; <c>tokenizer.json</c> must be there.</param>
    /// <exception cref="RatchetException">A text is damaged, or holds something that is not supported; the message says which.</exception>
    public static PretrainedTokenizer Read(IReadOnlyDictionary<string, string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Read(files.ToDictionary(f => f.Key, f => f.Value), HuggingFaceTokenizer.File);
    }

    /// <summary>The id of a token as the vocabulary spells it, or null.</summary>
    public int? IdOf(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _added.TryGetValue(token, out var id) || _model.Vocabulary.TryGetValue(token, out id) ? id : null;
    }

    /// <summary>The token of an id as the vocabulary spells it, or null for an unused id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public string? TokenOf(int id) => (uint)id < (uint)VocabularySize ? _tokens[id] : throw new ArgumentOutOfRangeException(nameof(id), id, $"Ids lie in [0, {VocabularySize}).");

    /// <summary>An id is a special token, which gives no text.</summary>
    internal bool IsSpecial(int id) => _special.Contains(id);

    /// <inheritdoc/>
    /// <remarks>Special tokens that the text spells stay text, so that nothing a user or a model writes can pass for a mark.</remarks>
    public int[] Encode(string text) => Encode(text, readMarks: false, addMarks: false);

    /// <inheritdoc/>
    public int[] EncodePrompt(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (ChatTemplate is null)
            return [BeginId, .. Encode(text)];

        // The template's text is read with its marks, so the user's must have none.
        if (AddedTokens.FirstOrDefault(t => t.Special && text.Contains(t.Content, StringComparison.Ordinal)) is { } mark)
            throw new TokenizationException($"it spells the mark '{mark.Content}'", text.IndexOf(mark.Content, StringComparison.Ordinal));
        return Encode(ChatTemplate.Render([new ChatMessage("user", text)]), readMarks: true, addMarks: false);
    }

    /// <summary>The same tokenizer without its chat template, also in the files that <see cref="Save"/> gives.</summary>
    public PretrainedTokenizer WithoutChatTemplate()
    {
        if (ChatTemplate is null)
            return this;
        var files = new Dictionary<string, string>(_files);
        files.Remove(TokenizerConfig.TemplateFileName);
        if (files.TryGetValue(TokenizerConfig.FileName, out var text) && JsonNode.Parse(text) is JsonObject config && config.Remove("chat_template"))
            files[TokenizerConfig.FileName] = config.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
        return Read(files, HuggingFaceTokenizer.File);
    }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">Text.</param>
    /// <param name="readMarks">Special tokens that the text spells become their ids: for text that a chat template wrote.</param>
    /// <param name="addMarks">Puts the marks around it that the tokenizer's post-processor names.</param>
    /// <exception cref="TokenizationException">The vocabulary can write part of the text neither as tokens nor as an unknown one.</exception>
    public int[] Encode(string text, bool readMarks, bool addMarks)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = WithoutHalves(text);
        var ids = new List<int>((text.Length / 3) + 4);
        if (addMarks)
            ids.AddRange(_marks.Before);
        foreach (var (start, end, token) in _raw.Divide(text, readMarks))
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodeSection(start == 0 && end == text.Length ? text : text[start..end], start == 0, readMarks, ids);
        }

        if (addMarks)
            ids.AddRange(_marks.After);
        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids) => Decode(ids, keepMarks: false);

    /// <summary>The text of some ids. Ids outside the vocabulary give no text: many models have more ids than their tokenizer.</summary>
    /// <param name="ids">Ids.</param>
    /// <param name="keepMarks">Writes special tokens as their text instead of leaving them out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool keepMarks)
    {
        var tokens = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            if ((uint)id < (uint)VocabularySize && _tokens[id] is { } token && (keepMarks || !_special.Contains(id)))
                tokens.Add(token);
        }

        return string.Concat(_decoder(tokens));
    }

    /// <inheritdoc/>
    /// <remarks>The files as they were read.</remarks>
    public IReadOnlyDictionary<string, string> Save() => _files;

    private static PretrainedTokenizer Read(Dictionary<string, string> files, string path)
    {
        try
        {
            using var json = JsonDocument.Parse(files.GetValueOrDefault(HuggingFaceTokenizer.File) ?? throw new FormatException($"{HuggingFaceTokenizer.File} is missing"));
            return new PretrainedTokenizer(files, json.RootElement, TokenizerConfig.Read(files.GetValueOrDefault(TokenizerConfig.FileName), files.GetValueOrDefault(TokenizerConfig.TemplateFileName)));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new RatchetException($"'{path}' is not a tokenizer that can be used: {e.Message.Split('\n')[0]}.", Supported, e);
        }
    }

    // A token that the vocabulary has too keeps the vocabulary's id, whatever the list says, as in the reference implementation.
    private AddedToken ReadAdded(JsonElement json) => new(
        _model.Vocabulary.TryGetValue(json.Text("content"), out var id) ? id : json.Required("id").Id(),
        json.Text("content"),
        json.Flag("special", false),
        json.Flag("single_word", false),
        json.Flag("lstrip", false),
        json.Flag("rstrip", false),
        json.Flag("normalized", !json.Flag("special", false)));

    private static string WithoutHalves(string text) =>
        text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private void EncodeSection(string text, bool first, bool readMarks, List<int> ids)
    {
        text = _normalize?.Invoke(text) ?? text;
        if (text.Length == 0)
            return;
        if (_normalized is null)
        {
            EncodePieces(new Piece(text, 0, text.Length, first), ids);
            return;
        }

        foreach (var (start, end, token) in _normalized.Divide(text, readMarks))
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodePieces(new Piece(text[start..end], 0, end - start, first && start == 0), ids);
        }
    }

    private void EncodePieces(Piece whole, List<int> ids)
    {
        if (_splitters.Count == 0)
        {
            _model.Encode(whole.Span, ids);
            return;
        }

        var pieces = new List<Piece>((whole.End / 4) + 4);
        _splitters[0](whole, pieces);
        foreach (var splitter in _splitters.Skip(1))
        {
            var finer = new List<Piece>(pieces.Count + 4);
            foreach (var piece in pieces)
                splitter(piece, finer);
            pieces = finer;
        }

        foreach (ref readonly var piece in CollectionsMarshal.AsSpan(pieces))
            _model.Encode(piece.Span, ids);
    }

    private int? Mark(string? token) => token is null ? null : IdOf(token) ?? throw new FormatException($"the mark '{token}' of {TokenizerConfig.FileName} is not in the vocabulary");

    private int? FirstOf(params string[] names) => names.Select(IdOf).FirstOrDefault(id => id is not null);
}
