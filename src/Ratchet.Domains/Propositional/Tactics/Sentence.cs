using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Tactics;

/// <summary>What a sentence does.</summary>
internal enum SentenceKind : byte
{
    Intros,
    Intro,
    Exact,
    Apply,
    Split,
    Left,
    Right,
    Destruct,
    Exfalso,
    Assumption,
    Assert,
    Constructor,
    Contradiction,
    Bullet,
    OpenBrace,
    CloseBrace,
}

/// <summary>One sentence of a script, parsed but not run.</summary>
/// <param name="Kind">Tactic, bullet or brace.</param>
/// <param name="Start">First character.</param>
/// <param name="End">One past the last character, the full stop not counted.</param>
internal sealed record Sentence(SentenceKind Kind, int Start, int End)
{
    /// <summary>Patterns of <c>intros</c>, the name of <c>intro</c>, or the one pattern of <c>destruct</c> and <c>assert</c>.</summary>
    public IReadOnlyList<Pattern> Patterns { get; init; } = [];

    /// <summary>Argument of <c>exact</c>, <c>apply</c>, <c>destruct</c>.</summary>
    public ProofExpression? Expression { get; init; }

    /// <summary>Formula of <c>assert</c>.</summary>
    public Formula? Formula { get; init; }

    /// <summary>Text of a bullet.</summary>
    public string Bullet { get; init; } = "";
}

/// <summary>A proof term as written: a name applied to arguments.</summary>
internal sealed record ProofExpression(string Name, IReadOnlyList<ProofExpression> Arguments, int Start, int NameEnd, int End);

/// <summary>
/// An introduction pattern: a name, or brackets with one list of patterns for each constructor (<c>[a b]</c> has one list of
/// two, <c>[a | b]</c> two lists of one, <c>[]</c> none).
/// </summary>
internal sealed record Pattern(string? Name, IReadOnlyList<IReadOnlyList<Pattern>> Branches, int Start, int End)
{
    /// <summary>Adds the names that the pattern gives, in order, each once.</summary>
    public void CollectNames(List<string> names)
    {
        if (Name is not null && !names.Contains(Name))
            names.Add(Name);
        foreach (var branch in Branches)
        {
            foreach (var part in branch)
                part.CollectNames(names);
        }
    }
}
