using System.Globalization;
using System.Text;

namespace Ratchet.Recipes;

/// <summary>How names and values are spelled in a recipe.</summary>
internal static class RecipeText
{
    /// <summary>PascalCase to snake_case: <c>TopP</c> gives <c>top_p</c>.</summary>
    public static string Key(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && !char.IsUpper(name[i - 1]))
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    /// <summary>A number in the shortest form that reads back to the same value.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => ".inf",
        double.NegativeInfinity => "-.inf",
        _ when double.IsNaN(value) => ".nan",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
