using Ratchet.Domains.Metamath.Verification;

namespace Ratchet.Domains.Metamath;

/// <summary>The outcome of checking one proof.</summary>
public sealed record MetamathProofResult
{
    internal MetamathProofResult(ProofFault? fault, int steps, IReadOnlyList<int> assertions)
    {
        Fault = fault;
        Steps = steps;
        Assertions = assertions;
    }

    /// <summary>True where the text is a proof of the theorem.</summary>
    public bool IsProved => Fault is null;

    /// <summary>What is wrong, or null.</summary>
    public ProofFault? Fault { get; }

    /// <summary>Steps run: labels of a normal proof, numbers of a compressed one.</summary>
    public int Steps { get; }

    /// <summary>The <c>$a</c> and <c>$p</c> statements that the proof names, each once, by <see cref="MetamathStatement.Index"/>, in ascending order.</summary>
    public IReadOnlyList<int> Assertions { get; }
}
