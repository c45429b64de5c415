using Ratchet.Systems;
using Ratchet.Systems.Studies;

namespace Ratchet.Cli;

/// <summary>What verbs take from the process, so that tests can give them something else.</summary>
internal sealed class CliContext
{
    /// <summary>Results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress, errors and notes.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input.</summary>
    public TextReader In { get; init; } = TextReader.Null;

    /// <summary>Results may be drawn as a table: standard output is a terminal.</summary>
    public bool Table { get; init; }

    /// <summary>Progress may be drawn live: standard error is a terminal.</summary>
    public bool Interactive { get; init; }

    /// <summary>Clock of progress lines.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Folder that holds <c>recipes/</c>.</summary>
    public string Home { get; init; } = ".";

    /// <summary>Starts and continues runs.</summary>
    public IRunService Runs { get; init; } = new SystemRuns();

    /// <summary>Does the runs of studies.</summary>
    public StudyWork StudyWork { get; init; } = Verbs.StudyVerb.InProcessOfItsOwn;

    /// <summary>Listen to Ctrl-C and SIGTERM.</summary>
    public bool Signals { get; init; }

    private static bool HasColours => Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "") && Environment.GetEnvironmentVariable("CI") is null;

    public static CliContext FromProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = Console.In,
        Table = !Console.IsOutputRedirected && HasColours,
        Interactive = !Console.IsErrorRedirected && HasColours,
        Home = Environment.GetEnvironmentVariable("RATCHET_HOME") ?? Directory.GetCurrentDirectory(),
        Signals = true,
    };
}
