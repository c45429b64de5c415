using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Isabelle.Protocol;

/// <summary>A session on an Isabelle server, connected and started when needed and again after an outage.</summary>
internal sealed class IsabelleSession(IsabelleServerOptions options) : IAsyncDisposable
{
    private const int OldestYear = 2021;
    private static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _places = new(options.MaxBusy, options.MaxBusy);
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly ScratchFolder? _scratch = options.SharedFolder is null ? new ScratchFolder() : null;
    private IsabelleProcess? _process;
    private IsabelleConnection? _connection;
    private string? _session;

    private string Folder => options.SharedFolder ?? _scratch!.Path;

    /// <summary>Brings the session up and gives the server's version.</summary>
    /// <exception cref="RatchetException">It does not come up; says what to install or set.</exception>
    public async Task<string> StartAsync(CancellationToken cancellationToken) => (await ReadyAsync(cancellationToken)).Connection.Version;

    /// <summary>Has Isabelle read a theory. Outages are answers.</summary>
    public async Task<IsabelleAnswer> CheckAsync(IsabelleTheory theory, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        var file = Path.Combine(Folder, theory.Name + ".thy");
        try
        {
            var (connection, session) = await ReadyAsync(cancellationToken);
            await File.WriteAllTextAsync(file, theory.Text, cancellationToken);
            return await UseAsync(connection, session, theory, cancellationToken);
        }
        catch (RatchetException e)
        {
            return IsabelleAnswer.Failed(VerdictReason.Unavailable, $"{e.Message} {e.Remedy}".TrimEnd());
        }
        catch (IOException e)
        {
            return IsabelleAnswer.Failed(VerdictReason.Unavailable, $"The Isabelle server is lost: {e.Message}.");
        }
        catch (UnauthorizedAccessException e)
        {
            return IsabelleAnswer.Failed(VerdictReason.Unavailable, $"The theory cannot be written: {e.Message} Set a folder that this process and the Isabelle server share.");
        }
        finally
        {
            File.Delete(file);
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is { IsOpen: true } connection && _session is { } session)
        {
            try
            {
                // The server stops the session by itself after this; nobody waits for that.
                await connection.CommandAsync("session_stop", new JsonObject { ["session_id"] = session }, CancellationToken.None);
            }
            catch (IOException)
            {
                // It is gone already.
            }
        }

        if (_connection is not null)
            await _connection.DisposeAsync();
        _process?.Dispose();
        _scratch?.Dispose();
        _places.Dispose();
        _starting.Dispose();
    }

    private async Task<IsabelleAnswer> UseAsync(IsabelleConnection connection, string session, IsabelleTheory theory, CancellationToken cancellationToken)
    {
        var folder = options.SharedFolderOnServer ?? Folder;
        var (id, end) = await connection.StartAsync(
            "use_theories",
            new JsonObject { ["session_id"] = session, ["theories"] = new JsonArray(theory.Name), ["master_dir"] = folder, ["unicode_symbols"] = true, ["check_delay"] = 0.1, ["watchdog_timeout"] = 0.0 },
            cancellationToken);
        IsabelleAnswer answer;
        try
        {
            answer = Answer(await end.WaitAsync(options.Timeout, cancellationToken), theory.Name);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await GiveUpAsync(connection, session, id, end);
            cancellationToken.ThrowIfCancellationRequested();
            answer = IsabelleAnswer.Failed(VerdictReason.TimedOut, $"Isabelle is not through after {options.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} seconds.");
        }

        if (connection.IsOpen && _session == session)
            await connection.CommandAsync("purge_theories", new JsonObject { ["session_id"] = session, ["theories"] = new JsonArray(theory.Name), ["master_dir"] = folder }, CancellationToken.None);
        return answer;
    }

    /// <summary>Cancels a task; a session that goes on with it all the same is given up.</summary>
    private async Task GiveUpAsync(IsabelleConnection connection, string session, string id, Task<IsabelleMessage> end)
    {
        await connection.CommandAsync("cancel", new JsonObject { ["task"] = id }, CancellationToken.None);
        try
        {
            await end.WaitAsync(CancelGrace);
        }
        catch (TimeoutException)
        {
            Interlocked.CompareExchange(ref _session, null, session);
            await connection.CommandAsync("session_stop", new JsonObject { ["session_id"] = session }, CancellationToken.None);
        }
    }

