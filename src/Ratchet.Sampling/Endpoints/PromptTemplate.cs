using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ratchet.Runs;

namespace Ratchet.Sampling.Endpoints;

/// <summary>Which part of an answer is the attempt.</summary>
public enum AnswerPart
{
    /// <summary>All of it.</summary>
    Whole,

    /// <summary>The last block between fences (<c>```</c>), without the fences; all of it where there is none.</summary>
    CodeBlock,
}

/// <summary>
/// How a problem is put to a model elsewhere, as data. <c>{statement}</c> is the problem's statement, <c>{prompt}</c> the text that the domain's own models continue.
/// </summary>
public sealed partial record PromptTemplate
{
    /// <summary>Turns of a conversation.</summary>
    public IReadOnlyList<PromptMessage> Messages { get; init; } = [new("user", "{statement}")];

    /// <summary>Text to continue, for endpoints of plain texts.</summary>
    public string Text { get; init; } = "{prompt}";

    /// <summary>Which part of an answer is the attempt.</summary>
    public AnswerPart Answer { get; init; } = AnswerPart.Whole;

    /// <summary>Reads a template: a JSON object with <c>messages</c> (a list of <c>role</c> and <c>content</c>), <c>text</c> and <c>answer</c> (whole or code_block), each of which may be left out.</summary>
    /// <exception cref="RatchetException">The file cannot be read, or is no template.</exception>
    public static PromptTemplate Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return JsonSerializer.Deserialize<PromptTemplate>(File.ReadAllText(path), Json) is { } template && template.Messages.All(m => m is { Role: not null, Content: not null })
                ? template : throw new JsonException("a message needs a role and a content");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RatchetException($"The prompt template {path} cannot be used: {e.Message}", "A template is {\"messages\": [{\"role\": \"user\", \"content\": \"... {statement} ...\"}], \"answer\": \"code_block\"}.", e) { ExitCode = 2 };
        }
    }

    /// <summary>Hash of the template (hexadecimal).</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this, Json)));

    /// <summary>Writes the template's places: each is filled once, so that a statement may hold braces.</summary>
    /// <param name="text">Text of the template.</param>
    /// <param name="statement">The problem's statement.</param>
    /// <param name="prompt">The text that the domain's own models continue.</param>
    public static string Fill(string text, string statement, string prompt)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Place().Replace(text, m => m.ValueSpan.SequenceEqual("{statement}") ? statement : prompt);
    }

    /// <summary>The attempt in an answer.</summary>
    public string Extract(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (Answer == AnswerPart.Whole)
            return answer;
        var blocks = Fence().Matches(answer);
        return blocks.Count > 0 ? blocks[^1].Groups[1].Value.Trim('\n', '\r') : answer.Trim();
    }

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    [GeneratedRegex(@"\{statement\}|\{prompt\}")]
    private static partial Regex Place();

    [GeneratedRegex(@"^```[^\n`]*\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();
}
