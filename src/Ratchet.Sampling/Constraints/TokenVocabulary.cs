using System.Text;
using Ratchet.Models.Tokenization;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Sampling.Constraints;

/// <summary>
/// The bytes that each token of a tokenizer stands for in a decoded text, as a tree. Marks stand for none. The first token of a text may stand for others than
/// later ones: closed vocabularies put white space between words.
/// </summary>
public sealed class TokenVocabulary
{
    private readonly byte[]?[] _first;
    private readonly byte[]?[] _later;
    private readonly Tree _firstTree;
    private readonly Tree _laterTree;

    private TokenVocabulary(byte[]?[] first, byte[]?[] later)
    {
        (_first, _later) = (first, later);
        _laterTree = new Tree(later);
        _firstTree = ReferenceEquals(first, later) ? _laterTree : new Tree(first);
    }

    /// <summary>Number of ids.</summary>
    public int Size => _later.Length;

    /// <summary>Reads the bytes of a tokenizer's tokens.</summary>
    /// <param name="tokenizer">Tokenizer.</param>
    /// <param name="size">Ids of the model; those that the tokenizer does not know stand for nothing. At least the tokenizer's.</param>
    /// <exception cref="RatchetException">What a token stands for depends on more than whether it is the first (WordPiece).</exception>
    public static TokenVocabulary Of(ITokenizer tokenizer, int size)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, tokenizer.VocabularySize);
        if (TokenBytes.Of(tokenizer) is not { } bytes)
            return Closed(tokenizer, size);
        Array.Resize(ref bytes, size);

        // A decoder that takes the space off the front of a text: the first token stands for the rest.
        var spaced = Array.FindIndex(bytes, b => b is [(byte)' ', > 0x20 and < 0x7F, ..]);
        if (spaced < 0 || tokenizer.Decode([spaced]).StartsWith(' '))
            return new TokenVocabulary(bytes, bytes);
        return new TokenVocabulary(Array.ConvertAll(bytes, b => b is [(byte)' ', ..] ? b[1..] : b), bytes);
    }

    internal byte[]? Bytes(int id, bool first) => (uint)id < (uint)Size ? (first ? _first : _later)[id] : null;

    /// <summary>Sets the bit of each token all of whose bytes can be stepped through.</summary>
    internal void Walk<TState>(bool first, TState start, Func<TState, byte, TState?> step, ulong[] mask)
        where TState : class => (first ? _firstTree : _laterTree).Walk(start, step, mask);

    /// <summary>A vocabulary whose tokens are found by decoding: each alone, and behind another one.</summary>
    private static TokenVocabulary Closed(ITokenizer tokenizer, int size)
    {
        var (first, later) = (new byte[]?[size], new byte[]?[size]);
        var words = Enumerable.Range(0, tokenizer.VocabularySize).Where(id => id != tokenizer.BeginId && id != tokenizer.EndId && id != tokenizer.PadId && tokenizer.Decode([id]).Length > 0).ToList();
        foreach (var id in words)
        {
            var before = tokenizer.Decode([words[0]]);
            var together = tokenizer.Decode([words[0], id]);
            if (!together.StartsWith(before, StringComparison.Ordinal))
                throw Contextual();
            first[id] = Encoding.UTF8.GetBytes(tokenizer.Decode([id]));
            later[id] = Encoding.UTF8.GetBytes(together[before.Length..]);
        }

        // What a token stands for must not depend on which one is before it.
        foreach (var id in words)
        {
            var (one, other) = (words[id % words.Count], words[(id * 7) % words.Count]);
            var expected = tokenizer.Decode([one]) + Encoding.UTF8.GetString(later[id]!) + Encoding.UTF8.GetString(later[other]!);
            if (tokenizer.Decode([one, id, other]) != expected)
                throw Contextual();
        }

        return new TokenVocabulary(first, later);
    }

    private static RatchetException Contextual() => new("Texts cannot be constrained with this tokenizer: what a token stands for depends on its neighbours.", "Use a model with a byte-level or a closed vocabulary.") { ExitCode = 2 };

    /// <summary>Tokens by their bytes; children of a node are linked.</summary>
    private sealed class Tree
    {
        private readonly List<(byte Value, int Child, int Sibling, int Token)> _nodes = [(0, -1, -1, -1)];
        private readonly List<(int Id, int Next)> _tokens = [];

        public Tree(byte[]?[] tokens)
        {
            var children = new Dictionary<(int, byte), int>();
            for (var id = 0; id < tokens.Length; id++)
            {
                if (tokens[id] is not { Length: > 0 } bytes)
                    continue;
                var node = 0;
                foreach (var b in bytes)
                {
                    if (!children.TryGetValue((node, b), out var child))
                    {
                        children.Add((node, b), child = _nodes.Count);
                        _nodes.Add((b, -1, _nodes[node].Child, -1));
                        _nodes[node] = _nodes[node] with { Child = child };
                    }

                    node = child;
                }

                _tokens.Add((id, _nodes[node].Token));
                _nodes[node] = _nodes[node] with { Token = _tokens.Count - 1 };
            }
        }

        public void Walk<TState>(TState start, Func<TState, byte, TState?> step, ulong[] mask)
            where TState : class
        {
            var open = new Stack<(int Node, TState State)>();
            open.Push((0, start));
            while (open.TryPop(out var at))
            {
                for (var child = _nodes[at.Node].Child; child >= 0; child = _nodes[child].Sibling)
                {
                    if (step(at.State, _nodes[child].Value) is not { } next)
                        continue;
                    for (var token = _nodes[child].Token; token >= 0; token = _tokens[token].Next)
                        mask[_tokens[token].Id >> 6] |= 1UL << (_tokens[token].Id & 63);
                    if (_nodes[child].Child >= 0)
                        open.Push((child, next));
                }
            }
        }
    }
}
