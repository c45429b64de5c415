using System.CommandLine;
using System.Text.Json;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet doctor</c>.</summary>
internal static class DoctorVerb
{
    public static Command Make(CliContext context)
    {
        var json = Arguments.Json();
        var command = new Command("doctor", "Shows what this machine has: cores, instructions, memory, libraries, verifiers, speeds.") { json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await foreach (var finding in MachineCheck.RunAsync(cancellationToken))
            {
                if (parsed.GetValue(json))
                {
                    context.Out.WriteLine(JsonSerializer.Serialize(finding, JsonLines.Options));
                    continue;
                }

                context.Out.WriteLine($"{finding.State.ToString().ToLowerInvariant(),-8}{finding.Item,-14}{finding.Text}");
                if (finding.Remedy is not null)
                    context.Out.WriteLine($"{"",-22}{finding.Remedy}");
            }

            return 0;
        });
        return command;
    }
}
