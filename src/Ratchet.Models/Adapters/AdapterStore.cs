using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Checkpoints;
using Ratchet.Models.Safetensors;
using Ratchet.Runs;

namespace Ratchet.Models.Adapters;

/// <summary>
/// Low-rank adapters on disk in the layout of the PEFT library: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>. The configuration names
/// the model that the adapter changes; <see cref="CheckpointStore"/> reads such a folder like any model, with the adapter worked in.
/// </summary>
public static class AdapterStore
{
    /// <summary>Name of the configuration file.</summary>
    public const string ConfigFile = "adapter_config.json";

    /// <summary>Name of the weights file.</summary>
    public const string WeightsFile = "adapter_model.safetensors";

    // PEFT wraps a model twice: what it saves stands below these two names.
    private const string Prefix = "base_model.model.";
    private const string DownSuffix = ".lora_A.weight";
    private const string UpSuffix = ".lora_B.weight";
    private const string MagnitudeSuffix = ".lora_magnitude_vector";
    private const string BaseHashKey = "base_sha256";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>True where a folder holds an adapter and no whole model.</summary>
    public static bool IsAdapter(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return File.Exists(Path.Combine(folder, ConfigFile)) && !File.Exists(Path.Combine(folder, CheckpointStore.ConfigFile));
    }

    /// <summary>Writes an adapter; one already in its place is replaced. The folder appears whole or not at all.</summary>
    /// <param name="folder">Folder of the adapter; its parent is made where missing.</param>
    /// <param name="id">Identifier within the run.</param>
    /// <param name="adapter">Adapter.</param>
    /// <param name="baseModel">The model that it changes. Its folder is recorded: by its place beside the adapter's where both have one parent, else whole.</param>
    /// <param name="extraFiles">Text files by plain name: the tokenizer's, a manifest.</param>
    /// <param name="writeMore">Called with the unfinished folder, to write further files into it.</param>
    /// <returns>The checkpoint; its hash is that of <c>adapter_model.safetensors</c>, which also records the base's.</returns>
    /// <exception cref="ArgumentException">A name in <paramref name="extraFiles"/> is not a plain file name or is taken.</exception>
    /// <exception cref="RatchetException">The folder cannot be written; what was in its place is still there.</exception>
    public static Checkpoint Save(string folder, string id, LoraAdapter adapter, Checkpoint baseModel, IReadOnlyDictionary<string, string> extraFiles, Action<string>? writeMore = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(adapter);
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(extraFiles);
        var config = Config(adapter, BaseReference(folder, baseModel.Folder)).ToJsonString(s_json) + "\n";
        var metadata = new Dictionary<string, string> { ["format"] = "pt", [BaseHashKey] = baseModel.WeightsHash };
        return CheckpointStore.WriteFolder(folder, id, [WeightsFile, ConfigFile], extraFiles, writeMore, partial =>
        {
            var tensors = adapter.Shapes().Select(s => (Prefix + s.Name, (IReadOnlyList<int>)s.Shape, adapter[s.Name])).ToList();
            DurableFolder.WriteText(Path.Combine(partial, ConfigFile), config);
            return SafetensorsWriter.Write(Path.Combine(partial, WeightsFile), tensors, TensorType.Float32, metadata);
        });
    }

