using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Ratchet.Verifiers.Isabelle.Protocol;

/// <summary>A connection to an Isabelle server: commands with their immediate results, and tasks that finish later.</summary>
/// <remarks>Safe to call from many threads: commands go one at a time, tasks run beside each other.</remarks>
internal sealed class IsabelleConnection : IAsyncDisposable
{
    private const int MessageLimit = 64 << 20;

    private readonly TcpClient _client;
    private readonly BufferedStream _input;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<IsabelleMessage>> _tasks = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closing = new();
    private TaskCompletionSource<IsabelleMessage>? _result;
    private Task _reader = Task.CompletedTask;

    private IsabelleConnection(TcpClient client)
    {
        _client = client;
        _input = new BufferedStream(client.GetStream(), 64 << 10);
    }

    /// <summary>What the server said of itself, for example <c>Isabelle2024</c>.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Whether the server still talks to us.</summary>
    public bool IsOpen => !_closing.IsCancellationRequested;

    /// <summary>Connects and gives the password.</summary>
    /// <exception cref="IOException">The server refuses the connection or the password, or is no Isabelle server.</exception>
    /// <exception cref="OperationCanceledException">It does not answer in time.</exception>
    public static async Task<IsabelleConnection> OpenAsync(string host, int port, string password, CancellationToken cancellationToken)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(host, port, cancellationToken);
        }
        catch (SocketException e)
        {
            client.Dispose();
            throw new IOException($"nobody answers at {host}:{port} ({e.Message})", e);
        }

        var connection = new IsabelleConnection(client);
        try
        {
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(password + "\n"), cancellationToken);
            var hello = await IsabelleMessage.ReadAsync(connection._input, MessageLimit, cancellationToken)
                ?? throw new IOException("the server closes the connection on the password");
            var message = IsabelleMessage.Parse(hello);
            if (message.Name != "OK")
                throw new IOException($"this is no Isabelle server: {(hello.Length <= 100 ? hello : hello[..100])}");
            connection.Version = Field(message, "isabelle_name") ?? Field(message, "isabelle_id") ?? hello["OK".Length..].Trim();
            connection._reader = Task.Run(connection.ReadAllAsync, CancellationToken.None);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A text field of a message's argument, or null.</summary>
    public static string? Field(IsabelleMessage message, string name) =>
        message.Argument.ValueKind == System.Text.Json.JsonValueKind.Object && message.Argument.TryGetProperty(name, out var field) && field.ValueKind == System.Text.Json.JsonValueKind.String ? field.GetString() : null;

    /// <summary>Sends a command and gives its immediate result, <c>OK</c> or <c>ERROR</c>.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async Task<IsabelleMessage> CommandAsync(string name, JsonObject? argument, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var result = new TaskCompletionSource<IsabelleMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _result, result);
            if (!IsOpen)
                throw new IOException("the server has closed the connection");

            // Once a command is sent its result must be taken, or the next command would get it.
            await _client.GetStream().WriteAsync(IsabelleMessage.Encode(argument is null ? name : $"{name} {argument.ToJsonString()}"), _closing.Token);
            return await result.Task.WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            await _closing.CancelAsync();
            throw new IOException($"the server does not answer the command {name}", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Starts a task and gives its identifier and its end: <c>FINISHED</c> or <c>FAILED</c>.</summary>
    /// <exception cref="IOException">The server refuses the command, or the connection is gone.</exception>
    public async Task<(string Id, Task<IsabelleMessage> End)> StartAsync(string name, JsonObject argument, CancellationToken cancellationToken)
    {
        var result = await CommandAsync(name, argument, cancellationToken);
        if (result.Name != "OK" || result.Task is not { } id)
            throw new IOException($"the server refuses {name}: {Field(result, "message") ?? result.Text}");
        return (id, EndOf(id).Task);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _client.Dispose();
        await _reader;
        await _input.DisposeAsync();
    }

    private TaskCompletionSource<IsabelleMessage> EndOf(string id)
    {
        // A task may end before its identifier has been read here.
        var end = _tasks.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!IsOpen)
            end.TrySetException(new IOException("the server has closed the connection"));
        return end;
    }

    private async Task ReadAllAsync()
    {
        var why = "the server has closed the connection";
        try
        {
            while (await IsabelleMessage.ReadAsync(_input, MessageLimit, _closing.Token) is { } text)
            {
                var message = IsabelleMessage.Parse(text);
                if (message.Name is "OK" or "ERROR")
                    Volatile.Read(ref _result)?.TrySetResult(message);
                else if (message.Name is "FINISHED" or "FAILED" && message.Task is { } id)
                    _tasks.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(message);
                else if (message.Name != "NOTE")
                    throw new IOException($"the server says what is no message of Isabelle: {(text.Length <= 100 ? text : text[..100])}");
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            why = e is IOException ? e.Message : why;
        }

        await _closing.CancelAsync();
        Volatile.Read(ref _result)?.TrySetException(new IOException(why));
        foreach (var task in _tasks.Values)
        {
            if (task.TrySetException(new IOException(why)))
                _ = task.Task.Exception;
        }
    }
}
