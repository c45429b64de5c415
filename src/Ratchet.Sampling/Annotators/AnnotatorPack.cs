using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Ratchet.Runs;
using Ratchet.Sampling.Endpoints;

namespace Ratchet.Sampling.Annotators;

/// <summary>Annotators that are prompts, as a data file: who is asked what, and how the answer is read. Versioned like any data.</summary>
public sealed record AnnotatorPack
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Version: results of different versions are not compared.</summary>
    public required string Version { get; init; }

    /// <summary>What it is for, or null.</summary>
    public string? Description { get; init; }

    /// <summary>The annotators, at least one.</summary>
    public required IReadOnlyList<AnnotatorPrompt> Annotators { get; init; }

    /// <summary>Reads a pack and checks it.</summary>
    /// <exception cref="RatchetException">The file cannot be read, or the pack is wrong: all mistakes are told (exit code 2).</exception>
    public static AnnotatorPack Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        AnnotatorPack pack;
        try
        {
            pack = JsonSerializer.Deserialize<AnnotatorPack>(File.ReadAllText(path), Json) ?? throw new JsonException("the file holds null");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RatchetException($"The annotators in {path} cannot be used: {e.Message}", "docs/annotators.md says what a pack is.", e) { ExitCode = 2 };
        }

        var mistakes = pack.Annotators.SelectMany(a => a.Validate().Select(m => $"{a.Name}: {m}")).ToList();
        if (pack.Annotators.Count == 0)
            mistakes.Add("there is no annotator.");
        mistakes.AddRange(pack.Annotators.GroupBy(a => a.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"the annotator {g.Key} is there twice."));
        return mistakes.Count == 0 ? pack : throw new RatchetException($"The annotators in {path} cannot be used: {string.Join(" ", mistakes)}", "docs/annotators.md says what a pack is.") { ExitCode = 2 };
    }

    /// <summary>Hash of all that shapes a judgement (hexadecimal).</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this, Json)));
}

/// <summary>How an answer becomes a preference.</summary>
public enum VerdictSource
{
    /// <summary>A pattern is looked for in the text.</summary>
    Text,

    /// <summary>The probabilities of the two labels as first token, renormalised: a weak preference. One comparison a call.</summary>
    Probabilities,
}

/// <summary>How an answer is read.</summary>
public sealed record VerdictForm
{
    /// <summary>What is looked at.</summary>
    public VerdictSource From { get; init; } = VerdictSource.Text;

    /// <summary>Regular expression (.NET) whose first group holds a label; it must be found once a comparison. Not used with <c>from: probabilities</c>.</summary>
    public string Pattern { get; init; } = @"\b([AB])\b";

    /// <summary>Label that says that the first response is better; upper and lower case are the same.</summary>
    public string First { get; init; } = "A";

    /// <summary>Label that says that the second response is better.</summary>
    public string Second { get; init; } = "B";

    /// <summary>Label of a tie; null where there is none.</summary>
    public string? Tie { get; init; }
}

/// <summary>One annotator: a model, a prompt, and how the answer is read.</summary>
public sealed partial record AnnotatorPrompt
{
    /// <summary>Name within the pack.</summary>
    public required string Name { get; init; }

    /// <summary>Model; null takes the one that the caller names.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// Turns of the conversation. <c>{comparisons}</c> takes the comparisons, each written by <see cref="Comparison"/>; <c>{count}</c> their number.
    /// </summary>
    public required IReadOnlyList<PromptMessage> Messages { get; init; }

    /// <summary>One comparison: <c>{number}</c>, <c>{instruction}</c>, <c>{first}</c> and <c>{second}</c> are filled in.</summary>
    public required string Comparison { get; init; }

    /// <summary>
    /// Texts of the template that mark where a response begins and ends. In what is filled in they are broken up by a space, so that a response cannot end its own block and write another.
    /// </summary>
    public IReadOnlyList<string> Delimiters { get; init; } = [];

    /// <summary>Comparisons in one call, 1 to 100.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Divides the logits; at least 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Limit on an answer's tokens, at least 1.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Added to the logits of tokens, by the endpoint's token ids: towards the legal answers of a weak model.</summary>
    public IReadOnlyDictionary<string, double> LogitBias { get; init; } = new SortedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>How the answer is read.</summary>
    public VerdictForm Verdict { get; init; } = new();

