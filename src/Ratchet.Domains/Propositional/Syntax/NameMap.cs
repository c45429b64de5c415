using System.Text;

namespace Ratchet.Domains.Propositional.Syntax;

/// <summary>Replaces identifiers in a text and leaves everything else as it stands.</summary>
internal static class NameMap
{
    public static string Apply(string text, IReadOnlyDictionary<string, string> map)
    {
        var builder = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var end = i + 1;
            if (Lexer.IsNameStart(text[i]))
            {
                while (end < text.Length && Lexer.IsNamePart(text[end]))
                    end++;
            }

            var word = text[i..end];
            builder.Append(map.GetValueOrDefault(word, word));
            i = end;
        }

        return builder.ToString();
    }

    /// <summary>Offset of the first place where an identifier stands, or 0.</summary>
    public static int Find(string text, string name)
    {
        for (var i = text.IndexOf(name, StringComparison.Ordinal); i >= 0; i = text.IndexOf(name, i + 1, StringComparison.Ordinal))
        {
            var end = i + name.Length;
            if ((i == 0 || !Lexer.IsNamePart(text[i - 1])) && (end == text.Length || !Lexer.IsNamePart(text[end])))
                return i;
        }

        return 0;
    }
}
