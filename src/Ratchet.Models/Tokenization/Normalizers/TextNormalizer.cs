using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ratchet.Models.Tokenization.Normalizers;

/// <summary>Rewrites text before it is divided into pieces: one step of the <c>normalizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class TextNormalizer
{
    /// <summary>Reads a normalizer; null where it changes nothing.</summary>
    /// <exception cref="FormatException">The kind is not supported, or a setting is missing.</exception>
    public static Func<string, string>? Read(JsonElement? element)
    {
        if (element is not { ValueKind: JsonValueKind.Object } json)
            return null;
        switch (json.Kind())
        {
            case "Sequence":
                var steps = json.Items("normalizers").Select(n => Read(n)).OfType<Func<string, string>>().ToArray();
                return steps.Length == 0 ? null : text => steps.Aggregate(text, (t, step) => step(t));
            case "NFC":
                return text => UnicodeNormalization.Normalize(text, NormalizationForm.FormC);
            case "NFD":
                return text => UnicodeNormalization.Normalize(text, NormalizationForm.FormD);
            case "NFKC":
                return text => UnicodeNormalization.Normalize(text, NormalizationForm.FormKC);
            case "NFKD":
                return text => UnicodeNormalization.Normalize(text, NormalizationForm.FormKD);
            case "Lowercase":
                return Lower;
            case "Prepend":
                var prefix = json.Text("prepend");
                return text => text.Length == 0 ? text : prefix + text;
            case "Replace":
                return Replacement(json);
            case "Strip":
                bool left = json.Flag("strip_left", true), right = json.Flag("strip_right", true);
                return text => Trim(text, left, right);
            case "StripAccents":
                return text => Without(text, Scripts.CharacterClass.Mark);
            case "BertNormalizer":
                return BertNormalizer.Read(json);
            default:
                throw new FormatException($"its normalizer is '{json.Kind()}'");
        }
    }

    /// <summary>Replaces a plain text or the matches of an expression by a plain text, as normalizers and decoders do.</summary>
    public static Func<string, string> Replacement(JsonElement json)
    {
        var content = json.Text("content");
        var pattern = json.Required("pattern");
        if (pattern.TryGetProperty("String", out var plain) && plain.GetString() is { Length: > 0 } old)
            return text => text.Replace(old, content, StringComparison.Ordinal);
        if (!pattern.TryGetProperty("Regex", out var regex))
            throw new FormatException("a Replace has neither a String nor a Regex to look for");
        var expression = new PreTokenizers.CodePointRegex(regex.GetString()!);
        return text => expression.Replace(text, content);
    }

    /// <summary>Lower case by code point, independent of place and culture.</summary>
    public static string Lower(string text)
    {
        // The one character whose lower case is two.
        text = text.ToLowerInvariant();
        return text.Contains('\u0130', StringComparison.Ordinal) ? text.Replace("\u0130", "i\u0307", StringComparison.Ordinal) : text;
    }

    /// <summary>The text without code points of a class.</summary>
    public static string Without(string text, Scripts.CharacterClass unwanted)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02ff') < 0)
            return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var found = Scripts.CharacterClasses.At(text, i, out var length);
            if ((found & unwanted) == 0)
                result.Append(text, i, length);
            i += length;
        }

        return result.ToString();
    }

    private static string Trim(string text, bool left, bool right)
    {
        int start = 0, end = text.Length;
        while (left && start < end && char.IsWhiteSpace(text[start]))
            start++;
        while (right && end > start && char.IsWhiteSpace(text[end - 1]))
            end--;
        return text[start..end];
    }
}
