using Ratchet.Checkpoints;
using Ratchet.Models.Adapters;
using Ratchet.Runs;

namespace Ratchet.Models.Merging;

/// <summary>
/// New models as weighted sums of others with the same tensors, and conversions. Tensors go through memory piece by piece, so a model may be larger than
/// memory. Works on any safetensors checkpoint, whether or not this library computes the model.
/// </summary>
/// <remarks>
/// Sums are made in double precision in the order of the models. Tensors of whole numbers must be equal in all models and are copied. The result
/// has the configuration and tokenizer files of the first model.
/// </remarks>
public static class ModelMerge
{
    /// <summary><c>(1 - share) · base + share · tuned</c> (as in Goedel-Prover-V2, section 2.6).</summary>
    /// <param name="baseFolder">Model that was trained further.</param>
    /// <param name="tunedFolder">Model after that training.</param>
    /// <param name="share">Share of the tuned model, 0 to 1.</param>
    /// <param name="output">Folder to write.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <inheritdoc cref="Combine"/>
    public static Checkpoint Interpolate(string baseFolder, string tunedFolder, double share, string output, MergeOptions? options = null)
    {
        if (!(share is >= 0 and <= 1))
            throw new RatchetException($"The share of the tuned model must be from 0 to 1, not {share}.", "Use task arithmetic for weights outside of it.");
        return Combine([(baseFolder, 1 - share), (tunedFolder, share)], output, options);
    }

