using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Checkpoints;
using Ratchet.Models.Adapters;
using Ratchet.Models.Safetensors;
using Ratchet.Runs;

namespace Ratchet.Models.Merging;

/// <summary>Writes one weighted sum of models, or one model with an adapter worked in, as a checkpoint folder.</summary>
internal sealed class MergeWriter(IReadOnlyList<(WeightFiles Files, double Weight)> models, string first, string target, MergeOptions options, LoraAdapter? adapter = null)
{
    // What belongs to a model beside its weights. Optimizer states and manifests speak of another training and stay behind.
    private static readonly string[] Companions =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja", "vocab.json", "merges.txt", "tokenizer.model",
    ];

    private readonly byte[] _bytes = new byte[options.ChunkElements * 8];
    private readonly float[] _floats = new float[options.ChunkElements];
    private readonly double[] _sums = new double[options.ChunkElements];

    /// <summary>Writes the folder beside its place and puts it there.</summary>
    public Checkpoint Write(string output)
    {
        var partial = Path.Combine(Path.GetDirectoryName(target) ?? target, "." + Path.GetFileName(target) + ".partial");
        try
        {
            Clear(partial);
            Directory.CreateDirectory(partial);
            var hashes = WriteWeights(partial);
            foreach (var name in Companions)
            {
                if (File.Exists(Path.Combine(first, name)))
                    DurableFolder.WriteText(Path.Combine(partial, name), Companion(name));
            }

            DurableFolder.Replace(partial, target);
            var hash = hashes.Count == 1 ? hashes[0] : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(hashes))));
            return new Checkpoint(Path.GetFileName(target), output, hash);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The model '{output}' cannot be written: {e.Message}", "Check the free space and the permissions of the folder.", e);
        }
        finally
        {
            Clear(partial);
        }
    }

    private static void Clear(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private string Companion(string name)
    {
        var text = File.ReadAllText(Path.Combine(first, name));
        if (name != CheckpointStore.ConfigFile || options.Type is not { } type || JsonNode.Parse(text) is not JsonObject config)
            return text;
        var key = config.ContainsKey("dtype") ? "dtype" : "torch_dtype";
        config[key] = type switch { WeightsType.BFloat16 => "bfloat16", WeightsType.Float16 => "float16", _ => "float32" };
        return config.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    private List<string> WriteWeights(string folder)
    {
        var shards = new List<List<(string Name, TensorType Type, IReadOnlyList<long> Shape)>> { new() };
        long size = 0, total = 0;
        foreach (var name in models[0].Files.Names)
        {
            var info = models[0].Files.Find(name)!;
            var type = OutputType(info.Type);
            var length = info.Length * type.Size();
            if (size > 0 && size + length > options.ShardBytes)
            {
                shards.Add([]);
                size = 0;
            }

            shards[^1].Add((name, type, info.Shape));
            size += length;
            total += length;
        }

        var hashes = new List<string>();
        var map = new JsonObject();
        for (var s = 0; s < shards.Count; s++)
        {
            var file = shards.Count == 1 ? CheckpointStore.WeightsFile : $"model-{s + 1:00000}-of-{shards.Count:00000}.safetensors";
            using var stream = new SafetensorsStream(Path.Combine(folder, file), shards[s], new Dictionary<string, string> { ["format"] = "pt" });
            foreach (var (name, type, _) in shards[s])
            {
                WriteTensor(stream, name, type);
                map[name] = file;
            }

            hashes.Add(stream.Finish());
        }

        if (shards.Count > 1)
            DurableFolder.WriteText(Path.Combine(folder, WeightFiles.IndexFile), new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = total }, ["weight_map"] = map }.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n");
        return hashes;
    }

    private TensorType OutputType(TensorType type) => !type.IsReal() ? type : options.Type switch
    {
        WeightsType.Float32 => TensorType.Float32,
        WeightsType.BFloat16 => TensorType.BFloat16,
        WeightsType.Float16 => TensorType.Float16,

        // The widest and the 8-bit types are read, not written.
        _ => type switch { TensorType.Float64 => TensorType.Float32, TensorType.Float8E4M3 or TensorType.Float8E5M2 => TensorType.BFloat16, _ => type },
    };

    private void WriteTensor(SafetensorsStream stream, string name, TensorType type)
    {
        if (adapter?.Find(name) is { } module)
        {
            WriteAdapted(stream, module, type);
            return;
        }

        var length = models[0].Files.Find(name)!.Length;
        for (long done = 0; done < length; done += options.ChunkElements)
        {
            var count = (int)Math.Min(options.ChunkElements, length - done);
            if (!type.IsReal())
            {
                stream.Write(Same(name, done, count));
                continue;
            }

            if (models.Count == 1 && models[0].Weight == 1 && models[0].Files.Find(name)!.Type == type)
            {
                stream.Write(Read(models[0].Files, name, done, count));
                continue;
            }

            Array.Clear(_sums, 0, count);
            foreach (var (files, weight) in models)
            {
                ElementConversion.ToFloats(files.Find(name)!.Type, Read(files, name, done, count), _floats.AsSpan(0, count));
                for (var i = 0; i < count; i++)
                    _sums[i] += weight * _floats[i];
            }

            for (var i = 0; i < count; i++)
                _floats[i] = (float)_sums[i];
            var bytes = _bytes.AsSpan(0, count * type.Size());
            ElementConversion.FromFloats(type, _floats.AsSpan(0, count), bytes);
            stream.Write(bytes);
        }
    }

    /// <summary>Works the adapter into a matrix, some whole rows at a time.</summary>
    private void WriteAdapted(SafetensorsStream stream, LoraModule module, TensorType type)
    {
        var source = models[0].Files.Find(module.Weight)!.Type;
        var most = Math.Max(1, options.ChunkElements / module.Inputs);
        var floats = new float[most * module.Inputs];
        var bytes = new byte[floats.Length * Math.Max(source.Size(), type.Size())];
        for (var row = 0; row < module.Outputs; row += most)
        {
            var count = Math.Min(most, module.Outputs - row) * module.Inputs;
            var read = bytes.AsSpan(0, count * source.Size());
            models[0].Files.ReadBytes(module.Weight, (long)row * module.Inputs * source.Size(), read);
            ElementConversion.ToFloats(source, read, floats.AsSpan(0, count));
            adapter!.MergeRows(module, row, floats.AsSpan(0, count));
            var write = bytes.AsSpan(0, count * type.Size());
            ElementConversion.FromFloats(type, floats.AsSpan(0, count), write);
            stream.Write(write);
        }
    }

    private Span<byte> Read(WeightFiles files, string name, long from, int count)
    {
        var size = files.Find(name)!.Type.Size();
        var bytes = _bytes.AsSpan(0, count * size);
        files.ReadBytes(name, from * size, bytes);
        return bytes;
    }

    /// <summary>Elements that must be equal in all models.</summary>
    private byte[] Same(string name, long from, int count)
    {
        var own = Read(models[0].Files, name, from, count).ToArray();
        foreach (var (files, _) in models.Skip(1))
        {
            if (!Read(files, name, from, count).SequenceEqual(own))
                throw new RatchetException($"The tensor {SafetensorsHeader.Quote(name)} holds whole numbers that differ between the models, so it has no mean.", "Combine models that were trained from the same one.");
        }

        return own;
    }
}
