using Ratchet.Verifiers.Audits;

namespace Ratchet.Verifiers.Lean.Syntax;

/// <summary>
/// Looks over the text of a proof before Lean sees it: it must be readable for certain, stay inside the proof, and use no word that makes
/// holes, axioms, notation or commands.
/// </summary>
/// <remarks>
/// This is a filter on tokens, not on the raw text: a word in a comment, in a string or inside a longer name is no such word. It does not
/// decide that a proof is right. Lean does, and what it says of holes and axioms is judged after the run by <see cref="LeanJudge"/>.
/// </remarks>
internal static class LeanProofAudit
{
    /// <summary>What is found, in the order of the text.</summary>
    /// <param name="text">The attempt's text.</param>
    /// <param name="tokens">The same text cut into tokens.</param>
    /// <param name="theorem">Full name of the theorem.</param>
    public static IReadOnlyList<AuditFinding> Check(string text, LeanTokens tokens, string theorem)
    {
        var found = tokens.Faults.Select(f => new AuditFinding(LeanWords.Lexical, f.Start, f.End, f.Message)).ToList();
        var items = tokens.Items;
        var firstColumn = items.Count > 0 && IsAtLineStart(text, items[0].Start);
        var depth = 0;
        for (var i = 0; i < items.Count; i++)
        {
            var token = items[i];
            depth += token is { Kind: LeanTokenKind.Symbol, Text: "(" or "[" or "{" or "⟨" } ? 1 : token is { Kind: LeanTokenKind.Symbol, Text: ")" or "]" or "}" or "⟩" } ? -1 : 0;
            var finding = token.Kind == LeanTokenKind.Word ? Word(items, i, theorem) : Sign(items, i);
            if (finding is null && !firstColumn && depth <= 0 && LeavesBlock(text, token))
                finding = new AuditFinding(LeanWords.Escape, token.Start, token.End, $"\"{token.Text}\" stands in the first column: the tactic block, which is indented, has ended before it");
            if (finding is not null)
                found.Add(finding);
        }

        return [.. found.OrderBy(f => f.Start)];
    }

    private static AuditFinding? Word(IReadOnlyList<LeanToken> items, int i, string theorem)
    {
        var token = items[i];
        if (IsField(items, i))
            return null;
        AuditFinding Found(string audit, string message) => new(audit, token.Start, token.End, message);

        if (i > 0 && items[i - 1].IsSymbol("#") && items[i - 1].End == token.Start && LeanWords.IsHashCommand(token.Text))
            return new(LeanWords.Execution, items[i - 1].Start, token.End, $"\"#{token.Text}\" is a command");
        if (i + 1 < items.Count && items[i + 1].IsSymbol("%") && items[i + 1].Start == token.End && token.Text is "eval" or "elabToSyntax")
            return Found(LeanWords.Execution, $"\"{token.Text}%\" runs a program");
        if (token.Text == "native" && i > 0 && (items[i - 1].IsSymbol("+") || (i + 3 < items.Count && items[i + 1].IsSymbol(":") && items[i + 2].IsSymbol("=") && items[i + 3].IsWord("true"))))
            return Found(LeanWords.Native, "\"native\" trusts the compiler in place of the kernel");
        if (token.Text == "set_option")
            return SetOption(items, i);
        if (token.Text == "open")
            return IsScoped(items, i) ? null : Found(LeanWords.Escape, "\"open\" without \"in\" is a command");
        return LeanWords.AuditOf(token.Text) switch
        {
            null => null,
            LeanWords.Command when LeanWords.IsModifier(token.Text) && i + 1 < items.Count && LeanWords.AuditOf(items[i + 1].Text) is not null => Word(items, i + 1, theorem),
            LeanWords.Command when Redeclares(items, i, theorem) => Found(LeanWords.Redefinition, $"\"{token.Text}\" declares the theorem's name again"),
            LeanWords.Hole => Found(LeanWords.Hole, $"\"{token.Text}\" leaves a hole"),
            LeanWords.Axiom => Found(LeanWords.Axiom, "\"axiom\" assumes what is to be shown"),
            LeanWords.Native => Found(LeanWords.Native, $"\"{token.Text}\" trusts the compiler in place of the kernel"),
            LeanWords.Command => Found(LeanWords.Command, $"\"{token.Text}\" begins a command: the text may only fill the proof"),
            LeanWords.Notation => Found(LeanWords.Notation, $"\"{token.Text}\" makes new syntax"),
            LeanWords.Execution => Found(LeanWords.Execution, $"\"{token.Text}\" runs a program"),
            LeanWords.Import => Found(LeanWords.Import, "\"import\" in a proof"),
            LeanWords.Escape => Found(LeanWords.Escape, $"\"{token.Text}\" ends the proof and changes the namespace"),
            LeanWords.Unsafe => Found(LeanWords.Unsafe, $"\"{token.Text}\" makes code that is not what is checked"),
            LeanWords.Environment => Found(LeanWords.Environment, $"\"{token.Text}\" reaches into Lean's own machinery"),
            LeanWords.File => Found(LeanWords.File, $"\"{token.Text}\" reaches files or processes"),
            var audit => throw new InvalidOperationException($"no message for the audit {audit}"),
        };
    }

