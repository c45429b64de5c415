using Ratchet.Models.Tokenization.Scripts;

namespace Ratchet.Models.Tokenization;

/// <summary>Finds added tokens in text: leftmost first, longest among those that start at one place.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Dictionary<(int Node, char Next), int> _children = [];
    private readonly List<AddedToken?> _tokenAt = [null];
    private readonly System.Buffers.SearchValues<char> _firsts;

    /// <summary>Makes a finder.</summary>
    /// <param name="tokens">Tokens, with the text to look for.</param>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        var firsts = new HashSet<char>();
        foreach (var (text, token) in tokens)
        {
            if (text.Length == 0)
                continue;
            firsts.Add(text[0]);
            var node = 0;
            foreach (var unit in text)
            {
                if (!_children.TryGetValue((node, unit), out var next))
                {
                    next = _tokenAt.Count;
                    _tokenAt.Add(null);
                    _children.Add((node, unit), next);
                }

                node = next;
            }

            // Of two tokens with one text the first counts.
            _tokenAt[node] ??= token;
        }

        _firsts = System.Buffers.SearchValues.Create([.. firsts]);
    }

    /// <summary>The parts of a text: added tokens, and what lies between them (token null). White space that a token trims belongs to it.</summary>
    /// <param name="text">Text.</param>
    /// <param name="special">False to leave special tokens as text.</param>
    public IEnumerable<(int Start, int End, AddedToken? Token)> Divide(string text, bool special)
    {
        var done = 0;
        for (var at = 0; at < text.Length;)
        {
            var skip = text.AsSpan(at).IndexOfAny(_firsts);
            if (skip < 0)
                break;
            at += skip;
            var (token, end) = Longest(text, at);
            if (token is null)
            {
                at++;
                continue;
            }

            var start = at;
            at = end;
            if ((token.Special && !special) || (token.SingleWord && !StandsAlone(text, start, end)))
                continue;
            if (token.TrimLeft)
            {
                while (start > done && char.IsWhiteSpace(text[start - 1]))
                    start--;
            }

            while (token.TrimRight && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;

            // The white space before this token may have gone to the token before it.
            start = Math.Max(start, done);
            if (start > done)
                yield return (done, start, null);
            yield return (start, end, token);
            done = end;
            at = Math.Max(at, end);
        }

        if (done < text.Length)
            yield return (done, text.Length, null);
    }

    private (AddedToken? Token, int End) Longest(string text, int start)
    {
        AddedToken? found = null;
        var end = start;
        for (int node = 0, at = start; at < text.Length && _children.TryGetValue((node, text[at]), out node);)
        {
            at++;
            if (_tokenAt[node] is { } token)
                (found, end) = (token, at);
        }

        return (found, end);
    }

    private static bool StandsAlone(string text, int start, int end)
    {
        var before = start == 0 ? 0 : start - (start > 1 && char.IsLowSurrogate(text[start - 1]) ? 2 : 1);
        return (start == 0 || (CharacterClasses.At(text, before, out _) & CharacterClass.Word) == 0)
            && (end == text.Length || (CharacterClasses.At(text, end, out _) & CharacterClass.Word) == 0);
    }
}
