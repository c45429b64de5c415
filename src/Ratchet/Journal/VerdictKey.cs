using System.Security.Cryptography;
using System.Text;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Journal;

/// <summary>Content address of a verdict: same domain, statement, text, verifier and version, same key.</summary>
public static class VerdictKey
{
    /// <summary>The key, 32 hexadecimal digits of a SHA-256 over length-prefixed parts.</summary>
    public static string For(Problem problem, string text, IVerifier verifier)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(verifier);
        var builder = new StringBuilder();
        foreach (var part in (string[])[problem.Domain, problem.Statement, text, verifier.Name, verifier.Version])
            builder.Append(part.Length).Append(':').Append(part);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(builder.ToString())).AsSpan(0, 16));
    }
}
