using System.Collections;
using System.Net;
using System.Reflection;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Ratchet.Runs;
using Ratchet.Service.Http;
using Ratchet.Service.Mcp;
using Ratchet.Service.Telemetry;

namespace Ratchet.Service;

/// <summary>
/// Proof checks over HTTP, for programs (Kimina's protocol and the service's own) and for agents (the Model Context Protocol). See
/// <c>docs/service.md</c>.
/// </summary>
public sealed class RatchetService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CheckService _service;
    private readonly PartitionedRateLimiter<string> _rates;

    private RatchetService(WebApplication app, CheckService service, PartitionedRateLimiter<string> rates)
    {
        _app = app;
        _service = service;
        _rates = rates;
    }

    /// <summary>Where the service listens, for example <c>http://127.0.0.1:8000</c>.</summary>
    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>The checks behind the routes.</summary>
    internal CheckService Checks => _service;

    /// <summary>Opens the verifiers and starts to listen.</summary>
    /// <exception cref="RatchetException">Options are wrong, a verifier cannot be used here, or the port is taken.</exception>
    public static async Task<RatchetService> StartAsync(ServiceOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        return await StartAsync(await CheckService.OpenAsync(options, TimeProvider.System, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Serves an agent on the standard streams until the input ends. Nothing but the protocol may go to standard output meanwhile.</summary>
    /// <exception cref="RatchetException">Options are wrong, or a verifier cannot be used here.</exception>
    public static async Task RunStandardStreamsAsync(ServiceOptions options, Stream input, Stream output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var service = await CheckService.OpenAsync(options, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await using (service.ConfigureAwait(false))
        {
            var transport = new StreamServerTransport(input, output, "ratchet");
            await using (transport.ConfigureAwait(false))
            {
                var server = McpServer.Create(transport, AgentOptions(service));
                await using (server.ConfigureAwait(false))
                    await server.RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Starts to listen with verifiers that are open; disposes them in the end.</summary>
    internal static async Task<RatchetService> StartAsync(CheckService service, CancellationToken cancellationToken)
    {
        var rates = Pipeline.Rates(service.Options);
        var app = Build(service, rates);
        var result = new RatchetService(app, service, rates);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            return result;
        }
        catch (IOException e)
        {
            await result.DisposeAsync().ConfigureAwait(false);
            throw new RatchetException($"The service cannot listen on {service.Options.Address}, port {service.Options.Port}: {e.Message}", "Use another --port; 0 takes a free one.", e);
        }
    }

    /// <summary>
    /// Stops: no new connection is taken, requests in work are answered for up to <see cref="ServiceOptions.ShutdownTime"/>, what is left then
    /// is given up.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        await _service.DisposeAsync().ConfigureAwait(false);
        await _rates.DisposeAsync().ConfigureAwait(false);
    }

    private static WebApplication Build(CheckService service, PartitionedRateLimiter<string> rates)
    {
        // The empty builder reads no settings files and no environment: the options alone say what the service does.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "ratchet", EnvironmentName = Environments.Production });
        builder.Configuration.AddInMemoryCollection(TelemetryVariables());
        builder.Logging.AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Warning);

        // A service that cannot start says so itself, in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        // Mistakes of agents go to the agents. In the log, each with its stack trace, they would let a client fill the disk.
        builder.Logging.AddFilter("ModelContextProtocol", LogLevel.Critical);
        builder.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = service.Options.ShutdownTime);
        builder.Services.AddRoutingCore();
        builder.Services.AddMcpServer(o =>
        {
            var mine = AgentOptions(service);
            (o.ServerInfo, o.ServerInstructions, o.ToolCollection) = (mine.ServerInfo, mine.ServerInstructions, mine.ToolCollection);
        }).WithHttpTransport(o => o.Stateless = true);
        ServiceTelemetry.Add(builder.Services, builder.Configuration);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            // The limit is held where bodies are read. The server's own would end the connection before a client that is still sending has read its 413.
            k.Limits.MaxRequestBodySize = null;
            k.Limits.MaxConcurrentConnections = 4096;
            k.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            k.Limits.MaxRequestHeadersTotalSize = 32 << 10;
            k.Listen(IPAddress.Parse(service.Options.Address), service.Options.Port);
        });
        var app = builder.Build();
        var pipeline = new Pipeline(service, rates, app.Logger);
        app.Use(next => context => pipeline.RunAsync(context, next));
        app.UseWhen(c => c.Request.Path.StartsWithSegments("/mcp", StringComparison.Ordinal), branch => branch.Use(next => context => AgentMessages.RunAsync(service, context, next)));
        Routes.Map(app, service);
        app.MapMcp("/mcp");
        app.MapPrometheusScrapingEndpoint("/metrics");
        return app;
    }

    private static McpServerOptions AgentOptions(CheckService service) => new()
    {
        ServerInfo = new Implementation { Name = "ratchet", Version = Assembly.GetExecutingAssembly().GetName().Version!.ToString(3) },
        ServerInstructions = "Checks formal proofs. Call list_verifiers for the forms of statements and proofs, then verify_proof.",
        ToolCollection = [.. new ProofTools(service).All()],
    };

    /// <summary>The variables by which OpenTelemetry is set up everywhere, and no others.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> TelemetryVariables() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(v => ((string)v.Key).StartsWith("OTEL_", StringComparison.Ordinal)).Select(v => KeyValuePair.Create((string)v.Key, (string?)v.Value));
}
