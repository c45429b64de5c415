using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Python;

/// <summary>A sandbox with a Python that stands ready, and forks for each program.</summary>
/// <remarks>
/// A request is a head of fixed size, the program as JSON, its standard input and its tests; an answer is one line of JSON. The tests come last,
/// because the process that reads them must not be one that the program is forked from later.
/// </remarks>
internal sealed class PythonWorker : IPoolWorker
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(20);
    private readonly PythonOptions _options;
    private readonly ChildProcess _child;
    private bool _busy;

    /// <summary>Starts a sandbox.</summary>
    /// <exception cref="ChildFailureException">It does not come up by the deadline.</exception>
    public PythonWorker(PythonInstallation installation, PythonOptions options, Deadline deadline)
    {
        _options = options;
        _child = ChildProcess.Start(installation.Command(options));
        try
        {
            using var hello = Read(deadline);
            PythonVersion = hello.RootElement.GetProperty("python").GetString()!;
            Modules = [.. hello.RootElement.GetProperty("modules").EnumerateArray().Select(m => m.GetString()!)];
        }
        catch
        {
            _child.Dispose();
            throw;
        }
    }

    /// <summary>Version of Python, for example <c>3.11.2</c>.</summary>
    public string PythonVersion { get; }

    /// <summary>Loaded modules, with their versions where they tell.</summary>
    public IReadOnlyList<string> Modules { get; }

    /// <summary>Number of the process.</summary>
    public int ProcessId => _child.Id;

    /// <inheritdoc/>
    public bool IsReady => !_busy && _child.IsRunning;

    /// <inheritdoc/>
    public ProcessStatus? Status => _child.Status;

    /// <summary>Runs a program, with tests if there are some.</summary>
    /// <exception cref="ChildFailureException">The sandbox failed.</exception>
    public PythonRun Run(PythonProgram program, string? tests, Deadline deadline)
    {
        _busy = true;
        _child.BeginRequest();
        var kills = ChildProcess.MemoryKills();
        _child.Write(Request(program, tests), deadline);
        using var answer = Read(deadline.Within(_options.Wall + Slack));
        _busy = false;
        try
        {
            return Run(answer.RootElement, ChildProcess.MemoryKills() > kills);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or JsonException)
        {
            throw new ChildFailureException(ChildFailure.Protocol, VerdictReason.Unavailable, $"The sandbox answered something else than expected: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public void Abort() => _child.Kill();

    /// <inheritdoc/>
    public void Dispose() => _child.Dispose();

    private byte[] Request(PythonProgram program, string? tests)
    {
        using var source = new MemoryStream();
        using (var json = new Utf8JsonWriter(source))
        {
            json.WriteStartObject();
            json.WriteString("code", program.Code);
            json.WriteString("name", tests is null ? "__main__" : "solution");
            json.WriteBoolean("echo", program.Echo);
            json.WriteStartArray("before");
            foreach (var (code, endedWell) in program.Before)
            {
                json.WriteStartArray();
                json.WriteStringValue(code);
                json.WriteBooleanValue(endedWell);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        var (input, asserts) = (Encoding.UTF8.GetBytes(program.Input), Encoding.UTF8.GetBytes(tests ?? ""));
        var head = new byte[56];
        "RPY1"u8.CopyTo(head);
        var at = 4;
        foreach (var number in (ReadOnlySpan<int>)[(int)source.Length, input.Length, asserts.Length, _options.OutputBytes])
            Int(number);
        foreach (var number in (ReadOnlySpan<long>)[_options.MemoryBytes, _options.ScratchBytes])
        {
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(at), number);
            at += 8;
        }

        foreach (var number in (ReadOnlySpan<int>)[(int)_options.Wall.TotalMilliseconds, _options.CpuSeconds, _options.Processes, program.Echo ? 1 : 0, tests is null ? 0 : 1])
            Int(number);
        return [.. head, .. source.ToArray(), .. input, .. asserts];

        void Int(int number)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(at), number);
            at += 4;
        }
    }

    private JsonDocument Read(Deadline deadline)
    {
        var line = _child.ReadThrough("\n"u8, deadline).ToArray();
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            throw new ChildFailureException(ChildFailure.Protocol, VerdictReason.Unavailable, $"The sandbox answered something else than expected: {e.Message}");
        }
    }

    private PythonRun Run(JsonElement answer, bool memoryKiller)
    {
        var run = new PythonRun
        {
            End = PythonEnd.Exited,
            Output = answer.GetProperty("out").GetString()!,
            Errors = answer.GetProperty("errors").GetString()!,
            Value = answer.GetProperty("value").GetString() is { Length: > 0 } value ? value : null,
            CpuSeconds = answer.GetProperty("cpu").GetDouble(),
            Findings = answer.TryGetProperty("result", out var result) ? Findings(result.GetString()!) : null,
        };
        var ended = answer.GetProperty("ended");
        var program = ended.TryGetProperty("program", out var status) ? status.GetInt32() : (int?)null;
        var checker = ended.TryGetProperty("checker", out status) ? status.GetInt32() : (int?)null;
        switch (answer.GetProperty("cause").GetString())
        {
            case "time":
                return Limit(PythonEnd.TimedOut, $"The program did not end in {_options.Wall.TotalSeconds:0.###} s.");
            case "memory":
                return Limit(PythonEnd.OutOfMemory, $"The program's processes hold more than {_options.MemoryBytes >> 20} MiB together.");
            case "output":
                return Limit(PythonEnd.OutputLimit, $"The program wrote more than {_options.OutputBytes} bytes.");
        }

        if (program == 99 && run.Errors.StartsWith('\0'))
            throw new ChildFailureException(ChildFailure.Protocol, VerdictReason.Unavailable, $"The sandbox cannot shut a program in: {run.Errors[1..]}.");

        // A program cannot send itself this signal: the first process of a namespace gets it from outside alone.
        if (program is -9)
        {
            return memoryKiller
                ? Limit(PythonEnd.OutOfMemory, "The system ended the program for want of memory.")
                : Limit(PythonEnd.TimedOut, $"The program used up its {_options.CpuSeconds} s of processor time.");
        }

        if (program is < 0)
            return Limit(PythonEnd.Crashed, $"Signal {-program} ended the program.") with { Code = -program.Value };
        if (program is 1 && run.LastErrorLine.StartsWith("MemoryError", StringComparison.Ordinal))
            return Limit(PythonEnd.OutOfMemory, $"The program wanted more than {_options.MemoryBytes >> 20} MiB.");
        if (run.Findings is { Memory: true })
            return Limit(PythonEnd.OutOfMemory, "The checker ran out of memory over what the program gave it.");
        if (run.Findings is null && checker is not null)
            return Limit(checker is -9 && !memoryKiller ? PythonEnd.TimedOut : PythonEnd.Crashed, "The tests did not come to an end.") with { Code = Math.Abs(checker.Value) };
        return run with { Code = program ?? 0 };

        PythonRun Limit(PythonEnd end, string message) => run with { End = end, Message = message };
    }

    private static PythonFindings? Findings(string text)
    {
        if (text.Length == 0)
            return null;
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        return new PythonFindings(root.TryGetProperty("passed", out var passed) ? passed.GetInt32() : 0, Text("failed"), Flag("refused"), Text("unreadable"), Flag("gone"), Flag("memory"));

        string? Text(string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;

        bool Flag(string name) => root.TryGetProperty(name, out var value) && value.GetBoolean();
    }
}
