using System.Globalization;
using System.Text;
using Ratchet.Runs;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Coq;

/// <summary>A Coq that is there: where, and which version.</summary>
/// <param name="Program">Full path of <c>coqidetop</c>.</param>
/// <param name="Version">Version, for example <c>8.16.1</c>.</param>
internal sealed record CoqInstallation(string Program, string Version)
{
    private const string Variable = "RATCHET_COQ";
    private const string Remedy = $"Install Coq 8.16 or newer (Debian: the package coq), or set {Variable} to the path of its coqidetop.";
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(20);
    private static readonly Version Oldest = new(8, 16);

    /// <summary>Finds Coq and asks its version.</summary>
    /// <exception cref="RatchetException">It is not there, is no Coq, is too old, or does not answer.</exception>
    public static CoqInstallation Find(string? program)
    {
        var asked = program ?? Environment.GetEnvironmentVariable(Variable);
        var path = asked is { Length: > 0 } ? ProgramFinder.Find(asked) : ProgramFinder.Find("coqidetop.opt", "coqidetop");
        if (path is null)
            throw new RatchetException(asked is { Length: > 0 } ? $"There is no program {asked}." : "Coq is not there: neither coqidetop.opt nor coqidetop is on the PATH.", Remedy);
        string said;
        try
        {
            said = Ask(path);
        }
        catch (ChildFailureException e)
        {
            throw new RatchetException($"{path} does not say its version. {e.Message}", Remedy);
        }

        var words = said.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var version = words.SkipWhile(w => w != "version").Skip(1).FirstOrDefault() ?? "";
        var numbers = version.Split('.', '+', '~', '-').TakeWhile(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out _)).Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        if (numbers.Length < 2)
            throw new RatchetException($"{path} is no Coq: asked for its version it said \"{said.Trim().Split('\n')[0]}\".", Remedy);
        if (new Version(numbers[0], numbers[1]) < Oldest)
            throw new RatchetException($"{path} is Coq {version}; its dialogue is older than the one that Ratchet speaks (8.16).", Remedy);
        return new CoqInstallation(path, version);
    }

    private static string Ask(string path)
    {
        using var child = ChildProcess.Start(new ChildProcessOptions { Program = path, Arguments = ["--version"], Environment = CoqWorker.ProcessEnvironment });
        child.CloseInput();
        var deadline = Deadline.After(Time);
        var said = new List<byte>();
        while (child.ReadSome(deadline) is { Length: > 0 } some)
            said.AddRange(some);
        var exit = child.WaitForExit(deadline);
        return exit.Code == 0 ? Encoding.UTF8.GetString([.. said]) : throw new ChildFailureException(ChildFailure.Exited, exit.Reason, $"The process is gone: {exit}. {child.ErrorText}");
    }
}
