using System.Diagnostics;
using Ratchet.Attempts;
using Ratchet.Journal;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Loop;

/// <summary>A batch of judged attempts.</summary>
/// <param name="Attempts">Attempts with verdicts, in the order given.</param>
/// <param name="Checks">Checks made, cached ones not counted.</param>
/// <param name="Seconds">Seconds that the checks took.</param>
internal sealed record VerifiedBatch(IReadOnlyList<RecordedAttempt> Attempts, long Checks, double Seconds);

/// <summary>
/// The second stage over a batch: asks the journal's verdict cache first, checks each distinct text once, on permits of the thread budget.
/// </summary>
internal sealed class VerificationStage(IVerifier verifier, RunJournal journal, ThreadBudget budget)
{
    // Enough checks between two looks at who else waits for a permit.
    private const int ChecksPerTurn = 16;

    public async Task<VerifiedBatch> VerifyAsync(ProblemSet problems, IReadOnlyList<Attempt> attempts, CancellationToken cancellationToken)
    {
        var keys = attempts.Select(a => VerdictKey.For(problems[a.Id.ProblemId], a.Text, verifier)).ToArray();
        var verdicts = new Dictionary<string, Verdict>(StringComparer.Ordinal);
        var todo = new List<int>();
        var queued = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < attempts.Count; i++)
        {
            if (verdicts.ContainsKey(keys[i]) || !queued.Add(keys[i]))
                continue;
            if (journal.FindVerdict(keys[i]) is { } known)
                verdicts.Add(keys[i], known);
            else
                todo.Add(i);
        }

        var begin = Stopwatch.GetTimestamp();
        var results = new Verdict[todo.Count];
        var next = -1;
        var workers = Math.Min(budget.Threads, (todo.Count + ChecksPerTurn - 1) / ChecksPerTurn);
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(
            async () =>
            {
                int start;
                while ((start = Interlocked.Add(ref next, ChecksPerTurn) - ChecksPerTurn + 1) < todo.Count)
                {
                    using var permit = budget.Enter(cancellationToken);
                    for (var j = start; j < Math.Min(start + ChecksPerTurn, todo.Count); j++)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        var attempt = attempts[todo[j]];
                        results[j] = await verifier.VerifyAsync(problems[attempt.Id.ProblemId], attempt.Text, cancellationToken);
                    }
                }
            },
            cancellationToken)));
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var fresh = new HashSet<int>(todo);
        for (var j = 0; j < todo.Count; j++)
            verdicts[keys[todo[j]]] = results[j];

        var recorded = new RecordedAttempt[attempts.Count];
        for (var i = 0; i < attempts.Count; i++)
        {
            var verdict = verdicts[keys[i]];

            // An unknown verdict says nothing about the text: it is kept under the attempt's own address and asked again next time.
            recorded[i] = verdict.IsUnknown
                ? new RecordedAttempt(attempts[i], verdict, $"{keys[i]}/{attempts[i].Id}", false)
                : new RecordedAttempt(attempts[i], verdict, keys[i], !fresh.Contains(i));
        }

        return new VerifiedBatch(recorded, todo.Count, seconds);
    }
}
