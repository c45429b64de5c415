using Ratchet.Verdicts;

namespace Ratchet.Systems.Verification;

/// <summary>What a verifier is opened with. What a verifier has no use for, it leaves alone.</summary>
public sealed record VerifierOptions
{
    /// <summary>How far its verdicts are to be relied on; <see cref="TrustLevel.Full"/> unless set.</summary>
    public TrustLevel Level { get; init; } = TrustLevel.Full;

    /// <summary>Longest time of one check, above 0; null leaves the verifier's own default.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Most bytes of memory of one checking process, above 0; null leaves the verifier's own default.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>Most checks at the same time, at least 1; the number of cores unless set.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Program to start, where the verifier is one; null looks for it on the search path.</summary>
    public string? Tool { get; init; }

    /// <summary>File that statements are judged against, for verifiers that need one (a Metamath database, a PDDL domain); null where there is none.</summary>
    public string? Database { get; init; }

    /// <summary>What counts as the same answer, for verifiers that compare answers: a name of <see cref="Ratchet.Verifiers.Answers.AnswerProfiles"/>; null for <c>strict</c>.</summary>
    public string? Profile { get; init; }

    /// <summary>Server that does the checking (address of a Lean service, IP address and port of an Isabelle server); null starts the tool on this machine.</summary>
    public string? Server { get; init; }

    /// <summary>Secret that the server asks for, or null.</summary>
    public string? ServerKey { get; init; }

    /// <summary>What a verifier works in: the folder of a Lean project with its libraries, the name of an Isabelle session; null for none.</summary>
    public string? Project { get; init; }

    /// <summary>Modules that proofs may use beside what a statement imports itself (Coq); none unless set.</summary>
    public IReadOnlyList<string> Imports { get; init; } = [];
}
