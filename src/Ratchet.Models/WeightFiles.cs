using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ratchet.Models.Safetensors;
using Ratchet.Runs;

namespace Ratchet.Models;

/// <summary>The safetensors files of one checkpoint, opened and held against the model's shape.</summary>
internal sealed class WeightFiles : IDisposable
{
    public const string IndexFile = "model.safetensors.index.json";

    private readonly SortedDictionary<string, SafetensorsFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafetensorsFile> _home = new(StringComparer.Ordinal);
    private readonly string _folder;

    private WeightFiles(string folder) => _folder = folder;

    /// <summary>Paths of the files in the order of their names.</summary>
    public IReadOnlyList<string> Paths => [.. _files.Values.Select(f => f.Path)];

    /// <summary>Names of all tensors, in ordinal order.</summary>
    public IReadOnlyList<string> Names => [.. _home.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Opens the files and checks names and shapes of all tensors.</summary>
    public static WeightFiles Open(string folder, DecoderConfig config)
    {
        var files = Open(folder);
        try
        {
            files.Check(config);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Opens the files of any model, whatever its tensors are.</summary>
    public static WeightFiles Open(string folder)
    {
        var files = new WeightFiles(folder);
        try
        {
            if (File.Exists(Path.Combine(folder, CheckpointStore.WeightsFile)))
                files.OpenSingle();
            else if (File.Exists(Path.Combine(folder, IndexFile)))
                files.OpenParts();
            else
                throw new RatchetException($"The model folder '{folder}' has neither {CheckpointStore.WeightsFile} nor {IndexFile}.", "Give a folder that holds weights in the safetensors format.");
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>SHA-256 of the one file, or of the parts' hashes (in hexadecimal) in the order of their names.</summary>
    public string Hash()
    {
        var hashes = Paths.Select(CheckpointStore.HashFile).ToList();
        return hashes.Count == 1 ? hashes[0] : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(hashes))));
    }

    /// <summary>What the header says of a tensor, or null where no file holds it.</summary>
    public TensorInfo? Find(string name) => _home.TryGetValue(name, out var file) ? file.Find(name) : null;

    /// <summary>Some of a tensor's bytes, see <see cref="SafetensorsFile.ReadBytes(string, long, Span{byte})"/>.</summary>
    public void ReadBytes(string name, long from, Span<byte> target) => _home[name].ReadBytes(name, from, target);

    /// <summary>A tensor as float32. Safe from many threads.</summary>
    public float[] Read(string name) => _home[name].ReadFloats(name);

    /// <summary>All tensors as float32, the large ones first.</summary>
    public Dictionary<string, float[]> ReadAll()
    {
        var tensors = new ConcurrentDictionary<string, float[]>(StringComparer.Ordinal);
        var order = _home.OrderByDescending(h => h.Value.Find(h.Key)!.ByteLength).ToArray();
        PackingThreads.ForEach(order, order.Sum(h => h.Value.Find(h.Key)!.Length), h => tensors[h.Key] = h.Value.ReadFloats(h.Key));
        return new Dictionary<string, float[]>(tensors, StringComparer.Ordinal);
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
    }

    private void OpenSingle()
    {
        var file = OpenFile(CheckpointStore.WeightsFile);
        foreach (var tensor in file.Tensors)
            _home.Add(tensor.Name, file);
    }

    private void OpenParts()
    {
        var path = Path.Combine(_folder, IndexFile);
        foreach (var (name, fileName) in ReadIndex(path))
        {
            if (!_files.TryGetValue(fileName, out var file))
            {
                if (!CheckpointStore.IsPlainName(fileName))
                    throw new RatchetException($"'{path}' names the file {SafetensorsHeader.Quote(fileName)}, which is not a plain file name.", "Correct the file.");
                file = OpenFile(fileName);
            }

            if (file.Find(name) is null)
                throw new RatchetException($"'{path}' places the tensor {SafetensorsHeader.Quote(name)} in '{fileName}', which does not hold it.", "Copy or download the model again.");
            _home.Add(name, file);
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(CheckpointStore.ReadText(path, $"'{path}' does not exist."), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? string.Empty, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new RatchetException($"'{path}' is not a readable index of weights: {e.Message.Split('\n')[0]}", "Copy or download the model again.", e);
        }
    }

    private SafetensorsFile OpenFile(string name)
    {
        var file = SafetensorsFile.Open(Path.Combine(_folder, name));
        _files.Add(name, file);
        return file;
    }

    private void Check(DecoderConfig config)
    {
        // Before the list of shapes is made: a configuration may claim any number of layers.
        if (config.Layers > _home.Count || (config.Mixture is { } mixture && mixture.Experts > _home.Count))
            throw new RatchetException($"'{_folder}': {CheckpointStore.ConfigFile} says {config.Layers} layers{(config.Mixture is { } m ? $" and {m.Experts} experts" : string.Empty)}, the weights are only {_home.Count} tensors.", "Use configuration and weights of the same model.");
        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, shape) in config.WeightShapes())
        {
            expected.Add(name);
            if (!_home.TryGetValue(name, out var file))
                throw new RatchetException($"The tensor '{name}' is missing in the weights of '{_folder}'.", "Use configuration and weights of the same model.");
            var tensor = file.Find(name)!;
            if (!tensor.HasShape(shape))
                throw new RatchetException($"The tensor '{name}' of '{file.Path}' has the shape {tensor.ShapeText}; {CheckpointStore.ConfigFile} needs [{string.Join(", ", shape)}].", "Use configuration and weights of the same model.");
        }

        foreach (var (name, file) in _home.ToList())
        {
            if (expected.Contains(name))
                continue;

            // Derived values that some exporters store; any other tensor would be part of a computation that we do not do.
            if (!name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) && !(config.TiedHead && name == "lm_head.weight"))
                throw new RatchetException($"'{file.Path}' holds the tensor {SafetensorsHeader.Quote(name)}, which the model of {CheckpointStore.ConfigFile} does not have.", "Use configuration and weights of the same model.");
            _home.Remove(name);
        }
    }
}
