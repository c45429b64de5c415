using Ratchet.Attempts;
using Ratchet.Evaluation;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Selection;
using Ratchet.Tests.Evaluation;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Reports;

public sealed class ReportDataLoadTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ratchet-report-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_run_folder_gives_all_that_the_report_shows()
    {
        // Given three held-out problems: one never solved, one solved from the start, one newly solved.
        var path = Path.Combine(_root, "run");
        Problem[] heldout = [.. new[] { "h1", "h2", "h3" }.Select(id => Judged.Problem(id, "depth 1", Split.Heldout))];
        var train = Judged.Problem("t1");
        JudgedAttempt At(Problem problem, int round, int sample, Verdict verdict, int[] body, Phase phase = Phase.Heldout) => Judged.Attempt(problem, round, sample, verdict, body, phase: phase);
        Verdict Failed(int start) => Judged.Rejected() with { Feedback = [new Feedback(start, start + 1, $"at {start}")] };
        JudgedAttempt[] before = [At(heldout[0], 0, 0, Failed(1), [5]), At(heldout[1], 0, 0, Judged.Accepted(), [5, 6]), At(heldout[2], 0, 0, Failed(0), [7]), At(heldout[2], 0, 1, Failed(2), [7, 8])];
        JudgedAttempt[] after = [At(heldout[0], 1, 0, Failed(1), [5]), At(heldout[1], 1, 0, Judged.Accepted(), [5]), At(heldout[2], 1, 0, Judged.Accepted(), [7, 9, 9]), At(heldout[2], 1, 1, Judged.Accepted(), [7, 9])];
        JudgedAttempt[] trained = [At(train, 1, 0, Judged.Accepted(), [3], Phase.Train), At(train, 1, 1, Judged.Accepted(), [3, 4], Phase.Train)];
        var (_, selection) = new VerifiedSelector(new SelectionOptions { PerProblem = 1 }, Judged.EndId).Select(new SelectionInput { Round = 1, History = trained, SeedExamples = [], Stream = RandomStream.FromSeed(1) });
        RoundSummary Round(int number, JudgedAttempt[] attempts) => new()
        {
            Round = number, Checkpoint = $"round-{number}", Train = new TrainSummary(1, 2, 2, 0, 1), Heldout = Evaluator.Summarize(attempts, [], [1], 50, RandomStream.FromSeed(1)),
        };
        using (var folder = RunFolder.Create(path, "name: tiny\n"))
        {
            using var journal = RunJournal.Open(folder.JournalPath);
            journal.BeginSession(DateTimeOffset.UnixEpoch);
            journal.AddProblems(new ProblemSet([.. heldout, train], new Dictionary<string, string>()));
            Record(journal, 0, Phase.Heldout, before);
            Record(journal, 1, Phase.Train, trained);
            Record(journal, 1, Phase.Heldout, after);
            journal.AddSelection(1, selection.ToCounts());
            folder.WriteSummary(SampleReport.Create().Summary with { Rounds = [Round(0, before), Round(1, after)] });
        }

        var data = ReportData.Load(path);

        Assert.Equal("name: tiny\n", data.Recipe);
        Assert.Equal(1, data.NewlySolved);
        var pair = Assert.Single(data.Pairs);
        Assert.Equal(("h3", "7 8", "at 2", "7 9"), (pair.ProblemId, pair.Before, Assert.Single(pair.Feedback).Message, pair.After));
        Assert.Equal([3], data.ProofLengths[0]);
        Assert.Equal([2, 4, 3], data.ProofLengths[1]);
        Assert.Equal([(VerdictReason.StepFailed, 1L)], data.Rejections.Select(r => (r.Key, r.Value)));
        Assert.Equal([("t1", 2)], data.AcceptedByProblem.Select(a => (a.Key, a.Value)));
        Assert.Equal(1, data.Gain!.K);
        Assert.Equal(1.0 / 3, data.Gain.Result.Difference, 12);
        Assert.Equal(1, data.Selections.Single().Selected);
        Assert.Equal(1, data.Selections.Single().Dropped[DropReason.OverLimit]);
        Assert.Contains("at 2", RunReport.Render(data));
    }

    [Fact]
    public void A_folder_without_a_run_is_a_clear_error() =>
        Assert.Throws<RatchetException>(() => ReportData.Load(Path.Combine(_root, "nothing")));

    [Fact]
    public void Selection_counts_survive_the_journal()
    {
        var report = SampleReport.Create().Selections[1] with { Control = "seed only" };

        var back = SelectionReport.FromCounts(report.Round, report.ToCounts());

        Assert.Equal(report with { Dropped = back.Dropped }, back);
        Assert.Equal(report.Dropped, back.Dropped);
    }

    private static void Record(RunJournal journal, int round, Phase phase, JudgedAttempt[] attempts) => journal.AddBatch(
        round, phase, 0, [.. attempts.Select(a => new RecordedAttempt(a.Attempt, a.Verdict, $"key-{a.Attempt.Id}", false))], new StageTiming("evaluate", 0));
}
