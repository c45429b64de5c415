using System.Net;
using System.Text;
using System.Threading.Channels;
using Polly;
using Polly.Retry;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean.Server;

namespace Ratchet.Verifiers.Lean;

/// <summary>Lean behind a Kimina-style HTTP server: files go in batches, refusals for load (429) are waited out.</summary>
/// <remarks>Safe to call from many threads. The server keeps REPL processes and reuses import headers itself.</remarks>
public sealed class LeanServerBackend : ILeanBackend
{
    private readonly LeanServerOptions _options;
    private readonly HttpClient _client;
    private readonly bool _ownsClient;
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;
    private readonly Channel<Request> _queue = Channel.CreateUnbounded<Request>();
    private readonly CancellationTokenSource _closing = new();
    private readonly Task[] _senders;

    /// <summary>Makes the backend; nothing is sent before the first request.</summary>
    /// <param name="options">Where the server is.</param>
    /// <param name="client">Client to send with, which stays the caller's; null for one of its own.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public LeanServerBackend(LeanServerOptions options, HttpClient? client = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxRequests, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Retries);
        _options = options;
        _ownsClient = client is null;
        _client = client ?? new HttpClient { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        _pipeline = Pipeline(options);
        _senders = [.. Enumerable.Range(0, options.MaxRequests).Select(_ => Task.Run(SendBatchesAsync))];
    }

    /// <inheritdoc/>
    public string Name => "server";

    /// <inheritdoc/>
    public async ValueTask<LeanToolchain> IdentifyAsync(CancellationToken cancellationToken)
    {
        var answer = await SendAsync("#eval Lean.versionString", cancellationToken);
        if (answer.Failure is not null)
            throw new RatchetException(answer.FailureText, $"Start a Lean server, set its address (now {_options.Address}) and, where it asks for one, its key.");
        var said = answer.Messages.FirstOrDefault(m => m.Severity == LeanSeverity.Information)?.Text
            ?? throw new RatchetException($"The Lean server at {_options.Address} does not say which Lean it is: {(answer.Messages.Count > 0 ? answer.Messages[0].Text : "no message")}", "Set the address of a server with Lean 4.");
        return new LeanToolchain(LeanToolchain.Version(said, _options.Address.ToString()), _options.Mathlib);
    }

    /// <inheritdoc/>
    public ValueTask<LeanAnswer> CheckAsync(LeanSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ValueTask<LeanAnswer>(SendAsync(source.Text, cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _closing.CancelAsync();
        await Task.WhenAll(_senders);
        while (_queue.Reader.TryRead(out var request))
            request.Done.TrySetCanceled();
        if (_ownsClient)
            _client.Dispose();
        _closing.Dispose();
    }

    private static ResiliencePipeline<HttpResponseMessage> Pipeline(LeanServerOptions options)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = options.Time };
        if (options.Retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.Retries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = options.RetryDelay,
                MaxDelay = options.MaxRetryDelay,
                ShouldHandle = new PredicateBuilder<HttpResponseMessage>().Handle<HttpRequestException>().HandleResult(r => IsPassing(r.StatusCode)),
                DelayGenerator = arguments => ValueTask.FromResult(RetryAfter(arguments.Outcome.Result, options)),
                OnRetry = static arguments =>
                {
                    arguments.Outcome.Result?.Dispose();
                    return ValueTask.CompletedTask;
                },
            });
        }

        return builder.Build();
    }

    private static bool IsPassing(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status >= 500;

    /// <summary>The wait that the server names, or null for the usual one.</summary>
    private static TimeSpan? RetryAfter(HttpResponseMessage? response, LeanServerOptions options)
    {
        var named = response?.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - options.Time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return named is { } wait ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, options.MaxRetryDelay.Ticks)) : null;
    }

    private async Task<LeanAnswer> SendAsync(string code, CancellationToken cancellationToken)
    {
        var request = new Request(code, cancellationToken);
        ObjectDisposedException.ThrowIf(!_queue.Writer.TryWrite(request), this);
        return await request.Done.Task.WaitAsync(cancellationToken);
    }

    private async Task SendBatchesAsync()
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(_closing.Token))
            {
                var batch = new List<Request>(_options.BatchSize);
                while (batch.Count < _options.BatchSize && _queue.Reader.TryRead(out var request))
                {
                    if (!request.Token.IsCancellationRequested)
                        batch.Add(request);
                }

                if (batch.Count > 0)
                    await SendAsync(batch);
            }
        }
        catch (OperationCanceledException)
        {
            // The backend is closing.
        }
    }

    private async Task SendAsync(List<Request> batch)
    {
        try
        {
            var answers = await AskAsync([.. batch.Select(r => r.Code)]);
            for (var i = 0; i < batch.Count; i++)
                batch[i].Done.TrySetResult(answers[i]);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            batch.ForEach(r => r.Done.TrySetCanceled());
            throw;
        }
        catch (Exception e)
        {
            batch.ForEach(r => r.Done.TrySetException(e));
        }
    }

    private async Task<IReadOnlyList<LeanAnswer>> AskAsync(IReadOnlyList<string> codes)
    {
        var body = ServerProtocol.Request(_options.Route, codes, Math.Max(1, (int)_options.Timeout.TotalSeconds));

        // The server may queue the files of a request one behind the other.
        using var limit = new CancellationTokenSource((_options.Timeout * (codes.Count + 1)) + TimeSpan.FromSeconds(30), TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _closing.Token);
        try
        {
            using var response = await _pipeline.ExecuteAsync(async token => await PostAsync(body, token), either.Token);
            var text = await response.Content.ReadAsStringAsync(either.Token);
            return response.IsSuccessStatusCode ? ServerProtocol.Answers(text, codes.Count) : All(codes, VerdictReason.Unavailable, Refusal(response, text));
        }
        catch (HttpRequestException e)
        {
            return All(codes, VerdictReason.Unavailable, $"The Lean server at {_options.Address} cannot be reached: {e.Message}");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !_closing.IsCancellationRequested)
        {
            return All(codes, VerdictReason.Unavailable, $"The Lean server at {_options.Address} gives no answer, not even that time is up.");
        }
    }

    private async Task<HttpResponseMessage> PostAsync(string body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(_options.Address.ToString().TrimEnd('/') + "/"), ServerProtocol.PathOf(_options.Route)))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (_options.ApiKey is { Length: > 0 } key)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        return await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
    }

    private string Refusal(HttpResponseMessage response, string text) => response.StatusCode switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"The Lean server at {_options.Address} refuses the key: set the right one.",
        HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => $"The Lean server at {_options.Address} has no route /{ServerProtocol.PathOf(_options.Route)}: set the other route.",
        HttpStatusCode.TooManyRequests => $"The Lean server at {_options.Address} is busy and stays so (429).",
        _ => $"The Lean server at {_options.Address} answers {(int)response.StatusCode}: {LeanToolchain.Shown(text)}",
    };

    private static IReadOnlyList<LeanAnswer> All(IReadOnlyList<string> codes, VerdictReason reason, string text) => [.. codes.Select(_ => LeanAnswer.Failed(reason, text))];

    private sealed record Request(string Code, CancellationToken Token)
    {
        public TaskCompletionSource<LeanAnswer> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
