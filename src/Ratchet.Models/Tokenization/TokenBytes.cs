using System.Globalization;
using System.Text;
using Ratchet.Tokenization;

namespace Ratchet.Models.Tokenization;

/// <summary>The bytes that tokens stand for.</summary>
internal static class TokenBytes
{
    /// <summary>
    /// Bytes by id: null for special tokens and unused ids. Null for tokenizers whose tokens are no pieces of the text's bytes (closed vocabularies, WordPiece).
    /// </summary>
    public static byte[]?[]? Of(ITokenizer tokenizer) => tokenizer switch
    {
        ByteLevelBpeTokenizer bytes => [.. Enumerable.Range(0, bytes.VocabularySize).Select(bytes.BytesOf)],
        PretrainedTokenizer { Spelling: TokenSpelling.Bytes } p => [.. Enumerable.Range(0, p.VocabularySize).Select(id => p.IsSpecial(id) || p.TokenOf(id) is not { } t ? null : ByteAlphabet.Read(t) ?? Encoding.UTF8.GetBytes(t))],
        PretrainedTokenizer { Spelling: TokenSpelling.Spaces } p => [.. Enumerable.Range(0, p.VocabularySize).Select(id => p.IsSpecial(id) || p.TokenOf(id) is not { } t ? null : Spaced(t))],
        _ => null,
    };

    private static byte[] Spaced(string token) =>
        token is { Length: 6 } && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>' && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b)
            ? [b] : Encoding.UTF8.GetBytes(token.Replace('\u2581', ' '));
}

/// <summary>How a vocabulary spells tokens.</summary>
internal enum TokenSpelling
{
    /// <summary>In a way that says nothing about bytes.</summary>
    Other,

    /// <summary>In the byte alphabet (GPT-2).</summary>
    Bytes,

    /// <summary>As text with a mark for spaces, and bytes as <c>&lt;0x0A&gt;</c> (SentencePiece).</summary>
    Spaces,
}
