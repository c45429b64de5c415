using Ratchet.Verifiers.Audits;

namespace Ratchet.Verifiers.Isabelle.Syntax;

/// <summary>
/// Looks over the text of an Isar proof before Isabelle sees it: it must be readable for certain, end where the theorem's proof ends, and
/// use no command, method or option that makes holes, axioms, oracles, syntax or runs programs.
/// </summary>
/// <remarks>A filter on tokens. What Isabelle says of errors and oracles is judged after the run by <see cref="IsabelleVerifier"/>.</remarks>
internal static class IsabelleProofAudit
{
    /// <summary>What is found, in the order of the text.</summary>
    public static IReadOnlyList<AuditFinding> Check(string text, string theorem)
    {
        var (tokens, faults) = IsabelleTokenizer.Read(text);
        var found = faults.ToList();
        var goals = 1;
        var end = tokens.Count;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (Finding(tokens, i, theorem) is { } finding)
                found.Add(finding);
            if (IsabelleWords.OpensGoal(tokens[i]))
                goals++;
            else if (IsabelleWords.EndsGoal(tokens[i]) && --goals == 0)
                end = Math.Min(end, AfterMethods(tokens, i));
        }

        if (end < tokens.Count && !found.Exists(f => f.Start <= tokens[end].Start && f.End > tokens[end].Start))
            found.Add(new AuditFinding(IsabelleWords.Escape, tokens[end].Start, tokens[end].End, $"\"{tokens[end].Text}\" stands after the end of the proof"));
        return [.. found.OrderBy(f => f.Start)];
    }

    private static AuditFinding? Finding(IReadOnlyList<IsabelleToken> tokens, int i, string theorem) => tokens[i].Kind switch
    {
        IsabelleTokenKind.Word => Word(tokens, i, theorem),
        IsabelleTokenKind.Symbol => Sign(tokens, i),
        IsabelleTokenKind.String => Inner(tokens[i]) ?? Word(tokens, i, theorem),
        IsabelleTokenKind.Cartouche => Inner(tokens[i]),
        _ => null,
    };

    /// <summary>The place after the methods that <c>by</c> (two at most) or <c>qed</c> (one at most) at a place takes.</summary>
    private static int AfterMethods(IReadOnlyList<IsabelleToken> tokens, int at)
    {
        var left = tokens[at].Text switch { "by" => 2, "qed" => 1, _ => 0 };
        for (at++; at < tokens.Count && left > 0; left--)
        {
            if (tokens[at].IsSymbol("("))
                at = AfterBrackets(tokens, at, "(", ")");
            else if (tokens[at].Kind is IsabelleTokenKind.Word or IsabelleTokenKind.String or IsabelleTokenKind.Number || tokens[at].IsSymbol("-"))
                at++;
            else
                break;
            while (at < tokens.Count && (tokens[at].IsSymbol("+") || tokens[at].IsSymbol("?") || tokens[at].IsSymbol("[")))
                at = tokens[at].IsSymbol("[") ? AfterBrackets(tokens, at, "[", "]") : at + 1;
        }

        return at;
    }

    private static int AfterBrackets(IReadOnlyList<IsabelleToken> tokens, int at, string open, string close)
    {
        var depth = 0;
        do
            depth += tokens[at].IsSymbol(open) ? 1 : tokens[at].IsSymbol(close) ? -1 : 0;
        while (++at < tokens.Count && depth > 0);
        return at;
    }

    private static AuditFinding? Word(IReadOnlyList<IsabelleToken> tokens, int i, string theorem)
    {
        var token = tokens[i];
        AuditFinding Found(string audit, string message) => new(audit, token.Start, token.End, message);

        return IsabelleWords.AuditOf(token.Text) switch
        {
            null => null,
            IsabelleWords.Hole => Found(IsabelleWords.Hole, $"\"{token.Text}\" leaves a hole"),
            IsabelleWords.Axiom => Found(IsabelleWords.Axiom, $"\"{token.Text}\" assumes what is to be shown"),
            IsabelleWords.Oracle => Found(IsabelleWords.Oracle, $"\"{token.Text}\" takes the word of a program for a proof"),
            IsabelleWords.Command when IsabelleWords.IsStatement(token.Text) && i + 1 < tokens.Count && tokens[i + 1].Text.Trim('"') == theorem => Found(IsabelleWords.Redefinition, $"\"{token.Text}\" declares the theorem's name again"),
            IsabelleWords.Command => Found(IsabelleWords.Command, $"\"{token.Text}\" is a command outside proofs: the text may only fill the proof"),
            IsabelleWords.Notation => Found(IsabelleWords.Notation, $"\"{token.Text}\" makes new syntax"),
            IsabelleWords.Execution => Found(IsabelleWords.Execution, $"\"{token.Text}\" runs a program"),
            IsabelleWords.File => Found(IsabelleWords.File, $"\"{token.Text}\" reaches files"),
            IsabelleWords.Escape => Found(IsabelleWords.Escape, $"\"{token.Text}\" ends the theory or begins another"),
            var audit => throw new InvalidOperationException($"no message for the audit {audit}"),
        };
    }

    /// <summary>Options stand in double brackets; <c>@{</c> and control symbols before a cartouche are antiquotations, which run ML.</summary>
    private static AuditFinding? Sign(IReadOnlyList<IsabelleToken> tokens, int i)
    {
        var token = tokens[i];
        if (IsabelleWords.AuditOf(token.Text) == IsabelleWords.Hole)
            return new(IsabelleWords.Hole, token.Start, token.End, $"\"{token.Text}\" leaves a hole");
        if (token.IsSymbol("@") && i + 1 < tokens.Count && tokens[i + 1].IsSymbol("{"))
            return new(IsabelleWords.Execution, token.Start, tokens[i + 1].End, "\"@{\" is an antiquotation, which may run ML");
        if (token.Text.StartsWith("\\<^", StringComparison.Ordinal))
            return new(IsabelleWords.Execution, token.Start, token.End, $"\"{token.Text}\" is a control symbol outside of terms");
        if (!token.IsSymbol("[") || i + 2 >= tokens.Count || !tokens[i + 1].IsSymbol("["))
            return null;
        var name = true;
        var depth = 0;
        for (var j = i + 2; j < tokens.Count; j++)
        {
            depth += tokens[j].IsSymbol("[") ? 1 : tokens[j].IsSymbol("]") ? -1 : 0;
            if (depth < 0)
                return null;
            if (name && tokens[j].Kind is IsabelleTokenKind.Word or IsabelleTokenKind.String && !IsabelleWords.IsHarmlessOption(tokens[j].Text))
                return new(IsabelleWords.Option, tokens[i].Start, tokens[j].End, $"the option {tokens[j].Text} may change what Isabelle checks");
            name = tokens[j].IsSymbol(",") && depth == 0;
        }

        return null;
    }

    /// <summary>Terms and comments are no code, but a document antiquotation in them is.</summary>
    private static AuditFinding? Inner(IsabelleToken token)
    {
        if (token.Text.Contains("@{", StringComparison.Ordinal) || token.Text.Contains("\\<^ML", StringComparison.Ordinal) || token.Text.Contains("\\<^here", StringComparison.Ordinal))
            return new(IsabelleWords.Execution, token.Start, token.End, "an antiquotation, which may run ML");
        return null;
    }
}