    private async Task<(IsabelleConnection Connection, string Session)> ReadyAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_connection is { IsOpen: true } ready && _session is { } running)
                return (ready, running);
            return await BringUpAsync(cancellationToken);
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task<(IsabelleConnection Connection, string Session)> BringUpAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.StartTimeout);
        var (host, port) = (options.Host, options.Port);
        try
        {
            if (_connection is not { IsOpen: true })
            {
                if (_connection is not null)
                    await _connection.DisposeAsync();
                _connection = null;
                var password = options.Password;
                if (options.Port == 0)
                {
                    if (_process is { IsRunning: false })
                        _process.Dispose();
                    if (_process is not { IsRunning: true })
                        _process = await Task.Factory.StartNew(() => IsabelleProcess.Start(options, limit.Token), limit.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                    (host, port, password) = (_process.Host, _process.Port, _process.Password);
                }

                _connection = await IsabelleConnection.OpenAsync(host, port, password, limit.Token);
                CheckVersion(_connection.Version);
            }

            var (_, end) = await _connection.StartAsync("session_start", SessionArgument(), limit.Token);
            var message = await end.WaitAsync(limit.Token);
            _session = message.Name == "FINISHED" ? IsabelleConnection.Field(message, "session_id") : null;
            return _session is { } session
                ? (_connection, session)
                : throw new RatchetException($"The Isabelle session {options.Session} does not start: {IsabelleConnection.Field(message, "message") ?? message.Text}", "Set the name of a session that this Isabelle has, and the folders of its ROOT files.");
        }
        catch (IOException e)
        {
            throw new RatchetException($"The Isabelle server at {host}:{port} cannot be used: {e.Message}.", "Start \"isabelle server\" and set the port and the password that it prints.", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RatchetException($"The Isabelle server at {host}:{port} is not ready after {options.StartTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} seconds.", "Build the session image beforehand (isabelle build -b SESSION), or allow more time.", e);
        }
    }

    private JsonObject SessionArgument() => new()
    {
        ["session"] = options.Session,
        ["dirs"] = new JsonArray([.. options.SessionFolders.Select(f => (JsonNode)f)]),
        ["include_sessions"] = new JsonArray([.. options.IncludeSessions.Select(s => (JsonNode)s)]),

        // Whatever the user's preferences are: no proof may be skipped.
        ["options"] = new JsonArray("quick_and_dirty=false", "skip_proofs=false"),
    };

    private static void CheckVersion(string version)
    {
        if (version.StartsWith("Isabelle", StringComparison.Ordinal) && version.Length >= 12 && int.TryParse(version.AsSpan(8, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year) && year < OldestYear)
            throw new RatchetException($"The server is {version}; Isabelle{OldestYear} or later is needed.", "Install a later Isabelle (https://isabelle.in.tum.de).");
    }

    private static IsabelleAnswer Answer(IsabelleMessage message, string theory)
    {
        if (message.Name != "FINISHED")
            return IsabelleAnswer.Failed(VerdictReason.Crashed, $"Isabelle gives the theory up: {IsabelleConnection.Field(message, "message") ?? message.Text}");
        var result = message.Argument;
        foreach (var node in Items(result, "nodes"))
        {
            if (node.TryGetProperty("theory_name", out var name) && name.GetString() is { } full && full[(full.LastIndexOf('.') + 1)..] == theory && node.TryGetProperty("status", out var status))
            {
                return new IsabelleAnswer
                {
                    IsFine = Flag(result, "ok") && Flag(status, "ok") && Number(status, "failed") == 0 && Number(status, "unprocessed") == 0 && Number(status, "running") == 0 && Flag(status, "consolidated"),
                    IsCanceled = Flag(status, "canceled"),
                    Notes = [.. Items(node, "messages").Concat(Items(result, "errors")).Select(Note).Distinct()],
                };
            }
        }

        return new IsabelleAnswer { Notes = [.. Items(result, "errors").Select(Note)] };
    }

    private static IsabelleNote Note(JsonElement note)
    {
        var pos = note.TryGetProperty("pos", out var p) && p.ValueKind == JsonValueKind.Object ? p : default;
        return new IsabelleNote(Text(note, "kind"), Text(note, "message"), Number(pos, "line"), Number(pos, "offset"), Number(pos, "end_offset"));
    }

    private static IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object) : [];

    private static bool Flag(JsonElement parent, string name) => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var flag) && flag.ValueKind == JsonValueKind.True;

    private static int Number(JsonElement parent, string name) => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var value) ? value : 0;

    private static string Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
