using System.Diagnostics;
using Ratchet.Problems;
using Ratchet.Service.Admission;
using Ratchet.Service.Completions;
using Ratchet.Service.Telemetry;
using Ratchet.Systems;
using Ratchet.Systems.Verification;
using Ratchet.Verdicts;

namespace Ratchet.Service;

/// <summary>What all faces of the service share: the open verifiers, admission to their queues, and one check within its limits.</summary>
internal sealed class CheckService : IAsyncDisposable
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(60);
    private readonly TimeProvider _clock;

    private CheckService(ServiceOptions options, IReadOnlyList<VerifierDesk> desks, IReadOnlyList<ModelDesk> models, ServiceMetrics metrics, TimeProvider clock)
    {
        Options = options;
        Desks = desks;
        Models = models;
        Metrics = metrics;
        _clock = clock;
        Bodies = new ByteBudget(Math.Max(options.MaxBodyBytes, options.MaxPendingBytes / 4), options.MaxPendingBytes);
        metrics.Watch(desks, models, Bodies);
    }

    /// <summary>Options.</summary>
    public ServiceOptions Options { get; }

    /// <summary>Verifiers, in the order of the options.</summary>
    public IReadOnlyList<VerifierDesk> Desks { get; }

    /// <summary>Models that complete texts, in the order of the options.</summary>
    public IReadOnlyList<ModelDesk> Models { get; }

    /// <summary>Counters.</summary>
    public ServiceMetrics Metrics { get; }

    /// <summary>Bytes of bodies in the service.</summary>
    public ByteBudget Bodies { get; }

    /// <summary>Opens all verifiers.</summary>
    /// <exception cref="Runs.RatchetException">Options are wrong, or a verifier cannot be used here.</exception>
    public static async Task<CheckService> OpenAsync(ServiceOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        options.Validate();
        var desks = new List<VerifierDesk>();
        var models = new List<ModelDesk>();
        try
        {
            foreach (var model in options.Models)
                models.Add(ModelDesk.Open(model, options));
            foreach (var name in options.Verifiers)
            {
                var open = await VerifierCatalog.Find(name).OpenAsync(options.Verifier, cancellationToken).ConfigureAwait(false);
                desks.Add(new(open, new FairQueue(options.Verifier.Threads, options.MaxPendingPerClient, options.MaxPending)));
            }

            return new CheckService(options, desks, models, new ServiceMetrics(), clock);
        }
        catch
        {
            foreach (var desk in desks)
                await desk.Open.DisposeAsync().ConfigureAwait(false);
            foreach (var model in models)
                await model.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A service around verifiers that are open already; it disposes them.</summary>
    public static CheckService Over(ServiceOptions options, TimeProvider clock, params IEnumerable<OpenVerifier> verifiers)
    {
        options.Validate();
        return new CheckService(options, [.. verifiers.Select(v => new VerifierDesk(v, new FairQueue(options.Verifier.Threads, options.MaxPendingPerClient, options.MaxPending)))], [], new ServiceMetrics(), clock);
    }

    /// <summary>The verifier of a name, or the first for null.</summary>
    /// <exception cref="RequestRefusedException">It is not offered.</exception>
    public VerifierDesk Find(string? name) => name is null && Desks.Count > 0 ? Desks[0]
        : Desks.FirstOrDefault(d => d.Name == name) ?? throw new RequestRefusedException(400, $"There is no verifier '{Shown(name ?? "")}' here; there is {string.Join(", ", Desks.Select(d => d.Name))}.");

    /// <summary>Room for a request's checks.</summary>
    /// <exception cref="RequestRefusedException">There is none (429, with the time after which to try again), or there can never be (413).</exception>
    public FairQueue.Reservation Admit(VerifierDesk desk, string client, int count)
    {
        if (count > Options.MaxItems || count > Options.MaxPendingPerClient)
            throw new RequestRefusedException(413, $"A request may hold at most {Math.Min(Options.MaxItems, Options.MaxPendingPerClient)} proofs; this one has {count}.");
        return desk.Queue.TryReserve(client, count) ?? throw Full(desk);
    }

    /// <summary>Judges one proof, when its turn comes.</summary>
    /// <param name="desk">Verifier.</param>
    /// <param name="room">A reservation with room for this check.</param>
    /// <param name="problem">Problem.</param>
    /// <param name="text">Proof.</param>
    /// <param name="limit">Time that the client grants, or null; the service's own limit stays in force.</param>
    /// <param name="deadline">Time by which there must be an answer.</param>
    /// <param name="gone">Cancelled when nobody waits any more.</param>
    /// <exception cref="StatementException">The verifier finds that the statement is none.</exception>
    public async Task<CheckedProof> CheckAsync(VerifierDesk desk, FairQueue.Reservation room, Problem problem, string text, TimeSpan? limit, Deadline deadline, CancellationToken gone)
    {
        var verifier = desk.Open.Verifier;
        var arrived = _clock.GetTimestamp();
        if (!await TakeSlotAsync(room, deadline, gone).ConfigureAwait(false))
            return Done(Unknown(desk, VerdictReason.Unavailable, "No slot was free before the request's deadline."), TimeSpan.Zero);

        using var span = ServiceMetrics.Activities.StartActivity("check");
        var started = _clock.GetTimestamp();
        var most = desk.Open.Entry.Patience(Options.Verifier with { TimeLimit = Options.TimeLimit })!.Value;
        var granted = limit < most ? limit.Value : most;
        var check = BoundedCheck.Start(verifier, problem, text, granted < deadline.Left ? granted : deadline.Left, _clock, gone);
        // The slot is free when the verifier is, not when its client has an answer: slow work in process must not pile up.
        _ = check.Ended.ContinueWith(_ => room.FreeSlot(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var verdict = await check.Answer.ConfigureAwait(false);
        span?.SetTag("ratchet.verifier", desk.Name).SetTag("ratchet.outcome", verdict.Outcome).SetTag("ratchet.reason", verdict.Reason.ToString());
        return Done(verdict, _clock.GetElapsedTime(started));

        CheckedProof Done(Verdict judged, TimeSpan spent)
        {
            Metrics.Checked(desk.Name, judged, spent, _clock.GetElapsedTime(arrived) - spent);
            return new(judged, spent);
        }
    }

    /// <summary>Takes a slot; false when there was none before the deadline.</summary>
    private static async Task<bool> TakeSlotAsync(FairQueue.Reservation room, Deadline deadline, CancellationToken gone)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(gone, deadline.Token);
        try
        {
            await room.TakeSlotAsync(waiting.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            return false;
        }

        // The slot may have come in the same moment as the end.
        if (!waiting.IsCancellationRequested)
            return true;
        room.FreeSlot();
        gone.ThrowIfCancellationRequested();
        return false;
    }

    /// <summary>A deadline that starts now.</summary>
    public Deadline StartDeadline() => new(Options.Deadline, _clock);

    /// <summary>A verdict about the service itself.</summary>
    public static Verdict Unknown(VerifierDesk desk, VerdictReason reason, string message) => new Verdict.Unknown
    {
        Reason = reason, Verifier = desk.Open.Verifier.Name, VerifierVersion = desk.Open.Verifier.Version, Feedback = [new(-1, -1, message)],
    };

    /// <summary>Text of a client as a message may repeat it: short, on one line.</summary>
    public static string Shown(string text, int most = 60)
    {
        var line = string.Concat(text.Take(most).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return text.Length > most ? line + "..." : line;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var desk in Desks)
            await desk.Open.DisposeAsync().ConfigureAwait(false);
        foreach (var model in Models)
            await model.DisposeAsync().ConfigureAwait(false);
        Metrics.Dispose();
    }

    /// <summary>Says when half of what is pending should be done, from what checks have taken so far.</summary>
    private RequestRefusedException Full(VerifierDesk desk)
    {
        var seconds = Math.Ceiling(desk.Queue.Pending * Metrics.MeanCheckSeconds(desk.Name) / desk.Queue.Slots / 2);
        var wait = TimeSpan.FromSeconds(Math.Clamp(seconds, 1, LongestRetry.TotalSeconds));
        return new(429, $"The queue of '{desk.Name}' is full: {desk.Queue.Pending} proofs are pending.", wait);
    }
}

/// <summary>A verdict with the time that the check took.</summary>
internal sealed record CheckedProof(Verdict Verdict, TimeSpan Elapsed);
