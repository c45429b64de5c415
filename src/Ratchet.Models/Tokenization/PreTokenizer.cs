using Ratchet.Models.Tokenization.PreTokenizers;

namespace Ratchet.Models.Tokenization;

/// <summary>Divides text into the pieces that merges never cross. The pieces put together are the text.</summary>
internal sealed class PreTokenizer
{
    private readonly PatternScanner? _scanner;
    private readonly CodePointRegex? _regex;

    private PreTokenizer(PatternScanner? scanner, CodePointRegex? regex, string? pattern) => (_scanner, _regex, Pattern) = (scanner, regex, pattern);

    /// <summary>GPT-2's rule.</summary>
    public static PreTokenizer Gpt2 { get; } = new(PatternScanner.Gpt2, null, null);

    /// <summary>The regular expression of a loaded tokenizer, or null for GPT-2's rule.</summary>
    public string? Pattern { get; }

    /// <summary>A rule by regular expression: matches are pieces, and so is what lies between them.</summary>
    /// <exception cref="FormatException">The expression is not valid.</exception>
    public static PreTokenizer FromPattern(string pattern) =>
        PatternScanner.For(pattern) is { } scanner ? new(scanner, null, pattern) : new(null, new CodePointRegex(pattern), pattern);

    /// <summary>The pieces of a text, in order.</summary>
    public IEnumerable<Range> Split(string text)
    {
        var done = 0;
        if (_scanner is not null)
        {
            while (done < text.Length)
            {
                var end = _scanner.Next(text, done);
                yield return done..end;
                done = end;
            }

            yield break;
        }

        foreach (var (start, end) in _regex!.Matches(text, 0, text.Length))
        {
            if (start > done)
                yield return done..start;
            yield return start..end;
            done = end;
        }

        if (done < text.Length)
            yield return done..text.Length;
    }
}
