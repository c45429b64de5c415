namespace Ratchet.Verifiers.Coq;

/// <summary>The goal selectors that may stand before a tactic: <c>2:</c>, <c>1,3-4:</c>, <c>all:</c>, <c>!:</c>, <c>[name]:</c>, <c>par:</c>.</summary>
internal static class CoqSelector
{
    /// <summary>Length of the selector that begins at a place, its colon included; 0 where none does.</summary>
    public static int Length(string text, int start)
    {
        var i = start;
        if (char.IsAsciiDigit(text[i]))
        {
            while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] is ',' or '-' or ' '))
                i++;
        }
        else if (text[i] == '!')
        {
            i++;
        }
        else if (text[i] == '[')
        {
            i++;
            while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] is '_' or '\'' or ' '))
                i++;
            if (i >= text.Length || text[i] != ']')
                return 0;
            i++;
        }
        else if (Word(text, i) is "all" or "par")
        {
            i += 3;
        }
        else
        {
            return 0;
        }

        while (i < text.Length && (text[i] is ' ' or '\t'))
            i++;

        // ":=" is a definition and no selector.
        return i < text.Length && text[i] == ':' && (i + 1 == text.Length || text[i + 1] != '=') ? i + 1 - start : 0;
    }

    /// <summary>The word of letters, digits, underscores and primes at a place; empty where none is.</summary>
    public static string Word(string text, int start)
    {
        var end = start;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '_' or '\''))
            end++;
        return text[start..end];
    }
}
