using System.Buffers;
using System.Collections.Concurrent;
using Ratchet.Domains.Metamath.Reading;

namespace Ratchet.Domains.Metamath.Verification;

/// <summary>Checks single proofs that come from outside the database.</summary>
internal sealed class ProofChecks(MetamathDatabase database)
{
    private const int MaxProofLength = 1 << 24;

    /// <summary>A reader that has grown beyond this for one huge proof is not kept for the next.</summary>
    private const int MaxKeptCapacity = 1 << 20;

    /// <summary>Printable ASCII without the dollar sign that every keyword begins with, and white space.</summary>
    private static readonly SearchValues<char> Allowed = SearchValues.Create([.. Enumerable.Range(33, 94).Select(c => (char)c).Where(c => c != '$'), ' ', '\t', '\n', '\f', '\r']);

    /// <summary>Readers and text buffers to use again: making them costs more than a short proof.</summary>
    private readonly ConcurrentBag<(ProofReader Reader, SourceFile Text)> _idle = [];

    public MetamathProofResult Check(MetamathTheorem theorem, string proof)
    {
        if (proof.Length > MaxProofLength)
            return new MetamathProofResult(new ProofFault(MetamathErrorKind.TooLarge, 0, proof.Length, $"The proof has {proof.Length} characters; at most {MaxProofLength} are read."), 0, []);
        if (proof.AsSpan().IndexOfAnyExcept(Allowed) is var at and >= 0)
            return new MetamathProofResult(Forbidden(proof, at), 0, []);

        if (!_idle.TryTake(out var tools))
            tools = (new ProofReader(database), SourceFile.Of("proof", ""));
        var (reader, text) = tools;
        text.Refill(proof);
        var fault = reader.Run(theorem, text, 0, text.Length);
        var result = new MetamathProofResult(fault, reader.Steps, Assertions(reader.Named));
        if (reader.Capacity <= MaxKeptCapacity && text.Length <= MaxKeptCapacity)
            _idle.Add(tools);
        return result;
    }

    private static ProofFault Forbidden(string proof, int at)
    {
        if (proof[at] != '$')
            return new ProofFault(MetamathErrorKind.InvalidCharacter, at, 1, $"The character U+{(int)proof[at]:X4} cannot stand in a proof.");
        var length = proof.AsSpan(at).IndexOfAny(" \t\r\n");
        return new ProofFault(
            MetamathErrorKind.ForbiddenToken, at, length < 0 ? proof.Length - at : length, "A proof is made of labels, parentheses and letters; \"$\" cannot stand in it.");
    }

    private int[] Assertions(IReadOnlyList<int> named)
    {
        var result = new List<int>();
        foreach (var reference in named)
        {
            if (reference >= 0 && database.Tables.Statements[reference].IsAssertion)
                result.Add(reference);
        }

        return [.. result.Distinct().Order()];
    }
}
