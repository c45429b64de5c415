using System.Text;
using System.Text.Json;
using Ratchet.Problems;

namespace Ratchet.Verifiers.Python;

/// <summary>What a program is held against: runs with their standard input and the output wanted, or a text of asserts.</summary>
/// <remarks>Forms: see <see cref="Parse"/>. Cases and asserts never stand together.</remarks>
public sealed class PythonTests
{
    private const string Wanted =
        "Tests are Python with assert statements, or JSON: an array or lines of {\"stdin\", \"stdout\"}, {\"inputs\": [...], \"outputs\": [...]}, an array of assert statements, or {\"tests\", \"entry_point\"}.";

    private PythonTests(IReadOnlyList<PythonCase> cases, string asserts) => (Cases, Asserts) = (cases, asserts);

    /// <summary>Runs with their output; empty where the tests are asserts.</summary>
    public IReadOnlyList<PythonCase> Cases { get; }

    /// <summary>Python with at least one <c>assert</c>; empty where the tests are cases.</summary>
    public string Asserts { get; }

    /// <summary>
    /// Reads tests. Python text is taken as it is; it must hold the word <c>assert</c>. JSON is an array, or lines, of objects with <c>stdin</c>
    /// (or <c>input</c>) and <c>stdout</c> (or <c>output</c>); an object with the arrays <c>inputs</c> and <c>outputs</c>; an array of texts, each
    /// Python; or an object with <c>tests</c> (Python or an array of it) and optionally <c>entry_point</c>, for whose value <c>check</c> is called.
    /// </summary>
    /// <exception cref="StatementException">The text is none of these.</exception>
    public static PythonTests Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var start = text.AsSpan().TrimStart();
        if (start.Length == 0 || start[0] is not ('[' or '{'))
            return OfAsserts(text);
        List<JsonElement> values;
        try
        {
            values = Values(text);
        }
        catch (JsonException)
        {
            return OfAsserts(text);
        }

        try
        {
            return Read(values.Count == 1 && values[0].ValueKind == JsonValueKind.Array ? [.. values[0].EnumerateArray()] : values);
        }
        catch (InvalidOperationException e)
        {
            throw new StatementException($"A field of the tests has the wrong type: {e.Message}", 0);
        }
    }

    /// <summary>Whether an output is the one wanted: equal but for white space at the ends of lines and empty lines at the end.</summary>
    public static bool IsSameOutput(string output, string wanted)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(wanted);
        return Lines(output).SequenceEqual(Lines(wanted), StringComparer.Ordinal);

        static IEnumerable<string> Lines(string text) => text.TrimEnd().Split('\n').Select(l => l.TrimEnd());
    }

    private static PythonTests OfAsserts(string text) =>
        text.Contains("assert", StringComparison.Ordinal) ? new PythonTests([], text) : throw new StatementException($"There are no tests. {Wanted}", 0);

    private static List<JsonElement> Values(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true });
        var values = new List<JsonElement>();
        while (reader.Read())
            values.Add(JsonElement.ParseValue(ref reader));
        return values;
    }

    private static PythonTests Read(List<JsonElement> values)
    {
        if (values.Count == 0)
            throw new StatementException($"There are no tests. {Wanted}", 0);
        if (values.TrueForAll(v => v.ValueKind == JsonValueKind.String))
            return OfAsserts(string.Join('\n', values.Select(v => v.GetString())));
        var cases = new List<PythonCase>();
        foreach (var value in values)
        {
            if (value.ValueKind != JsonValueKind.Object)
                throw new StatementException($"A test is no JSON object. {Wanted}", 0);
            if (values.Count == 1 && value.TryGetProperty("tests", out var tests))
            {
                var asserts = tests.ValueKind == JsonValueKind.Array ? string.Join('\n', tests.EnumerateArray().Select(t => t.GetString())) : tests.GetString()!;
                return OfAsserts(value.TryGetProperty("entry_point", out var name) ? $"{asserts}\n\ncheck({name.GetString()})\n" : asserts);
            }

            if (values.Count == 1 && value.TryGetProperty("inputs", out var inputs) && value.TryGetProperty("outputs", out var outputs))
            {
                if (inputs.GetArrayLength() != outputs.GetArrayLength())
                    throw new StatementException($"There are {inputs.GetArrayLength()} inputs and {outputs.GetArrayLength()} outputs.", 0);
                if (value.TryGetProperty("fn_name", out _))
                    throw new StatementException("Calls of a function (\"fn_name\") are given as asserts.", 0);
                cases.AddRange(inputs.EnumerateArray().Zip(outputs.EnumerateArray(), (i, o) => new PythonCase(i.GetString()!, o.GetString()!)));
                continue;
            }

            if (Field(value, "stdout", "output") is not { } output)
                throw new StatementException($"A test has no \"stdout\". {Wanted}", 0);
            cases.Add(new PythonCase(Field(value, "stdin", "input") ?? "", output));
        }

        return cases.Count > 0 ? new PythonTests(cases, "") : throw new StatementException($"There are no tests. {Wanted}", 0);
    }

    private static string? Field(JsonElement value, string name, string other) =>
        value.TryGetProperty(name, out var field) || value.TryGetProperty(other, out field) ? field.GetString() : null;
}

/// <summary>A run of a program.</summary>
/// <param name="Input">Standard input.</param>
/// <param name="Output">Standard output wanted.</param>
public sealed record PythonCase(string Input, string Output);
