using System.CommandLine;
using Ratchet.Cli.Progress;
using Ratchet.Runs;

namespace Ratchet.Cli.Verbs;

/// <summary>How a run shows itself: <c>--quiet</c>, <c>--json</c>, live on a terminal, plain lines elsewhere.</summary>
internal sealed class ProgressOptions
{
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Only the last line." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a line for each event, on standard output." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_quiet);
        command.Add(_json);
    }

    /// <summary>Does the work of a run with progress, and says how it ended.</summary>
    public async Task<int> FollowAsync(ParseResult parsed, CliContext context, string folder, Expected? expected, Func<IRunObserver, CancellationToken, Task<RunSummary>> work, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(_json);
        var quiet = parsed.GetValue(_quiet);
        IRunProgress progress = json ? new JsonProgress(context.Out)
            : quiet ? new QuietProgress()
            : context.Interactive ? new LiveProgress(context.Error, context.Clock)
            : new PlainProgress(context.Error, context.Clock);
        RunSummary summary;
        try
        {
            await using (progress)
                summary = await work(progress, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (json)
                ((JsonProgress)progress).End("stopped", folder, null);
            else
                context.Error.WriteLine($"stopped; all that was recorded is safe. Continue with: ratchet resume {folder}");
            return CommandLine.Interrupted;
        }
        catch (RatchetException e) when (json)
        {
            ((JsonProgress)progress).Failed(folder, e);
            throw;
        }

        if (json)
            ((JsonProgress)progress).End(summary.Status, folder, summary);
        else
            RunEnding.Write(context.Out, summary, folder, expected, quiet);
        return 0;
    }
}

/// <summary>The result that a recipe promises.</summary>
internal sealed record Expected(string Measure, double AtLeast);
