using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Runs;

namespace Ratchet.Models.ChatTemplates;

/// <summary>
/// Writes a conversation as the text that a model was trained on, by the Jinja template that its tokenizer ships with.
/// </summary>
/// <remarks>
/// <para>The part of Jinja that published templates use: <c>if</c>, <c>for</c> (with condition, <c>else</c>, unpacking and <c>loop</c>), <c>set</c>, namespaces,
/// macros, <c>break</c> and <c>continue</c>, inline conditions, slices, and the filters, tests and methods listed in docs/models.md. Block lines leave
/// no blank lines behind (trim_blocks and lstrip_blocks), as in the <c>transformers</c> library. Anything else is refused with its line.</para>
/// <para>A template can only read what it is given, and its work is bounded. Safe from many threads.</para>
/// </remarks>
public sealed class ChatTemplate
{
    private readonly IReadOnlyDictionary<string, string> _marks;
    private readonly TimeProvider _time;
    private readonly Lazy<JinjaStatement> _program;

    /// <summary>Makes a template; it is read on first use, so that a tokenizer whose template is not supported still loads.</summary>
    /// <param name="text">Jinja source.</param>
    /// <param name="marks">Texts of the marks by their names in the template, for example <c>bos_token</c>; null for none.</param>
    /// <param name="time">Clock for templates that write today's date; null for the system's.</param>
    public ChatTemplate(string text, IReadOnlyDictionary<string, string>? marks = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        _marks = marks ?? new Dictionary<string, string>();
        _time = time ?? TimeProvider.System;
        _program = new Lazy<JinjaStatement>(() => JinjaParser.Parse(text));
    }

    /// <summary>The Jinja source.</summary>
    public string Text { get; }

    /// <summary>Writes a conversation.</summary>
    /// <param name="messages">Turns in order.</param>
    /// <param name="addGenerationPrompt">Ends with the start of the model's next turn.</param>
    /// <param name="tools">Tool descriptions (JSON schemas of functions), or null.</param>
    /// <param name="variables">Further variables, for example <c>enable_thinking</c>, or null.</param>
    /// <exception cref="RatchetException">The template uses something that is not supported, or refuses the conversation; the message gives its words.</exception>
    public string Render(IEnumerable<ChatMessage> messages, bool addGenerationPrompt = true, JsonArray? tools = null, JsonObject? variables = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Render(new JsonArray([.. messages.Select(m => (JsonNode)m.ToJson())]), addGenerationPrompt, tools, variables);
    }

    /// <summary>Writes a conversation given as JSON: a list of objects with <c>role</c>, <c>content</c> and what else the template reads.</summary>
    /// <inheritdoc cref="Render(IEnumerable{ChatMessage}, bool, JsonArray?, JsonObject?)"/>
    public string Render(JsonArray messages, bool addGenerationPrompt = true, JsonArray? tools = null, JsonObject? variables = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var scope = new JinjaScope(_time);
        foreach (var (name, mark) in _marks)
            scope.Set(name, mark);
        scope.Set("messages", JinjaValue.FromJson(messages));
        scope.Set("add_generation_prompt", addGenerationPrompt);
        scope.Set("tools", JinjaValue.FromJson(tools));
        foreach (var (name, value) in variables ?? [])
            scope.Set(name, JinjaValue.FromJson(value));
        try
        {
            var output = new JinjaOutput();
            _program.Value(scope, output);
            return output.ToString();
        }
        catch (JinjaException e)
        {
            throw new RatchetException($"The chat template cannot be used: {e.Message}.", e.Raised ? "Give a conversation that the template accepts." : "Write the prompt as plain text, or give the tokenizer another chat template.", e);
        }
    }
}
