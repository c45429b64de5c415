namespace Ratchet.Models.ChatTemplates;

/// <summary>A place in a template's tokens.</summary>
internal sealed class JinjaTokens(IReadOnlyList<JinjaToken> tokens)
{
    private int _at;

    public JinjaToken Current => tokens[_at];

    public JinjaToken Peek(int ahead) => tokens[Math.Min(_at + ahead, tokens.Count - 1)];

    public JinjaToken Next() => tokens[_at < tokens.Count - 1 ? _at++ : _at];

    public JinjaToken Take(JinjaTokenKind kind, string what) => Current.Kind == kind ? Next() : throw Unexpected($"{what} was expected instead of '{Current.Text}'");

    public bool TryTake(string sign)
    {
        if (Current.Kind != JinjaTokenKind.Sign || Current.Text != sign)
            return false;
        _at++;
        return true;
    }

    public void TakeSign(string sign)
    {
        if (!TryTake(sign))
            throw Unexpected($"'{sign}' was expected instead of '{Current.Text}'");
    }

    public bool IsName(string name) => Current.Kind == JinjaTokenKind.Name && Current.Text == name;

    public bool TryTakeName(string name)
    {
        if (!IsName(name))
            return false;
        _at++;
        return true;
    }

    public void TakeName(string name)
    {
        if (!TryTakeName(name))
            throw Unexpected($"'{name}' was expected instead of '{Current.Text}'");
    }

    public JinjaException Unexpected(string what) => new($"line {Current.Line}: {what}");
}
