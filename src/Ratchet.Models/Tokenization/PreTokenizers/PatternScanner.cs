using Ratchet.Models.Tokenization.Scripts;

namespace Ratchet.Models.Tokenization.PreTokenizers;

/// <summary>
/// The expressions that most published byte-level vocabularies divide text by, as hand-written scanners over code points. All of them cover
/// every text, so the pieces put together are the text.
/// </summary>
/// <remarks>Several times the speed of a general expression, and right beyond U+FFFF, where the runtime's expressions see halves of characters.</remarks>
internal sealed class PatternScanner
{
    /// <summary>GPT-2's expression, which <c>ByteLevel</c> uses by itself.</summary>
    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Signs = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string SignsWithSlash = @"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string WordStart = @"[^\r\n\p{L}\p{N}]?";
    private const string Capitals = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Smalls = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";

    private static readonly Dictionary<string, PatternScanner> Known = new(StringComparer.Ordinal)
    {
        [Gpt2Pattern] = new(Rule.Gpt2, 0),
        [Contractions + "|" + WordStart + @"\p{L}+|\p{N}{1,3}" + Signs] = new(Rule.Words, 3),
        [Contractions + "|" + WordStart + @"\p{L}+|\p{N}" + Signs] = new(Rule.Words, 1),
        [WordStart + Capitals + "*" + Smalls + "+" + Contractions + "?|" + WordStart + Capitals + "+" + Smalls + "*" + Contractions + @"?|\p{N}{1,3}" + SignsWithSlash] = new(Rule.CasedWords, 3),
    };

    private readonly Rule _rule;
    private readonly int _digits;

    private PatternScanner(Rule rule, int digits) => (_rule, _digits) = (rule, digits);

    private enum Rule
    {
        Gpt2,
        Words,
        CasedWords,
    }

    public static PatternScanner Gpt2 => Known[Gpt2Pattern];

    /// <summary>The scanner of an expression, or null where it is none of those known.</summary>
    public static PatternScanner? For(string pattern) => Known.GetValueOrDefault(pattern);

    /// <summary>Where the piece that starts at a place ends.</summary>
    public int Next(ReadOnlySpan<char> text, int start) => _rule switch
    {
        Rule.Gpt2 => NextGpt2(text, start),
        Rule.Words => NextWord(text, start),
        _ => NextCasedWord(text, start),
    };

    private static int NextGpt2(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && Contraction(text, start, ignoreCase: false) is var length and > 0)
            return start + length;

