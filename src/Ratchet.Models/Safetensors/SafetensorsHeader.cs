using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Models.Safetensors;

/// <summary>
/// Reads the JSON header of a safetensors file and trusts none of it: names unique, types known, sizes as the shapes say, and
/// the tensors' bytes side by side without gap or overlap from the first byte of the data section to the last.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Longest header that the format's reference implementation accepts.</summary>
    public const long MaxLength = 100_000_000;

    public const string MetadataKey = "__metadata__";

    private const int MaxDimensions = 64;

    private readonly string _file;
    private readonly long _dataLength;
    private readonly List<TensorInfo> _tensors = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string file, long dataLength)
    {
        _file = file;
        _dataLength = dataLength;
    }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads a header.</summary>
    /// <param name="file">Name of the file, for messages.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataLength">Bytes that follow the header.</param>
    /// <exception cref="RatchetException">The header is damaged or does not fit the file.</exception>
    public static SafetensorsHeader Parse(string file, ReadOnlySpan<byte> json, long dataLength)
    {
        var header = new SafetensorsHeader(file, dataLength);
        try
        {
            header.ReadObject(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Damaged(file, "its header is not valid JSON (" + e.Message.Split('\n')[0] + ")", e);
        }

        header.CheckLayout();
        return header;
    }

    public static RatchetException Damaged(string file, string what, Exception? inner = null) =>
        new($"'{file}' is not a readable safetensors file: {what}.", "Copy or download the file again, or choose another checkpoint.", inner);

    /// <summary>A tensor's name fit for a message: quoted, without control characters, not too long.</summary>
    public static string Quote(string name)
    {
        var shown = name.Length > 120 ? name[..120] + "..." : name;
        return "'" + ConfigReader.Printable(shown) + "'";
    }

    private void ReadObject(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Damaged(_file, "its header is not a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!_names.Add(name))
                throw Damaged(_file, $"the tensor {Quote(name)} is listed twice");
            reader.Read();
            if (name == MetadataKey)
                ReadMetadata(ref reader);
            else
                ReadTensor(ref reader, name);
        }

        // Anything but white space after the closing brace makes the reader throw.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Damaged(_file, $"'{MetadataKey}' is not an object of strings");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Damaged(_file, $"the metadata {Quote(key)} is not a string");
            if (!_metadata.TryAdd(key, reader.GetString()!))
                throw Damaged(_file, $"the metadata {Quote(key)} is listed twice");
        }
    }

    private void ReadTensor(ref Utf8JsonReader reader, string name)
    {
        TensorType? type = null;
        List<long>? shape = null, offsets = null;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Damaged(_file, $"the entry of tensor {Quote(name)} is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when type is null:
                    if (reader.TokenType != JsonTokenType.String)
                        throw Damaged(_file, $"the dtype of tensor {Quote(name)} is not a string");
                    var text = reader.GetString()!;
                    type = TensorTypes.Parse(text) ?? throw Damaged(_file, $"tensor {Quote(name)} has the unknown dtype {Quote(text)}; known are {TensorTypes.Names}");
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name, key);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, name, key);
                    break;
                default:
                    throw Damaged(_file, $"the entry of tensor {Quote(name)} has an unknown or repeated field {Quote(key)}");
            }
        }

        if (type is null || shape is null || offsets is not [var begin, var end])
            throw Damaged(_file, $"the entry of tensor {Quote(name)} must have dtype, shape and two data_offsets");
        if (begin > end || end > _dataLength)
            throw Damaged(_file, $"the bytes of tensor {Quote(name)} [{begin}, {end}) lie outside the {_dataLength} bytes of data; the file may be cut off");
        var size = (Int128)type.Value.Size();
        foreach (var dimension in shape)
        {
            size *= dimension;
            if (size > long.MaxValue)
                throw Damaged(_file, $"the shape [{string.Join(", ", shape)}] of tensor {Quote(name)} is too large");
        }

        if (size != end - begin)
            throw Damaged(_file, $"tensor {Quote(name)} of type {type.Value.Name()} and shape [{string.Join(", ", shape)}] needs {size} bytes, its data_offsets give {end - begin}");
        _tensors.Add(new TensorInfo(name, type.Value, shape, begin, end - begin));
    }

    private List<long> ReadNumbers(ref Utf8JsonReader reader, string name, string key)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Damaged(_file, $"{key} of tensor {Quote(name)} is not an array");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
                throw Damaged(_file, $"{key} of tensor {Quote(name)} holds something that is no whole number from 0 to 2^63 - 1");
            if (numbers.Count == MaxDimensions)
                throw Damaged(_file, $"{key} of tensor {Quote(name)} has more than {MaxDimensions} numbers");
            numbers.Add(value);
        }

        return numbers;
    }

    private void CheckLayout()
    {
        // An empty tensor shares its offset with the one after it, so the end decides between equal starts.
        _tensors.Sort((a, b) => (a.Offset, a.ByteLength, a.Name).CompareTo((b.Offset, b.ByteLength, b.Name)));
        long next = 0;
        foreach (var tensor in _tensors)
        {
            if (tensor.Offset != next)
            {
                throw Damaged(_file, tensor.Offset < next
                    ? $"the bytes of tensor {Quote(tensor.Name)} overlap those of another one"
                    : $"there is a gap of {tensor.Offset - next} bytes before tensor {Quote(tensor.Name)}");
            }

            next += tensor.ByteLength;
        }

        if (next != _dataLength)
            throw Damaged(_file, $"its tensors end at byte {next} of the data, the file at byte {_dataLength}");
    }
}
