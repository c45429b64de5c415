namespace Ratchet.Systems.Evaluation;

/// <summary>Where a benchmark file keeps what. Null looks under the names that published files use.</summary>
public sealed record BenchmarkFields
{
    /// <summary>
    /// The statement, as a text with fields in braces, for example <c>{question} Options: {options}</c>. Null takes <c>statement</c>, <c>goal</c>,
    /// <c>problem</c>, <c>question</c> or <c>input</c>, behind <c>header</c> on lines of its own or <c>body</c>, where they are there. Upper and lower case are the same.
    /// </summary>
    public string? Statement { get; init; }

    /// <summary>Field of the right answer. Null takes <c>reference</c>, <c>answer</c>, <c>target</c> or <c>solution</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>Field of the identifier. Null takes <c>id</c>, <c>unique_id</c>, <c>name</c> or <c>instance_id</c>, else the number of the line.</summary>
    public string? Id { get; init; }

    /// <summary>Field that problems are grouped by in the result. Null takes <c>stratum</c> or <c>level</c>.</summary>
    public string? Stratum { get; init; }

    /// <summary>Only lines where each of these fields has the value, for example <c>split = test</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Where { get; init; } = [];

    /// <summary>Only so many of the lines that are left, from the first; 0 takes all.</summary>
    public int Limit { get; init; }
}