        // One space joins the word, number or signs that follow it.
        var first = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        var found = CharacterClasses.At(text, first, out var width);
        if ((found & CharacterClass.Letter) != 0)
            return RunOf(text, first + width, CharacterClass.Letter);
        if ((found & CharacterClass.Number) != 0)
            return RunOf(text, first + width, CharacterClass.Number);
        return (found & CharacterClass.Space) == 0 ? RunOfSigns(text, first + width) : Spaces(text, start, lines: false);
    }

    private int NextWord(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && Contraction(text, start, ignoreCase: true) is var length and > 0)
            return start + length;
        var found = CharacterClasses.At(text, start, out var width);
        if ((found & CharacterClass.Letter) != 0)
            return RunOf(text, start + width, CharacterClass.Letter);
        if ((found & CharacterClass.Number) != 0)
            return Digits(text, start);
        if (text[start] is not ('\r' or '\n') && start + width < text.Length && (CharacterClasses.At(text, start + width, out var next) & CharacterClass.Letter) != 0)
            return RunOf(text, start + width + next, CharacterClass.Letter);
        return SignsOrSpaces(text, start, found, width, slash: false);
    }

    private int NextCasedWord(ReadOnlySpan<char> text, int start)
    {
        var found = CharacterClasses.At(text, start, out var width);
        var joins = (found & (CharacterClass.Letter | CharacterClass.Number)) == 0 && text[start] is not ('\r' or '\n');
        int end;
        if ((joins && (end = SmallEnded(text, start + width)) > 0) || (end = SmallEnded(text, start)) > 0
            || (joins && (end = CapitalStarted(text, start + width)) > 0) || (end = CapitalStarted(text, start)) > 0)
        {
            return end + (end < text.Length && text[end] == '\'' ? Contraction(text, end, ignoreCase: true) : 0);
        }

        return (found & CharacterClass.Number) != 0 ? Digits(text, start) : SignsOrSpaces(text, start, found, width, slash: true);
    }

    /// <summary><c>Capitals* Smalls+</c> with the expression's backtracking; 0 where it does not match.</summary>
    private static int SmallEnded(ReadOnlySpan<char> text, int start)
    {
        int at = start, afterLastSmall = 0;
        while (at < text.Length && CharacterClasses.At(text, at, out var width) is var found && IsCapital(found))
        {
            at += width;
            if (IsSmall(found))
                afterLastSmall = at;
        }

        var end = at;
        while (end < text.Length && IsSmall(CharacterClasses.At(text, end, out var width)))
            end += width;
        return end > at ? end : afterLastSmall;
    }

    /// <summary><c>Capitals+ Smalls*</c>; 0 where it does not match.</summary>
    private static int CapitalStarted(ReadOnlySpan<char> text, int start)
    {
        var at = start;
        while (at < text.Length && IsCapital(CharacterClasses.At(text, at, out var width)))
            at += width;
        if (at == start)
            return 0;
        while (at < text.Length && IsSmall(CharacterClasses.At(text, at, out var width)))
            at += width;
        return at;
    }

    private static bool IsCapital(CharacterClass found) => (found & (CharacterClass.Letter | CharacterClass.Mark)) != 0 && (found & CharacterClass.Lower) == 0;

    private static bool IsSmall(CharacterClass found) => (found & (CharacterClass.Letter | CharacterClass.Mark)) != 0 && (found & CharacterClass.Upper) == 0;

    private int Digits(ReadOnlySpan<char> text, int start)
    {
        var at = start;
        for (var i = 0; i < _digits && at < text.Length && (CharacterClasses.At(text, at, out var width) & CharacterClass.Number) != 0; i++)
            at += width;
        return at;
    }

    private static int SignsOrSpaces(ReadOnlySpan<char> text, int start, CharacterClass found, int width, bool slash)
    {
        var first = text[start] == ' ' ? start + 1 : (found & CharacterClass.Space) == 0 ? start : text.Length;
        if (first < text.Length && (CharacterClasses.At(text, first, out width) & (CharacterClass.Space | CharacterClass.Letter | CharacterClass.Number)) == 0)
        {
            var end = RunOfSigns(text, first + width);
            while (end < text.Length && (text[end] is '\r' or '\n' || (slash && text[end] == '/')))
                end++;
            return end;
        }

        return Spaces(text, start, lines: true);
    }

    /// <summary><c>\s*[\r\n]+</c> where <paramref name="lines"/>, then <c>\s+(?!\S)|\s+</c>.</summary>
    private static int Spaces(ReadOnlySpan<char> text, int start, bool lines)
    {
        var end = RunOf(text, start, CharacterClass.Space);
        if (lines && text[start..end].LastIndexOfAny('\r', '\n') is var newline and >= 0)
            return start + newline + 1;

        // The last of several white spaces is left to the word after them. All white space lies in the first plane.
        return end == text.Length || end == start + 1 ? end : end - 1;
    }

    private static int RunOf(ReadOnlySpan<char> text, int at, CharacterClass wanted)
    {
        while (at < text.Length && (CharacterClasses.At(text, at, out var width) & wanted) != 0)
            at += width;
        return at;
    }

    private static int RunOfSigns(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && (CharacterClasses.At(text, at, out var width) & (CharacterClass.Space | CharacterClass.Letter | CharacterClass.Number)) == 0)
            at += width;
        return at;
    }

    /// <summary>Length of <c>'s</c>, <c>'t</c>, <c>'re</c>, <c>'ve</c>, <c>'m</c>, <c>'ll</c> or <c>'d</c> at a place, or 0.</summary>
    private static int Contraction(ReadOnlySpan<char> text, int at, bool ignoreCase)
    {
        var one = Letter(text, at + 1, ignoreCase);
        if (one is 's' or 't' or 'm' or 'd')
            return 2;
        return (one, Letter(text, at + 2, ignoreCase)) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private static char Letter(ReadOnlySpan<char> text, int at, bool ignoreCase)
    {
        if (at >= text.Length)
            return '\0';

        // The long s is an s where case does not count.
        var letter = text[at];
        return !ignoreCase ? letter : letter == '\u017f' ? 's' : char.IsAscii(letter) ? (char)(letter | 0x20) : letter;
    }
}
