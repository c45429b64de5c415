using System.CommandLine;
using System.Runtime.InteropServices;
using Ratchet.Cli.Verbs;
using Ratchet.Recipes;
using Ratchet.Runs;

namespace Ratchet.Cli;

/// <summary>The command tree, and what becomes of mistakes: 1 for a fault that a user can mend, 2 for usage, 70 for a bug, 130 for Ctrl-C.</summary>
internal static class CommandLine
{
    public const int UsageError = 2;
    public const int Bug = 70;
    public const int Interrupted = 130;

    /// <summary>Makes the tree.</summary>
    public static RootCommand Build(CliContext context)
    {
        var root = new RootCommand("Ratchet: expert iteration for .NET. A model proposes, a verifier judges, the loop learns from what was accepted.")
        {
            RunVerb.Make(context), StudyVerb.Make(context), ResumeVerb.Make(context), ReportVerb.Make(context), InspectVerb.Make(context), ExportVerb.Make(context),
            CompareVerb.Make(context), ExplainVerb.Make(context), EvalVerb.Make(context), SampleVerb.Make(context), ProveVerb.Make(context), AnnotateVerb.Make(context), VerifyVerb.Make(context),
            ValidateVerb.Make(context),
            ServeVerb.Make(context), ModelVerb.Make(context), ListVerb.Make(context), SchemaVerb.Make(context), DoctorVerb.Make(context),
        };
        // The process may be called by another name (dotnet, a test runner); users type this one.
        root.HelpName = "ratchet";
        return root;
    }

    /// <summary>Runs a command line to its exit code.</summary>
    public static async Task<int> RunAsync(string[] args, CliContext context)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = context.Signals ? Listen(PosixSignal.SIGINT, stop, context) : null;
        using var terminate = context.Signals ? Listen(PosixSignal.SIGTERM, stop, context) : null;
        try
        {
            var root = Build(context);
            if (args.Length == 0)
                args = ["--help"];
            var parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
                return Usage(parsed, context);
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = context.Out, Error = context.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Interrupted;
        }
        catch (RatchetException e)
        {
            Complain(context, e.Message, e.Remedy);
            return e.ExitCode;
        }
        catch (Exception e)
        {
            var file = WriteDetails(e, args);
            Complain(context, $"This is a bug in Ratchet: {e.GetType().Name}: {e.Message}", file is null ? e.ToString() : $"Please report it with the details in {file}.");
            return Bug;
        }
    }

    /// <summary>Prints a mistake and what to do.</summary>
    public static void Complain(CliContext context, string message, string? remedy)
    {
        context.Error.WriteLine($"error: {message}");
        if (remedy is not null)
            context.Error.WriteLine($"fix: {remedy}");
    }

    private static int Usage(ParseResult parsed, CliContext context)
    {
        foreach (var message in parsed.Errors.Select(e => e.Message).Distinct())
            context.Error.WriteLine($"error: {message}");
        var command = parsed.CommandResult.Command;
        var names = command.Subcommands.Select(c => c.Name).Concat(command.Options.Select(o => o.Name)).ToList();
        var near = parsed.UnmatchedTokens.Select(t => NearestName.Find(t, names)).FirstOrDefault(n => n is not null);
        var path = command is RootCommand ? "ratchet" : "ratchet " + string.Join(' ', Path(parsed.CommandResult));
        context.Error.WriteLine($"fix: {(near is null ? "" : $"Did you mean '{near}'? ")}'{path} --help' shows what is there.");
        return UsageError;
    }

    private static IEnumerable<string> Path(System.CommandLine.Parsing.CommandResult result)
    {
        var names = new Stack<string>();
        for (System.CommandLine.Parsing.SymbolResult? r = result; r is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } c; r = r.Parent)
            names.Push(c.Command.Name);
        return names;
    }

    private static PosixSignalRegistration Listen(PosixSignal signal, CancellationTokenSource stop, CliContext context) => PosixSignalRegistration.Create(signal, s =>
    {
        // A second signal ends the process at once: whatever is recorded is safe anyway.
        if (stop.IsCancellationRequested)
            return;
        s.Cancel = true;
        context.Error.WriteLine("stopping; once more stops at once");
        stop.Cancel();
    });

    private static string? WriteDetails(Exception e, string[] args)
    {
        try
        {
            var file = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"ratchet-bug-{Environment.ProcessId}.txt");
            File.WriteAllText(file, $"ratchet {string.Join(' ', args)}\n{typeof(CommandLine).Assembly.GetName().Version}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}\n\n{e}\n");
            return file;
        }
        catch (Exception inner) when (inner is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
