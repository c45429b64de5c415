using System.Text;
using System.Text.Json;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean.Protocol;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Lean;

/// <summary>Lean as a program that reads one file and ends: no state is kept, and each check pays for the imports.</summary>
/// <remarks>Safe to call from many threads. Best for rechecks: nothing that an earlier file did can reach a later one.</remarks>
public sealed class LeanFileBackend : ILeanBackend
{
    // What Lean calls the file that it reads from its standard input.
    private const string FileName = "<stdin>";

    private const string Remedy = "Install Lean 4 with elan (https://github.com/leanprover/elan) and set the path of lean.";

    private readonly LeanFileOptions _options;
    private readonly SemaphoreSlim _places;
    private readonly Lazy<bool> _json;

    /// <summary>Makes the backend; no process starts before the first request.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="LeanFileOptions.MaxBusy"/> is not positive.</exception>
    public LeanFileBackend(LeanFileOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBusy, 1);
        _options = options;
        _places = new SemaphoreSlim(options.MaxBusy);
        _json = new Lazy<bool>(() => options.Json ?? Run(["--help"], "", default).Output.Contains("--json", StringComparison.Ordinal), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <inheritdoc/>
    public string Name => "file";

    /// <inheritdoc/>
    public async ValueTask<LeanToolchain> IdentifyAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (exit, output, errors) = await InPlaceAsync(() => Run(["--version"], "", cancellationToken), cancellationToken);
            if (exit.Code != 0)
                throw new RatchetException($"{_options.Program} --version fails: {exit}. {LeanToolchain.Shown(errors)}", Remedy);
            return new LeanToolchain(LeanToolchain.Version(output, _options.Program), _options.Mathlib ?? LeanCommandLine.MathlibOf(_options.Project));
        }
        catch (ChildFailureException e)
        {
            throw new RatchetException($"{_options.Program} does not start: {e.Message}", Remedy, e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<LeanAnswer> CheckAsync(LeanSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            return await InPlaceAsync(() => Check(source, cancellationToken), cancellationToken);
        }
        catch (RatchetException e)
        {
            return LeanAnswer.Failed(VerdictReason.Unavailable, $"{e.Message} {e.Remedy}".TrimEnd());
        }
        catch (ChildFailureException e)
        {
            return LeanAnswer.Failed(e.Reason, e.Message);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _places.Dispose();
        return ValueTask.CompletedTask;
    }

    private LeanAnswer Check(LeanSource source, CancellationToken cancellationToken)
    {
        var json = _json.Value;
        var (exit, output, errors) = Run(json ? ["--stdin", "--json"] : ["--stdin"], source.Text, cancellationToken);
        var messages = json ? JsonMessages(output) : PlainMessages.Read(output, FileName, line => line.Trim() == source.Marker);

        // Lean ends with 1 where it has reported an error. Any other end, or 1 without a word, is none of its verdicts.
        if (exit.Code == 0 || (exit.Code == 1 && messages.Any(m => m.Severity == LeanSeverity.Error)))
            return new LeanAnswer { Messages = messages };
        var reason = exit.Signal == 0 && !IsOutOfMemory(errors) && exit.Code == 1 ? VerdictReason.Unavailable : IsOutOfMemory(errors) ? VerdictReason.OutOfMemory : exit.Reason;
        return LeanAnswer.Failed(reason, $"{_options.Program} gives no verdict: {exit}. {LeanToolchain.Shown(errors)}");
    }

    private static bool IsOutOfMemory(string errors) =>
        errors.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || errors.Contains("bad_alloc", StringComparison.Ordinal) || errors.Contains("excessive memory", StringComparison.Ordinal);

    /// <summary>One JSON object a line; lines that are none (what a program printed) are information without a place.</summary>
    private static List<LeanMessage> JsonMessages(string output)
    {
        var messages = new List<LeanMessage>();
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (LeanJson.TryParse(line, out var document))
            {
                using (document)
                    messages.Add(document.RootElement.ValueKind == JsonValueKind.Object ? LeanJson.Message(document.RootElement) : new LeanMessage(LeanSeverity.Information, null, null, line));
            }
            else
            {
                messages.Add(new LeanMessage(LeanSeverity.Information, null, null, line));
            }
        }

        return messages;
    }

    private async Task<T> InPlaceAsync<T>(Func<T> run, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            // A wait for a process blocks its thread.
            return await Task.Factory.StartNew(run, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _places.Release();
        }
    }

    private (ChildExit Exit, string Output, string Errors) Run(IReadOnlyList<string> arguments, string input, CancellationToken cancellationToken)
    {
        var command = LeanCommandLine.For(_options.Program, _options.Lake, _options.Project, arguments, Remedy);
        using var process = ChildProcess.Start(command with { Limits = _options.Limits, DropRoot = _options.OwnUser });
        var deadline = Deadline.After(_options.Limits.Wall, cancellationToken);
        process.BeginRequest();
        process.Write(Encoding.UTF8.GetBytes(input), deadline);
        process.CloseInput();
        var output = new MemoryStream();
        while (process.ReadSome(deadline) is { Length: > 0 } some)
            output.Write(some);
        var exit = process.WaitForExit(deadline);
        return (exit, Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length), process.ErrorText);
    }
}
