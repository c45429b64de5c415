using System.Text.RegularExpressions;

namespace Ratchet.Systems.Verification;

/// <summary>Where a file of JSON lines keeps what, and which of its lines count. Null looks under the names that published files use.</summary>
public sealed partial record BenchmarkFields
{
    /// <summary>
    /// The statement, as a text with fields in braces, for example <c>{question} Options: {options}</c>. Null takes <c>statement</c>, <c>goal</c>,
    /// <c>problem</c>, <c>question</c> or <c>input</c>, behind <c>header</c> on lines of its own or <c>body</c>, where they are there. Upper and lower case are the same.
    /// </summary>
    public string? Statement { get; init; }

    /// <summary>Field of the right answer. Null takes <c>reference</c>, <c>answer</c> or <c>target</c>, and where problems come without proofs <c>solution</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>
    /// Field of the proof, answer or plan that is judged. Null takes <c>proof</c> or <c>solution</c> of an item; of a response, a text or a list of texts,
    /// <c>response</c>, <c>responses</c>, <c>completion</c>, <c>completions</c>, <c>proof</c>, <c>solution</c> or <c>code</c>.
    /// </summary>
    public string? Proof { get; init; }

    /// <summary>Field of the identifier. Null takes <c>id</c>, <c>unique_id</c>, <c>name</c> or <c>instance_id</c>, else the number of the line.</summary>
    public string? Id { get; init; }

    /// <summary>Field that problems are grouped by in the result. Null takes <c>stratum</c> or <c>level</c>.</summary>
    public string? Stratum { get; init; }

    /// <summary>Only lines where each of these fields has the value, for example <c>split = test</c>; the value <c>*</c> stands for any that is there.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Where { get; init; } = [];

    /// <summary>Only so many of the lines that are left, from the first; 0 takes all.</summary>
    public int Limit { get; init; }

    internal bool Takes(JsonLine line) => Where.All(w => w.Value == "*" ? !string.IsNullOrEmpty(line.Text(w.Key)) : (line.Text(w.Key) ?? "") == w.Value);

    internal string IdOf(JsonLine line, int number) =>
        WhiteSpace().Replace((Id is { } field ? line.Text(field) ?? throw Missing(line, field) : line.Text("id", "unique_id", "name", "instance_id")) ?? $"line-{number}", "_");

    internal string StratumOf(JsonLine line) => (Stratum is { } by ? line.Text(by) : line.Text("stratum", "level")) ?? "all";

    internal string? ReferenceOf(JsonLine line) => Reference is { } name ? line.TextOrObject(name) ?? throw Missing(line, name) : line.TextOrObject("reference", "answer", "target");

    internal string StatementOf(JsonLine line)
    {
        if (Statement is not null)
            return Field().Replace(Statement, m => line.Text(m.Groups[1].Value) ?? throw Missing(line, m.Groups[1].Value));
        var statement = line.Text("statement", "goal", "problem", "question", "input") ?? throw Missing(line, "statement");
        if (line.Text("header") is { } header)
            return $"{header.TrimEnd()}\n{statement}";
        return line.Text("body") is { } body ? $"{body.TrimEnd()} {statement}" : statement;
    }

    /// <summary>The line as an item to judge.</summary>
    /// <exception cref="FormatException">A field is missing.</exception>
    internal ProofItem ItemOf(JsonLine line, string source, int number) => new()
    {
        Id = IdOf(line, number),
        Stratum = StratumOf(line),
        Statement = StatementOf(line),
        Proof = (Proof is { } field ? line.Text(field) : line.Text("proof", "solution")) ?? throw Missing(line, Proof ?? "proof"),
        Reference = ReferenceOf(line),
        Source = source,
        Line = number,
    };

    internal static FormatException Missing(JsonLine line, string field) => new($"there is no \"{field}\"; the fields are: {line.Names}.");

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Field();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
