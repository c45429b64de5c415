using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Journal;

/// <summary>Addresses of contents.</summary>
internal static class ContentHash
{
    /// <summary>32 hexadecimal digits of a SHA-256 over length-prefixed parts.</summary>
    public static string Of(IEnumerable<string> parts)
    {
        var builder = new StringBuilder();
        foreach (var part in parts)
            builder.Append(part.Length).Append(':').Append(part);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(builder.ToString())).AsSpan(0, 16));
    }
}
