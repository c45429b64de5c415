using System.CommandLine;
using Ratchet.Runs;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet resume RUN</c>.</summary>
internal static class ResumeVerb
{
    public static Command Make(CliContext context)
    {
        var run = Arguments.Run();
        var progress = new ProgressOptions();
        var command = new Command("resume", "Continues a run that was stopped or killed, to the result that it would have had.") { run };
        progress.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var folder = parsed.GetRequiredValue(run);
            Expected? expected;
            using (var opened = RunFolder.OpenReadOnly(folder))
                expected = Systems.SystemRecipes.Catalog.ReadFile(opened.RecipePath).ThrowIfWrong().Expect is { } e ? new(e.Measure, e.AtLeast) : null;
            return progress.FollowAsync(parsed, context, folder, expected, (observer, token) => context.Runs.ResumeAsync(folder, observer, token), cancellationToken);
        });
        return command;
    }
}
