using System.CommandLine;
using Ratchet.Runs;
using Ratchet.Service;
using Ratchet.Systems;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet serve</c>. Nothing of the web server is loaded before the verb runs.</summary>
internal static class ServeVerb
{
    /// <summary>Environment variable with a key that clients must show.</summary>
    private const string KeyVariable = "RATCHET_SERVICE_KEY";

    public static Command Make(CliContext context)
    {
        var with = new Option<string[]>("--with")
        {
            HelpName = "verifier", Description = $"Verifiers to offer; the first answers the Lean-style routes. {string.Join(", ", VerifierCatalog.All.Select(v => v.Name))}.",
            DefaultValueFactory = _ => ["propositional"], AllowMultipleArgumentsPerToken = true,
        };
        var mcp = new Option<bool>("--mcp") { Description = "Serve one agent on standard input and output instead of listening." };
        var address = new Option<string>("--address") { HelpName = "ip", Description = "Address to listen on; others than loopback need keys.", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>("--port") { HelpName = "n", Description = "Port; 0 takes a free one.", DefaultValueFactory = _ => 8000 };
        var keys = new Option<string?>("--key-file") { HelpName = "file", Description = $"Keys of the clients, one a line; {KeyVariable} holds one more." };
        var body = new Option<int>("--max-body") { HelpName = "MiB", Description = "Largest body of a request.", DefaultValueFactory = _ => 8 };
        var items = new Option<int>("--max-items") { HelpName = "n", Description = "Most proofs in a request.", DefaultValueFactory = _ => 1024 };
        var client = new Option<int>("--max-pending-per-client") { HelpName = "n", Description = "Most proofs that a client may have waiting and in work.", DefaultValueFactory = _ => 2048 };
        var pending = new Option<int>("--max-pending") { HelpName = "n", Description = "Most proofs that all clients may have waiting and in work.", DefaultValueFactory = _ => 16_384 };
        var model = new Option<string[]>("--model") { HelpName = "[name=]folder", Description = "Models that complete texts (/v1/completions, /v1/chat/completions); a checkpoint or run folder.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        var template = new Option<string?>("--chat-template") { HelpName = "file", Description = "Chat template (Jinja) in the place of the models' own." };
        var device = Arguments.Device();
        var cache = new Option<double>("--cache") { HelpName = "GiB", Description = "Most memory for the keys and values of a model's texts; further texts wait.", DefaultValueFactory = _ => 4 };
        var batch = new Option<int>("--max-batch") { HelpName = "n", Description = "Most texts that one thread of a model writes together.", DefaultValueFactory = _ => 32 };
        var tokens = new Option<int>("--max-tokens") { HelpName = "n", Description = "Most tokens of one text.", DefaultValueFactory = _ => 4096 };
        var choices = new Option<int>("--max-choices") { HelpName = "n", Description = "Most texts that a request may ask for.", DefaultValueFactory = _ => 128 };
        var precision = Arguments.WeightsType();
        var rate = new Option<int>("--rate") { HelpName = "n", Description = "Requests a second of one client; 0 does not limit them.", DefaultValueFactory = _ => 0 };
        var deadline = new Option<double>("--deadline-seconds") { HelpName = "s", Description = "Longest time from a request to its answer.", DefaultValueFactory = _ => 600 };
        var shutdown = new Option<double>("--shutdown-seconds") { HelpName = "s", Description = "Time for requests in work when the service is stopped.", DefaultValueFactory = _ => 30 };
        var command = new Command("serve", "Serves proof checks over HTTP (Kimina's protocol and its own) and to agents (MCP), and with --model texts of models (OpenAI's protocol).")
        {
            with, model, template, device, precision, batch, cache, tokens, choices, mcp, address, port, keys, body, items, client, pending, rate, deadline, shutdown,
        };
        var verifier = new VerifierArguments();
        verifier.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var bytes = (long)parsed.GetValue(body) << 20;
            var options = new ServiceOptions
            {
                Verifiers = parsed.GetRequiredValue(with),
                Verifier = verifier.Read(parsed),
                Address = parsed.GetRequiredValue(address),
                Port = parsed.GetValue(port),
                Keys = ReadKeys(parsed.GetValue(keys)),
                MaxBodyBytes = bytes,
                MaxPendingBytes = Math.Max(32 * bytes, 64L << 20),
                MaxItems = parsed.GetValue(items),
                MaxPendingPerClient = parsed.GetValue(client),
                MaxPending = parsed.GetValue(pending),
                Models = [.. parsed.GetRequiredValue(model).Select(m => Served(m, parsed.GetValue(template)))],
                ModelThreads = verifier.Read(parsed).Threads,
                Device = parsed.GetRequiredValue(device),
                ModelBatch = parsed.GetValue(batch),
                ModelCacheBytes = (long)(Math.Clamp(parsed.GetValue(cache), 0, 1e6) * (1L << 30)),
                MaxTokens = parsed.GetValue(tokens),
                MaxChoices = parsed.GetValue(choices),
                WeightPrecision = parsed.GetValue(precision),
                RequestsPerSecond = parsed.GetValue(rate),
                Deadline = Seconds(parsed.GetValue(deadline)),
                ShutdownTime = Seconds(parsed.GetValue(shutdown)),
            };
            return parsed.GetValue(mcp) ? ServeAgentAsync(options, cancellationToken) : ServeAsync(context, options, cancellationToken);
        });
        return command;
    }

    private static async Task<int> ServeAsync(CliContext context, ServiceOptions options, CancellationToken cancellationToken)
    {
        await using var service = await RatchetService.StartAsync(options, cancellationToken);
        context.Out.WriteLine($"{service.Url} checks with {string.Join(", ", options.Verifiers)}{(options.Models.Count > 0 ? $", completes with {string.Join(", ", options.Models.Select(m => m.Name))}" : "")}; Ctrl-C stops");
        context.Out.Flush();
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;
    }

    private static async Task<int> ServeAgentAsync(ServiceOptions options, CancellationToken cancellationToken)
    {
        await using var input = Console.OpenStandardInput();
        await using var output = Console.OpenStandardOutput();
        try
        {
            await RatchetService.RunStandardStreamsAsync(options, input, output, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Being told to stop is the usual end.
        }

        return 0;
    }

    /// <summary>A model by the name before '=', or else by that of its folder.</summary>
    private static ServedModel Served(string given, string? template)
    {
        var equals = given.IndexOf('=', StringComparison.Ordinal);
        var folder = given[(equals + 1)..];
        return new ServedModel(equals > 0 ? given[..equals] : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), folder) { ChatTemplate = template };
    }

    private static TimeSpan Seconds(double value) => value is >= 0 and <= 1e6 ? TimeSpan.FromSeconds(value) : TimeSpan.MaxValue;

    private static string[] ReadKeys(string? file)
    {
        var keys = new List<string>();
        if (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key)
            keys.Add(key);
        try
        {
            if (file is not null)
                keys.AddRange(File.ReadLines(file).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The keys in {file} cannot be read: {e.Message}", "Give a file with one key a line.", e) { ExitCode = CommandLine.UsageError };
        }

        return [.. keys];
    }
}
