using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Models.Tokenization;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Systems;

/// <summary>The tokenizer that belongs to a model: the one saved with a checkpoint, or one trained on a run's seed problems.</summary>
public static class ModelTokenizer
{
    private const string FileName = "tokenizer.json";

    /// <summary>Reads the tokenizer of a checkpoint and holds it to the model's vocabulary.</summary>
    /// <param name="folder">Checkpoint folder.</param>
    /// <param name="domain">Domain of the problems: a file that holds its vocabulary stands for its own tokenizer.</param>
    /// <param name="chatTemplate">Keeps the model's chat template, where it has one; prompts are written by it.</param>
    /// <returns>The domain's own tokenizer, or the published one of the folder; an adapter without a tokenizer has its model's.</returns>
    /// <exception cref="RatchetException">
    /// The file is missing or damaged, holds the closed vocabulary of another domain or a kind that is not supported, or has more ids than the model.
    /// </exception>
    public static ITokenizer Load(string folder, IDomain domain, bool chatTemplate = true)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(domain);
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path) && AdapterStore.IsAdapter(folder))
            return Load(AdapterStore.BaseFolder(folder), domain, chatTemplate);
        if (!File.Exists(path))
            throw new RatchetException($"The model folder '{folder}' has no {FileName}.", "Give a folder that holds the model's tokenizer beside its weights.");
        var saved = Read(path);
        var tokenizer = domain.Tokenizer.Save().TryGetValue(FileName, out var own) && JsonNode.DeepEquals(saved, JsonNode.Parse(own))
            ? domain.Tokenizer
            : LoadOpen(folder, path, saved, domain, chatTemplate);
        var size = CheckpointStore.LoadConfig(folder).VocabularySize;
        return tokenizer.VocabularySize <= size
            ? tokenizer
            : throw new RatchetException(
                $"The tokenizer '{path}' has {tokenizer.VocabularySize} ids, but the model beside it has only {size}.", "Give the tokenizer that the model was trained with.");
    }

    /// <summary>Reads the tokenizer of a model whatever it was made for: the closed vocabulary of one of the domains, or a published tokenizer.</summary>
    /// <param name="folder">Model folder.</param>
    /// <exception cref="RatchetException">The file is missing or damaged, of a kind that is not supported, or has more ids than the model.</exception>
    public static ITokenizer Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new RatchetException($"The model folder '{folder}' has no {FileName}.", "Give a folder that holds the model's tokenizer beside its weights.");
        var saved = Read(path);
        var own = DomainCatalog.Names.Select(DomainCatalog.Create).FirstOrDefault(d => d.Tokenizer.Save().TryGetValue(FileName, out var text) && JsonNode.DeepEquals(saved, JsonNode.Parse(text)));
        ITokenizer tokenizer = own is not null ? own.Tokenizer : PretrainedTokenizer.Load(folder);
        var size = CheckpointStore.LoadConfig(folder).VocabularySize;
        return tokenizer.VocabularySize <= size
            ? tokenizer
            : throw new RatchetException(
                $"The tokenizer '{path}' has {tokenizer.VocabularySize} ids, but the model beside it has only {size}.", "Give the tokenizer that the model was trained with.");
    }

    /// <summary>Trains a byte-level encoding on the prompts and reference solutions of the seed problems, each a text of its own.</summary>
    /// <param name="domain">Domain, for the prompts.</param>
    /// <param name="problems">Problems of the run.</param>
    /// <param name="vocabulary">Ids to end with, at least 259; fewer where the texts have no more pairs that occur twice.</param>
    public static ByteLevelBpeTokenizer Train(IDomain domain, ProblemSet problems, int vocabulary)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(problems);
        return new ByteLevelBpeTrainer { VocabularySize = vocabulary }.Train(
            problems.In(Split.Seed).Where(p => problems.References.ContainsKey(p.Id)).SelectMany(p => (string[])[domain.Prompt(p), problems.References[p.Id]]));
    }

    private static PretrainedTokenizer LoadOpen(string folder, string path, JsonNode saved, IDomain domain, bool chatTemplate)
    {
        if (saved is JsonObject root && root["model"] is JsonObject model && model["type"] is JsonValue type && type.TryGetValue(out string? kind) && kind == "WordLevel")
        {
            throw new RatchetException(
                $"'{path}' holds another closed vocabulary than that of the domain '{domain.Name}'.", "Use the model with the domain that it was trained on, or train a new one.");
        }

        var tokenizer = PretrainedTokenizer.Load(folder);
        return chatTemplate ? tokenizer : tokenizer.WithoutChatTemplate();
    }

    private static JsonNode Read(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path)) ?? throw new JsonException("the file holds null");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RatchetException($"'{path}' cannot be read: {e.Message}", "Copy the model again; the file may be cut off.", e);
        }
    }
}
