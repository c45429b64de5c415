using Ratchet.Attempts;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Runs;
using Ratchet.Selection;
using Ratchet.Tests.Evaluation;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Loop;

public sealed class LoopEngineTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(LearnFrom.Base, 0)]
    [InlineData(LearnFrom.Continue, 0)]
    [InlineData(LearnFrom.Continue, 7)]
    public async Task Engine_and_plain_loop_come_to_the_same_weights(LearnFrom from, int problemsPerRound)
    {
        var options = FakeRun.Options with { LearnFrom = from, ProblemsPerRound = problemsPerRound };
        var plain = await PlainLoop.RunAsync(
            new FakeStages().Stages(), FakeStages.Problems(), FakeStages.Seed, options, RandomStream.FromSeed(7), id => _folder[id]);

        var run = new FakeRun(_folder["run"]);
        await run.RunAsync(new FakeStages(), options);

        Assert.Equal("round-3", plain.Id);
        Assert.Equal(plain.WeightsHash, run.Read(j => j.Checkpoints()[^1].WeightsHash));
    }

    [Fact]
    public async Task Events_come_in_the_order_of_the_work()
    {
        var run = new FakeRun(_folder["run"]);

        await run.RunAsync(new FakeStages(), FakeRun.Options with { Rounds = 1 });

        // 4 held-out problems are 2 batches of at most 3, 10 training problems 4; greedy attempts are a stage of their own.
        string[] evaluation = ["evaluate 16", "batch 12/16", "batch 16/16", "evaluate 4", "batch 3/4", "batch 4/4"];
        Assert.Equal(
            ["0 learn 1", "0 step", .. evaluation.Select(e => "0 " + e), "0 done",
             "1 propose 40", "1 batch 12/40", "1 batch 24/40", "1 batch 36/40", "1 batch 40/40", $"1 learn {run.Read(j => j.Lineage("round-1").Count)}", "1 step",
             .. evaluation.Select(e => "1 " + e), "1 done"],
            run.Events.Select(e => $"{e.Round} " + e switch
            {
                RunEvent.StageStarted s => $"{s.Stage} {s.Items}",
                RunEvent.BatchDone b => $"batch {b.Done}/{b.Total}",
                RunEvent.Learned => "step",
                RunEvent.RoundDone => "done",
                _ => "?",
            }));
    }

    [Fact]
    public async Task The_next_batch_is_sampled_while_one_is_verified()
    {
        // The first check waits until the second batch is being sampled, and that sampling waits until the check has begun: without
        // overlap neither could go on.
        var secondSampled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var firstChecked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var requests = 0;
        var stages = new FakeStages
        {
            BeforePropose = async request =>
            {
                if (request.Phase != Phase.Train || Interlocked.Increment(ref requests) != 2)
                    return;
                secondSampled.SetResult();
                await firstChecked.Task.WaitAsync(Deadline);
            },
        };
        stages.BeforeVerify = async _ =>
        {
            if (requests == 0)
                return;
            firstChecked.TrySetResult();
            await secondSampled.Task.WaitAsync(Deadline);
        };

        await new FakeRun(_folder["run"]).RunAsync(stages, FakeRun.Options with { Rounds = 1 });

        Assert.Equal(4, requests);
    }

    [Fact]
    public async Task A_run_that_ends_at_any_event_and_is_resumed_holds_the_rows_of_one_left_alone()
    {
        var alone = new FakeRun(_folder["alone"]);
        await alone.RunAsync(new FakeStages());
        var expected = alone.Read(j => j.IdentityHash());
        var events = alone.Events.Count;
        Assert.True(events > 40, $"{events} events");

        // Ends again and again in one folder, each time two events later than it came before.
        var run = new FakeRun(_folder["run"]);
        var sessions = 0;
        for (var finished = false; !finished; sessions++)
        {
            var left = 2;
            run.OnEach = _ =>
            {
                if (left-- == 0)
                    throw new InvalidOperationException("killed");
            };
            try
            {
                await run.RunAsync(new FakeStages());
                finished = true;
            }
            catch (InvalidOperationException e) when (e.Message == "killed")
            {
            }
        }

        Assert.True(sessions > 10, $"{sessions} sessions");
        Assert.Equal(expected, run.Read(j => j.IdentityHash()));
        Assert.Equal(sessions, run.Read(j => j.Times().Sessions));
    }

    [Fact]
    public async Task A_finished_run_that_is_resumed_does_nothing()
    {
        await new FakeRun(_folder["run"]).RunAsync(new FakeStages());
        var stages = new FakeStages();
        var again = new FakeRun(_folder["run"]);

        await again.RunAsync(stages);

        Assert.Empty(again.Events);
        Assert.Empty(stages.Loaded);
        Assert.Equal(0, stages.Checks);
    }

    [Fact]
    public async Task Too_many_unknown_verdicts_stop_the_run_and_a_mended_verifier_lets_it_go_on()
    {
        var alone = new FakeRun(_folder["alone"]);
        await alone.RunAsync(new FakeStages());
        var run = new FakeRun(_folder["run"]);
        var outage = false;
        var broken = new FakeStages { Judge = _ => outage ? Judged.Unknown() : null };
        run.OnEach = e => outage |= e is RunEvent.BatchDone { Round: 2, Stage: "propose", Done: 12 };

        var error = await Assert.ThrowsAsync<RatchetException>(() => run.RunAsync(broken));

        // 40 attempts: the second batch has 12; some texts were judged before and come from the cache.
        Assert.Matches(@"^\d+ of the 40 attempts of round 2 \(propose\) have no verdict: \d+ timed_out. The limit is 20 %.$", error.Message);
        Assert.Contains("ratchet resume", error.Remedy);
        var recorded = run.Read(j => j.Attempts(new AttemptQuery { Round = 2, Phase = Phase.Train }));
        Assert.True(recorded.Count(a => a.Verdict.IsUnknown) <= 8);

        await run.RunAsync(new FakeStages());

        Assert.Equal(4, run.Read(j => j.Rounds().Count));
        if (!recorded.Any(a => a.Verdict.IsUnknown))
            Assert.Equal(alone.Read(j => j.IdentityHash()), run.Read(j => j.IdentityHash()));
    }

    [Fact]
    public async Task Unknown_verdicts_within_the_limit_are_counted_and_never_learned_from()
    {
        var run = new FakeRun(_folder["run"]);
        await run.RunAsync(new FakeStages { Judge = n => n == 4 ? Judged.Unknown() : null });

        var unknown = run.Read(j => j.Attempts(new AttemptQuery { Outcome = "unknown" }));
        Assert.NotEmpty(unknown);
        Assert.All(unknown, a => Assert.Equal("4", a.Attempt.Text));
        Assert.Equal(unknown.Count, run.Read(j => j.Totals().Unknown["timed_out"]));
        var learned = run.Read(j => j.Checkpoints().SelectMany(c => j.Lineage(c.Id)).SelectMany(r => r.AttemptIds).ToHashSet());
        Assert.NotEmpty(learned);
        Assert.DoesNotContain(unknown, a => learned.Contains(a.Attempt.Id.ToString()));
    }

    [Fact]
    public async Task A_round_without_rows_keeps_the_policy_and_says_so()
    {
        var run = new FakeRun(_folder["run"]) { Selection = new SelectionOptions { IncludeSeed = false } };
        await run.RunAsync(new FakeStages { Judge = _ => Judged.Rejected() }, FakeRun.Options with { Rounds = 1 });

        Assert.Equal(["round-0"], run.Read(j => j.Checkpoints().Select(c => c.Id)));
        Assert.Equal("round-0", run.Read(j => j.Rounds()[1].Summary.Checkpoint));
        Assert.Equal("Round 1 selected no row: the policy stays as it is.", Assert.Single(run.Events.OfType<RunEvent.Note>()).Message);
    }

    [Fact]
    public async Task Cancelling_ends_the_run_after_the_sampler_has_stopped()
    {
        using var stop = new CancellationTokenSource();
        var sampling = 0;
        var run = new FakeRun(_folder["run"]) { OnEach = e => { if (e is RunEvent.BatchDone { Stage: "propose" }) stop.Cancel(); } };
        var stages = new FakeStages
        {
            BeforePropose = async _ =>
            {
                Interlocked.Increment(ref sampling);
                await Task.Yield();
                Interlocked.Decrement(ref sampling);
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.RunAsync(stages, cancellationToken: stop.Token));

        Assert.Equal(0, sampling);
        Assert.True(run.Read(j => j.HasBatch(1, Phase.Train, 0)));
    }

    [Fact]
    public async Task A_run_that_starts_without_rows_or_model_says_what_is_missing()
    {
        using var folder = RunFolder.Create(_folder["run"], "name: fake\n");
        using var journal = RunJournal.Open(folder.JournalPath);
        var engine = new LoopEngine(
            new FakeStages().Stages(), FakeRun.Options, FakeStages.Problems(), [], folder, journal, RandomStream.FromSeed(7), new ThreadBudget(1), new FakeRun(""), (_, _) => 0);

        var error = await Assert.ThrowsAsync<RatchetException>(() => engine.RunAsync(default));

        Assert.StartsWith("There is nothing to train the start model on", error.Message, StringComparison.Ordinal);
    }
}
