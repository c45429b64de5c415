using System.Text;

namespace Ratchet.Recipes;

/// <summary>The keys of a system's recipes as a Markdown table, for the docs.</summary>
public static class RecipeReference
{
    /// <summary>One table row a key: path, what is allowed, default, description.</summary>
    public static string Write(RecipeCatalog catalog, string system)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var text = new StringBuilder("| Key | Allowed | Default | What it is |\n|---|---|---|---|\n");
        text.Append($"| `system` | `{system}` | required | The system that the recipe drives. |\n");
        Rows(catalog.ShapeOf(system), "", text);
        return text.ToString();
    }

    private static void Rows(RecipeShape shape, string prefix, StringBuilder text)
    {
        foreach (var key in shape.Keys)
        {
            if (key.Section is { } inner)
            {
                text.Append($"| **`{prefix}{key.Name}`** | a section{(key.IsNullable ? ", or null" : "")} | | {Cell(key.Description)} |\n");
                Rows(inner, prefix + key.Name + ".", text);
            }
            else
            {
                text.Append($"| `{prefix}{key.Name}` | {Cell(key.Allowed)} | {(key.IsRequired ? "required" : $"`{RecipeValues.Write(key.Default)}`")} | {Cell(key.Description)} |\n");
            }
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|").Replace("<", "&lt;");
}
