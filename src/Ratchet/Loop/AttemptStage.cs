using System.Diagnostics;
using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Journal;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Loop;

/// <summary>
/// Makes, verifies and records the attempts of a request, batch by batch; while one batch is verified and recorded, the next is made. Batches
/// that the journal holds are read back.
/// </summary>
internal sealed class AttemptStage(
    IProposer proposer, IVerifier verifier, ProblemSet problems, RunJournal journal, ThreadBudget budget, IRunObserver observer, int batchProblems, double unknownLimit, RecordClock clock)
{
    private readonly VerificationStage _verification = new(verifier, journal, budget);

    /// <summary>Runs a request.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="policy">Checkpoint to load first; null for a proposer without one.</param>
    /// <param name="stage">Name of the stage in events and timings.</param>
    /// <param name="cancellationToken">Stops the work; what was recorded stays.</param>
    /// <exception cref="RatchetException">Too many verdicts are unknown.</exception>
    public async Task<IReadOnlyList<JudgedAttempt>> RunAsync(ProposalRequest request, Checkpoint? policy, string stage, CancellationToken cancellationToken)
    {
        var batches = request.Items.Chunk(batchProblems).Select(items => request with { Items = items }).ToList();
        var total = request.Items.Sum(i => i.Count);
        var first = 0;
        while (first < batches.Count && journal.HasBatch(request.Round, request.Phase, first))
            first++;
        var judged = new List<JudgedAttempt>(total);
        if (first > 0)
            judged.AddRange(journal.Attempts(new AttemptQuery { Round = request.Round, Phase = request.Phase }));
        if (first == batches.Count)
            return judged;

        observer.OnEvent(new RunEvent.StageStarted { Round = request.Round, Stage = stage, Items = total });
        if (policy is not null)
            proposer.Load(policy);
        var progress = new StageProgress(request.Round, stage, total);
        progress.Add(judged.Select(j => j.Verdict));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var next = ProposeAsync(batches[first], stop.Token);
        try
        {
            for (var batch = first; batch < batches.Count; batch++)
            {
                var (attempts, seconds) = await next;
                if (batch + 1 < batches.Count)
                    next = ProposeAsync(batches[batch + 1], stop.Token);
                var verified = await _verification.VerifyAsync(problems, attempts, cancellationToken);
                progress.Add(verified.Attempts.Select(a => a.Verdict));
                RefuseTooManyUnknown(progress, total, request.Round, stage);
                var tokens = attempts.Sum(a => (long)a.TokenIds.Count);
                journal.AddBatch(request.Round, request.Phase, batch, verified.Attempts, new StageTiming(stage, clock.SinceLast())
                {
                    SampleSeconds = seconds,
                    SampledTokens = tokens,
                    VerifySeconds = verified.Seconds,
                    Checks = verified.Checks,
                });
                judged.AddRange(verified.Attempts.Select(a => new JudgedAttempt(problems[a.Attempt.Id.ProblemId], a.Attempt, a.Verdict)));
                progress.AddWork(verified, tokens, seconds);
                observer.OnEvent(progress.Event());
            }
        }
        catch
        {
            // The batch that is being made meanwhile must not outlive the stage: its sampler is about to be disposed.
            await stop.CancelAsync();
            await next.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }

        return judged;
    }

    private Task<(IReadOnlyList<Attempt> Attempts, double Seconds)> ProposeAsync(ProposalRequest request, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            var begin = Stopwatch.GetTimestamp();
            var attempts = await proposer.ProposeAsync(request, cancellationToken);
            return (attempts, Stopwatch.GetElapsedTime(begin).TotalSeconds);
        },
        cancellationToken);

    /// <summary>
    /// Stops before a batch is recorded that takes a stage over its limit. What is recorded stays within it, so that a resumed run judges that
    /// batch again, with a verifier that was mended meanwhile.
    /// </summary>
    private void RefuseTooManyUnknown(StageProgress progress, int total, int round, string stage)
    {
        if (progress.Unknown <= unknownLimit * total)
            return;
        var reasons = string.Join(", ", progress.UnknownByReason.OrderByDescending(r => r.Count).Select(r => $"{r.Count} {r.Reason}"));
        throw new RatchetException(
            FormattableString.Invariant($"{progress.Unknown} of the {total} attempts of round {round} ({stage}) have no verdict: {reasons}. The limit is {unknownLimit * 100:0.##} %."),
            "Mend the verifier (see 'ratchet doctor') and continue with 'ratchet resume', or start a new run with a higher verify.unknown_limit.");
    }
}
