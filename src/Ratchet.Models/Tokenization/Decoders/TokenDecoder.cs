using System.Text;
using System.Text.Json;
using Ratchet.Models.Tokenization.Normalizers;

namespace Ratchet.Models.Tokenization.Decoders;

/// <summary>Turns the tokens of a text into parts that put together are the text: one step of the <c>decoder</c> of a <c>tokenizer.json</c>.</summary>
internal delegate IReadOnlyList<string> TokenDecoder(IReadOnlyList<string> tokens);

/// <summary>Reads decoders.</summary>
internal static class TokenDecoders
{
    private static readonly (string From, string To)[] CleanUps =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <summary>Reads a decoder; without one, tokens are put together with spaces.</summary>
    /// <exception cref="FormatException">The kind is not supported, or a setting is missing.</exception>
    public static TokenDecoder Read(JsonElement? element)
    {
        if (element is not { } json)
            return tokens => [string.Join(' ', tokens)];
        switch (json.Kind())
        {
            case "Sequence":
                var steps = json.Items("decoders").Select(d => Read(d)).ToArray();
                return tokens => steps.Aggregate(tokens, (t, step) => step(t));
            case "ByteLevel":
                return ByteLevel;
            case "ByteFallback":
                return ByteFallback;
            case "Fuse":
                return tokens => [string.Concat(tokens)];
            case "Replace":
                var replace = TextNormalizer.Replacement(json);
                return tokens => [.. tokens.Select(replace)];
            case "Strip":
                return Strip(json);
            case "Metaspace":
                var mark = json.OptionalText("replacement") ?? "\u2581";
                var scheme = json.OptionalText("prepend_scheme") ?? (json.Flag("add_prefix_space", true) ? "always" : "never");
                return tokens => [.. tokens.Select((token, i) => token.Replace(mark, i == 0 && scheme != "never" ? string.Empty : " ", StringComparison.Ordinal))];
            case "WordPiece":
                return WordPiece(json);
            case "BPEDecoder":
                var suffix = json.OptionalText("suffix") ?? "</w>";
                return tokens => [.. tokens.Select((token, i) => token.Replace(suffix, i == tokens.Count - 1 ? string.Empty : " ", StringComparison.Ordinal))];
            default:
                throw new FormatException($"its decoder is '{json.Kind()}'");
        }
    }

    /// <summary>What the decoder says about how tokens are spelled.</summary>
    public static TokenSpelling Spelling(JsonElement? element)
    {
        if (element is not { } json)
            return TokenSpelling.Other;
        return json.Kind() switch
        {
            "ByteLevel" => TokenSpelling.Bytes,
            "Metaspace" or "ByteFallback" => TokenSpelling.Spaces,
            "Sequence" => json.Items("decoders").Select(d => Spelling(d)).FirstOrDefault(s => s != TokenSpelling.Other),
            _ => TokenSpelling.Other,
        };
    }

    private static IReadOnlyList<string> ByteLevel(IReadOnlyList<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
            bytes.AddRange(ByteAlphabet.Read(token) ?? Encoding.UTF8.GetBytes(token));
        return [Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes))];
    }

    /// <summary>Runs of byte tokens become their text; a run that is no UTF-8 becomes one U+FFFD a byte.</summary>
    private static List<string> ByteFallback(IReadOnlyList<string> tokens)
    {
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        var result = new List<string>();
        var run = new List<byte>();
        foreach (var token in tokens.Append(null))
        {
            if (token is { Length: 6 } && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>' && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var b))
            {
                run.Add(b);
                continue;
            }

            if (run.Count > 0)
            {
                try
                {
                    result.Add(strict.GetString([.. run]));
                }
                catch (DecoderFallbackException)
                {
                    result.AddRange(Enumerable.Repeat("\ufffd", run.Count));
                }

                run.Clear();
            }

            if (token is not null)
                result.Add(token);
        }

        return result;
    }

    private static TokenDecoder Strip(JsonElement json)
    {
        var content = json.Text("content");
        var start = json.Optional("start")?.GetInt32() ?? 0;
        var stop = json.Optional("stop")?.GetInt32() ?? 0;
        return tokens => [.. tokens.Select(token =>
        {
            int first = 0, last = token.Length;
            for (var i = 0; i < start && string.CompareOrdinal(token, first, content, 0, content.Length) == 0 && first + content.Length <= last; i++)
                first += content.Length;
            for (var i = 0; i < stop && last - content.Length >= first && string.CompareOrdinal(token, last - content.Length, content, 0, content.Length) == 0; i++)
                last -= content.Length;
            return token[first..last];
        })];
    }

    private static TokenDecoder WordPiece(JsonElement json)
    {
        var prefix = json.OptionalText("prefix") ?? "##";
        var clean = json.Flag("cleanup", true);
        return tokens => [.. tokens.Select((token, i) =>
        {
            if (i > 0)
                token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
            return clean ? CleanUps.Aggregate(token, (t, c) => t.Replace(c.From, c.To, StringComparison.Ordinal)) : token;
        })];
    }
}
