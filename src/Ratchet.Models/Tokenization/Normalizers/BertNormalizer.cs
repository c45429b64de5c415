using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Ratchet.Models.Tokenization.Normalizers;

/// <summary>BERT's rewriting: control characters out, one kind of space, spaces around Chinese characters, no accents, lower case.</summary>
internal static class BertNormalizer
{
    public static Func<string, string> Read(JsonElement json)
    {
        bool clean = json.Flag("clean_text", true), chinese = json.Flag("handle_chinese_chars", true), lower = json.Flag("lowercase", true);

        // Left open, accents go where case goes.
        var accents = json.Flag("strip_accents", lower);
        return text =>
        {
            if (clean)
                text = Clean(text);
            if (chinese)
                text = Spread(text);
            if (accents)
                text = Without(UnicodeNormalization.Normalize(text, NormalizationForm.FormD));
            return lower ? TextNormalizer.Lower(text) : text;
        };
    }

    private static string Clean(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) && (rune.Value is '\t' or '\n' or '\r' || !IsOther(rune)))
                result.Append(' ');
            else if (rune.Value is not (0 or 0xFFFD) && !IsOther(rune))
                result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private static bool IsOther(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    private static string Spread(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsChinese(rune.Value))
                result.Append(' ').Append(rune.ToString()).Append(' ');
            else
                result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private static string Without(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02ff') < 0)
            return text;
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
                result.Append(rune.ToString());
        }

        return result.ToString();
    }

    /// <summary>The blocks of BERT's own tokenizer: CJK ideographs, not kana or Hangul.</summary>
    private static bool IsChinese(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
