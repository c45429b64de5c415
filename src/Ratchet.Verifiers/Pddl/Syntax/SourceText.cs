namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>A text that is being read, with the mistakes found so far.</summary>
internal sealed class SourceText(string name, string text)
{
    private const int MaxErrors = 100;

    private readonly List<PddlError> _errors = [];

    /// <summary>Longest text that is read, in characters.</summary>
    public const int MaxLength = 8 << 20;

    public string Text { get; } = text;

    public bool HasErrors => _errors.Count > 0;

    public void Error(int position, string message)
    {
        if (_errors.Count >= MaxErrors || _errors.Exists(e => e.Position == position && e.Message == message))
            return;
        position = Math.Clamp(position, 0, Text.Length);
        var before = Text.AsSpan(0, position);
        var line = before.Count('\n') + 1;
        var column = position - (before.LastIndexOf('\n') + 1) + 1;
        _errors.Add(new PddlError(name, position, line, column, message));
    }

    public void Error(Node node, string message) => Error(node.Start, message);

    /// <summary>Throws when there are mistakes.</summary>
    /// <exception cref="PddlException">There are.</exception>
    public void ThrowIfWrong()
    {
        if (HasErrors)
            throw new PddlException([.. _errors.OrderBy(e => e.Position)]);
    }
}
