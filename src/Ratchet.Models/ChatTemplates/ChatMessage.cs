using System.Text.Json.Nodes;

namespace Ratchet.Models.ChatTemplates;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c> or what else the template knows.</param>
/// <param name="Content">What is said.</param>
public sealed record ChatMessage(string Role, string Content)
{
    internal JsonObject ToJson() => new() { ["role"] = Role, ["content"] = Content };
}
