using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Sampling.Constraints;

/// <summary>
/// A language of texts: a context-free grammar, read from a grammar file, a regular expression or a JSON schema. <see cref="GrammarConstraint.Compile"/>
/// makes it a constraint for a vocabulary.
/// </summary>
public sealed class Grammar
{
    internal Grammar(IReadOnlyDictionary<string, GrammarNode> rules, string root) => (Rules, Root) = (rules, root);

    /// <summary>Any JSON object.</summary>
    public static Grammar JsonObject { get; } = JsonSchemaGrammar.Object();

    internal IReadOnlyDictionary<string, GrammarNode> Rules { get; }

    internal string Root { get; }

    /// <summary>Reads a grammar in the notation of GBNF; its rule <c>root</c> describes the whole text.</summary>
    /// <exception cref="RatchetException">The text is no grammar, or uses a name that it does not define; the message says where.</exception>
    public static Grammar FromEbnf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return EbnfGrammar.Read(text);
    }

    /// <summary>Reads a regular expression that the whole text must match.</summary>
    /// <exception cref="RatchetException">It is malformed, or uses something that is no regular language (look-around, back-references).</exception>
    public static Grammar FromRegex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return new Grammar(new Dictionary<string, GrammarNode> { ["root"] = RegexGrammar.Read(pattern) }, "root");
    }

    /// <summary>Reads a JSON schema. Every text of the language is valid for it; members come in the order of <c>properties</c>, and none that it does not name.</summary>
    /// <exception cref="RatchetException">The schema is malformed, or uses a keyword that is not supported; the message names it.</exception>
    public static Grammar FromJsonSchema(JsonElement schema)
    {
        try
        {
            return JsonSchemaGrammar.Read(schema);
        }
        catch (InvalidOperationException e)
        {
            throw new RatchetException("The JSON schema cannot be used: a keyword has a value of the wrong kind.", "Correct it.", e) { ExitCode = 2 };
        }
    }

    /// <summary>Reads a file by its ending: <c>.json</c> a JSON schema, <c>.regex</c> a regular expression, all others a grammar in the notation of GBNF.</summary>
    /// <exception cref="RatchetException">The file cannot be read, or its text cannot be used.</exception>
    public static Grammar FromFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            var text = File.ReadAllText(path);
            return Path.GetExtension(path) switch
            {
                ".json" => FromJsonSchema(JsonSerializer.Deserialize<JsonElement>(text)),
                ".regex" => FromRegex(text.TrimEnd('\n', '\r')),
                _ => FromEbnf(text),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RatchetException($"The grammar {path} cannot be read: {e.Message}", "Check the file.", e) { ExitCode = 2 };
        }
    }
}
