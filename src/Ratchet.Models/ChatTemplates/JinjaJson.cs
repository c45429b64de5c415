using System.Globalization;
using System.Text;

namespace Ratchet.Models.ChatTemplates;

/// <summary>The filter <c>tojson</c>, with the separators of Python's <c>json.dumps</c> and every character as itself, as the <c>transformers</c> library sets it.</summary>
internal static class JinjaJson
{
    private const int MaxDepth = 64;

    public static string Write(object? value, int? indent)
    {
        var result = new StringBuilder();
        Write(value, indent, 0, result);
        return result.ToString();
    }

    /// <summary>A number as Python writes it: shortest form, with a point or an exponent.</summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "Infinity" : "-Infinity";
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        if (Math.Abs(value) is >= 1e16 or (> 0 and < 1e-4))
        {
            text = value.ToString("E16", CultureInfo.InvariantCulture);
            var shortest = value.ToString("R", CultureInfo.InvariantCulture);
            var mantissa = shortest.Contains('E', StringComparison.Ordinal) ? shortest[..shortest.IndexOf('E', StringComparison.Ordinal)] : null;
            var exponent = int.Parse(text[(text.IndexOf('E', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
            mantissa ??= (value / Math.Pow(10, exponent)).ToString("R", CultureInfo.InvariantCulture);
            return mantissa + "e" + (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
        }

        return text.All(c => c == '-' || char.IsAsciiDigit(c)) ? text + ".0" : text;
    }

    private static void Write(object? value, int? indent, int depth, StringBuilder result)
    {
        if (depth > MaxDepth)
            throw new JinjaException($"a value is more than {MaxDepth} deep");
        switch (value)
        {
            case null:
                result.Append("null");
                break;
            case bool b:
                result.Append(b ? "true" : "false");
                break;
            case long n:
                result.Append(n.ToString(CultureInfo.InvariantCulture));
                break;
            case double d:
                result.Append(Number(d));
                break;
            case string s:
                WriteString(s, result);
                break;
            case List<object?> list:
                Join('[', ']', list, item => Write(item, indent, depth + 1, result));
                break;
            case OrderedDictionary<string, object?> map:
                Join('{', '}', [.. map], entry =>
                {
                    WriteString(entry.Key, result);
                    result.Append(": ");
                    Write(entry.Value, indent, depth + 1, result);
                });
                break;
            default:
                throw new JinjaException($"{JinjaValue.Kind(value)} cannot be written as JSON");
        }

        void Join<T>(char open, char close, IReadOnlyList<T> items, Action<T> write)
        {
            result.Append(open);
            for (var i = 0; i < items.Count; i++)
            {
                if (i > 0)
                    result.Append(indent is null ? ", " : ",");
                NewLine(depth + 1);
                write(items[i]);
            }

            if (items.Count > 0)
                NewLine(depth);
            result.Append(close);
        }

        void NewLine(int level)
        {
            if (indent is { } width)
                result.Append('\n').Append(' ', width * level);
        }
    }

    private static void WriteString(string text, StringBuilder result)
    {
        result.Append('"');
        foreach (var c in text)
        {
            result.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture),
                _ => null,
            });
            if (c >= ' ' && c is not ('"' or '\\'))
                result.Append(c);
        }

        result.Append('"');
    }
}
