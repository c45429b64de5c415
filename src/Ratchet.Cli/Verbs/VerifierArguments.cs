using System.CommandLine;
using Ratchet.Runs;
using Ratchet.Systems;
using Ratchet.Systems.Verification;
using Ratchet.Verdicts;

namespace Ratchet.Cli.Verbs;

/// <summary>Options that say how a verifier works; shared by the verbs that use one.</summary>
/// <param name="threads">False for a verb that has an option for its threads already.</param>
internal sealed class VerifierArguments(bool threads = true)
{
    /// <summary>Environment variable with the secret of a checking server: a secret on a command line can be read by every user of the machine.</summary>
    public const string ServerKeyVariable = "RATCHET_VERIFIER_KEY";

    private readonly Option<TrustLevel> _level = new("--level") { HelpName = "guide|full", Description = "guide: quick, for search; full: what may leave a run as a proof.", DefaultValueFactory = _ => TrustLevel.Full };
    private readonly Option<double?> _seconds = new("--limit-seconds") { HelpName = "s", Description = "Longest time of one check; default: the verifier's own." };
    private readonly Option<int?> _memory = new("--limit-memory") { HelpName = "MiB", Description = "Most memory of one checking process; default: the verifier's own." };
    private readonly Option<int> _threads = new("--threads") { HelpName = "n", Description = "Checks at the same time; default: the number of cores.", DefaultValueFactory = _ => Environment.ProcessorCount };
    private readonly Option<string?> _tool = new("--tool") { HelpName = "path", Description = "Program of the verifier; default: looked for on PATH." };
    private readonly Option<string?> _database = new("--database") { HelpName = "file", Description = "What statements are judged against, for verifiers that need it (a Metamath database, a PDDL domain)." };
    private readonly Option<string?> _profile = new("--profile") { HelpName = "name", Description = "What counts as the same answer (answers): strict, lenient, gsm8k, math, ..." };
    private readonly Option<string?> _server = new("--server") { HelpName = "address", Description = $"Server that checks (Lean, Isabelle); its key comes from {ServerKeyVariable}." };
    private readonly Option<string?> _project = new("--project") { HelpName = "name", Description = "What the verifier works in: folder of a Lean project, name of an Isabelle session." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _level, _seconds, _memory, _tool, _database, _profile, _server, _project })
            command.Options.Add(option);
        if (threads)
            command.Options.Add(_threads);
    }

    /// <summary>The options, checked; all mistakes at once.</summary>
    public VerifierOptions Read(ParseResult parsed)
    {
        var mistakes = new List<string>();
        var (seconds, memory, count) = (parsed.GetValue(_seconds), parsed.GetValue(_memory), threads ? parsed.GetValue(_threads) : Environment.ProcessorCount);
        if (seconds is { } s && !(s is > 0 and <= 86_400))
            mistakes.Add("--limit-seconds must be above 0 and at most 86400.");
        if (memory is { } m && m is < 16 or > 1 << 24)
            mistakes.Add("--limit-memory must be from 16 to 16777216 MiB.");
        if (count is < 1 or > 1024)
            mistakes.Add("--threads must be from 1 to 1024.");
        if (mistakes.Count > 0)
            throw new RatchetException(string.Join('\n', mistakes)) { ExitCode = CommandLine.UsageError };
        return new VerifierOptions
        {
            Level = parsed.GetValue(_level),
            TimeLimit = seconds is { } limit ? TimeSpan.FromSeconds(limit) : null,
            MemoryLimitBytes = memory is { } mebibytes ? (long)mebibytes << 20 : null,
            Threads = count,
            Tool = parsed.GetValue(_tool),
            Database = parsed.GetValue(_database),
            Profile = parsed.GetValue(_profile),
            Server = parsed.GetValue(_server),
            ServerKey = Environment.GetEnvironmentVariable(ServerKeyVariable),
            Project = parsed.GetValue(_project),
        };
    }

    /// <summary>The option that names the verifier.</summary>
    public static Option<string> With() => new("--with")
    {
        HelpName = "verifier", Description = $"{string.Join(", ", VerifierCatalog.All.Select(v => v.Name))}; see 'ratchet list verifiers'.", DefaultValueFactory = _ => "propositional",
    };
}
