using Ratchet.Verifiers.Isabelle.Syntax;

namespace Ratchet.Verifiers.Isabelle;

/// <summary>A whole theory that is to be checked: the statement with the attempt's text as its proof. Made by <see cref="IsabelleStatement"/>.</summary>
public sealed class IsabelleTheory
{
    private readonly int _attemptStart;

    internal IsabelleTheory(string name, string theorem, string text, string attempt, int attemptStart, int oraclesLine)
    {
        Name = name;
        Theorem = theorem;
        Text = text;
        Attempt = attempt;
        _attemptStart = attemptStart;
        OraclesLine = oraclesLine;
    }

    /// <summary>Name of the theory: a hash of its text, so that equal attempts have equal names and others do not meet.</summary>
    public string Name { get; }

    /// <summary>Name of the theorem.</summary>
    public string Theorem { get; }

    /// <summary>The whole theory.</summary>
    public string Text { get; }

    /// <summary>The attempt's text.</summary>
    public string Attempt { get; }

    /// <summary>One-based line on which Isabelle is asked which oracles the theorem rests on.</summary>
    public int OraclesLine { get; }

    /// <summary>The range of the attempt's text that a range of the theory shows; (-1, -1) where it is outside.</summary>
    /// <param name="offset">One-based place, counted in Isabelle symbols: <c>\&lt;forall&gt;</c> is one.</param>
    /// <param name="endOffset">Place after the last.</param>
    internal (int Start, int End) AttemptRange(int offset, int endOffset)
    {
        var (start, end) = (CharacterOf(offset), CharacterOf(endOffset));
        if (end <= _attemptStart || start >= _attemptStart + Attempt.Length + 1)
            return (-1, -1);
        start = Math.Clamp(start - _attemptStart, 0, Attempt.Length);
        return (start, Math.Clamp(end - _attemptStart, start, Attempt.Length));
    }

    private int CharacterOf(int offset)
    {
        var at = 0;
        for (var left = offset - 1; left > 0 && at < Text.Length; left--)
            at += IsabelleTokenizer.SymbolLength(Text, at) is > 0 and var length ? length : char.IsSurrogatePair(Text, at) ? 2 : 1;
        return at;
    }
}
