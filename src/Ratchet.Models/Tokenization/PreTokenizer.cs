using System.Text;
using System.Text.RegularExpressions;

namespace Ratchet.Models.Tokenization;

/// <summary>Divides text into the pieces that merges never cross. The pieces put together are the text.</summary>
internal sealed class PreTokenizer
{
    private readonly Regex? _regex;

    private PreTokenizer(Regex? regex, string? pattern) => (_regex, Pattern) = (regex, pattern);

    /// <summary>
    /// GPT-2's rule, <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, scanned by code point (a
    /// regular expression of .NET sees halves of characters beyond U+FFFF).
    /// </summary>
    public static PreTokenizer Gpt2 { get; } = new(null, null);

    /// <summary>The regular expression of a loaded tokenizer, or null for GPT-2's rule.</summary>
    public string? Pattern { get; }

    /// <summary>A rule by regular expression: matches are pieces, and so is what lies between them.</summary>
    /// <exception cref="ArgumentException">The expression is not valid.</exception>
    public static PreTokenizer FromPattern(string pattern) => new(new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(30)), pattern);

    /// <summary>The pieces of a text, in order.</summary>
    public IEnumerable<Range> Split(string text)
    {
        if (_regex is null)
        {
            for (var start = 0; start < text.Length;)
            {
                var end = Next(text, start);
                yield return start..end;
                start = end;
            }

            yield break;
        }

        var done = 0;
        for (var match = _regex.Match(text); match.Success; match = match.NextMatch())
        {
            if (match.Index > done)
                yield return done..match.Index;
            if (match.Length > 0)
                yield return match.Index..(match.Index + match.Length);
            done = match.Index + match.Length;
        }

        if (done < text.Length)
            yield return done..text.Length;
    }

    private static int Next(string text, int start)
    {
        if (text[start] == '\'')
        {
            var rest = text.AsSpan(start + 1);
            if (rest.Length > 0 && rest[0] is 's' or 't' or 'm' or 'd')
                return start + 2;
            if (rest.StartsWith("re") || rest.StartsWith("ve") || rest.StartsWith("ll"))
                return start + 3;
        }

        // One space joins the word, number or signs that follow it.
        var first = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        var kind = Kind(text, first, out _);
        if (kind != RuneKind.Space)
            return RunEnd(text, first, kind, out _);
        var end = RunEnd(text, start, RuneKind.Space, out var last);

        // The last of several white spaces is left to the word after them.
        return end == text.Length || last == start ? end : last;
    }

    private static int RunEnd(string text, int start, RuneKind kind, out int last)
    {
        last = start;
        var at = start;
        while (at < text.Length && Kind(text, at, out var length) == kind)
        {
            last = at;
            at += length;
        }

        return at;
    }

    private static RuneKind Kind(string text, int at, out int length)
    {
        // Half a character on its own decodes to U+FFFD, of length 1.
        Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out length);
        return Rune.IsLetter(rune) ? RuneKind.Letter : Rune.IsNumber(rune) ? RuneKind.Number : Rune.IsWhiteSpace(rune) ? RuneKind.Space : RuneKind.Sign;
    }

    private enum RuneKind
    {
        Letter,
        Number,
        Space,
        Sign,
    }
}
