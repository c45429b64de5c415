using System.CommandLine;
using Ratchet.Recipes;
using Ratchet.Runs;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet schema</c>.</summary>
internal static class SchemaVerb
{
    public static Command Make(CliContext context)
    {
        var output = new Option<string?>("--output", "-o") { HelpName = "file", Description = "File to write; default standard output." };
        var command = new Command("schema", "Writes the JSON schema of recipes, for editors.") { output };
        command.SetAction(parsed =>
        {
            var text = RecipeSchema.Write(Systems.SystemRecipes.Catalog);
            if (parsed.GetValue(output) is { } file)
                RunFolder.WriteAtomically(file, text);
            else
                context.Out.Write(text);
            return 0;
        });
        return command;
    }
}
