using System.Globalization;
using Ratchet.Runs;

namespace Ratchet.Models.Adapters;

/// <summary>
/// Shape of a low-rank adapter: LoRA (Hu et al. 2022, equation 3), with the scaling of rsLoRA (Kalajdzievski 2023) and the magnitudes of DoRA
/// (Liu et al. 2024, equation 5) as options. Names and defaults of <c>adapter_config.json</c> of the PEFT library.
/// </summary>
public sealed record LoraOptions
{
    /// <summary>The word that stands for every matrix inside the blocks.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>Rank of the two factors, at least 1.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>Numerator of <see cref="Scaling"/>, above 0.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>Share of the adapter's inputs that a training step sets to zero, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>
    /// Matrices that are adapted: ends of module names, such as <c>q_proj</c> or <c>self_attn.o_proj</c>, or <see cref="AllLinear"/>. Embedding, head and
    /// the router of a mixture are never adapted.
    /// </summary>
    public IReadOnlyList<string> Targets { get; init; } = [AllLinear];

    /// <summary>DoRA: each row of an adapted matrix has a trained length, the low-rank product changes its direction.</summary>
    public bool Dora { get; init; }

    /// <summary>rsLoRA: divides by the root of the rank, so that higher ranks do not learn more slowly.</summary>
    public bool RankStabilized { get; init; }

    /// <summary>Factor on the low-rank product: alpha / rank, or alpha / √rank.</summary>
    public double Scaling => Alpha / (RankStabilized ? Math.Sqrt(Rank) : Rank);

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Rank < 1)
            errors.Add($"The rank must be at least 1, not {Rank}.");
        if (!(Alpha > 0 && double.IsFinite(Alpha)))
            errors.Add($"Alpha must be above 0, not {Alpha}.");
        if (!(Dropout >= 0 && Dropout < 1))
            errors.Add($"The dropout must be at least 0 and below 1, not {Dropout}.");
        if (Targets.Count == 0)
            errors.Add("There must be at least one target.");
        return errors;
    }

    /// <summary>The matrices of a model that are adapted, in file order.</summary>
    /// <exception cref="RatchetException">The options are invalid, or a target names no matrix of the blocks.</exception>
    public IReadOnlyList<LoraModule> Modules(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (Validate() is { Count: > 0 } errors)
            throw new RatchetException("The adapter cannot be made: " + string.Join(" ", errors), "Correct learn.lora in the recipe.");
        var all = LoraModule.All(config);
        foreach (var target in Targets)
        {
            if (target != AllLinear && !all.Any(m => m.IsNamed(target)))
            {
                throw new RatchetException(
                    $"No matrix of the model is called '{target}'.",
                    $"Targets of this model: {AllLinear}, {string.Join(", ", all.Select(m => m.Name[(m.Name.LastIndexOf('.') + 1)..]).Distinct())}.");
            }
        }

        return Targets.Contains(AllLinear) ? all : [.. all.Where(m => Targets.Any(m.IsNamed))];
    }

    /// <summary>True where an adapter of these options can be trained on under the others: all is equal but the targets' spelling and the dropout.</summary>
    internal bool Fits(LoraOptions other) => Rank == other.Rank && Alpha == other.Alpha && Dora == other.Dora && RankStabilized == other.RankStabilized;
}

/// <summary>A matrix of a model that an adapter may change.</summary>
/// <param name="Name">Name of the module, for example <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="Outputs">Rows of the matrix.</param>
/// <param name="Inputs">Columns of the matrix.</param>
public sealed record LoraModule(string Name, int Outputs, int Inputs)
{
    private const string Suffix = ".weight";

    /// <summary>Name of the matrix among the model's weights.</summary>
    public string Weight => Name + Suffix;

    /// <summary>Name of the factor [rank, inputs].</summary>
    public string Down => Name + ".lora_A.weight";

    /// <summary>Name of the factor [outputs, rank].</summary>
    public string Up => Name + ".lora_B.weight";

    /// <summary>Name of DoRA's lengths, [outputs].</summary>
    public string Magnitude => Name + ".lora_magnitude_vector";

    /// <summary>Number of the block that the matrix is in, -1 where the name has none.</summary>
    internal int Layer => Name.Split('.') is ["model", "layers", var number, ..] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? layer : -1;

    /// <summary>All matrices of a model that may be adapted, in file order.</summary>
    internal static IReadOnlyList<LoraModule> All(DecoderConfig config) =>
    [
        .. config.WeightShapes()
            .Where(w => w.Shape.Length == 2 && w.Name.StartsWith("model.layers.", StringComparison.Ordinal) && !w.Name.EndsWith(".mlp.gate" + Suffix, StringComparison.Ordinal))
            .Select(w => new LoraModule(w.Name[..^Suffix.Length], w.Shape[0], w.Shape[1])),
    ];

    /// <summary>True where the name is, or ends with, a target.</summary>
    internal bool IsNamed(string target) => Name == target || Name.EndsWith("." + target, StringComparison.Ordinal);
}
