using System.Text;

namespace Ratchet.Recipes;

/// <summary>Writes a recipe with all its values as YAML that reads back to the same recipe.</summary>
public static class RecipeWriter
{
    /// <summary>The effective recipe.</summary>
    /// <param name="recipe">Recipe.</param>
    /// <param name="comment">Comment for a key path, or null for none; columns of comments are lined up.</param>
    public static string Write(Recipe recipe, Func<string, string?>? comment = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var lines = new List<(string Text, string? Comment)> { ($"system: {RecipeValues.Write(recipe.System)}", comment?.Invoke("system")) };
        Section(RecipeShape.Of(recipe.GetType()), recipe, "", "", lines, comment);
        var width = Math.Min(48, lines.Where(l => l.Comment is not null).Select(l => l.Text.Length).DefaultIfEmpty().Max());
        var text = new StringBuilder();
        foreach (var line in lines)
            text.Append(line.Comment is null ? line.Text : $"{line.Text.PadRight(width)}  # {line.Comment}").Append('\n');
        return text.ToString();
    }

    private static void Section(RecipeShape shape, object section, string prefix, string indent, List<(string Text, string? Comment)> lines, Func<string, string?>? comment)
    {
        foreach (var key in shape.Keys)
        {
            var value = key.Property.GetValue(section);
            var path = prefix + key.Name;
            if (key.Section is { } inner && value is not null)
            {
                lines.Add(($"{indent}{key.Name}:", null));
                Section(inner, value, path + ".", indent + "  ", lines, comment);
            }
            else
            {
                lines.Add(($"{indent}{key.Name}: {RecipeValues.Write(value)}", comment?.Invoke(path)));
            }
        }
    }
}
