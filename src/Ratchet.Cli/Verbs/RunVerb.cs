using System.CommandLine;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet run RECIPE</c>.</summary>
internal static class RunVerb
{
    public static Command Make(CliContext context)
    {
        var recipe = new RecipeOptions();
        var progress = new ProgressOptions();
        var outFolder = new Option<string?>("--out", "-o") { HelpName = "folder", Description = "Folder of the run; default runs/NAME, numbered if it is taken." };
        var command = new Command("run", "Runs a recipe: train, propose, verify, select, learn, evaluate, report.");
        recipe.AddTo(command);
        command.Add(outFolder);
        progress.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var read = recipe.Read(parsed).ThrowIfWrong();
            var folder = parsed.GetValue(outFolder) ?? FreeFolder(read.Name);
            var expected = read.Expect is { } e ? new Expected(e.Measure, e.AtLeast) : null;
            return progress.FollowAsync(parsed, context, folder, expected, (observer, token) => context.Runs.StartAsync(read, folder, observer, token), cancellationToken);
        });
        return command;
    }

    private static string FreeFolder(string name)
    {
        var folder = Path.Combine("runs", name);
        for (var i = 2; Directory.Exists(folder) || File.Exists(folder); i++)
            folder = Path.Combine("runs", $"{name}-{i}");
        return folder;
    }
}
