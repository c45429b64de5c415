namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>What a token is.</summary>
internal enum TokenKind : byte
{
    End,
    Name,
    Stop,
    Arrow,
    DoubleArrow,
    And,
    Or,
    Not,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Bar,
    Colon,
    Bullet,
    Other,
}

/// <summary>A token with its place, <c>[Start, End)</c> in characters.</summary>
internal readonly record struct Token(TokenKind Kind, int Start, int End);
