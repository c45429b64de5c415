using Ratchet.Learning.External;
using Ratchet.Models.Adapters;
using Ratchet.Recipes;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>A low-rank adapter that is trained in place of the model's weights (LoRA; DoRA and rsLoRA as options), on the tensor library.</summary>
public sealed record LoraSettings : IRecipeSection
{
    /// <summary>Rank of the adapter's two factors.</summary>
    [Between(1, 4096)]
    public int Rank { get; init; } = 8;

    /// <summary>Numerator of the factor on the adapter's product, alpha / rank.</summary>
    [Above(0)]
    public double Alpha { get; init; } = 16;

    /// <summary>Share of the adapter's inputs that a training step sets to zero.</summary>
    [Between(0, 1, MaximumOutside = true)]
    public double Dropout { get; init; }

    /// <summary>Matrices that are adapted: ends of module names such as `q_proj`, or `all-linear` for all inside the blocks.</summary>
    public RecipeList<string> Targets { get; init; } = [LoraOptions.AllLinear];

    /// <summary>DoRA: each row of an adapted matrix has a trained length besides.</summary>
    public bool Dora { get; init; }

    /// <summary>rsLoRA: the factor is alpha / √rank.</summary>
    public bool Rslora { get; init; }

    /// <summary>The adapter's shape.</summary>
    internal LoraOptions Options() => new() { Rank = Rank, Alpha = Alpha, Dropout = Dropout, Targets = [.. Targets], Dora = Dora, RankStabilized = Rslora };

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (Targets.Count == 0)
            yield return new("targets", "At least one target is needed.", $"For example [{LoraOptions.AllLinear}] or [q_proj, v_proj].");
    }
}

/// <summary>Learning by a program of the user's: it is given the rows and writes a checkpoint.</summary>
public sealed record ExternalSettings : IRecipeSection
{
    /// <summary>
    /// Program and arguments. `{rows}` stands for the file of rows, `{base}` for the folder of the model to start from, `{out}` for the folder to write the
    /// checkpoint to, `{round}`, `{epochs}` and `{seed}` for numbers.
    /// </summary>
    public RecipeList<string> Command { get; init; } = [];

    /// <summary>Layout of the rows, as the TRL library reads them: `prompt_completion`, `messages` or `preference`.</summary>
    public RowFormat Format { get; init; } = RowFormat.PromptCompletion;

    /// <summary>Kind of the file of rows.</summary>
    public RowFileType File { get; init; } = RowFileType.Jsonl;

    /// <summary>Folder that the command is started in, relative to the recipe; null is the current one.</summary>
    [RelativePath]
    public string? Folder { get; init; }

    /// <summary>Minutes that one training may take; null for any.</summary>
    [Above(0)]
    public double? TimeoutMinutes { get; init; }

    /// <summary>The learner's settings.</summary>
    internal ExternalLearnerOptions Options() => new()
    {
        Command = [.. Command], Format = Format, File = File, Folder = Folder, Limit = TimeoutMinutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
    };

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (Command.Count == 0)
            yield return new("command", "A command is needed.", "For example [python3, train.py, '{rows}', '{base}', '{out}'].");
        foreach (var name in (string[])["{rows}", "{out}"])
        {
            if (Command.Count > 0 && !Command.Any(c => c.Contains(name, StringComparison.Ordinal)))
                yield return new("command", $"The command does not say where {name} goes.", $"Put {name} into one of its arguments.");
        }
    }
}
