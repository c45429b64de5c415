using System.Security.Cryptography;
using Ratchet.Checkpoints;
using Ratchet.Models.Adapters;
using Ratchet.Models.Safetensors;
using Ratchet.Runs;

namespace Ratchet.Models;

/// <summary>
/// Checkpoints on disk: folders in the Hugging Face layout. A folder that is there is whole: it is written beside its place, synced
/// and renamed.
/// </summary>
public static class CheckpointStore
{
    /// <summary>Name of the weights file.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>Name of the configuration file.</summary>
    public const string ConfigFile = "config.json";

    /// <summary>Writes a checkpoint; a checkpoint already in its place is replaced.</summary>
    /// <param name="folder">Folder of the checkpoint; its parent is made where missing.</param>
    /// <param name="id">Identifier within the run.</param>
    /// <param name="weights">Weights.</param>
    /// <param name="extraFiles">Text files by plain name: the tokenizer's, a manifest.</param>
    /// <param name="type">Element type in the file.</param>
    /// <param name="writeMore">
    /// Called with the unfinished folder, to write further files into it (for example <c>optimizer.safetensors</c> by
    /// <see cref="SaveTensors"/>), so that they appear together with the rest.
    /// </param>
    /// <exception cref="ArgumentException">A name in <paramref name="extraFiles"/> is not a plain file name or is taken.</exception>
    /// <exception cref="RatchetException">The folder cannot be written; what was in its place is still there.</exception>
    public static Checkpoint Save(
        string folder,
        string id,
        DecoderWeights weights,
        IReadOnlyDictionary<string, string> extraFiles,
        WeightsType type = WeightsType.Float32,
        Action<string>? writeMore = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(extraFiles);
        var config = HuggingFaceConfig.Write(weights.Config, type);
        return WriteFolder(folder, id, [WeightsFile, ConfigFile], extraFiles, writeMore, partial =>
        {
            var tensors = weights.Config.WeightShapes().Select(s => (s.Name, (IReadOnlyList<int>)s.Shape, weights[s.Name])).ToList();
            var hash = SafetensorsWriter.Write(Path.Combine(partial, WeightsFile), tensors, FileType(type), new Dictionary<string, string> { ["format"] = "pt" });
            DurableFolder.WriteText(Path.Combine(partial, ConfigFile), config);
            return hash;
        });
    }

    /// <summary>Writes a folder beside its place and puts it there: what <paramref name="write"/> makes, which gives the weights' hash, and further files.</summary>
    internal static Checkpoint WriteFolder(
        string folder, string id, IReadOnlyList<string> taken, IReadOnlyDictionary<string, string> extraFiles, Action<string>? writeMore, Func<string, string> write)
    {
        foreach (var name in extraFiles.Keys)
        {
            if (!IsPlainName(name) || taken.Contains(name))
                throw new ArgumentException($"'{name}' cannot be the name of an extra file.", nameof(extraFiles));
        }

        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var partial = Path.Combine(Path.GetDirectoryName(target) ?? target, "." + Path.GetFileName(target) + ".partial");
        try
        {
            // A run that was killed here left its part; one process owns a run folder at a time.
            DeleteIfThere(partial);
            Directory.CreateDirectory(partial);
            var hash = write(partial);
            foreach (var (name, text) in extraFiles)
                DurableFolder.WriteText(Path.Combine(partial, name), text);
            writeMore?.Invoke(partial);
            DurableFolder.Replace(partial, target);
            return new Checkpoint(id, folder, hash);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(partial);
            throw RunFolder.Explain(e, $"The checkpoint '{folder}' cannot be written");
        }
        catch
        {
            TryDelete(partial);
            throw;
        }
    }

    /// <summary>Opens a checkpoint: reads its configuration, checks the names and shapes of its weights and hashes them. Loads nothing of a whole model.</summary>
    /// <param name="folder">Folder of the checkpoint: a whole model, or an adapter (<see cref="AdapterStore"/>) whose model is there.</param>
    /// <param name="id">Identifier, or null for the folder's name.</param>
    /// <returns>
    /// The checkpoint; its hash is that of <c>model.safetensors</c>, for a model in parts that of the parts' hashes (in
    /// hexadecimal) in the order of their names, and for an adapter that of its own weights.
    /// </returns>
    /// <exception cref="RatchetException">Something is missing, not readable, cut off or does not fit together; the message says which file and tensor.</exception>
    public static Checkpoint Open(string folder, string? id = null)
    {
        id ??= Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var config = LoadConfig(folder);
        if (AdapterStore.IsAdapter(folder))
        {
            AdapterStore.ThrowIfUnfit(AdapterStore.Load(folder), config, folder);
            return new Checkpoint(id, folder, HashFile(Path.Combine(folder, AdapterStore.WeightsFile)));
        }

        using var files = WeightFiles.Open(folder, config);
        return new Checkpoint(id, folder, files.Hash());
    }

