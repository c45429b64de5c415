namespace Ratchet.Verifiers.Answers.Reading;

internal enum TokenKind
{
    Number,

    /// <summary>A single Latin or Greek letter.</summary>
    Letter,

    /// <summary>A run of letters that is no known name.</summary>
    Word,

    /// <summary>A known function, constant or LaTeX command, without the backslash.</summary>
    Name,

    /// <summary>Punctuation or an operator.</summary>
    Symbol,

    /// <summary>"and", "or" and their like.</summary>
    Connector,

    /// <summary>\begin{...}; the text is the environment.</summary>
    Begin,

    /// <summary>\end{...}.</summary>
    EndEnvironment,
    End,
}

/// <summary>A piece of an answer.</summary>
/// <param name="Kind">Kind.</param>
/// <param name="Text">Normal form: separators out of numbers, operators in ASCII.</param>
/// <param name="SpaceBefore">True where white space stands before it.</param>
/// <param name="FromText">True inside \text and its like.</param>
/// <param name="Position">Offset in the answer.</param>
internal readonly record struct Token(TokenKind Kind, string Text, bool SpaceBefore, bool FromText, int Position)
{
    /// <summary>Digits of a repeating decimal's period, or null.</summary>
    public string? Period { get; init; }

    public bool Is(char symbol) => Kind == TokenKind.Symbol && Text.Length == 1 && Text[0] == symbol;

    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;
}
