using System.Text.Json;
using Ratchet.Service.Admission;

namespace Ratchet.Service.Http;

/// <summary>
/// Reads request bodies token by token. Nothing of a body is kept but the fields that are asked for, so that a body full of brackets costs
/// no more memory than its own bytes.
/// </summary>
/// <remarks>
/// A field that is not known is passed over. A known one that stands twice is refused, because two readers of the request could
/// disagree on which one counts.
/// </remarks>
internal static class JsonFields
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 32 };

    /// <summary>Takes the value of a field at which the reader stands and answers true, or leaves it alone and answers false.</summary>
    public delegate bool Field(ref Utf8JsonReader reader, string name);

    /// <summary>Takes the value at which the reader stands.</summary>
    public delegate void Element(ref Utf8JsonReader reader, int index);

    /// <summary>Reads a whole body that must be one object.</summary>
    /// <exception cref="RequestRefusedException">It is not JSON, or not an object (400).</exception>
    public static void ReadBody(ReadOnlySpan<byte> json, Field field)
    {
        if (json.IsEmpty)
            throw new RequestRefusedException(400, "The body is empty; a JSON object is needed.");
        var reader = new Utf8JsonReader(json, Options);
        try
        {
            reader.Read();
            ReadObject(ref reader, "the body", field);

            // Whatever follows must be white space: reading on says so.
            reader.Read();
        }
        catch (JsonException e)
        {
            throw new RequestRefusedException(400, $"The body is not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }
    }

    /// <summary>Reads the object at which the reader stands.</summary>
    public static void ReadObject(ref Utf8JsonReader reader, string where, Field field)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Wrong(where, "must be an object");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = Unicode(ref reader, $"a name in {where}");
            reader.Read();
            if (!field(ref reader, name))
                reader.Skip();
            else if (!seen.Add(name))
                throw Wrong($"\"{name}\" in {where}", "stands twice");
        }
    }

    /// <summary>Reads the array at which the reader stands.</summary>
    /// <param name="reader">Reader.</param>
    /// <param name="where">What it is called in messages.</param>
    /// <param name="most">Most elements.</param>
    /// <param name="element">Takes each.</param>
    /// <exception cref="RequestRefusedException">It is no array (400), or has more elements (413).</exception>
    public static void ReadArray(ref Utf8JsonReader reader, string where, int most, Element element)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Wrong(where, "must be an array");
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i == most)
                throw new RequestRefusedException(413, $"A request may hold at most {most} proofs.");
            element(ref reader, i);
        }
    }

    /// <summary>A text, or null for null.</summary>
    public static string? Text(ref Utf8JsonReader reader, string where) => reader.TokenType switch
    {
        JsonTokenType.String => Unicode(ref reader, where),
        JsonTokenType.Null => null,
        _ => throw Wrong(where, "must be a text"),
    };

    /// <summary>A text, the digits of a whole number, or null for null.</summary>
    public static string? Identifier(ref Utf8JsonReader reader, string where)
    {
        if (reader.TokenType != JsonTokenType.Number)
            return Text(ref reader, where);
        return reader.TryGetInt64(out var number) ? number.ToString(System.Globalization.CultureInfo.InvariantCulture) : throw Wrong(where, "must be a text or a whole number");
    }

    /// <summary>True or false; false for null.</summary>
    public static bool Flag(ref Utf8JsonReader reader, string where) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw Wrong(where, "must be true or false"),
    };

    /// <summary>A time in seconds, 0 or more; null for null. More than a day is a day.</summary>
    public static TimeSpan? Seconds(ref Utf8JsonReader reader, string where)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var seconds) || !(seconds >= 0))
            throw Wrong(where, "must be a number of seconds, 0 or more");
        return TimeSpan.FromSeconds(Math.Min(seconds, 86_400));
    }

    /// <summary>A refusal that names a field.</summary>
    public static RequestRefusedException Wrong(string where, string what) => new(400, $"{where} {what}.");

    private static string Unicode(ref Utf8JsonReader reader, string where)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong(where, "is not valid Unicode");
        }
    }
}
