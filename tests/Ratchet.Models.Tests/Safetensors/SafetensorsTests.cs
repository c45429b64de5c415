using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Ratchet.Models.Kernels;
using Ratchet.Models.Safetensors;
using Ratchet.Runs;

namespace Ratchet.Models.Tests.Safetensors;

public sealed class SafetensorsTests : IDisposable
{
    private const string Good = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_written_file_has_exactly_these_bytes()
    {
        SafetensorsWriter.Write(_folder["x"], [("w", [1, 2], [1f, -2f])], TensorType.Float32, new Dictionary<string, string> { ["format"] = "pt" });

        var bytes = File.ReadAllBytes(_folder["x"]);
        var header = """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}""";
        var padded = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] expected = [(byte)padded.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(padded), 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0];
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData(TensorType.Float32, 0)]
    [InlineData(TensorType.BFloat16, 1.0 / 256)]
    [InlineData(TensorType.Float16, 1.0 / 2048)]
    public void Numbers_come_back_within_the_precision_of_their_type(TensorType type, double relativeError)
    {
        float[] data = [0f, -0f, 1f, -1.2345678f, 3.1415927f, 65000f, 0.001f, float.PositiveInfinity];
        SafetensorsWriter.Write(_folder["x"], [("w", [8], data), ("scalar", [], [7f]), ("empty", [0, 3], [])], type);

        using var file = SafetensorsFile.Open(_folder["x"]);

        Assert.Equal(["w", "scalar", "empty"], file.Tensors.Select(t => t.Name).Order(Comparer<string>.Create((a, b) => "wse".IndexOf(a[0]) - "wse".IndexOf(b[0]))));
        var read = file.ReadFloats("w");
        for (var i = 0; i < data.Length; i++)
            Assert.True(read[i] == data[i] || Math.Abs(read[i] - data[i]) <= relativeError * Math.Abs(data[i]), $"{i}: {read[i]} for {data[i]}");
        Assert.Equal([7f], file.ReadFloats("scalar"));
        Assert.Empty(file.ReadFloats("empty"));
    }

    [Fact]
    public void A_bfloat16_is_rounded_to_nearest_with_ties_to_even()
    {
        Assert.Equal(0x3F80, SmallTypes.ToBFloat16(BitConverter.UInt32BitsToSingle(0x3F808000)));
        Assert.Equal(0x3F82, SmallTypes.ToBFloat16(BitConverter.UInt32BitsToSingle(0x3F818000)));
        Assert.Equal(0x3F81, SmallTypes.ToBFloat16(BitConverter.UInt32BitsToSingle(0x3F808001)));
        Assert.Equal(0x7F80, SmallTypes.ToBFloat16(float.MaxValue));
        Assert.True(float.IsNaN(BitConverter.UInt32BitsToSingle((uint)SmallTypes.ToBFloat16(BitConverter.UInt32BitsToSingle(0x7F800001)) << 16)));
    }

    [Theory]
    [InlineData("BOOL", 2, "0001", new[] { 0f, 1f })]
    [InlineData("U8", 2, "01FF", new[] { 1f, 255f })]
    [InlineData("I8", 2, "01FF", new[] { 1f, -1f })]
    [InlineData("I16", 1, "FEFF", new[] { -2f })]
    [InlineData("U16", 1, "FEFF", new[] { 65534f })]
    [InlineData("I32", 1, "FEFFFFFF", new[] { -2f })]
    [InlineData("U32", 1, "02000000", new[] { 2f })]
    [InlineData("I64", 1, "FEFFFFFFFFFFFFFF", new[] { -2f })]
    [InlineData("U64", 1, "0200000000000000", new[] { 2f })]
    [InlineData("F64", 1, "000000000000F83F", new[] { 1.5f })]
    [InlineData("F8_E4M3", 6, "3801FE7E88C0", new[] { 1f, 1f / 512, -448f, 448f, -1f / 64, -2f })]
    [InlineData("F8_E5M2", 5, "3C01FC7BC0", new[] { 1f, 1f / 65536, float.NegativeInfinity, 57344f, -2f })]
    public void Other_types_convert_to_float32(string type, int length, string hex, float[] expected)
    {
        var data = Convert.FromHexString(hex);
        WriteRaw($$$"""{"x":{"dtype":"{{{type}}}","shape":[{{{length}}}],"data_offsets":[0,{{{data.Length}}}]}}""", data);

        using var file = SafetensorsFile.Open(_folder["x"]);

        Assert.Equal(expected, file.ReadFloats("x"));
    }

    [Theory]
    [InlineData("[]", 0, "not a JSON object")]
    [InlineData("{", 0, "not valid JSON")]
    [InlineData("{} x", 0, "not valid JSON")]
    [InlineData("""{"a":1}""", 0, "tensor 'a' is not an object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "tensor 'a' must have dtype, shape and two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "two data_offsets")]
    [InlineData("""{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype 'Q4'; known are BOOL, U8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "shape of tensor 'a' holds something that is no whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "shape of tensor 'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "tensor 'a' of type F32 and shape [2] needs 8 bytes, its data_offsets give 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}}""", 4, "tensor 'a' [0, 400) lie outside the 4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "lie outside")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}""", 0, "too large")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "gap of 4 bytes before tensor 'b'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 6, "tensors end at byte 4 of the data, the file at byte 6")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "'a' is listed twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown or repeated field 'dtype'")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "metadata 'k' is not a string")]
    public void A_damaged_header_is_refused_with_file_and_tensor(string header, int dataLength, string expected)
    {
        WriteRaw(header, new byte[dataLength]);

        var error = Assert.Throws<RatchetException>(() => SafetensorsFile.Open(_folder["x"]));

        Assert.Contains($"'{_folder["x"]}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue, "limit")]
    [InlineData(99_999_999UL, "cut off")]
    public void A_huge_header_length_is_refused_before_anything_is_allocated(ulong length, string expected)
    {
        var bytes = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(_folder["x"], bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<RatchetException>(() => SafetensorsFile.Open(_folder["x"]));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_refused_by_name()
    {
        Assert.Contains("does not exist", Assert.Throws<RatchetException>(() => SafetensorsFile.Open(_folder["none"])).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<RatchetException>(() => SafetensorsFile.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        WriteRaw(Good, new byte[12]);
        var whole = File.ReadAllBytes(_folder["x"]);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(_folder["x"], whole.AsSpan(0, length));
            Assert.Throws<RatchetException>(() => SafetensorsFile.Open(_folder["x"]));
        }
    }

    /// <summary>Any bytes end in a checked header or in a RatchetException: no other exception, no hang.</summary>
    [Fact]
    public void Hostile_headers_end_in_a_clear_error_or_in_a_consistent_header()
    {
        var good = Encoding.UTF8.GetBytes(Good);
        var pieces = new[] { "{", "}", "[", "]", ":", ",", "\"a\"", "\"b\"", "\"dtype\"", "\"F32\"", "\"shape\"", "\"data_offsets\"", "0", "4", "8", "-1", "1e30", "9223372036854775807", "\"\\ud800\"", "null", "\"__metadata__\"", " " };
        var mutated = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length - 1], Gen.Byte).Select((i, x, j, y) =>
        {
            var copy = (byte[])good.Clone();
            copy[i] = x;
            copy[j] = y;
            return copy;
        });
        var soup = Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]).Array[0, 40].Select(p => Encoding.UTF8.GetBytes(string.Concat(p)));
        var offsets = Gen.Select(Gen.Long[0, 16], Gen.Long[0, 16], Gen.Long[0, 16], Gen.Long[0, 16], Gen.Long[0, 4], Gen.Long[0, 4]).Select((a, b, c, d, m, n) =>
            Encoding.UTF8.GetBytes($$$"""{"a":{"dtype":"F32","shape":[{{{m}}}],"data_offsets":[{{{a}}},{{{b}}}]},"b":{"dtype":"U8","shape":[{{{n}}}],"data_offsets":[{{{c}}},{{{d}}}]}}"""));
        var bytes = Gen.Byte.Array[0, 64];

        Gen.OneOf(mutated, soup, offsets, bytes).Sample(json =>
        {
            try
            {
                var header = SafetensorsHeader.Parse("file", json, 12);
                long next = 0;
                foreach (var tensor in header.Tensors)
                {
                    Assert.Equal(next, tensor.Offset);
                    Assert.Equal(tensor.ByteLength, tensor.Shape.Aggregate((long)tensor.Type.Size(), (a, b) => a * b));
                    next += tensor.ByteLength;
                }

                Assert.Equal(12, next);
            }
            catch (RatchetException)
            {
                // Refused with a message, as it should be.
            }
        }, iter: 10_000, threads: 1);
    }

    private void WriteRaw(string header, byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, json.Length);
        File.WriteAllBytes(_folder["x"], [.. prefix, .. json, .. data]);
    }
}
