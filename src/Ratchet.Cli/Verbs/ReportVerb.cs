using System.CommandLine;
using Ratchet.Reports;
using Ratchet.Runs;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet report RUN</c>.</summary>
internal static class ReportVerb
{
    public static Command Make(CliContext context)
    {
        var run = Arguments.Run();
        var command = new Command("report", "Writes report.html of a run anew, also while it is running.") { run };
        command.SetAction(parsed =>
        {
            using var folder = RunFolder.OpenReadOnly(parsed.GetRequiredValue(run));
            RunReport.Write(folder.Root);
            context.Out.WriteLine(Path.Combine(parsed.GetRequiredValue(run), Path.GetFileName(folder.ReportPath)));
            return 0;
        });
        return command;
    }
}
