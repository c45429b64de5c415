using System.Text.Json.Nodes;
using Ratchet.Models;
using Ratchet.Models.ChatTemplates;
using Ratchet.Models.Tokenization;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Sampling.Constraints;
using Ratchet.Service.Admission;
using Ratchet.Systems;
using Ratchet.Tokenization;

namespace Ratchet.Service.Completions;

/// <summary>A model that is served: its sampler, its tokenizer, and the queue before it.</summary>
internal sealed class ModelDesk : IAsyncDisposable
{
    private const int MostConstraints = 64;

    private readonly ITokenizer _tokenizer;
    private readonly ChatTemplate? _template;
    private readonly Lazy<TokenVocabulary> _vocabulary;
    private readonly Dictionary<string, ITokenConstraint> _constraints = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly int[] _begin;

    private ModelDesk(string name, string folder, ITokenizer tokenizer, ChatTemplate? template, IBatchSampler sampler, FairQueue queue)
    {
        (Name, _tokenizer, _template, Sampler, Queue) = (name, tokenizer, template, sampler, queue);
        _vocabulary = new Lazy<TokenVocabulary>(() => TokenVocabulary.Of(tokenizer, sampler.Config.VocabularySize));
        Generation = GenerationConfig.Load(folder);
        EndIds = [.. new[] { tokenizer.EndId }.Concat(Generation?.EndIds ?? []).Where(id => id >= 0 && id < sampler.Config.VocabularySize).Distinct()];
        var marks = tokenizer is PretrainedTokenizer pretrained ? pretrained.Encode("", readMarks: false, addMarks: true) : [];
        _begin = marks.Length == 0 && tokenizer.BeginId != tokenizer.EndId ? [tokenizer.BeginId] : [];
        Created = DateTimeOffset.UtcNow;
    }

    /// <summary>Name by which requests ask for it.</summary>
    public string Name { get; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Sampler that all requests share.</summary>
    public IBatchSampler Sampler { get; }

    /// <summary>Room for choices, for each client and for all; its slots are not used.</summary>
    public FairQueue Queue { get; }

    /// <summary>How the model's makers draw; null where they do not say.</summary>
    public GenerationConfig? Generation { get; }

    /// <summary>Ids that end a text.</summary>
    public IReadOnlyList<int> EndIds { get; }

    /// <summary>Positions for prompt and text together.</summary>
    public int MaxPositions => Sampler.Config.MaxPositions;

    /// <summary>Loads a model.</summary>
    /// <exception cref="RatchetException">Model, tokenizer or template cannot be read, the device is not available, or it holds no weights of the type.</exception>
    public static ModelDesk Open(ServedModel model, ServiceOptions options)
    {
        var folder = PolicyProbe.FindFolder(model.Folder);
        var config = CheckpointStore.LoadConfig(folder);
        config.ThrowIfInvalid();
        var tokenizer = ModelTokenizer.Load(folder);
        var template = model.ChatTemplate is { } path ? ReadTemplate(path) : (tokenizer as PretrainedTokenizer)?.ChatTemplate;
        var settings = new SamplerSettings { Threads = options.ModelThreads, Device = options.Device, Precision = options.WeightPrecision };
        var sampler = settings.OpenBatch(folder, options.ModelBatch, options.ModelCacheBytes);
        return new ModelDesk(model.Name, folder, tokenizer, template, sampler, new FairQueue(1, options.MaxPendingPerClient, options.MaxPending));
    }

    /// <summary>The ids of a prompt, marks before it included.</summary>
    /// <exception cref="RequestRefusedException">A closed vocabulary cannot write it (400).</exception>
    public int[] Encode(string prompt)
    {
        try
        {
            return _tokenizer is PretrainedTokenizer pretrained ? [.. _begin, .. pretrained.Encode(prompt, readMarks: false, addMarks: true)] : [.. _begin, .. _tokenizer.Encode(prompt)];
        }
        catch (TokenizationException e)
        {
            throw new RequestRefusedException(400, $"The prompt cannot be written in the model's vocabulary: {CheckService.Shown(e.Message)} (character {e.Position + 1}).") { Parameter = "prompt" };
        }
    }

    /// <summary>The ids of a conversation, up to where the model's turn begins.</summary>
    /// <exception cref="RequestRefusedException">The model has no template, or it refuses the conversation (400).</exception>
    public int[] Encode(JsonArray messages)
    {
        if (_template is null)
            throw new RequestRefusedException(400, $"The model '{Name}' has no chat template; ask /v1/completions, or serve it with --chat-template.") { Parameter = "messages" };
        try
        {
            var text = _template.Render(messages);
            return _tokenizer is PretrainedTokenizer pretrained ? pretrained.Encode(text, readMarks: true, addMarks: false) : [.. _begin, .. _tokenizer.Encode(text)];
        }
        catch (Exception e) when (e is RatchetException or TokenizationException)
        {
            throw new RequestRefusedException(400, CheckService.Shown(e.Message, 300)) { Parameter = "messages" };
        }
    }

    /// <summary>The text of sampled ids.</summary>
    public string Decode(ReadOnlySpan<int> ids) => _tokenizer.Decode(ids);

    /// <summary>The text of one token as lists of log-probabilities show it; marks by their names.</summary>
    public string TokenText(int id) => _tokenizer.Decode([id]) is { Length: > 0 } text ? text
        : _tokenizer is PretrainedTokenizer pretrained && id < pretrained.VocabularySize ? pretrained.TokenOf(id) ?? "" : "";

    /// <summary>The constraint of a language, prepared once for requests that repeat it.</summary>
    /// <param name="key">Text that stands for the language.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="parameter">Field of the request, for messages.</param>
    /// <exception cref="RequestRefusedException">It cannot be used (400).</exception>
    public ITokenConstraint Constraint(string key, Func<Grammar> read, string parameter)
    {
        lock (_lock)
        {
            if (_constraints.TryGetValue(key, out var known))
                return known;
        }

        try
        {
            ITokenConstraint made = GrammarConstraint.Compile(read(), _vocabulary.Value);
            lock (_lock)
            {
                if (_constraints.Count >= MostConstraints)
                    _constraints.Clear();
                return _constraints[key] = made;
            }
        }
        catch (RatchetException e)
        {
            throw new RequestRefusedException(400, CheckService.Shown(e.Message, 300)) { Parameter = parameter };
        }
    }

    public ValueTask DisposeAsync() => Sampler.DisposeAsync();

    private static ChatTemplate ReadTemplate(string path)
    {
        try
        {
            return new ChatTemplate(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The chat template {path} cannot be read: {e.Message}", "Check the path.", e) { ExitCode = 2 };
        }
    }
}
