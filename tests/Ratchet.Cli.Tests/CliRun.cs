using Ratchet.Systems;

namespace Ratchet.Cli.Tests;

/// <summary>One call of the command line with its outputs.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    public static async Task<CliRun> Of(IRunService? runs, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var context = new CliContext { Out = output, Error = error, Runs = runs ?? new SystemRuns(), Home = Repository.Root };
        var code = await CommandLine.RunAsync(args, context);
        return new(code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    public static Task<CliRun> Of(params string[] args) => Of(null, args);
}

/// <summary>The working tree that the tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Ratchet.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Ratchet.slnx is in no folder above the tests.");
        return folder;
    }
}
