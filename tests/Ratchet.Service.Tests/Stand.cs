using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Systems;
using Ratchet.Systems.Verification;
using Ratchet.Verdicts;

namespace Ratchet.Service.Tests;

/// <summary>A service on a free port, with a client for it.</summary>
internal sealed class Stand : IAsyncDisposable
{
    private Stand(RatchetService service)
    {
        Service = service;
        Client = NewClient();
    }

    public RatchetService Service { get; }

    public HttpClient Client { get; }

    /// <summary>Starts a service with the propositional kernel.</summary>
    public static async Task<Stand> StartAsync(ServiceOptions? options = null) =>
        new(await RatchetService.StartAsync((options ?? new ServiceOptions()) with { Port = 0 }, TestContext.Current.CancellationToken));

    /// <summary>Starts a service around a verifier that a test drives.</summary>
    public static async Task<Stand> StartAsync(IVerifier verifier, ServiceOptions? options = null)
    {
        var given = (options ?? new ServiceOptions()) with { Port = 0 };
        return new(await RatchetService.StartAsync(CheckService.Over(given, TimeProvider.System, Open(verifier)), TestContext.Current.CancellationToken));
    }

    /// <summary>A verifier under the name and the file form of the propositional one.</summary>
    public static OpenVerifier Open(IVerifier verifier)
    {
        var entry = VerifierCatalog.Find("propositional");
        return new OpenVerifier(entry, verifier, item => VerifierEntry.PlainProblem(entry.Name, item));
    }

    public HttpClient NewClient(string? key = null)
    {
        var client = new HttpClient { BaseAddress = new Uri(Service.Url), Timeout = TimeSpan.FromSeconds(60) };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Sends JSON and reads JSON.</summary>
    public Task<Answer> PostAsync(string path, object body) => PostAsync(Client, path, JsonSerializer.Serialize(body));

    public Task<Answer> PostAsync(string path, string json) => PostAsync(Client, path, json);

    public static async Task<Answer> PostAsync(HttpClient client, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(path, content, TestContext.Current.CancellationToken);
        return await Answer.ReadAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Service.DisposeAsync();
    }
}

/// <summary>A response with its body.</summary>
internal sealed record Answer(int Status, JsonElement Json, string? RetryAfter)
{
    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var json = text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
        return new((int)response.StatusCode, json, response.Headers.RetryAfter?.ToString());
    }

    public string Detail => Json.GetProperty("detail").GetString()!;
}

/// <summary>A verifier that waits until it is let go, and counts.</summary>
internal sealed class GatedVerifier : IVerifier
{
    private readonly SemaphoreSlim _gate = new(0);
    private readonly SemaphoreSlim _started = new(0);
    private int _running;

    public string Name => "gated";

    public string Version => "1";

    /// <summary>Ignore the request to stop, as a computation in process does.</summary>
    public bool Deaf { get; init; }

    public int Running => Volatile.Read(ref _running);

    public async ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        _started.Release();
        try
        {
            await _gate.WaitAsync(Deaf ? CancellationToken.None : cancellationToken);
            return new Verdict.Accepted { Reason = VerdictReason.Proved, Verifier = Name, VerifierVersion = Version };
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    /// <summary>Waits until checks have begun.</summary>
    public async Task StartedAsync(int count = 1)
    {
        for (var i = 0; i < count; i++)
            Assert.True(await _started.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "no check began in 30 s");
    }

    /// <summary>Lets checks end.</summary>
    public void LetGo(int count = 1) => _gate.Release(count);
}
