using System.Text;

namespace Ratchet.Models.Tokenization;

/// <summary>
/// The printable character that stands for each byte in byte-level vocabularies (GPT-2's table): bytes that print as Latin-1 stand for
/// themselves, the others for characters from U+0100 on.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = MakeCharacters();
    private static readonly Dictionary<char, byte> Bytes = Enumerable.Range(0, 256).ToDictionary(b => Characters[b], b => (byte)b);

    /// <summary>The alphabet in the order of its characters, as trained vocabularies list it.</summary>
    public static IEnumerable<string> Sorted => Characters.Order().Select(c => c.ToString());

    public static char Character(byte value) => Characters[value];

    /// <summary>The text of some bytes in the alphabet.</summary>
    public static string Write(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var b in bytes)
            text.Append(Characters[b]);
        return text.ToString();
    }

    /// <summary>The bytes of a text in the alphabet, or null where a character is not of it.</summary>
    public static byte[]? Read(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            if (!Bytes.TryGetValue(text[i], out bytes[i]))
                return null;
        }

        return bytes;
    }

    private static char[] MakeCharacters()
    {
        var characters = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
        {
            var prints = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[b] = prints ? (char)b : (char)next++;
        }

        return characters;
    }
}
