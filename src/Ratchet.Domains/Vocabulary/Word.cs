namespace Ratchet.Domains.Vocabulary;

/// <summary>A word of a text and its place.</summary>
internal readonly record struct Word(string Text, int Start, int End)
{
    /// <summary>Words of a text, in lower case; each of <paramref name="punctuation"/> is a word of its own, comments after <c>;</c> are left out.</summary>
    public static List<Word> Split(string text, string punctuation)
    {
        var words = new List<Word>();
        for (var i = 0; i < text.Length;)
        {
            if (text[i] == ';')
            {
                var end = text.IndexOf('\n', i);
                i = end < 0 ? text.Length : end;
            }
            else if (char.IsWhiteSpace(text[i]))
            {
                i++;
            }
            else
            {
                var start = i++;
                if (!punctuation.Contains(text[start], StringComparison.Ordinal))
                {
                    while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] != ';' && !punctuation.Contains(text[i], StringComparison.Ordinal))
                        i++;
                }

                words.Add(new Word(text[start..i].ToLowerInvariant(), start, i));
            }
        }

        return words;
    }
}
