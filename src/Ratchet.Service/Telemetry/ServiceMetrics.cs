using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Ratchet.Service.Admission;
using Ratchet.Service.Completions;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Service.Telemetry;

/// <summary>Figures of the service, under OpenTelemetry's names for units and kinds.</summary>
internal sealed class ServiceMetrics : IDisposable
{
    /// <summary>Name of the meter and of the source of spans.</summary>
    public const string Name = "Ratchet.Service";

    /// <summary>Spans: one for each check.</summary>
    public static readonly ActivitySource Activities = new(Name);

    /// <summary>From a small kernel's microseconds to a long proof's minutes.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300] };

    private readonly Meter _meter = new(Name);
    private readonly ConcurrentDictionary<string, Mean> _means = new(StringComparer.Ordinal);
    private readonly Counter<long> _checks;
    private readonly Histogram<double> _seconds;
    private readonly Histogram<double> _waits;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _choices;
    private readonly Counter<long> _promptTokens;
    private readonly Counter<long> _sampledTokens;
    private readonly Histogram<double> _completions;
    private readonly Histogram<double> _firstTokens;

    public ServiceMetrics()
    {
        _checks = _meter.CreateCounter<long>("ratchet.checks", "{check}", "Checks that ended, by verifier, outcome and reason.");
        _seconds = _meter.CreateHistogram<double>("ratchet.check.duration", "s", "Time that a check took.", advice: Seconds);
        _waits = _meter.CreateHistogram<double>("ratchet.check.wait", "s", "Time that a proof waited for a slot.", advice: Seconds);
        _choices = _meter.CreateCounter<long>("ratchet.completion.choices", "{choice}", "Texts that models wrote, by model and how they ended.");
        _promptTokens = _meter.CreateCounter<long>("ratchet.completion.prompt_tokens", "{token}", "Tokens of prompts, by model.");
        _sampledTokens = _meter.CreateCounter<long>("ratchet.completion.sampled_tokens", "{token}", "Tokens that models sampled for answers, by model.");
        _completions = _meter.CreateHistogram<double>("ratchet.completion.duration", "s", "Time to the end of a completion request.", advice: Seconds);
        _firstTokens = _meter.CreateHistogram<double>("ratchet.completion.first_token", "s", "Time to a completion request's first token.", advice: Seconds);
        _refused = _meter.CreateCounter<long>("ratchet.requests.refused", "{request}", "Requests that were not served, by status.");
    }

    /// <summary>Meter, by which a test tells this service's figures from another's.</summary>
    public Meter Meter => _meter;

    /// <summary>Shows the state of queues.</summary>
    public void Watch(IReadOnlyList<VerifierDesk> desks, IReadOnlyList<ModelDesk> models, ByteBudget bodies)
    {
        _meter.CreateObservableGauge("ratchet.completion.active", () => models.Select(m => new Measurement<int>(m.Sampler.Active, new KeyValuePair<string, object?>("model", m.Name))), "{sequence}", "Texts in the batch.");
        _meter.CreateObservableGauge("ratchet.completion.waiting", () => models.Select(m => new Measurement<int>(m.Sampler.Waiting, new KeyValuePair<string, object?>("model", m.Name))), "{sequence}", "Texts that wait for a place in the batch.");
        _meter.CreateObservableGauge("ratchet.checks.pending", () => desks.Select(d => new Measurement<int>(d.Queue.Pending, new KeyValuePair<string, object?>("verifier", d.Name))), "{check}", "Proofs that wait or are in work.");
        _meter.CreateObservableGauge("ratchet.checks.busy", () => desks.Select(d => new Measurement<int>(d.Queue.Busy, new KeyValuePair<string, object?>("verifier", d.Name))), "{check}", "Proofs in work.");
        _meter.CreateObservableGauge("ratchet.pool.workers", () => Pools(desks, p => p.Workers), "{process}", "Processes of a verifier that are up.");
        _meter.CreateObservableGauge("ratchet.pool.busy", () => Pools(desks, p => p.Busy), "{process}", "Processes of a verifier at work or coming up.");
        _meter.CreateObservableGauge("ratchet.pool.queued", () => Pools(desks, p => p.Queued), "{check}", "Requests that wait for a process.");
        _meter.CreateObservableCounter("ratchet.pool.starts", () => Pools(desks, p => p.Starts), "{process}", "Processes started.");
        _meter.CreateObservableCounter("ratchet.pool.ends", () => Ends(desks), "{process}", "Processes that ended, by reason.");
        _meter.CreateObservableGauge("ratchet.bodies", () => bodies.Held, "By", "Bytes of request bodies in the service.");
    }

    /// <summary>Counts a check.</summary>
    public void Checked(string verifier, Verdict verdict, TimeSpan spent, TimeSpan waited)
    {
        var name = new KeyValuePair<string, object?>("verifier", verifier);
        _checks.Add(1, name, new("outcome", verdict.Outcome), new("reason", JsonNamingPolicy.SnakeCaseLower.ConvertName(verdict.Reason.ToString())));
        _seconds.Record(spent.TotalSeconds, name);
        _waits.Record(waited.TotalSeconds, name);
        _means.GetOrAdd(verifier, static _ => new Mean()).Add(spent.TotalSeconds);
    }

    /// <summary>Counts a completion request.</summary>
    public void Completed(string model, int promptTokens, IEnumerable<(int Tokens, string Finish)> choices, TimeSpan spent, TimeSpan? first)
    {
        var name = new KeyValuePair<string, object?>("model", model);
        _promptTokens.Add(promptTokens, name);
        foreach (var (tokens, finish) in choices)
        {
            _sampledTokens.Add(tokens, name);
            _choices.Add(1, name, new("finish", finish));
        }

        _completions.Record(spent.TotalSeconds, name);
        if (first is { } time)
            _firstTokens.Record(time.TotalSeconds, name);
    }

    /// <summary>Counts a request that was not served.</summary>
    public void Refused(int status) => _refused.Add(1, new KeyValuePair<string, object?>("status", status));

    /// <summary>What a check has taken of late, in seconds; 0 before the first.</summary>
    public double MeanCheckSeconds(string verifier) => _means.TryGetValue(verifier, out var mean) ? mean.Value : 0;

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Pools(IReadOnlyList<VerifierDesk> desks, Func<PoolFigures, long> figure) =>
        from desk in desks let pool = desk.Open.Pool where pool is not null select new Measurement<long>(figure(pool), new KeyValuePair<string, object?>("verifier", desk.Name));

    private static IEnumerable<Measurement<long>> Ends(IReadOnlyList<VerifierDesk> desks) =>
        from desk in desks let pool = desk.Open.Pool where pool is not null from end in pool.Ends
        select new Measurement<long>(end.Value, new("verifier", desk.Name), new("reason", JsonNamingPolicy.SnakeCaseLower.ConvertName(end.Key.ToString())));

    /// <summary>Mean in which each new value weighs a twentieth.</summary>
    private sealed class Mean
    {
        private readonly Lock _lock = new();
        private double _value = double.NaN;

        public double Value
        {
            get
            {
                lock (_lock)
                    return double.IsNaN(_value) ? 0 : _value;
            }
        }

        public void Add(double value)
        {
            lock (_lock)
                _value = double.IsNaN(_value) ? value : _value + ((value - _value) / 20);
        }
    }
}
