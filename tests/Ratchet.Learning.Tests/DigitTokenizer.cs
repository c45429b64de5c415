using Ratchet.Tokenization;

namespace Ratchet.Learning.Tests;

/// <summary>Pad, begin, end, and the digits 0 to 7.</summary>
internal sealed class DigitTokenizer : ITokenizer
{
    public int VocabularySize => 11;

    public int BeginId => 1;

    public int EndId => 2;

    public int PadId => 0;

    public int[] Encode(string text) => [.. text.Select(c => c - '0' + 3)];

    public string Decode(ReadOnlySpan<int> ids)
    {
        var text = "";
        foreach (var id in ids)
            text += id < 3 ? "" : (char)(id - 3 + '0');
        return text;
    }

    public IReadOnlyDictionary<string, string> Save() => new Dictionary<string, string> { ["tokenizer.json"] = "{\"digits\": 8}\n" };
}
