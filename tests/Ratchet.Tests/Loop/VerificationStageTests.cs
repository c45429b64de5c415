using Ratchet.Attempts;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Tests.Evaluation;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Loop;

public sealed class VerificationStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeStages _verifier = new();
    private readonly RunJournal _journal;
    private readonly VerificationStage _stage;
    private int _batch;

    public VerificationStageTests()
    {
        _journal = RunJournal.Open(_folder["journal.db"]);
        _journal.BeginSession(DateTimeOffset.UnixEpoch);
        _journal.AddProblems(FakeStages.Problems());
        _stage = new VerificationStage(_verifier, _journal, new ThreadBudget(2));
    }

    public void Dispose()
    {
        _journal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_same_text_for_the_same_problem_is_checked_once_within_a_batch()
    {
        var batch = await Judge(1, ("t1", 4), ("t1", 4), ("t2", 4), ("t1", 5), ("t1", 4));

        Assert.Equal(3, _verifier.Checks);
        Assert.Equal(3, batch.Checks);
        Assert.Equal([false, true, false, false, true], batch.Attempts.Select(a => a.Cached));
        Assert.Equal([true, true, true, false, true], batch.Attempts.Select(a => a.Verdict.IsAccepted));
    }

    [Fact]
    public async Task A_text_that_was_judged_in_an_earlier_batch_or_round_is_not_checked_again()
    {
        await Judge(1, ("t1", 4), ("t1", 5));
        var same = await Judge(1, ("t1", 5));
        var later = await Judge(2, ("t1", 4), ("t1", 6));

        Assert.Equal(3, _verifier.Checks);
        Assert.Equal([true], same.Attempts.Select(a => a.Cached));
        Assert.Equal([true, false], later.Attempts.Select(a => a.Cached));
        Assert.Equal("rejected", same.Attempts[0].Verdict.Outcome);
        Assert.Equal((5L, 2L, 3L, 2L), (_journal.Totals().Calls, _journal.Totals().Cached, _journal.Totals().Accepted, _journal.Totals().Rejected));
    }

    [Fact]
    public async Task An_unknown_verdict_is_asked_again()
    {
        _verifier.Judge = _ => Judged.Unknown();
        var first = await Judge(1, ("t1", 4), ("t1", 4));
        Assert.All(first.Attempts, a => Assert.True(a.Verdict.IsUnknown));
        _verifier.Judge = _ => null;
        var second = await Judge(1, ("t1", 4));

        Assert.Equal(2, _verifier.Checks);
        Assert.Equal([false, false], first.Attempts.Select(a => a.Cached));
        Assert.True(second.Attempts[0].Verdict.IsAccepted);
        Assert.False(second.Attempts[0].Cached);
        Assert.Equal(2, _journal.Totals().Unknown["timed_out"]);
    }

    [Fact]
    public async Task Many_checks_on_two_permits_give_each_attempt_its_own_verdict()
    {
        (string, int)[] asked = [.. Enumerable.Range(0, 500).Select(i => ($"t{(i % 10) + 1}", i / 3))];

        var batch = await Judge(1, asked);

        Assert.Equal(asked.Select(a => a.Item2 % 2 == 0), batch.Attempts.Select(a => a.Verdict.IsAccepted));
        Assert.Equal(asked.Distinct().Count(), _verifier.Checks);
    }

    [Fact]
    public async Task An_exception_in_the_verifier_is_no_verdict()
    {
        _verifier.BeforeVerify = _ => throw new InvalidOperationException("broken");

        await Assert.ThrowsAsync<InvalidOperationException>(() => Judge(1, ("t1", 4)));

        Assert.Equal(0, _journal.Totals().Calls);
    }

    private async Task<VerifiedBatch> Judge(int round, params (string Problem, int Number)[] asked)
    {
        var problems = FakeStages.Problems();
        var first = _batch * 1000;
        Attempt[] attempts = [.. asked.Select((a, i) => Judged.Attempt(problems[a.Problem], round, first + i, Judged.Rejected(), [a.Number]).Attempt)];
        var batch = await _stage.VerifyAsync(problems, attempts, default);
        _journal.AddBatch(round, Phase.Train, _batch++, batch.Attempts, new StageTiming("propose", 0));
        return batch;
    }
}
