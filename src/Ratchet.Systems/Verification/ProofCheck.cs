using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Systems.Verification;

/// <summary>An item with its verdict.</summary>
/// <param name="Item">Item.</param>
/// <param name="Verdict">Verdict.</param>
/// <param name="Elapsed">Time from start to verdict.</param>
public sealed record CheckedItem(ProofItem Item, Verdict Verdict, TimeSpan Elapsed);

/// <summary>Judges many proofs, some at the same time, and tells the verdicts in the order of the items.</summary>
public static class ProofCheck
{
    /// <summary>
    /// Reads the statements of all items before the first is judged, so that mistakes are told at once.
    /// </summary>
    /// <exception cref="RatchetException">Statements cannot be read: all of them are named, the first 20 in full (exit code 2).</exception>
    public static IReadOnlyList<Problem> ReadStatements(OpenVerifier verifier, IReadOnlyList<ProofItem> items)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        ArgumentNullException.ThrowIfNull(items);
        var problems = new List<Problem>(items.Count);
        var mistakes = new List<string>();
        foreach (var item in items)
        {
            try
            {
                problems.Add(verifier.Read(item));
            }
            catch (StatementException e)
            {
                mistakes.Add($"{item.Source}:{item.Line}: {e.Message} (character {e.Position + 1} of the statement)");
            }
        }

        return mistakes.Count == 0 ? problems : throw ProofItems.Mistakes(mistakes, $"A statement of '{verifier.Entry.Name}' is {verifier.Entry.StatementForm}.");
    }

    /// <summary>Judges items; results come in the order of the items, each as soon as it and all before it are there.</summary>
    /// <param name="verifier">Verifier.</param>
    /// <param name="items">Items.</param>
    /// <param name="problems">Their problems, from <see cref="ReadStatements"/>.</param>
    /// <param name="options">Threads and time limit.</param>
    /// <param name="cancellationToken">Gives the work up.</param>
    /// <exception cref="RatchetException">The verifier found out only while judging that a statement is none (exit code 2).</exception>
    public static async IAsyncEnumerable<CheckedItem> RunAsync(
        OpenVerifier verifier, IReadOnlyList<ProofItem> items, IReadOnlyList<Problem> problems, VerifierOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentNullException.ThrowIfNull(options);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var slots = new SemaphoreSlim(options.Threads);

        // Bounded, so that one slow item does not let the finished ones behind it pile up without end.
        var window = Channel.CreateBounded<Task<CheckedItem>>(Math.Max(64, options.Threads * 16));
        var feeder = FeedAsync();
        try
        {
            await foreach (var next in window.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return await next.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await feeder.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // Checks that were started and not asked for any more must not use the slots after they are gone.
            while (window.Reader.TryRead(out var left))
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var i = 0; i < options.Threads; i++)
                await slots.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }

        async Task FeedAsync()
        {
            try
            {
                for (var i = 0; i < items.Count; i++)
                {
                    await slots.WaitAsync(stop.Token).ConfigureAwait(false);
                    var check = CheckAsync(items[i], problems[i], out var ended);
                    _ = ended.ContinueWith(_ => slots.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                    await window.Writer.WriteAsync(check, stop.Token).ConfigureAwait(false);
                }
            }
            finally
            {
                window.Writer.TryComplete();
            }
        }

        Task<CheckedItem> CheckAsync(ProofItem item, Problem problem, out Task ended)
        {
            var start = Stopwatch.GetTimestamp();
            var check = BoundedCheck.Start(verifier.Verifier, problem, item.Proof, verifier.Entry.Patience(options), TimeProvider.System, stop.Token);
            ended = check.Ended;
            return Finish();

            async Task<CheckedItem> Finish()
            {
                try
                {
                    return new(item, await check.Answer.ConfigureAwait(false), Stopwatch.GetElapsedTime(start));
                }
                catch (StatementException e)
                {
                    throw ProofItems.Mistakes([$"{item.Source}:{item.Line}: {e.Message}"], $"A statement of '{verifier.Entry.Name}' is {verifier.Entry.StatementForm}.");
                }
            }
        }
    }
}
