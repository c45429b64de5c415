using System.Collections.Concurrent;
using Ratchet.Domains.Metamath.Reading;

namespace Ratchet.Domains.Metamath.Verification;

/// <summary>Checks single proofs that come from outside the database.</summary>
internal sealed class ProofChecks(MetamathDatabase database)
{
    private const int MaxProofLength = 1 << 24;

    /// <summary>A reader that has grown beyond this for one huge proof is not kept for the next.</summary>
    private const int MaxKeptCapacity = 1 << 20;

    /// <summary>Readers and text buffers to use again: making them costs more than a short proof.</summary>
    private readonly ConcurrentBag<(ProofReader Reader, SourceFile Text)> _idle = [];

    public MetamathProofResult Check(MetamathTheorem theorem, string proof)
    {
        if (proof.Length > MaxProofLength)
            return new MetamathProofResult(new ProofFault(MetamathErrorKind.TooLarge, 0, proof.Length, $"The proof has {proof.Length} characters; at most {MaxProofLength} are read."), 0, []);
        if (proof.IndexOf('$', StringComparison.Ordinal) is var dollar and >= 0)
        {
            var end = dollar;
            while (end < proof.Length && !char.IsWhiteSpace(proof[end]))
                end++;
            return new MetamathProofResult(new ProofFault(MetamathErrorKind.ForbiddenToken, dollar, end - dollar, "A proof is made of labels, parentheses and letters; \"$\" cannot stand in it."), 0, []);
        }

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