    /// <summary>All that is wrong, one sentence each; empty when valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        if (!Messages.Any(m => m.Content?.Contains("{comparisons}", StringComparison.Ordinal) == true) || Messages.Any(m => m is not { Role: not null, Content: not null }))
            mistakes.Add("a message must hold {comparisons}, and each needs a role and a content.");
        foreach (var place in new[] { "{instruction}", "{first}", "{second}" }.Where(p => !Comparison.Contains(p, StringComparison.Ordinal)))
            mistakes.Add($"the comparison lacks {place}.");
        if (Batch is < 1 or > 100)
            mistakes.Add($"batch must be from 1 to 100, not {Batch}.");
        if (!(Temperature >= 0 && double.IsFinite(Temperature)) || MaxTokens < 1)
            mistakes.Add("temperature must be at least 0 and max_tokens at least 1.");
        if (Verdict.First.Length == 0 || Verdict.Second.Length == 0 || string.Equals(Verdict.First, Verdict.Second, StringComparison.OrdinalIgnoreCase))
            mistakes.Add("the labels of the verdict must be two different texts.");
        if (Verdict.From == VerdictSource.Probabilities && Batch != 1)
            mistakes.Add("a verdict from probabilities needs a batch of 1.");
        if (Delimiters.Any(d => d.Length < 2))
            mistakes.Add("a delimiter needs at least two characters.");
        try
        {
            if (Verdict.From == VerdictSource.Text && Reader().GetGroupNumbers().Length < 2)
                mistakes.Add("the verdict's pattern needs a group.");
        }
        catch (ArgumentException e)
        {
            mistakes.Add($"the verdict's pattern is no regular expression: {e.Message}");
        }

        return mistakes;
    }

    /// <summary>The conversation that asks about some comparisons.</summary>
    internal IReadOnlyList<PromptMessage> Ask(IReadOnlyList<(string Instruction, string First, string Second)> comparisons)
    {
        var texts = comparisons.Select((c, i) => ComparisonPlace().Replace(Comparison, m => m.Value switch
        {
            "{number}" => $"{i + 1}",
            "{instruction}" => Escaped(c.Instruction),
            "{first}" => Escaped(c.First),
            _ => Escaped(c.Second),
        }));
        var all = string.Join("\n\n", texts);
        return [.. Messages.Select(m => m with { Content = MessagePlace().Replace(m.Content, p => p.Value == "{count}" ? $"{comparisons.Count}" : all) })];
    }

    /// <summary>Preferences of an answer to some comparisons, in [1, 2]; null where the answer cannot be read.</summary>
    internal IReadOnlyList<double>? Preferences(CompletionChoice answer, int comparisons)
    {
        if (Verdict.From == VerdictSource.Probabilities)
        {
            double Mass(string label) => answer.FirstToken.Where(t => string.Equals(t.Key.Trim(), label, StringComparison.OrdinalIgnoreCase)).Sum(t => Math.Exp(t.Value));
            var (first, second) = (Mass(Verdict.First), Mass(Verdict.Second));
            return first + second > 0 ? [1 + (second / (first + second))] : null;
        }

        var labels = Reader().Matches(answer.Text).Select(m => m.Groups[1].Value).ToList();
        if (labels.Count != comparisons)
            return null;
        var read = labels.Select(l => string.Equals(l, Verdict.First, StringComparison.OrdinalIgnoreCase) ? 1 : string.Equals(l, Verdict.Second, StringComparison.OrdinalIgnoreCase) ? 2
            : Verdict.Tie is { } tie && string.Equals(l, tie, StringComparison.OrdinalIgnoreCase) ? Ratchet.Preferences.Annotation.Tie : double.NaN).ToList();
        return read.Any(double.IsNaN) ? null : read;
    }

    private Regex Reader() => new(Verdict.Pattern, RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1));

    private string Escaped(string text) => Delimiters.Aggregate(text, (t, d) => t.Replace(d, $"{d[0]} {d[1..]}", StringComparison.Ordinal));

    [GeneratedRegex(@"\{number\}|\{instruction\}|\{first\}|\{second\}")]
    private static partial Regex ComparisonPlace();

    [GeneratedRegex(@"\{comparisons\}|\{count\}")]
    private static partial Regex MessagePlace();
}
