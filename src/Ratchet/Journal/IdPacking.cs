using System.Runtime.InteropServices;

namespace Ratchet.Journal;

/// <summary>Token ids as variable-length bytes (7 bits each, low first) and log-probabilities as little-endian float32.</summary>
internal static class IdPacking
{
    public static byte[] Pack(IReadOnlyList<int> ids)
    {
        var bytes = new List<byte>(ids.Count + 8);
        foreach (var id in ids)
        {
            var rest = (uint)id;
            while (rest >= 0x80)
            {
                bytes.Add((byte)(rest | 0x80));
                rest >>= 7;
            }

            bytes.Add((byte)rest);
        }

        return [.. bytes];
    }

    public static int[] UnpackIds(ReadOnlySpan<byte> bytes)
    {
        var ids = new List<int>(bytes.Length);
        for (var i = 0; i < bytes.Length;)
        {
            uint value = 0;
            var shift = 0;
            byte b;
            do
            {
                b = bytes[i++];
                value |= (uint)(b & 0x7F) << shift;
                shift += 7;
            }
            while ((b & 0x80) != 0);
            ids.Add((int)value);
        }

        return [.. ids];
    }

    public static byte[] Pack(IReadOnlyList<float> values) => MemoryMarshal.AsBytes<float>(values.ToArray()).ToArray();

    public static float[] UnpackFloats(ReadOnlySpan<byte> bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();
}
