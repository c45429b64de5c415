using Microsoft.Data.Sqlite;
using Ratchet.Attempts;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Tests.Evaluation;
using Ratchet.Tests.Loop;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Journal;

public sealed class RunJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["journal.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_row_of_any_table_can_be_changed_or_removed()
    {
        await new FakeRun(_folder["run"]).RunAsync(new FakeStages());
        using var connection = Connect(_folder["run/journal.db"]);
        var tables = Strings(connection, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
        Assert.Equal(
            ["attempts", "batches", "checkpoints", "examples", "learning_curve", "meta", "problems", "rounds", "selections", "sessions", "solutions", "timings", "verdicts"], tables);

        foreach (var table in tables)
        {
            Assert.NotEqual("0", Strings(connection, $"SELECT count(*) FROM {table}")[0]);
            var column = Strings(connection, $"SELECT name FROM pragma_table_info('{table}')")[0];
            Assert.Contains("append-only", Assert.Throws<SqliteException>(() => Strings(connection, $"DELETE FROM {table}")).Message);
            Assert.Contains("append-only", Assert.Throws<SqliteException>(() => Strings(connection, $"UPDATE {table} SET {column} = {column}")).Message);
        }
    }

    [Fact]
    public async Task A_checkpoint_leads_to_its_rows_and_they_to_their_attempts_and_verdicts()
    {
        var run = new FakeRun(_folder["run"]);
        await run.RunAsync(new FakeStages());
        using var journal = RunJournal.OpenReadOnly(_folder["run/journal.db"]);

        var rows = journal.Lineage("round-2");

        Assert.Equal("seed/s1", rows[0].ExampleId);
        Assert.Empty(rows[0].AttemptIds);
        Assert.True(rows.Count > 5);
        foreach (var row in rows.Skip(1))
        {
            var attempt = Assert.Single(journal.Attempts(new AttemptQuery { Id = Assert.Single(row.AttemptIds) }));
            Assert.Equal(row.ProblemId, attempt.Problem.Id);
            Assert.True(attempt.Verdict.IsAccepted);
            Assert.Equal(Phase.Train, attempt.Attempt.Id.Phase);
            Assert.InRange(attempt.Attempt.Id.Round, 1, 2);
            Assert.Equal($"round-{attempt.Attempt.Id.Round - 1}", attempt.Attempt.Policy);
        }

        Assert.Equal([(0, 1), (1, 1), (2, 1), (3, 1)], journal.LearningCurves().Select(p => (p.Round, p.Step.Step)));
        Assert.Equal(["round-0", "round-1", "round-2", "round-3"], journal.Checkpoints().Select(c => c.Id));
        Assert.Equal(new string?[] { null, "round-0", "round-0", "round-0" }, journal.Checkpoints().Select(c => c.FromId));
    }

    [Fact]
    public void What_was_recorded_is_read_back_as_it_was()
    {
        var problems = FakeStages.Problems();
        var verdict = new Verdict.Rejected
        {
            Reason = VerdictReason.StepFailed, Verifier = "v", VerifierVersion = "2", Trust = TrustLevel.Guide, Steps = 1L << 40, Feedback = [new Feedback(3, 5, "\"no\" ∧ é")],
        };
        var attempt = new Attempt
        {
            Id = new AttemptId(3, Phase.Greedy, "h1", 7),
            PromptIds = [0, 127, 128, 16_384, int.MaxValue],
            TokenIds = [300, 2],
            LogProbabilities = [-0.1f, float.Epsilon],
            Text = "line 1\n∀ é",
            Seed = ulong.MaxValue - 3,
            Policy = "round-3",
            Stop = StopReason.StopString,
        };
        using (var journal = New(problems))
            journal.AddBatch(3, Phase.Greedy, 0, [new RecordedAttempt(attempt, verdict, "k", false)], new StageTiming("evaluate", 1.5) { Checks = 4, SampledTokens = 9 });

        using var read = RunJournal.OpenReadOnly(Path);
        var found = Assert.Single(read.Attempts(new AttemptQuery()));
        Assert.Equal(attempt.PromptIds, found.Attempt.PromptIds);
        Assert.Equal(attempt.TokenIds, found.Attempt.TokenIds);
        Assert.Equal(attempt.LogProbabilities, found.Attempt.LogProbabilities);
        Assert.Equal((attempt.Id, attempt.Text, attempt.Seed, attempt.Policy, attempt.Stop), (found.Attempt.Id, found.Attempt.Text, found.Attempt.Seed, found.Attempt.Policy, found.Attempt.Stop));
        Assert.Equal((verdict.Reason, "v", "2", TrustLevel.Guide, 1L << 40), (found.Verdict.Reason, found.Verdict.Verifier, found.Verdict.VerifierVersion, found.Verdict.Trust, found.Verdict.Steps));
        Assert.IsType<Verdict.Rejected>(found.Verdict);
        Assert.Equal(verdict.Feedback, found.Verdict.Feedback);
        Assert.Equal((1.5, 4L, 9L, 1), (read.Times().WallSeconds, read.Times().Checks, read.Times().SampledTokens, read.Times().Sessions));
        Assert.Equal(problems.All, read.Problems()!.All);
        Assert.Equal(problems.References, read.Problems()!.References);
    }

    [Fact]
    public void Attempts_are_found_by_each_condition()
    {
        var problems = FakeStages.Problems();
        using var journal = New(problems);
        Add(journal, 1, Phase.Train, 0, ("t1", Judged.Accepted()), ("t2", Judged.Rejected()));
        Add(journal, 1, Phase.Heldout, 0, ("h1", Judged.Unknown()), ("h1", Judged.Accepted()));
        Add(journal, 2, Phase.Train, 0, ("t1", Judged.Rejected()));

        string[] Find(AttemptQuery query) => [.. journal.Attempts(query).Select(a => a.Attempt.Id.ToString())];

        Assert.Equal(["r1/train/t1/0", "r1/train/t2/1", "r1/heldout/h1/0", "r1/heldout/h1/1", "r2/train/t1/0"], Find(new AttemptQuery()));
        Assert.Equal(["r2/train/t1/0"], Find(new AttemptQuery { Round = 2 }));
        Assert.Equal(["r1/heldout/h1/0", "r1/heldout/h1/1"], Find(new AttemptQuery { Phase = Phase.Heldout }));
        Assert.Equal(["r1/train/t1/0", "r2/train/t1/0"], Find(new AttemptQuery { ProblemId = "t1" }));
        Assert.Equal(["r1/train/t1/0", "r1/heldout/h1/1"], Find(new AttemptQuery { Outcome = "accepted" }));
        Assert.Equal(["r1/heldout/h1/0"], Find(new AttemptQuery { Reason = VerdictReason.TimedOut }));
        Assert.Equal(["r1/train/t1/0", "r1/train/t2/1"], Find(new AttemptQuery { Limit = 2 }));
        Assert.Empty(Find(new AttemptQuery { ProblemId = "'; DROP TABLE attempts; --" }));
    }

    [Fact]
    public void Rows_that_belong_together_appear_together_or_not_at_all()
    {
        using var journal = New(FakeStages.Problems());
        Add(journal, 1, Phase.Train, 0, ("t1", Judged.Accepted()));

        // The second attempt's identifier is taken: nothing of the batch may stay.
        var error = Assert.Throws<RatchetException>(() => Add(journal, 1, Phase.Train, 1, ("t2", Judged.Accepted()), ("t1", Judged.Accepted()), ("t1", Judged.Accepted())));

        Assert.Contains(Path, error.Message);
        Assert.False(journal.HasBatch(1, Phase.Train, 1));
        Assert.Single(journal.Attempts(new AttemptQuery()));
        Add(journal, 1, Phase.Train, 1, ("t2", Judged.Rejected()));
        Assert.Equal(2, journal.Totals().Calls);
    }

    [Fact]
    public void The_identity_hash_depends_on_every_row_but_sessions_and_timings()
    {
        string Hash(Action<RunJournal> more, double seconds = 1)
        {
            using var folder = new TemporaryFolder();
            using var journal = RunJournal.Open(folder["journal.db"]);
            journal.BeginSession(DateTimeOffset.UnixEpoch.AddSeconds(seconds));
            journal.AddProblems(FakeStages.Problems());
            journal.AddBatch(1, Phase.Train, 0, [], new StageTiming("propose", seconds));
            more(journal);
            return journal.IdentityHash();
        }

        var plain = Hash(_ => { });

        Assert.Equal(plain, Hash(j => j.BeginSession(DateTimeOffset.UnixEpoch), seconds: 2));
        var row = new RecordedCheckpoint("round-0", 0, null, "h", 1, 2, 3);
        var other = new List<string> { plain };
        other.Add(Hash(j => j.AddMeta("key", "value")));
        other.Add(Hash(j => Add(j, 1, Phase.Train, 1, ("t1", Judged.Accepted()))));
        other.Add(Hash(j => Add(j, 1, Phase.Train, 1, ("t1", Judged.Rejected()))));
        other.Add(Hash(j => j.AddCheckpoint(row, [], new StageTiming("learn", 1))));
        other.Add(Hash(j => j.AddCheckpoint(row with { FromId = "" }, [], new StageTiming("learn", 1))));
        other.Add(Hash(j => j.AddCheckpoint(row, FakeStages.Seed, new StageTiming("learn", 1))));
        other.Add(Hash(j => j.AddCheckpoint(row, [], new StageTiming("learn", 1), [new LearningStep(1, 1, 0.5, 1, 1, 1)])));
        other.Add(Hash(j => j.AddCheckpoint(row, [], new StageTiming("learn", 1), [new LearningStep(1, 1, 0.5000000001, 1, 1, 1)])));
        Assert.Equal(other.Count, other.Distinct().Count());
    }

    [Fact]
    public void A_reader_sees_what_is_recorded_while_the_run_goes_on()
    {
        using var journal = New(FakeStages.Problems());
        using var reader = RunJournal.OpenReadOnly(Path);
        Assert.Empty(reader.Attempts(new AttemptQuery()));

        Add(journal, 1, Phase.Train, 0, ("t1", Judged.Accepted()));

        Assert.Single(reader.Attempts(new AttemptQuery()));
        Assert.Throws<RatchetException>(() => reader.AddMeta("a", "b"));
    }

    private RunJournal New(ProblemSet problems)
    {
        var journal = RunJournal.Open(Path);
        journal.BeginSession(DateTimeOffset.UnixEpoch);
        journal.AddProblems(problems);
        return journal;
    }

    private static void Add(RunJournal journal, int round, Phase phase, int batch, params (string Problem, Verdict Verdict)[] attempts)
    {
        var problems = FakeStages.Problems();
        RecordedAttempt[] records =
        [
            .. attempts.Select((a, i) =>
            {
                var attempt = Judged.Attempt(problems[a.Problem], round, i, a.Verdict, [i], phase: phase).Attempt;
                return new RecordedAttempt(attempt, a.Verdict, $"key-{batch}-{attempt.Id}", false);
            }),
        ];
        if (batch == 1 && records.Length == 3)
            records[2] = records[1] with { Key = "another" };
        journal.AddBatch(round, phase, batch, records, new StageTiming("propose", 0));
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static List<string> Strings(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The texts are the test's own.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
            values.Add(reader.GetString(0));
        return values;
    }
}
