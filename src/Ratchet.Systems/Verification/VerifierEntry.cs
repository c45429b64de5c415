using System.Security.Cryptography;
using System.Text;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verifiers.Conformance;

namespace Ratchet.Systems.Verification;

/// <summary>A verifier that can be named: what it reads, how to open it, whether it is there.</summary>
public sealed class VerifierEntry
{
    /// <summary>Name on the command line and in requests, lower case.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence: what it judges and how.</summary>
    public required string Description { get; init; }

    /// <summary>What a statement is, in words.</summary>
    public required string StatementForm { get; init; }

    /// <summary>What a proof is, in words.</summary>
    public required string ProofForm { get; init; }

    /// <summary>Endings of its native files, with the dot; empty where it has none.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <summary>Reader of its native files; null where it has none.</summary>
    public IProofDocument? Document { get; init; }

    /// <summary>
    /// A native file is a world of its own, against which its proofs are judged: <see cref="VerifierOptions.Database"/> is the file itself unless one
    /// is given.
    /// </summary>
    public Func<string, IReadOnlyList<ProofItem>>? ReadDatabase { get; init; }

    /// <summary>It keeps the time limit that it is opened with itself, start of its processes left out; a limit from outside comes later.</summary>
    public bool KeepsTime { get; init; }

    /// <summary>How gold proofs are spoilt to see whether the verifier notices.</summary>
    public ProofSyntax Syntax { get; init; } = ProofSyntax.Plain;

    /// <summary>A few right proofs that come with Ratchet, by which a tool can be tried without a set of one's own; empty where there are none.</summary>
    public IReadOnlyList<ProofItem> Samples { get; init; } = [];

    /// <summary>
    /// Checks that the tool behind an adapter does what the adapter relies on, one by one; null for verifiers that are tried by their samples alone.
    /// The tool should be available (<see cref="ProbeAsync"/>): what is missing is one failed check.
    /// </summary>
    public Func<VerifierOptions, CancellationToken, Task<IReadOnlyList<ConformanceCheck>>>? ConformanceAsync { get; init; }

    /// <summary>Says whether it can be used with these options; starts no more than a version query.</summary>
    public required Func<VerifierOptions, CancellationToken, Task<VerifierAvailability>> ProbeAsync { get; init; }

    /// <summary>Makes the verifier ready.</summary>
    /// <exception cref="RatchetException">An option is missing or wrong, or a tool is missing: what to install or set.</exception>
    public required Func<VerifierEntry, VerifierOptions, CancellationToken, Task<OpenVerifier>> Opener { get; init; }

    /// <summary>Makes the verifier ready.</summary>
    /// <exception cref="RatchetException">An option is missing or wrong, or a tool is missing: what to install or set.</exception>
    public Task<OpenVerifier> OpenAsync(VerifierOptions options, CancellationToken cancellationToken) => Opener(this, options, cancellationToken);

    /// <summary>Where the problem of an item came from: verifiers trust only what was given.</summary>
    public static Provenance ProvenanceOf(ProofItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Untrusted ? Provenance.Conjectured : Provenance.Given;
    }

    /// <summary>How long to wait for a check of a verifier that was opened with these options; null for as long as it takes.</summary>
    public TimeSpan? Patience(VerifierOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        // A quick check and a full one, and the start of a process for each.
        return KeepsTime && options.TimeLimit is { } limit ? (2 * limit) + TimeSpan.FromMinutes(2) : options.TimeLimit;
    }

    /// <summary>The problem of an item for a verifier that reads its statements itself: the text is its own canonical form.</summary>
    public static Problem PlainProblem(string domain, ProofItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return new Problem { Id = item.Id, Domain = domain, Statement = item.Statement, CanonicalHash = Hash(item.Statement), Split = Split.Heldout, Provenance = ProvenanceOf(item), Stratum = item.Stratum };
    }

    internal static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
