using Ratchet.Runs;

namespace Ratchet.Models;

/// <summary>How a model's makers draw from it: <c>generation_config.json</c>. What the file leaves out is null.</summary>
public sealed record GenerationConfig
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>False for the most likely token at each step.</summary>
    public bool? Sample { get; init; }

    /// <summary>Divides the logits.</summary>
    public double? Temperature { get; init; }

    /// <summary>Share of probability that is kept, 0 to 1.</summary>
    public double? TopP { get; init; }

    /// <summary>Number of most likely tokens that are kept.</summary>
    public int? TopK { get; init; }

    /// <summary>Divides the logits of tokens that were there before; 1 for none.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Limit on new tokens.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Ids that end a turn; more than the one of <c>config.json</c> in chat models.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Reads the file of a model folder; null where there is none.</summary>
    /// <exception cref="RatchetException">The file is not readable, or a value is of the wrong kind or out of range; the message names all of them.</exception>
    public static GenerationConfig? Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        var values = ConfigReader.Parse(CheckpointStore.ReadText(path, $"'{path}' does not exist."), path);
        var config = new GenerationConfig
        {
            Sample = values.Has("do_sample") ? values.Flag("do_sample") : null,
            Temperature = values.Number("temperature"),
            TopP = values.Number("top_p"),
            TopK = values.Has("top_k") ? values.Int("top_k") : null,
            RepetitionPenalty = values.Number("repetition_penalty"),
            MaxNewTokens = values.Has("max_new_tokens") ? values.Int("max_new_tokens") : null,
            EndIds = values.Ids("eos_token_id"),
        };
        List<string> errors = [.. values.Errors];
        if (config.Temperature is < 0 or double.NaN)
            errors.Add($"temperature is {config.Temperature}, below 0");
        if (config.TopP is not (null or (> 0 and <= 1)))
            errors.Add($"top_p is {config.TopP}, not above 0 and at most 1");
        if (config.TopK is < 0)
            errors.Add($"top_k is {config.TopK}, below 0");
        if (config.RepetitionPenalty is not (null or > 0))
            errors.Add($"repetition_penalty is {config.RepetitionPenalty}, not above 0");
        return errors.Count == 0 ? config : throw new RatchetException($"'{path}': " + string.Join("; ", errors) + ".", "Correct the file.");
    }
}
