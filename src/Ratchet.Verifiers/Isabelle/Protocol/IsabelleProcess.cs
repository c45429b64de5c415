using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Ratchet.Runs;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Isabelle.Protocol;

/// <summary>A server that was started here; ends with this process.</summary>
internal sealed partial class IsabelleProcess : IDisposable
{
    private const string Remedy = "Install Isabelle (https://isabelle.in.tum.de) and set the path of bin/isabelle, or start \"isabelle server\" and set its port and password.";

    private readonly ChildProcess _process;

    private IsabelleProcess(ChildProcess process, string host, int port, string password)
    {
        _process = process;
        (Host, Port, Password) = (host, port, password);
    }

    /// <summary>Where it listens.</summary>
    public string Host { get; }

    /// <summary>Port.</summary>
    public int Port { get; }

    /// <summary>Password.</summary>
    public string Password { get; }

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => _process.IsRunning;

    /// <summary>Starts a server and reads from its first line where it listens.</summary>
    /// <exception cref="RatchetException">The program is missing, ends, hangs, or says something else.</exception>
    public static IsabelleProcess Start(IsabelleServerOptions options, CancellationToken cancellationToken)
    {
        var program = ProgramFinder.Find(options.Program) ?? throw new RatchetException($"There is no program {options.Program}.", Remedy);
        var environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin" };
        foreach (var name in (string[])["HOME", "USER", "ISABELLE_HOME_USER", "JAVA_HOME"])
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
                environment[name] = value;
        }

        var process = ChildProcess.Start(new ChildProcessOptions
        {
            Program = program,
            Arguments = ["server", "-n", $"ratchet-{Environment.ProcessId}-{Guid.NewGuid():N}"],
            Environment = environment,
            Limits = options.Limits,
            DropRoot = false,
        });
        try
        {
            process.BeginRequest();
            var line = Encoding.UTF8.GetString(process.ReadThrough("\n"u8, Deadline.After(options.Limits.StartUp, cancellationToken))).Trim();
            var match = Announcement().Match(line);
            return match.Success
                ? new IsabelleProcess(process, match.Groups[1].Value, int.Parse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture), match.Groups[3].Value)
                : throw new RatchetException($"{options.Program} server does not say where it listens: {(line.Length <= 200 ? line : line[..200])}", Remedy);
        }
        catch (ChildFailureException e)
        {
            process.Dispose();
            throw new RatchetException($"{options.Program} server does not come up. {e.Message}", Remedy, e);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    [GeneratedRegex("""^server ".*" = ([0-9.]+):([0-9]{1,5}) \(password "([^"]+)"\)$""")]
    private static partial Regex Announcement();
}
