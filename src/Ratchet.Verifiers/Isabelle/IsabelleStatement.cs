using System.Security.Cryptography;
using System.Text;
using Ratchet.Problems;
using Ratchet.Verifiers.Isabelle.Syntax;

namespace Ratchet.Verifiers.Isabelle;

/// <summary>The statement that is to be proved: a whole Isabelle theory up to the proof of its last theorem.</summary>
/// <remarks>
/// The last statement is a named <c>theorem</c>, <c>lemma</c>, <c>corollary</c> or <c>proposition</c>. What stands after it in its place (a proof,
/// <c>sorry</c>, <c>oops</c>, the <c>end</c> of the theory) is left out. The theory gets a name of its own for each attempt.
/// </remarks>
public sealed class IsabelleStatement
{
    private const int MaxLength = 1 << 20;

    private readonly string _afterName;

    private readonly int _blocks;

    private IsabelleStatement(string afterName, string theorem, int blocks)
    {
        _afterName = afterName;
        _blocks = blocks;
        Theorem = theorem;
    }

    /// <summary>Name of the theorem.</summary>
    public string Theorem { get; }

    /// <summary>Reads a statement.</summary>
    /// <param name="statement">Theory text, at most 1,048,576 characters.</param>
    /// <exception cref="StatementException">The text is no theory, has no named theorem at its end, or has a hole before it.</exception>
    public static IsabelleStatement Parse(string statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        if (statement.Length > MaxLength)
            throw new StatementException($"The statement has {statement.Length} characters; at most {MaxLength} are read.", MaxLength);
        statement = statement.Replace("\r\n", "\n", StringComparison.Ordinal);
        var (tokens, faults) = IsabelleTokenizer.Read(statement);
        if (faults.Count > 0)
            throw new StatementException($"The statement cannot be read for certain: {faults[0].Message}.", faults[0].Start);
        var theory = Find(tokens, 0, t => t.IsWord("theory"));
        var begin = Find(tokens, 0, t => t.IsWord("begin"));
        if (theory < 0 || begin < theory || theory + 1 >= tokens.Count)
            throw new StatementException("The statement is no theory: it must begin with \"theory NAME imports ... begin\".", 0);
        var stated = tokens.Count - 1;
        while (stated > begin && !(tokens[stated].Kind == IsabelleTokenKind.Word && IsabelleWords.IsStatement(tokens[stated].Text)))
            stated--;
        if (stated <= begin)
            throw new StatementException("There is no theorem, lemma, corollary or proposition in the statement.", statement.Length);
        var proof = Find(tokens, stated + 1, IsabelleWords.BeginsProof);
        for (var i = begin + 1; i < stated; i++)
        {
            if (tokens[i].Kind == IsabelleTokenKind.Word && IsabelleWords.AuditOf(tokens[i].Text) is IsabelleWords.Hole or IsabelleWords.Execution or IsabelleWords.Oracle or IsabelleWords.File)
                throw new StatementException($"\"{tokens[i].Text}\" does not belong into a statement.", tokens[i].Start);
        }

        var end = proof < 0 ? tokens[^1].End : tokens[proof - 1].End;
        var blocks = tokens.Take(stated).Count(t => t.IsWord("begin")) - tokens.Take(stated).Count(t => t.IsWord("end"));
        return new IsabelleStatement(statement[tokens[theory + 1].End..end], NameOf(tokens, stated, proof < 0 ? tokens.Count : proof), blocks);
    }

    /// <summary>The theory that shows an attempt at a proof to Isabelle.</summary>
    internal IsabelleTheory With(string attempt)
    {
        var body = $"{_afterName}\n{attempt}\n\nthm_oracles {Theorem}\n{string.Concat(Enumerable.Repeat("end\n", _blocks))}";
        var name = "Ratchet_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)).AsSpan(0, 12));
        var text = $"theory {name}{body}";
        var start = "theory ".Length + name.Length + _afterName.Length + 1;
        return new IsabelleTheory(name, Theorem, text, attempt, start, text.AsSpan(0, start + attempt.Length + 2).Count('\n') + 1);
    }

    private static int Find(IReadOnlyList<IsabelleToken> tokens, int from, Func<IsabelleToken, bool> wanted)
    {
        for (var i = from; i < tokens.Count; i++)
        {
            if (wanted(tokens[i]))
                return i;
        }

        return -1;
    }

    private static string NameOf(IReadOnlyList<IsabelleToken> tokens, int stated, int end)
    {
        var at = stated + 1;

        // "(in locale)" may stand before the name.
        if (at < end && tokens[at].IsSymbol("("))
            at = Find(tokens, at, t => t.IsSymbol(")")) + 1;
        var colon = at + 1;
        if (colon < end && tokens[colon].IsSymbol("["))
            colon = Find(tokens, colon, t => t.IsSymbol("]")) + 1;
        return at > 0 && colon < end && tokens[at].Kind == IsabelleTokenKind.Word && tokens[colon].IsSymbol(":")
            ? tokens[at].Text
            : throw new StatementException("The theorem has no name, by which its oracles could be asked for: write \"theorem NAME:\".", tokens[stated].Start);
    }
}
