using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Service.Admission;

/// <summary>Who a caller is, by the key that it shows. Keys are compared in a time that does not depend on them.</summary>
internal sealed class ClientKeys(IReadOnlyList<string> keys)
{
    private const int LongestKey = 1024;
    private readonly byte[][] _hashes = [.. keys.Select(k => SHA256.HashData(Encoding.UTF8.GetBytes(k)))];

    /// <summary>Callers must show a key.</summary>
    public bool Required => _hashes.Length > 0;

    /// <summary>Name of the client with this key, the same for the life of the service; null for a wrong key.</summary>
    public string? Find(string key)
    {
        if (key.Length > LongestKey)
            return null;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        string? found = null;
        for (var i = 0; i < _hashes.Length; i++)
        {
            // No early way out: the time must not tell which key it was.
            if (CryptographicOperations.FixedTimeEquals(hash, _hashes[i]))
                found = $"key-{i + 1}";
        }

        return found;
    }
}
