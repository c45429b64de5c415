using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Journal;

/// <summary>Content address of a verdict: same domain, statement, canonical hash (which covers a reference answer where there is one), text, verifier and version, same key.</summary>
public static class VerdictKey
{
    /// <summary>The key, 32 hexadecimal digits of a SHA-256 over length-prefixed parts.</summary>
    public static string For(Problem problem, string text, IVerifier verifier)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(verifier);
        return ContentHash.Of([problem.Domain, problem.Statement, problem.CanonicalHash, text, verifier.Name, verifier.Version]);
    }
}