    /// <summary>Reads an adapter.</summary>
    /// <exception cref="RatchetException">Something is missing, damaged, or of a kind that is not supported; the message says which.</exception>
    public static LoraAdapter Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.Combine(folder, ConfigFile);
        var options = Options(ReadConfig(folder), path);
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        var tensors = new Dictionary<string, (TensorInfo Info, string Own)>(StringComparer.Ordinal);
        foreach (var info in file.Tensors)
            tensors[Plain(info.Name, file.Path)] = (info, info.Name);
        var modules = new List<LoraModule>();
        foreach (var (name, (down, _)) in tensors.Where(t => t.Key.EndsWith(DownSuffix, StringComparison.Ordinal)))
        {
            var module = name[..^DownSuffix.Length];
            var up = tensors.TryGetValue(module + UpSuffix, out var found) ? found.Info : throw Damaged($"has {SafetensorsHeader.Quote(name)} without its second factor");
            if (down.Shape.Count != 2 || up.Shape.Count != 2 || down.Shape[0] != options.Rank || up.Shape[1] != options.Rank)
                throw Damaged($"has factors of {down.ShapeText} and {up.ShapeText} for {SafetensorsHeader.Quote(module)}, where {ConfigFile} says rank {options.Rank}");
            modules.Add(new LoraModule(module, checked((int)up.Shape[0]), checked((int)down.Shape[1])));
        }

        if (modules.Count == 0)
            throw Damaged("changes no matrix");
        if (tensors.Count != modules.Count * (options.Dora ? 3 : 2))
            throw Damaged($"has {tensors.Count} tensors for {modules.Count} adapted matrices{(options.Dora ? " with lengths (DoRA)" : string.Empty)}");
        options = options with { Targets = [.. modules.Select(m => m.Name[(m.Name.LastIndexOf('.') + 1)..]).Distinct().Order(StringComparer.Ordinal)] };
        try
        {
            return new LoraAdapter(options, modules, tensors.ToDictionary(t => t.Key, t => file.ReadFloats(t.Value.Own), StringComparer.Ordinal));
        }
        catch (ArgumentException e)
        {
            throw Damaged("does not fit together: " + e.Message.Split(" (Parameter", 2)[0]);
        }

