using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Systems.Verification;

/// <summary>One check that answers in time, whatever the verifier does.</summary>
/// <remarks>
/// The verifier is asked to stop at the limit. One that does not listen (it computes in process and its own step limit ends it) goes on:
/// the answer is there at the limit all the same, and <see cref="Ended"/> says when the verifier is free again. Faults of a verifier are
/// <see cref="Verdict.Unknown"/> with <see cref="VerdictReason.Crashed"/>.
/// </remarks>
public sealed class BoundedCheck
{
    private BoundedCheck(Task<Verdict> answer, Task ended)
    {
        Answer = answer;
        Ended = ended;
    }

    /// <summary>The verdict. Faults with <see cref="StatementException"/> where the statement is none, and is cancelled where the caller's token is.</summary>
    public Task<Verdict> Answer { get; }

    /// <summary>Done when the verifier has really ended; never faults.</summary>
    public Task Ended { get; }

    /// <summary>Starts a check on the thread pool.</summary>
    /// <param name="verifier">Verifier.</param>
    /// <param name="problem">Problem.</param>
    /// <param name="text">Proof.</param>
    /// <param name="limit">Longest time, at least 0; null for none but the verifier's own.</param>
    /// <param name="clock">Clock of the limit.</param>
    /// <param name="cancellationToken">Gives the check up.</param>
    public static BoundedCheck Start(IVerifier verifier, Problem problem, string text, TimeSpan? limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        ArgumentNullException.ThrowIfNull(clock);
        if (limit is { } none && none <= TimeSpan.Zero)
            return new(Task.FromResult<Verdict>(Unknown(verifier, VerdictReason.TimedOut, "The time limit is 0 seconds.")), Task.CompletedTask);
        var deadline = limit is { } given ? new CancellationTokenSource(given, clock) : new CancellationTokenSource();
        var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var work = Task.Run(async () => await verifier.VerifyAsync(problem, text, stop.Token).ConfigureAwait(false), CancellationToken.None);
        var answer = AnswerAsync(verifier, work, limit, deadline.Token, stop.Token, cancellationToken);
        return new(answer, EndAsync(work, answer, deadline, stop));
    }

    private static async Task<Verdict> AnswerAsync(IVerifier verifier, Task<Verdict> work, TimeSpan? limit, CancellationToken deadline, CancellationToken stop, CancellationToken caller)
    {
        try
        {
            return await work.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(caller);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return Unknown(verifier, VerdictReason.TimedOut, $"The check did not end in {limit!.Value.TotalSeconds:0.###} s.");
        }
        catch (StatementException)
        {
            throw;
        }
        catch (Exception e)
        {
            // A verifier's bug is an outage of the verifier: it must neither become a verdict on the proof nor end the caller's work.
            return Unknown(verifier, VerdictReason.Crashed, $"The verifier failed: {e.GetType().Name}: {e.Message}");
        }
    }

    private static async Task EndAsync(Task work, Task answer, CancellationTokenSource deadline, CancellationTokenSource stop)
    {
        await Task.WhenAll(work, answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        deadline.Dispose();
    }

    private static Verdict.Unknown Unknown(IVerifier verifier, VerdictReason reason, string message) => new()
    {
        Reason = reason, Verifier = verifier.Name, VerifierVersion = verifier.Version, Feedback = [new(-1, -1, message)],
    };
}