    /// <summary><c>@[</c> begins an attribute: only a declaration has attributes.</summary>
    private static AuditFinding? Sign(IReadOnlyList<LeanToken> items, int i)
    {
        if (!items[i].IsSymbol("@") || i + 1 >= items.Count || !items[i + 1].IsSymbol("[") || items[i].End != items[i + 1].Start)
            return null;
        for (var j = i + 2; j < items.Count && !items[j].IsSymbol("]"); j++)
        {
            if (LeanWords.AuditOf(items[j].Text) == LeanWords.Unsafe)
                return new(LeanWords.Unsafe, items[i].Start, items[j].End, $"the attribute \"{items[j].Text}\" makes code that is not what is checked");
        }

        return new(LeanWords.Command, items[i].Start, items[i + 1].End, "\"@[\" gives an attribute, which only a declaration has");
    }

    private static AuditFinding? SetOption(IReadOnlyList<LeanToken> items, int i)
    {
        if (i + 1 >= items.Count || !LeanWords.IsHarmlessOption(items[i + 1].Text))
            return new(LeanWords.Option, items[i].Start, items[Math.Min(i + 1, items.Count - 1)].End, $"the option {(i + 1 < items.Count ? items[i + 1].Text : "")} may change what Lean checks or says");
        return i + 3 < items.Count && items[i + 3].IsWord("in") ? null : new(LeanWords.Escape, items[i].Start, items[i + 1].End, "\"set_option\" without \"in\" is a command");
    }

    /// <summary>Whether <c>open ...</c> is followed by <c>in</c> and so holds for one tactic or term.</summary>
    private static bool IsScoped(IReadOnlyList<LeanToken> items, int i)
    {
        for (var j = i + 1; j < items.Count; j++)
        {
            if (items[j].IsWord("in"))
                return j > i + 1;
            if (items[j].Kind != LeanTokenKind.Word && !(items[j].Kind == LeanTokenKind.Symbol && items[j].Text is "(" or ")" or "→" or "," or "-" or ">"))
                return false;
        }

        return false;
    }

    /// <summary>A word after a dot that touches what stands before it is a field, whatever it is called.</summary>
    private static bool IsField(IReadOnlyList<LeanToken> items, int i) =>
        i > 1 && items[i - 1].IsSymbol(".") && items[i - 1].End == items[i].Start && items[i - 2].End == items[i - 1].Start;

    private static bool Redeclares(IReadOnlyList<LeanToken> items, int i, string theorem)
    {
        if (i + 1 >= items.Count || items[i + 1].Kind != LeanTokenKind.Word)
            return false;
        var parts = LeanName.Components(LeanName.Normal(theorem));
        return LeanName.Normal(items[i + 1].Text) is var name && (name == string.Join('.', parts) || name == parts[^1]);
    }

    private static bool LeavesBlock(string text, LeanToken token) =>
        token.Kind is LeanTokenKind.Word or LeanTokenKind.Number or LeanTokenKind.String && token.Text is not ("where" or "termination_by" or "decreasing_by") && IsAtLineStart(text, token.Start);

    private static bool IsAtLineStart(string text, int at) => at == 0 || text[at - 1] == '\n';
}
