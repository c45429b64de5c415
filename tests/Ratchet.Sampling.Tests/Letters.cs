using Ratchet.Tokenization;

namespace Ratchet.Sampling.Tests;

/// <summary>The letters a to t as ids from 3.</summary>
internal sealed class Letters : ITokenizer
{
    public int VocabularySize => 23;

    public int BeginId => 1;

    public int EndId => 2;

    public int PadId => 0;

    public int[] Encode(string text) => [.. text.Select((c, i) => c is >= 'a' and <= 't' ? c - 'a' + 3 : throw new TokenizationException($"no symbol '{c}'", i))];

    public string Decode(ReadOnlySpan<int> ids) => string.Concat(ids.ToArray().Where(i => i > 2).Select(i => (char)('a' + i - 3)));

    public IReadOnlyDictionary<string, string> Save() => new Dictionary<string, string>();
}
