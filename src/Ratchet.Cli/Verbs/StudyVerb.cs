using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Systems;
using Ratchet.Systems.Studies;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet study STUDY</c>.</summary>
internal static class StudyVerb
{
    public static Command Make(CliContext context)
    {
        var file = new Argument<string>("study") { Description = "Study file (YAML, system: study)." };
        var seeds = new Option<int?>("--seeds") { HelpName = "n", Description = "Seeds of each arm (seeds)." };
        var parallel = new Option<int?>("--parallel") { HelpName = "n", Description = "Runs at the same time (parallel)." };
        var data = new Option<string?>("--data") { HelpName = "folder", Description = "Folder of the data files, in the place of the environment variable RATCHET_DATA." };
        var outFolder = new Option<string?>("--out", "-o") { HelpName = "folder", Description = "Folder of the study; default studies/NAME. Runs in it that have ended are not run again." };
        var reportOnly = new Option<bool>("--report") { Description = "Only writes and prints the report of what is there." };
        var command = new Command("study", "Runs a recipe under several settings and seeds, each an ordinary run, and compares them.") { file, outFolder, seeds, parallel, data, reportOnly };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var overrides = new List<RecipeOverride>();
            foreach (var (option, key) in ((Option<int?>, string)[])[(seeds, "seeds"), (parallel, "parallel")])
            {
                if (parsed.GetValue(option) is { } value)
                    overrides.Add(new(key, value.ToString(CultureInfo.InvariantCulture), $"{option.Name} {value}"));
            }

            if (parsed.GetValue(data) is { } root)
                Environment.SetEnvironmentVariable("RATCHET_DATA", Path.GetFullPath(root));
            var study = SystemRecipes.Catalog.ReadFile(parsed.GetRequiredValue(file), overrides).ThrowIfWrong() as StudyRecipe
                ?? throw new RatchetException("This recipe is no study.", "Start it with 'ratchet run', or give one with 'system: study'.");
            var folder = parsed.GetValue(outFolder) ?? Path.Combine("studies", study.Name);
            var runner = new StudyRunner(study, folder);
            StudyResult result;
            if (parsed.GetValue(reportOnly))
            {
                result = runner.Result();
                StudyReport.Write(result, folder);
            }
            else
            {
                result = await runner.RunAsync(context.StudyWork, context.Error.WriteLine, cancellationToken);
            }

            context.Out.Write(StudyReport.Markdown(result));
            return result.Unfinished.Any() || result.Gates.Any(g => !g.Passed) ? 1 : 0;
        });
        return command;
    }

    /// <summary>A run in a process of its own: its memory is its own, and a crash ends no other.</summary>
    public static async Task InProcessOfItsOwn(string recipeFile, string folder, bool resume, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(StudyVerb).Assembly.Location);
        foreach (var argument in resume ? (string[])["resume", folder, "--quiet"] : ["run", recipeFile, "--out", folder, "--quiet"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new RatchetException("The run's process does not start.");
        using var stop = cancellationToken.Register(() =>
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It has ended by itself.
            }
        });
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        await output;
        cancellationToken.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
            throw new RatchetException(errors.Split('\n').FirstOrDefault(l => l.StartsWith("error: ", StringComparison.Ordinal))?["error: ".Length..] ?? $"the process ended with code {process.ExitCode}");
    }
}