    /// <summary>Reads the model's shape from <c>config.json</c>; for an adapter, from that of its model.</summary>
    /// <exception cref="RatchetException">The folder or the file is missing or not readable, or the model is not supported.</exception>
    public static DecoderConfig LoadConfig(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new RatchetException($"The model folder '{folder}' does not exist.", $"Give a folder that holds {ConfigFile} and {WeightsFile}.");
        if (AdapterStore.IsAdapter(folder))
            return LoadConfig(AdapterStore.BaseFolder(folder));
        var path = Path.Combine(folder, ConfigFile);
        return HuggingFaceConfig.Read(ReadText(path, $"The model folder '{folder}' has no {ConfigFile}."), path);
    }

    /// <summary>
    /// Reads the weights of a checkpoint as float32, from one file or from the parts that <c>model.safetensors.index.json</c> lists; for an adapter, those of
    /// its model with the adapter worked in.
    /// </summary>
    /// <exception cref="RatchetException">Something is missing, not readable, cut off or does not fit the configuration; the message says which file and tensor.</exception>
    public static DecoderWeights LoadWeights(string folder)
    {
        var config = LoadConfig(folder);
        if (AdapterStore.IsAdapter(folder))
            return OpenAdapter(folder, config).Merge(LoadWeights(AdapterStore.BaseFolder(folder)));
        using var files = WeightFiles.Open(folder, config);
        return new DecoderWeights(config, files.ReadAll());
    }

    /// <summary>
    /// Hands the weights of a checkpoint to something that copies them in a form of its own, such as a sampler: each tensor is read when it is asked for and not kept, so
    /// that a model is not in memory twice. As <see cref="LoadWeights"/> else.
    /// </summary>
    /// <param name="folder">Folder of the checkpoint, a whole model or an adapter.</param>
    /// <param name="take">Takes what it needs; the weights cannot be read after it has returned.</param>
    /// <returns>What <paramref name="take"/> made.</returns>
    /// <exception cref="RatchetException">As <see cref="LoadWeights"/>; a tensor's own trouble comes when it is asked for.</exception>
    public static T ReadWeights<T>(string folder, Func<DecoderWeights, T> take)
    {
        ArgumentNullException.ThrowIfNull(take);
        var config = LoadConfig(folder);
        if (AdapterStore.IsAdapter(folder))
        {
            var adapter = OpenAdapter(folder, config);
            return ReadWeights(AdapterStore.BaseFolder(folder), weights => take(new DecoderWeights(config, name => adapter.Merge(name, weights[name]))));
        }

        using var files = WeightFiles.Open(folder, config);
        return take(new DecoderWeights(config, files.Read));
    }

    /// <summary>Writes named tensors (one dimension, float32) in ordinal order of their names, and syncs the file.</summary>
    /// <exception cref="RatchetException">The file cannot be written.</exception>
    public static void SaveTensors(string path, IReadOnlyDictionary<string, float[]> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var list = tensors.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, (IReadOnlyList<int>)[t.Value.Length], t.Value)).ToList();
        SafetensorsWriter.Write(path, list, TensorType.Float32, metadata);
    }

    /// <summary>Reads all tensors of a file as float32, and its metadata.</summary>
    /// <exception cref="RatchetException">The file is missing, not readable, cut off or damaged.</exception>
    public static (IReadOnlyDictionary<string, float[]> Tensors, IReadOnlyDictionary<string, string> Metadata) LoadTensors(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return (file.Tensors.ToDictionary(t => t.Name, t => file.ReadFloats(t.Name), StringComparer.Ordinal), file.Metadata);
    }

    private static LoraAdapter OpenAdapter(string folder, DecoderConfig config)
    {
        var adapter = AdapterStore.Load(folder);
        AdapterStore.ThrowIfUnfit(adapter, config, folder);
        return adapter;
    }

    internal static bool IsPlainName(string name) =>
        name.Length > 0 && name is not ("." or "..") && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));

    internal static string ReadText(string path, string missing)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RatchetException(missing, $"Give a folder that holds {ConfigFile} and {WeightsFile}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The file '{path}' cannot be read: {e.Message}", "Check that it is a file and that you may read it.", e);
        }
    }

    private static TensorType FileType(WeightsType type) => type switch
    {
        WeightsType.BFloat16 => TensorType.BFloat16,
        WeightsType.Float16 => TensorType.Float16,
        _ => TensorType.Float32,
    };

    internal static string HashFile(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The file '{path}' cannot be read: {e.Message}", "Check the disk and the permissions.", e);
        }
    }

    private static void DeleteIfThere(string folder)
    {
        foreach (var leftover in new[] { folder, folder + ".old" })
        {
            if (Directory.Exists(leftover))
                Directory.Delete(leftover, recursive: true);
        }
    }

    private static void TryDelete(string folder)
    {
        try
        {
            DeleteIfThere(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The write has failed already, and that is what gets reported; the part is removed by the next save.
        }
    }
}