    /// <summary>The mean of models (uniform soup; Wortsman et al. 2022).</summary>
    /// <inheritdoc cref="Combine"/>
    public static Checkpoint UniformSoup(IReadOnlyList<string> folders, string output, MergeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folders);
        return Combine([.. folders.Select(f => (f, 1.0 / folders.Count))], output, options);
    }

    /// <summary><c>base + Σ weight · (tuned - base)</c> (task arithmetic; Ilharco et al. 2023). Weights may be negative.</summary>
    /// <param name="baseFolder">Model that all others were trained from.</param>
    /// <param name="tuned">Models with the weight of what each learned.</param>
    /// <param name="output">Folder to write.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <inheritdoc cref="Combine"/>
    public static Checkpoint TaskArithmetic(string baseFolder, IReadOnlyList<(string Folder, double Weight)> tuned, string output, MergeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tuned);
        return Combine([(baseFolder, 1 - tuned.Sum(t => t.Weight)), .. tuned], output, options);
    }

    /// <summary>
    /// The greedy soup (Wortsman et al. 2022, recipe 1): models from the best score down, each kept in the mean where the mean's score does not fall.
    /// </summary>
    /// <param name="folders">Models, at least one.</param>
    /// <param name="score">Score of the model in a folder, higher is better; called once a model and once a candidate mean.</param>
    /// <param name="output">Folder to write.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The result, its score, and the folders in it.</returns>
    /// <inheritdoc cref="Combine"/>
    public static async Task<(Checkpoint Checkpoint, double Score, IReadOnlyList<string> Kept)> GreedySoupAsync(
        IReadOnlyList<string> folders, Func<string, Task<double>> score, string output, MergeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folders);
        ArgumentNullException.ThrowIfNull(score);
        if (folders.Count == 0)
            throw new ArgumentException("There must be at least one model.", nameof(folders));

        // Among equal scores the order given stands.
        var scored = new List<(string Folder, double Score)>(folders.Count);
        foreach (var folder in folders)
            scored.Add((folder, await score(folder).ConfigureAwait(false)));
        var ranked = scored.OrderByDescending(m => m.Score).ToList();
        List<string> kept = [ranked[0].Folder];
        var best = ranked[0].Score;
        var candidate = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)) + ".candidate";
        try
        {
            foreach (var (folder, _) in ranked.Skip(1))
            {
                UniformSoup([.. kept, folder], candidate, options);
                var mixed = await score(candidate).ConfigureAwait(false);
                if (mixed < best)
                    continue;
                kept.Add(folder);
                best = mixed;
            }
        }
        finally
        {
            if (Directory.Exists(candidate))
                Directory.Delete(candidate, recursive: true);
        }

        return (UniformSoup(kept, output, options), best, kept);
    }

    /// <summary>The same model with another element type or other parts.</summary>
    /// <inheritdoc cref="Combine"/>
    public static Checkpoint Convert(string folder, string output, MergeOptions? options = null) => Combine([(folder, 1)], output, options);

    /// <summary>A model with a LoRA or DoRA adapter worked in (<see cref="AdapterStore"/>): a whole model that computes what the two do together.</summary>
    /// <param name="baseFolder">Model that the adapter was trained on; it is only read.</param>
    /// <param name="adapterFolder">Adapter.</param>
    /// <param name="output">Folder to write; it appears whole or not at all, and replaces one that is there.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="RatchetException">
    /// The adapter changes matrices that the model does not have, or was trained on other weights; a file is damaged, or the output cannot be written or is one of the two.
    /// </exception>
    public static Checkpoint Adapter(string baseFolder, string adapterFolder, string output, MergeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        options ??= new MergeOptions();
        options.ThrowIfInvalid();
        var target = Target(output, [baseFolder, adapterFolder]);
        using var files = WeightFiles.Open(CheckFolder(baseFolder));
        var adapter = AdapterStore.Load(CheckFolder(adapterFolder));
        foreach (var module in adapter.Modules)
        {
            if (files.Find(module.Weight) is not { } info || !info.HasShape([module.Outputs, module.Inputs]))
                throw new RatchetException($"The adapter '{adapterFolder}' changes the matrix '{module.Weight}' [{module.Outputs}, {module.Inputs}], which '{baseFolder}' does not have in that shape.", "Merge it into the model that it was trained on.");
        }

        if (AdapterStore.BaseHash(adapterFolder) is { } trained && trained != files.Hash())
            throw new RatchetException($"The adapter '{adapterFolder}' was trained on other weights than those of '{baseFolder}'.", "Merge it into the model that it was trained on.");
        return new MergeWriter([(files, 1)], baseFolder, target, options, adapter).Write(output);
    }

    /// <summary><c>Σ weight · model</c>.</summary>
    /// <param name="terms">Models with their weights, at least one.</param>
    /// <param name="output">Folder to write; it appears whole or not at all, and replaces one that is there.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="RatchetException">The models have different tensors (the message names them), a file is damaged, or the output cannot be written or is one of the models.</exception>
    public static Checkpoint Combine(IReadOnlyList<(string Folder, double Weight)> terms, string output, MergeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentException.ThrowIfNullOrEmpty(output);
        options ??= new MergeOptions();
        options.ThrowIfInvalid();
        if (terms.Count == 0)
            throw new ArgumentException("There must be at least one model.", nameof(terms));
        if (terms.FirstOrDefault(t => !double.IsFinite(t.Weight)) is { Folder: { } odd, Weight: var weight })
            throw new RatchetException($"The weight {weight} of '{odd}' is not a number.", "Give a finite weight.");
        var target = Target(output, terms.Select(t => t.Folder));
        var models = new List<WeightFiles>();
        try
        {
            foreach (var (folder, _) in terms)
                models.Add(WeightFiles.Open(CheckFolder(folder)));
            ThrowIfDifferent([.. terms.Select(t => t.Folder)], models);
            return new MergeWriter([.. models.Zip(terms, (m, t) => (m, t.Weight))], terms[0].Folder, target, options).Write(output);
        }
        finally
        {
            foreach (var model in models)
                model.Dispose();
        }
    }

    private static string Target(string output, IEnumerable<string> sources)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        return sources.FirstOrDefault(s => Path.TrimEndingDirectorySeparator(Path.GetFullPath(s)) == target) is { } self
            ? throw new RatchetException($"The output '{output}' is the model '{self}' itself.", "Write to another folder.")
            : target;
    }

    private static string CheckFolder(string folder) =>
        Directory.Exists(folder) ? folder : throw new RatchetException($"The model folder '{folder}' does not exist.", $"Give a folder that holds {CheckpointStore.WeightsFile}.");

    private static void ThrowIfDifferent(IReadOnlyList<string> folders, List<WeightFiles> models)
    {
        for (var i = 1; i < models.Count; i++)
        {
            var differences = ModelDiff.ShapesOf(models[0], models[i]).ToList();
            if (differences.Count == 0)
                continue;
            var shown = string.Join("; ", differences.Take(10)) + (differences.Count > 10 ? $"; and {differences.Count - 10} more" : string.Empty);
            throw new RatchetException($"'{folders[0]}' and '{folders[i]}' are not the same kind of model: {shown}.", "Combine models that were trained from the same one.");
        }
    }
}
