using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ratchet.Verifiers.Isabelle;
using Ratchet.Verifiers.Isabelle.Protocol;

namespace Ratchet.Verifiers.Tests.Isabelle;

/// <summary>A server on a local port that speaks Isabelle's protocol and says of theories what it is told.</summary>
internal sealed class IsabellePeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _serving;
    private int _ids;

    public IsabellePeer()
    {
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>What is said to a client with the right password; null closes the connection, empty says nothing.</summary>
    public string? Hello { get; set; } = "OK {\"isabelle_id\":\"4b875a4c83b0\",\"isabelle_name\":\"Isabelle2024\"}";

    /// <summary>What is said of a theory: its text to its messages; null never ends, an exception closes the connection.</summary>
    public Func<string, string, JsonObject?> Judge { get; set; } = Fine;

    /// <summary>How the start of a session ends.</summary>
    public string SessionEnd { get; set; } = "FINISHED {\"task\":\"TASK\",\"session_id\":\"5e551071\",\"tmp_dir\":\"/tmp\"}";

    /// <summary>Whether messages come with their length on a line of their own, with notes between.</summary>
    public bool LongMessages { get; set; }

    /// <summary>Whether a task that is cancelled ends.</summary>
    public bool HeedsCancel { get; set; } = true;

    public ConcurrentQueue<string> Commands { get; } = new();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public IsabelleServerOptions Options => new() { Port = Port, Password = "pass-word", StartTimeout = TimeSpan.FromSeconds(20), Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>What Isabelle says of a theory that is fine.</summary>
    public static JsonObject Fine(string name, string text) => Result(name, text, "", []);

    /// <summary>A result with oracles and errors.</summary>
    public static JsonObject Result(string name, string text, string oracles, JsonObject[] errors)
    {
        var line = text[..text.IndexOf("\nthm_oracles", StringComparison.Ordinal)].Count(c => c == '\n') + 2;
        var said = new JsonObject { ["kind"] = "writeln", ["message"] = $"oracles:{(oracles.Length > 0 ? "\n  " + oracles : "")}", ["pos"] = new JsonObject { ["line"] = line, ["offset"] = 1, ["end_offset"] = 2, ["file"] = $"/x/{name}.thy" } };
        var fine = errors.Length == 0;
        return new JsonObject
        {
            ["ok"] = fine,
            ["errors"] = new JsonArray([.. errors.Select(e => e.DeepClone())]),
            ["nodes"] = new JsonArray(new JsonObject
            {
                ["node_name"] = $"/x/{name}.thy",
                ["theory_name"] = $"Draft.{name}",
                ["status"] = new JsonObject { ["ok"] = fine, ["total"] = 5, ["unprocessed"] = 0, ["running"] = 0, ["warned"] = 0, ["failed"] = errors.Length, ["finished"] = 5, ["canceled"] = false, ["consolidated"] = true, ["percentage"] = 100 },
                ["messages"] = new JsonArray([said, .. errors]),
                ["exports"] = new JsonArray(),
            }),
        };
    }

    /// <summary>An error at a place of the theory's text.</summary>
    public static JsonObject Error(string text, string at, string message)
    {
        var index = text.IndexOf(at, StringComparison.Ordinal);
        int Symbols(string part) => Regex.Replace(part, @"\\<\^?\w+>", "x").Count(c => !char.IsLowSurrogate(c));
        return new JsonObject
        {
            ["kind"] = "error",
            ["message"] = message,
            ["pos"] = new JsonObject { ["line"] = text[..index].Count(c => c == '\n') + 1, ["offset"] = Symbols(text[..index]) + 1, ["end_offset"] = Symbols(text[..(index + at.Length)]) + 1 },
        };
    }

    /// <summary>What Isabelle says of the conformance kit's own theories.</summary>
    public static JsonObject? AsIsabelle(string name, string text)
    {
        JsonObject Failed(string at, string message) => Result(name, text, "", [Error(text, at, message)]);
        bool Says(string part) => text.Contains(part, StringComparison.Ordinal);
        return Says("(-)+") ? null
            : Says("No_Such_Theory") ? Result(name, text, "", [new JsonObject { ["kind"] = "error", ["message"] = "Bad theory import \"No_Such_Session.No_Such_Theory\"" }])
            : Says("(1::nat) = True") ? Failed("(1::nat)", "Type unification failed: Clash of types")
            : Says("konstruct") ? Failed("konstruct", "Undefined method: \"konstruct\"")
            : Says("sorry") ? Failed("sorry", "Cheating requires quick_and_dirty mode!")
            : Says("by eval") ? Result(name, text, "holds_by_evaluation", [])
            : Says("by (rule hq)\nqed") || Says("\n  by (rule hq)\n") || Says("y\" by (rule hq)") ? (Says("next") ? Fine(name, text) : Failed("by (rule hq)", "Failed to apply initial proof method"))
            : Says("proof -\n\nthm_oracles") ? Result(name, text, "", [Error(text, "thm_oracles", "Undefined fact: \"conf_and\"")])
            : Fine(name, text);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_closing.Token);
                clients.Add(Task.Run(() => TalkAsync(client)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(clients);
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = new BufferedStream(client.GetStream());
                if (await IsabelleMessage.ReadAsync(stream, 1 << 20, _closing.Token) != "pass-word" || Hello is null)
                    return;
                if (Hello.Length > 0)
                    await SayAsync(client, Hello);
                while (await IsabelleMessage.ReadAsync(stream, 1 << 20, _closing.Token) is { } command)
                {
                    Commands.Enqueue(command);
                    await AnswerAsync(client, command);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
            {
                // The client went, or the peer closes the connection.
            }
        }
    }

    private async Task AnswerAsync(TcpClient client, string command)
    {
        var message = IsabelleMessage.Parse(command);
        var task = $"task-{Interlocked.Increment(ref _ids)}";
        switch (message.Name)
        {
            case "session_start":
                await SayAsync(client, $"OK {{\"task\":\"{task}\"}}");
                await SayAsync(client, $"NOTE {{\"task\":\"{task}\",\"kind\":\"writeln\",\"message\":\"Starting\"}}");
                await SayAsync(client, SessionEnd.Replace("TASK", task, StringComparison.Ordinal));
                break;
            case "use_theories":
                await SayAsync(client, $"OK {{\"task\":\"{task}\"}}");
                var name = message.Argument.GetProperty("theories")[0].GetString()!;
                var text = await File.ReadAllTextAsync(Path.Combine(message.Argument.GetProperty("master_dir").GetString()!, name + ".thy"));
                if (Judge(name, text) is { } result)
                {
                    result["task"] = task;
                    await SayAsync(client, $"FINISHED {result.ToJsonString()}");
                }

                break;
            case "cancel":
                await SayAsync(client, "OK");
                if (HeedsCancel)
                    await SayAsync(client, $"FAILED {{\"task\":{message.Argument.GetProperty("task").GetRawText()},\"kind\":\"error\",\"message\":\"Interrupt\"}}");
                break;
            default:
                await SayAsync(client, message.Name == "session_stop" ? $"OK {{\"task\":\"{task}\"}}" : "OK {\"purged\":[],\"retained\":[]}");
                break;
        }
    }

    private async Task SayAsync(TcpClient client, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        byte[] framed = LongMessages ? [.. Encoding.ASCII.GetBytes($"{bytes.Length + 1}\r\n"), .. bytes, (byte)'\n'] : [.. bytes, (byte)'\r', (byte)'\n'];
        await client.GetStream().WriteAsync(framed, _closing.Token);
    }
}