        RatchetException Damaged(string what) => new($"'{file.Path}' {what}.", "Save the adapter again with the tool that made it.");
    }

    /// <summary>The folder of the model that an adapter changes.</summary>
    /// <exception cref="RatchetException">The configuration is not readable, or what it names is no folder here, or is an adapter itself.</exception>
    public static string BaseFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.Combine(folder, ConfigFile);
        var name = ReadConfig(folder).Text("base_model_name_or_path");
        var beside = name is null ? null : Path.GetFullPath(name, Path.GetFullPath(folder));
        var found = beside is not null && Directory.Exists(beside) ? beside : name is not null && Directory.Exists(name) ? Path.GetFullPath(name) : null;
        if (found is null)
        {
            throw new RatchetException(
                $"The adapter '{folder}' changes the model '{ConfigReader.Printable(name ?? "(none named)")}', which is no folder here.",
                $"Put the folder of that model into base_model_name_or_path of '{path}', or merge the two with 'ratchet model merge-lora BASE ADAPTER -o OUT'.");
        }

        return IsAdapter(found)
            ? throw new RatchetException($"The adapter '{folder}' changes '{found}', which is an adapter itself.", "Merge that one into its model first: 'ratchet model merge-lora'.")
            : found;
    }

    /// <summary>Writes the model's folder into the configuration of an adapter that is going to lie in <paramref name="target"/>.</summary>
    internal static void SetBase(string folder, string target, string baseFolder)
    {
        var path = Path.Combine(folder, ConfigFile);
        var config = JsonNode.Parse(CheckpointStore.ReadText(path, $"The folder '{folder}' has no {ConfigFile}."))!.AsObject();
        config["base_model_name_or_path"] = BaseReference(target, baseFolder);
        DurableFolder.WriteText(path, config.ToJsonString(s_json) + "\n");
    }

    /// <summary>SHA-256 of the weights that an adapter was trained on, or null where its maker did not record it.</summary>
    internal static string? BaseHash(string folder)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        return file.Metadata.GetValueOrDefault(BaseHashKey);
    }

    /// <summary>Throws where an adapter is of another shape than a model.</summary>
    internal static void ThrowIfUnfit(LoraAdapter adapter, DecoderConfig config, string folder)
    {
        var all = LoraModule.All(config).ToHashSet();
        if (adapter.Modules.FirstOrDefault(m => !all.Contains(m)) is { } odd)
            throw new RatchetException($"The adapter '{folder}' changes the matrix '{odd.Name}' [{odd.Outputs}, {odd.Inputs}], which the model does not have in that shape.", "Use the adapter with the model that it was trained on.");
    }

    private static ConfigReader ReadConfig(string folder)
    {
        var path = Path.Combine(folder, ConfigFile);
        return ConfigReader.Parse(CheckpointStore.ReadText(path, $"The folder '{folder}' has no {ConfigFile}."), path);
    }

    private static LoraOptions Options(ConfigReader config, string path)
    {
        if (config.Text("peft_type") is { } kind && kind != "LORA")
            config.Refuse("peft_type", $"'{kind}'");
        foreach (var flag in (string[])["fan_in_fan_out", "lora_bias", "use_qalora"])
        {
            if (config.Flag(flag))
                config.Refuse(flag, "true");
        }

        if (config.Has("bias") && config.Text("bias") is { } bias && bias != "none")
            config.Refuse("bias", $"'{bias}'");
        foreach (var key in (string[])["modules_to_save", "rank_pattern", "alpha_pattern", "layer_replication"])
        {
            if (config.HasItems(key))
                config.Refuse(key, "not empty");
        }

        var options = new LoraOptions
        {
            Rank = config.Int("r"),
            Alpha = config.Number("lora_alpha", 8),
            Dropout = config.Number("lora_dropout", 0),
            Dora = config.Flag("use_dora"),
            RankStabilized = config.Flag("use_rslora"),
        };
        var errors = config.Errors.Concat(options.Validate()).ToList();
        return errors.Count == 0 ? options : throw new RatchetException($"The adapter of '{path}' cannot be used: {string.Join("; ", errors)}.", "Use a LoRA or DoRA adapter of linear layers, or merge the adapter with the tool that made it.");
    }

    /// <summary>A tensor's name without what PEFT puts around it.</summary>
    private static string Plain(string name, string path)
    {
        var plain = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        if (plain.EndsWith(MagnitudeSuffix + ".weight", StringComparison.Ordinal))
            plain = plain[..^".weight".Length];
        return plain.EndsWith(DownSuffix, StringComparison.Ordinal) || plain.EndsWith(UpSuffix, StringComparison.Ordinal) || plain.EndsWith(MagnitudeSuffix, StringComparison.Ordinal)
            ? plain
            : throw new RatchetException($"'{path}' holds the tensor {SafetensorsHeader.Quote(name)}, which is no part of a LoRA or DoRA adapter of linear layers.", "Merge the adapter with the tool that made it.");
    }

    private static string BaseReference(string folder, string baseFolder)
    {
        string own = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), other = Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseFolder));
        return Path.GetDirectoryName(own) == Path.GetDirectoryName(other) ? "../" + Path.GetFileName(other) : other;
    }

    private static JsonObject Config(LoraAdapter adapter, string baseModel) => new()
    {
        ["alpha_pattern"] = new JsonObject(),
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = baseModel,
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["layers_pattern"] = null,
        ["layers_to_transform"] = null,
        ["lora_alpha"] = adapter.Options.Alpha,
        ["lora_dropout"] = adapter.Options.Dropout,
        ["modules_to_save"] = null,
        ["peft_type"] = "LORA",
        ["r"] = adapter.Options.Rank,
        ["rank_pattern"] = new JsonObject(),
        ["revision"] = null,
        ["target_modules"] = new JsonArray([.. adapter.Modules.Select(m => m.Name[(m.Name.LastIndexOf('.') + 1)..]).Distinct().Order(StringComparer.Ordinal).Select(t => (JsonNode)t)]),
        ["task_type"] = "CAUSAL_LM",
        ["use_dora"] = adapter.Options.Dora,
        ["use_rslora"] = adapter.Options.RankStabilized,
    };
}
