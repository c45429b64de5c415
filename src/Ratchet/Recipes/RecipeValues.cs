using System.Globalization;
using System.Reflection;
using System.Text;

namespace Ratchet.Recipes;

/// <summary>Reads and writes single values.</summary>
internal static class RecipeValues
{
    /// <summary>A type in words that continue "must be ...".</summary>
    public static string TypeWords(Type type)
    {
        if (type == typeof(bool))
            return "true or false";
        if (type == typeof(int) || type == typeof(long))
            return "a whole number";
        if (type == typeof(ulong))
            return "a whole number from 0 to 18446744073709551615";
        if (type == typeof(double))
            return "a number";
        if (type == typeof(ShareRange))
            return "[low, high] with 0 <= low <= high <= 1";
        if (type.IsEnum)
            return "one of " + string.Join(", ", Words(type));
        return "a text";
    }

    /// <summary>The words of an enum in order.</summary>
    public static IReadOnlyList<string> Words(Type type) => [.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(Word)];

    public static string Word(FieldInfo field) => field.GetCustomAttribute<WordAttribute>()?.Word ?? RecipeText.Key(field.Name);

    public static string Word(Type type, object value) => Word(type.GetField(value.ToString()!)!);

    /// <summary>Reads a scalar; false when the text is not of the type.</summary>
    public static bool TryRead(Type type, ScalarNode node, out object? value)
    {
        value = null;
        var text = node.Text;
        if (type == typeof(string))
        {
            value = text;
            return true;
        }

        if (type.IsEnum)
        {
            var field = type.GetFields(BindingFlags.Public | BindingFlags.Static).FirstOrDefault(f => Word(f) == text);
            value = field?.GetValue(null);
            return field is not null;
        }

        if (node.Quoted)
            return false;
        if (type == typeof(bool))
        {
            value = text switch { "true" or "True" or "TRUE" => true, "false" or "False" or "FALSE" => false, _ => null };
            return value is not null;
        }

        const NumberStyles whole = NumberStyles.AllowLeadingSign;
        if (type == typeof(int) && int.TryParse(text, whole, CultureInfo.InvariantCulture, out var i))
            value = i;
        else if (type == typeof(long) && long.TryParse(text, whole, CultureInfo.InvariantCulture, out var l))
            value = l;
        else if (type == typeof(ulong) && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var u))
            value = u;
        else if (type == typeof(double) && double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var d) && double.IsFinite(d))
            value = d;
        return value is not null;
    }

    /// <summary>A value as a recipe writes it, in flow style.</summary>
    public static string Write(object? value) => value switch
    {
        null => "null",
        bool b => b ? "true" : "false",
        string s => Quote(s),
        double d => RecipeText.Number(d),
        ShareRange r => $"[{RecipeText.Number(r.Low)}, {RecipeText.Number(r.High)}]",
        Enum e => Word(e.GetType(), e),
        System.Collections.IEnumerable list => "[" + string.Join(", ", list.Cast<object?>().Select(Write)) + "]",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => Quote(value.ToString() ?? ""),
    };

    private static string Quote(string text)
    {
        var plain = text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] == '/')
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or '@' or '+' or ' ' or '(' or ')')
            && text[^1] != ' '
            && text.ToLowerInvariant() is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off");
        if (plain)
            return text;
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' or '\u0085' or '\ufeff' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
