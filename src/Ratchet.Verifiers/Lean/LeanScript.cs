using Ratchet.Problems;
using Ratchet.Verifiers.Lean.Syntax;

namespace Ratchet.Verifiers.Lean;

/// <summary>A theorem of a Lean file.</summary>
/// <param name="Name">Its name as it is written; <c>example</c> where it has none.</param>
/// <param name="Declaration">Place of its declaration, from its keyword up to the <c>:=</c>, which is left out.</param>
/// <param name="Proof">Place of its proof: the tactic block after <c>by</c>, or a term.</param>
/// <param name="IsTactics">The proof is a tactic block.</param>
public sealed record LeanTheorem(string Name, Range Declaration, Range Proof, bool IsTactics);

/// <summary>Finds the theorems of a whole Lean file.</summary>
/// <remarks>
/// Commands begin in the first column, as they do in every formatted file; what follows a theorem up to the next command there is its proof.
/// Theorems that are proved by pattern matching (<c>|</c> in the place of <c>:=</c>) are refused.
/// </remarks>
public static class LeanScript
{
    /// <summary>The theorems in their order; at least one.</summary>
    /// <exception cref="StatementException">The text cannot be read, has no theorem, or has one without a proof.</exception>
    public static IReadOnlyList<LeanTheorem> Theorems(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var read = LeanTokenizer.Read(text);
        if (read.Faults.Count > 0)
            throw new StatementException($"The file cannot be read for certain: {read.Faults[0].Message}.", read.Faults[0].Start);
        var tokens = read.Items;
        var found = new List<LeanTheorem>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!BeginsCommand(tokens, i, text))
                continue;
            var keyword = i;
            while (keyword < tokens.Count && !IsTheorem(tokens[keyword]) && (keyword == i || !BeginsCommand(tokens, keyword, text)))
                keyword++;
            var next = Math.Max(i, keyword) + 1;
            while (next < tokens.Count && !BeginsCommand(tokens, next, text))
                next++;
            if (keyword < tokens.Count && IsTheorem(tokens[keyword]) && IsDeclared(tokens, i, keyword))
                found.Add(Theorem(tokens, keyword, next, text));
        }

        return found.Count > 0 ? found : throw new StatementException("There is no theorem, lemma or example in this text.", 0);
    }

    private static bool IsTheorem(LeanToken token) => token.IsWord("theorem") || token.IsWord("lemma") || token.IsWord("example");

    /// <summary>Whether nothing but modifiers and attributes stands between a command's first token and a keyword.</summary>
    private static bool IsDeclared(IReadOnlyList<LeanToken> tokens, int first, int keyword)
    {
        var depth = 0;
        for (var i = first; i < keyword; i++)
        {
            if (tokens[i].IsSymbol("["))
                depth++;
            else if (tokens[i].IsSymbol("]"))
                depth--;
            else if (depth == 0 && !tokens[i].IsSymbol("@") && !(tokens[i].Kind == LeanTokenKind.Word && LeanWords.IsModifier(tokens[i].Text)))
                return false;
        }

        return true;
    }

    private static bool BeginsCommand(IReadOnlyList<LeanToken> tokens, int index, string text)
    {
        var token = tokens[index];
        if (token.Start > 0 && text[token.Start - 1] != '\n')
            return false;
        var next = index + 1 < tokens.Count ? tokens[index + 1] : default;
        if (token.Kind == LeanTokenKind.Symbol)
            return (token.Text == "@" && next.IsSymbol("[")) || (token.Text == "#" && next.Kind == LeanTokenKind.Word && LeanWords.IsHashCommand(next.Text));
        return token.Kind == LeanTokenKind.Word
            && (token.Text is "open" or "set_option" || LeanWords.AuditOf(token.Text) is LeanWords.Command or LeanWords.Notation or LeanWords.Escape or LeanWords.Axiom or LeanWords.Execution or LeanWords.Import);
    }

    private static LeanTheorem Theorem(IReadOnlyList<LeanToken> tokens, int keyword, int next, string text)
    {
        var (depth, assigned) = (0, -1);
        for (var i = keyword + 1; i + 1 < next && assigned < 0; i++)
        {
            if (tokens[i].Kind != LeanTokenKind.Symbol)
                continue;
            depth += tokens[i].Text is "(" or "[" or "{" or "⟨" or "⦃" ? 1 : tokens[i].Text is ")" or "]" or "}" or "⟩" or "⦄" ? -1 : 0;
            if (depth == 0 && tokens[i].Text == ":" && tokens[i + 1].IsSymbol("=") && tokens[i].End == tokens[i + 1].Start)
                assigned = i;
        }

        var name = tokens[keyword].Text == "example" || keyword + 1 >= next ? "example" : tokens[keyword + 1].Text;
        if (assigned < 0)
            throw new StatementException($"The theorem {name} has no \":=\" with a proof after it.", tokens[keyword].Start);
        var first = assigned + 2;
        var isTactics = first < next && tokens[first].IsWord("by");
        if (isTactics)
            first++;
        var after = tokens[first - 1].End;
        var declaration = tokens[keyword].Start..tokens[assigned].Start;
        return first >= next ? new(name, declaration, after..after, isTactics)
            : new(name, declaration, (isTactics ? Start(tokens[first].Start, after, text) : tokens[first].Start)..tokens[next - 1].End, isTactics);
    }

    /// <summary>A block that begins on a line of its own keeps its indentation.</summary>
    private static int Start(int first, int after, string text)
    {
        var line = text.LastIndexOf('\n', first - 1) + 1;
        return line > after ? line : first;
    }
}
