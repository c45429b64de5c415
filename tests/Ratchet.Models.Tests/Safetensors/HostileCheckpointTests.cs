using System.Buffers.Binary;
using System.Text;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Models.Tests.Safetensors;

/// <summary>Damaged and hostile model folders end in a clear refusal: no other exception, no allocation beyond the files' own size.</summary>
public sealed class HostileCheckpointTests : IDisposable
{
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";
    private const string Index = "model.safetensors.index.json";
    private const long AllocationLimit = 4 << 20;

    private static readonly string[] ForeignNames = ["../x.safetensors", "/etc/passwd", "..", ".", "a/b.safetensors", "..\\x", "C:x", "", "nul\0x", "model-00009-of-00002.safetensors"];

    private readonly TemporaryFolder _folder = new();

    private enum Damage
    {
        CutOff,
        BitFlip,
        HugeHeader,
        WrongType,
        RepeatedKey,
        ForeignFile,
        Overlap,
        Soup,
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_kind_of_damage_is_refused_with_a_message()
    {
        var files = Good();
        var count = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1" ? 10_000 : 1_500;
        var stream = RandomStream.FromSeed(3);
        var refused = new int[8];
        var made = new int[8];
        for (var i = 0; i < count; i++)
        {
            var own = stream.Derive(i);
            var damage = (Damage)(i % 8);
            var (name, bytes) = Make(damage, files, ref own);
            File.WriteAllBytes(_folder[name], bytes);
            made[(int)damage]++;
            refused[(int)damage] += IsRefused($"case {i}, {damage} of {name}") ? 1 : 0;
            File.WriteAllBytes(_folder[name], files[name]);
        }

        Assert.False(IsRefused("the undamaged model"));
        foreach (var damage in Enum.GetValues<Damage>().Except([Damage.BitFlip, Damage.Soup]))
            Assert.True(refused[(int)damage] == made[(int)damage], $"{damage}: {refused[(int)damage]} of {made[(int)damage]} refused");

        // A flipped bit of an element gives another number, which no header can tell; one in a header is mostly refused.
        Assert.InRange(refused[(int)Damage.BitFlip], made[(int)Damage.BitFlip] / 10, made[(int)Damage.BitFlip]);
    }

    private bool IsRefused(string what)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var weights = CheckpointStore.LoadWeights(_folder.Path);
            Assert.All(weights.Config.WeightShapes(), s => Assert.Equal(s.Shape.Aggregate(1, (a, b) => a * b), weights[s.Name].Length));
            return false;
        }
        catch (RatchetException e)
        {
            Assert.True(e.Message.Length > 20 && !e.Message.Any(c => char.IsControl(c)), what + ": " + e.Message);
            return true;
        }
        finally
        {
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < AllocationLimit, what + " allocates too much");
        }
    }

    private Dictionary<string, byte[]> Good()
    {
        var weights = TinyModels.Weights(TinyModels.Plain);
        var tensors = weights.Config.WeightShapes().Select(s => (s.Name, (IReadOnlyList<int>)s.Shape, weights[s.Name])).ToList();
        File.WriteAllText(_folder["config.json"], HuggingFaceConfig.Write(weights.Config));
        Models.Safetensors.SafetensorsWriter.Write(_folder[First], tensors[..9]);
        Models.Safetensors.SafetensorsWriter.Write(_folder[Second], tensors[9..]);
        File.WriteAllText(_folder[Index], "{\"weight_map\":{" + string.Join(",", tensors.Select((t, i) => $"\"{t.Name}\":\"{(i < 9 ? First : Second)}\"")) + "}}");
        return Directory.GetFiles(_folder.Path).ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes);
    }

    private static (string Name, byte[] Bytes) Make(Damage damage, Dictionary<string, byte[]> files, ref RandomStream stream)
    {
        var name = damage == Damage.ForeignFile ? Index : stream.NextInt(2) == 0 ? First : Second;
        var bytes = (byte[])files[name].Clone();
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        switch (damage)
        {
            case Damage.CutOff:
                return (name, bytes[..stream.NextInt(bytes.Length)]);
            case Damage.BitFlip:
                name = stream.NextInt(4) switch { 0 => Index, 1 => "config.json", _ => name };
                bytes = (byte[])files[name].Clone();
                bytes[stream.NextInt(Math.Min(bytes.Length, 2000))] ^= (byte)(1 << stream.NextInt(8));
                return (name, bytes);
            case Damage.HugeHeader:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, stream.NextInt(2) == 0 ? (ulong)header + 1 + stream.NextUInt64() % 100_000_000 : stream.NextUInt64() | 1UL << 40);
                return (name, bytes);
            case Damage.WrongType:
                return (name, WithHeader(bytes, header, (text, r) => ReplaceOne(text, "\"F32\"", ((string[])["\"F64\"", "\"U8\"", "\"Q4_0\"", "\"\"", "7", "null"])[r.NextInt(6)], ref r), ref stream));
            case Damage.RepeatedKey:
                return (name, WithHeader(bytes, header, (text, _) => text.TrimEnd()[..^1] + "," + text[(text.IndexOf("\"model.", StringComparison.Ordinal))..(text.IndexOf('}', text.IndexOf("\"model.", StringComparison.Ordinal)) + 1)] + "}", ref stream));
            case Damage.Overlap:
                return (name, WithHeader(bytes, header, (text, r) => Shift(text, ref r), ref stream));
            case Damage.ForeignFile:
                return (name, Encoding.UTF8.GetBytes(ReplaceOne(Encoding.UTF8.GetString(bytes), stream.NextInt(2) == 0 ? $"\"{First}\"" : $"\"{Second}\"", System.Text.Json.JsonSerializer.Serialize(ForeignNames[stream.NextInt(ForeignNames.Length)]), ref stream)));
            default:
                for (var n = 1 + stream.NextInt(20); n > 0; n--)
                    bytes[8 + stream.NextInt(header)] = (byte)"{}[]:,\"0123456789-eE. \\"[stream.NextInt(23)];
                return (name, bytes);
        }
    }

    private static byte[] WithHeader(byte[] bytes, int header, Func<string, RandomStream, string> change, ref RandomStream stream)
    {
        var text = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(bytes, 8, header), stream));
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, text.Length);
        return [.. prefix, .. text, .. bytes[(8 + header)..]];
    }

    /// <summary>Replaces one occurrence, chosen at random.</summary>
    private static string ReplaceOne(string text, string old, string replacement, ref RandomStream stream)
    {
        var places = new List<int>();
        for (var at = text.IndexOf(old, StringComparison.Ordinal); at >= 0; at = text.IndexOf(old, at + 1, StringComparison.Ordinal))
            places.Add(at);
        var place = places[stream.NextInt(places.Count)];
        return text[..place] + replacement + text[(place + old.Length)..];
    }

    /// <summary>Moves one tensor's bytes by some elements, over its neighbours.</summary>
    private static string Shift(string text, ref RandomStream stream)
    {
        var at = text.IndexOf("\"data_offsets\":[", stream.NextInt(text.Length / 2), StringComparison.Ordinal) + "\"data_offsets\":[".Length;
        var end = text.IndexOf(']', at);
        var offsets = text[at..end].Split(',').Select(long.Parse).ToArray();
        var by = 4 * (1 + stream.NextInt(50));
        return text[..at] + $"{offsets[0] + by},{offsets[1] + by}" + text[end..];
    }
}
