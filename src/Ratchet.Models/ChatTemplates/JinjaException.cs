namespace Ratchet.Models.ChatTemplates;

/// <summary>A template that cannot be read or evaluated; the message begins with the line where that is known.</summary>
internal sealed class JinjaException(string message, bool raised = false) : Exception(message)
{
    /// <summary>True where the template itself refused its input.</summary>
    public bool Raised => raised;
}
