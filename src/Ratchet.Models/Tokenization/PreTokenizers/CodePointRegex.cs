using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ratchet.Models.Tokenization.PreTokenizers;

/// <summary>
/// A regular expression of a tokenizer file over code points. The runtime's expressions see the two halves of a character beyond U+FFFF; here each
/// such character stands in for the match as one of the first plane with the same category, which is all that expressions of tokenizers ask.
/// </summary>
internal sealed class CodePointRegex
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // Rare characters, one of each category, none of which a published expression names.
    private static readonly Dictionary<UnicodeCategory, char> StandIns = new()
    {
        [UnicodeCategory.UppercaseLetter] = '\u10a0', [UnicodeCategory.LowercaseLetter] = '\ua730', [UnicodeCategory.TitlecaseLetter] = '\u1f88',
        [UnicodeCategory.ModifierLetter] = '\ua6ff', [UnicodeCategory.OtherLetter] = '\ua000', [UnicodeCategory.NonSpacingMark] = '\ua825',
        [UnicodeCategory.SpacingCombiningMark] = '\ua823', [UnicodeCategory.EnclosingMark] = '\ua670', [UnicodeCategory.DecimalDigitNumber] = '\ua8d0',
        [UnicodeCategory.LetterNumber] = '\ua6e6', [UnicodeCategory.OtherNumber] = '\ua830', [UnicodeCategory.ConnectorPunctuation] = '\ufe34',
        [UnicodeCategory.DashPunctuation] = '\ufe58', [UnicodeCategory.OpenPunctuation] = '\ufe17', [UnicodeCategory.ClosePunctuation] = '\ufe18',
        [UnicodeCategory.OtherPunctuation] = '\ua874', [UnicodeCategory.MathSymbol] = '\ufe62', [UnicodeCategory.CurrencySymbol] = '\ua838',
        [UnicodeCategory.ModifierSymbol] = '\ua700', [UnicodeCategory.OtherSymbol] = '\ua828', [UnicodeCategory.Format] = '\u206a',
        [UnicodeCategory.PrivateUse] = '\ue000', [UnicodeCategory.OtherNotAssigned] = '\uffff',
    };

    private readonly Regex _regex;

    /// <summary>Translates an expression.</summary>
    /// <exception cref="FormatException">The expression is not valid, or uses what means something else here than in the reference implementation.</exception>
    public CodePointRegex(string pattern)
    {
        Pattern = pattern;

        // These would be read, but as something else: set operations, POSIX classes, and halves of characters.
        if (pattern.Contains("&&", StringComparison.Ordinal) || pattern.Contains("[:", StringComparison.Ordinal) || pattern.Contains(@"\h", StringComparison.Ordinal) || pattern.Any(char.IsSurrogate))
            throw new FormatException($"the expression '{pattern}' uses a class that is not supported");
        try
        {
            _regex = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled, Limit);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"the expression '{pattern}' is not supported ({e.Message})", e);
        }
    }

    public string Pattern { get; }

    /// <summary>The matches in a part of a text that are not empty, as places in the text, in order.</summary>
    public IEnumerable<(int Start, int End)> Matches(string text, int start, int end)
    {
        var part = text.AsSpan(start, end - start);
        if (part.IndexOfAnyInRange('\ud800', '\udfff') < 0)
        {
            // On a text of its own: what lies outside the part is not looked at.
            var own = part.Length == text.Length ? text : part.ToString();
            for (var match = _regex.Match(own); match.Success; match = match.NextMatch())
            {
                if (match.Length > 0)
                    yield return (start + match.Index, start + match.Index + match.Length);
            }

            yield break;
        }

        var (shadow, places) = Shadow(text, start, end);
        for (var match = _regex.Match(shadow); match.Success; match = match.NextMatch())
        {
            if (match.Length > 0)
                yield return (places[match.Index], places[match.Index + match.Length]);
        }
    }

    /// <summary>The text with each match replaced by a plain text.</summary>
    public string Replace(string text, string content)
    {
        StringBuilder? result = null;
        var done = 0;
        foreach (var (start, end) in Matches(text, 0, text.Length))
        {
            (result ??= new StringBuilder(text.Length)).Append(text, done, start - done).Append(content);
            done = end;
        }

        return result is null ? text : result.Append(text, done, text.Length - done).ToString();
    }

    private static (string Shadow, List<int> Places) Shadow(string text, int start, int end)
    {
        var shadow = new StringBuilder(end - start);
        var places = new List<int>(end - start + 1);
        for (var at = start; at < end;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(at, end - at), out var rune, out var length);
            shadow.Append(rune.IsBmp ? (char)rune.Value : StandIns.GetValueOrDefault(Rune.GetUnicodeCategory(rune), '\uffff'));
            places.Add(at);
            at += length;
        }

        places.Add(end);
        return (shadow.ToString(), places);
    }
}
