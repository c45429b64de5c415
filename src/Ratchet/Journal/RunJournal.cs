using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Ratchet.Attempts;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Selection;
using Ratchet.Verdicts;

namespace Ratchet.Journal;

/// <summary>
/// The append-only record of a run in SQLite: problems, attempts, verdicts (content-addressed), checkpoints with the rows that trained
/// them, round results. One writer; any number of readers, also while the run goes on. Not safe for use from two threads at once.
/// </summary>
public sealed partial class RunJournal : IDisposable
{
    private const int ReadOnly = 8;
    private const int CannotOpen = 14;

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private SqliteTransaction? _transaction;
    private long _session;

    private RunJournal(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
    }

    /// <summary>Opens a journal for writing and makes its tables when the file is new.</summary>
    /// <exception cref="RatchetException">The file is damaged, of another version, or cannot be written.</exception>
    public static RunJournal Open(string path)
    {
        var journal = Connect(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            journal.Guard(() =>
            {
                journal.RequireJournal(mayBeEmpty: true);
                journal.Execute("PRAGMA journal_mode=WAL");
                journal.Execute("PRAGMA synchronous=NORMAL");
                if (journal.Scalar("SELECT count(*) FROM sqlite_master") == 0)
                {
                    journal.Together(() =>
                    {
                        journal.Execute(JournalSchema.Create);
                        foreach (var guard in JournalSchema.Guards())
                            journal.Execute(guard);
                        journal.Execute("INSERT INTO meta VALUES('schema_version', $v)", ("$v", JournalSchema.Version.ToString(CultureInfo.InvariantCulture)));
                    });
                }

                journal.RequireVersion();
            });
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Opens a journal for reading, also on a medium that cannot be written.</summary>
    /// <exception cref="RatchetException">The file is missing, damaged or of another version, or a process that was killed left part of it where only a writer can put it together.</exception>
    public static RunJournal OpenReadOnly(string path)
    {
        if (!File.Exists(path))
            throw new RatchetException($"There is no journal '{path}'.", "Give the folder of a run that has begun.");
        try
        {
            return Checked(Connect(path, SqliteOpenMode.ReadOnly));
        }
        catch (RatchetException e) when (e.InnerException is SqliteException { SqliteErrorCode: ReadOnly or CannotOpen } && new FileInfo(path + "-wal") is not { Exists: true, Length: > 0 })
        {
            // Even a reader makes files beside the journal. Where it may not, but the journal is whole, it is read as a file that never changes.
            return Checked(Connect(path, SqliteOpenMode.ReadOnly, new Uri(Path.GetFullPath(path)).AbsoluteUri + "?immutable=1"));
        }

        static RunJournal Checked(RunJournal journal)
        {
            try
            {
                journal.Guard(() =>
                {
                    journal.RequireJournal(mayBeEmpty: false);
                    journal.RequireVersion();
                });
                return journal;
            }
            catch
            {
                journal.Dispose();
                throw;
            }
        }
    }

    /// <summary>Records that a process has begun to work on the run; timings that follow belong to it.</summary>
    public void BeginSession(DateTimeOffset started) => Guard(() =>
    {
        _session = Scalar("SELECT coalesce(max(id), 0) + 1 FROM sessions");
        Execute(
            "INSERT INTO sessions VALUES($id, $started, $process, $machine)",
            ("$id", _session),
            ("$started", started.ToString("O", CultureInfo.InvariantCulture)),
            ("$process", Environment.ProcessId),
            ("$machine", Environment.MachineName));
    });

    /// <summary>Runs an action whose rows appear together or not at all.</summary>
    public void Together(Action action) => Guard(() =>
    {
        using var transaction = _connection.BeginTransaction();
        _transaction = transaction;
        try
        {
            action();
            transaction.Commit();
        }
        finally
        {
            _transaction = null;
        }
    });

    /// <summary>Records a fact about the run.</summary>
    public void AddMeta(string key, string value) => Guard(() => Execute("INSERT INTO meta VALUES($k, $v)", ("$k", key), ("$v", value)));

    /// <summary>Records the problems of the run with their reference solutions and what was left out.</summary>
    public void AddProblems(ProblemSet problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        Together(() =>
        {
            var ordinal = 0;
            foreach (var p in problems.All)
            {
                Execute(
                    "INSERT INTO problems VALUES($o, $id, $domain, $statement, $hash, $split, $provenance, $stratum, $parent)",
                    ("$o", ordinal++),
                    ("$id", p.Id),
                    ("$domain", p.Domain),
                    ("$statement", p.Statement),
                    ("$hash", p.CanonicalHash),
                    ("$split", Name(p.Split)),
                    ("$provenance", Name(p.Provenance)),
                    ("$stratum", p.Stratum),
                    ("$parent", (object?)p.ParentId ?? DBNull.Value));
                if (problems.References.TryGetValue(p.Id, out var solution))
                    Execute("INSERT INTO solutions VALUES($id, $text)", ("$id", p.Id), ("$text", solution));
            }

            AddMeta("removed", JsonSerializer.Serialize(problems.Removed.OrderBy(r => r.Key, StringComparer.Ordinal).ToDictionary(r => r.Key, r => r.Value)));
        });
    }

    /// <summary>Records a batch of judged attempts and that the batch is done, in one transaction.</summary>
    /// <param name="round">Round.</param>
    /// <param name="phase">Phase.</param>
    /// <param name="batch">Number of the batch in its phase.</param>
    /// <param name="attempts">Attempts with verdict, cache key and whether the verdict came from the cache, in order.</param>
    /// <param name="timing">What the batch took.</param>
    public void AddBatch(int round, Phase phase, int batch, IReadOnlyList<RecordedAttempt> attempts, StageTiming timing)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        Together(() =>
        {
            foreach (var (attempt, verdict, key, cached) in attempts)
            {
                if (!cached)
                {
                    Execute(
                        "INSERT INTO verdicts VALUES($key, $outcome, $reason, $verifier, $version, $trust, $steps, $feedback)",
                        ("$key", key),
                        ("$outcome", verdict.Outcome),
                        ("$reason", Name(verdict.Reason)),
                        ("$verifier", verdict.Verifier),
                        ("$version", verdict.VerifierVersion),
                        ("$trust", Name(verdict.Trust)),
                        ("$steps", verdict.Steps),
                        ("$feedback", verdict.Feedback.Count == 0 ? "" : JsonSerializer.Serialize(verdict.Feedback)));
                }

                Execute(
                    """
                    INSERT INTO attempts(id, round, phase, problem_id, sample, prompt_ids, token_ids, log_probabilities, text, seed, policy, stop, tokens, verdict_key, cached)
                    VALUES($id, $round, $phase, $problem, $sample, $prompt, $tokens, $logs, $text, $seed, $policy, $stop, $count, $key, $cached)
                    """,
                    ("$id", attempt.Id.ToString()),
                    ("$round", round),
                    ("$phase", Name(phase)),
                    ("$problem", attempt.Id.ProblemId),
                    ("$sample", attempt.Id.Sample),
                    ("$prompt", IdPacking.Pack(attempt.PromptIds)),
                    ("$tokens", IdPacking.Pack(attempt.TokenIds)),
                    ("$logs", IdPacking.Pack(attempt.LogProbabilities)),
                    ("$text", attempt.Text),
                    ("$seed", unchecked((long)attempt.Seed)),
                    ("$policy", attempt.Policy),
                    ("$stop", Name(attempt.Stop)),
                    ("$count", attempt.TokenIds.Count),
                    ("$key", key),
                    ("$cached", cached ? 1 : 0));
            }

            Execute("INSERT INTO batches VALUES($r, $p, $b, $n)", ("$r", round), ("$p", Name(phase)), ("$b", batch), ("$n", attempts.Count));
            AddTiming(round, timing);
        });
    }

    /// <summary>Records a checkpoint with the rows that trained it and its learning curve, in one transaction.</summary>
    /// <param name="checkpoint">Checkpoint.</param>
    /// <param name="examples">Rows, in training-set order.</param>
    /// <param name="timing">What the training took.</param>
    /// <param name="curve">Some of its steps in order, or null for none.</param>
    public void AddCheckpoint(RecordedCheckpoint checkpoint, IReadOnlyList<Example> examples, StageTiming timing, IReadOnlyList<LearningStep>? curve = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(examples);
        Together(() =>
        {
            Execute(
                "INSERT INTO checkpoints VALUES($id, $round, $from, $hash, $examples, $steps, $tokens, $loss)",
                ("$id", checkpoint.Id),
                ("$round", checkpoint.Round),
                ("$from", (object?)checkpoint.FromId ?? DBNull.Value),
                ("$hash", checkpoint.WeightsHash),
                ("$examples", examples.Count),
                ("$steps", checkpoint.Steps),
                ("$tokens", checkpoint.Tokens),
                ("$loss", checkpoint.Loss));
            for (var i = 0; i < examples.Count; i++)
            {
                var e = examples[i];
                Execute(
                    "INSERT INTO examples VALUES($c, $o, $id, $problem, $weight, $start, $ids, $attempts)",
                    ("$c", checkpoint.Id),
                    ("$o", i),
                    ("$id", e.Id),
                    ("$problem", e.ProblemId),
                    ("$weight", (double)e.Weight),
                    ("$start", e.TargetStart),
                    ("$ids", IdPacking.Pack(e.Ids)),
                    ("$attempts", string.Join(' ', e.AttemptIds)));
            }

            foreach (var point in curve ?? [])
            {
                Execute(
                    "INSERT INTO learning_curve VALUES($c, $step, $loss, $norm, $rate, $tokens)",
                    ("$c", checkpoint.Id),
                    ("$step", point.Step),
                    ("$loss", point.Loss),
                    ("$norm", point.GradientNorm),
                    ("$rate", point.LearningRate),
                    ("$tokens", point.Tokens));
            }

            AddTiming(checkpoint.Round, timing);
        });
    }

    /// <summary>Records what selection kept and left out in a round; a round that is selected again leaves the same record.</summary>
    public void AddSelection(SelectionReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        Guard(() => Execute("INSERT OR IGNORE INTO selections VALUES($r, $report)", ("$r", report.Round), ("$report", JsonSerializer.Serialize(report, RunSummary.JsonOptions))));
    }

    /// <summary>Records the result of a round; the round is done.</summary>
    /// <param name="summary">Result.</param>
    /// <param name="parity">Largest log-probability difference between sampler and learner on the round's probe, nats.</param>
    /// <param name="timing">What the rest of the round took.</param>
    public void AddRound(RoundSummary summary, double parity, StageTiming timing)
    {
        ArgumentNullException.ThrowIfNull(summary);
        Together(() =>
        {
            Execute(
                "INSERT INTO rounds VALUES($r, $s, $p)",
                ("$r", summary.Round),
                ("$s", JsonSerializer.Serialize(summary, RunSummary.JsonOptions)),
                ("$p", parity));
            AddTiming(summary.Round, timing);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        SqliteConnection.ClearPool(_connection);
    }

    private static RunJournal Connect(string path, SqliteOpenMode mode, string? source = null)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = source ?? path, Mode = mode, Pooling = false }.ToString());
        var journal = new RunJournal(connection, path);
        journal.Guard(connection.Open);
        return journal;
    }

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>Records the time of work that leaves no other row.</summary>
    public void AddTiming(StageTiming timing)
    {
        ArgumentNullException.ThrowIfNull(timing);
        Guard(() => AddTiming(0, timing));
    }

    private void AddTiming(int round, StageTiming t) => Execute(
        """
        INSERT INTO timings(session, round, stage, wall_seconds, sample_seconds, sampled_tokens, verify_seconds, checks, learn_seconds, trained_tokens)
        VALUES($session, $round, $stage, $wall, $sample, $sampled, $verify, $checks, $learn, $trained)
        """,
        ("$session", _session),
        ("$round", round),
        ("$stage", t.Stage),
        ("$wall", t.WallSeconds),
        ("$sample", t.SampleSeconds),
        ("$sampled", t.SampledTokens),
        ("$verify", t.VerifySeconds),
        ("$checks", t.Checks),
        ("$learn", t.LearnSeconds),
        ("$trained", t.TrainedTokens));

    private void RequireJournal(bool mayBeEmpty)
    {
        var tables = Scalar("SELECT count(*) FROM sqlite_master");
        if (tables == 0 && !mayBeEmpty)
            throw new RatchetException($"The journal '{_path}' is empty: the run was stopped before it began.", "Begin it with 'ratchet resume'.");
        if (tables > 0 && Scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('meta', 'attempts', 'verdicts')") < 3)
            throw new RatchetException($"The file '{_path}' is a database of something else than a run.", "Give the folder of a run, or choose another one with --out.");
    }

    private void RequireVersion()
    {
        var version = Scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'schema_version'");
        if (version != JournalSchema.Version)
        {
            throw new RatchetException(
                $"The journal '{_path}' has schema version {version}; this program reads version {JournalSchema.Version}.",
                "Use the version of Ratchet that made the run.");
        }
    }

    private void Guard(Action action) => Guard(() =>
    {
        action();
        return 0;
    });

    private T Guard<T>(Func<T> action)
    {
        const int Full = 13, Corrupt = 11, NotADatabase = 26, IoError = 10, Busy = 5, NoRoomForSharedMemory = 4874;
        try
        {
            return action();
        }
        catch (SqliteException e)
        {
            // The index of the write-ahead log is a file as well: where it cannot grow, the disk is full too.
            throw (e.SqliteExtendedErrorCode == NoRoomForSharedMemory ? Full : e.SqliteErrorCode) switch
            {
                Full => new RatchetException(
                    $"The journal '{_path}' cannot be written: the disk is full.",
                    "Free some space, then continue with 'ratchet resume': all that was recorded is safe.",
                    e),
                Corrupt or NotADatabase => new RatchetException(
                    $"The journal '{_path}' is damaged: {e.Message}", "Restore the file from a copy, or start a new run.", e),
                ReadOnly or CannotOpen => new RatchetException(
                    $"The journal '{_path}' cannot be opened: {e.Message}", "Check the folder's permissions, or copy the folder to a place that can be written.", e),
                Busy => new RatchetException($"The journal '{_path}' is in use by another process.", "Wait for it to end.", e),
                IoError => new RatchetException($"The journal '{_path}' cannot be read or written: {e.Message}", "Check the disk.", e),
                _ => new RatchetException($"The journal '{_path}' refused a change: {e.Message}", "This run's folder holds rows that do not fit; start a new run.", e),
            };
        }
    }

    private SqliteCommand Command(string sql, (string Name, object Value)[] parameters)
    {
        if (!_statements.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (name, value) in parameters)
                command.Parameters.Add(new SqliteParameter(name, value));
            _statements.Add(sql, command);
        }

        command.Transaction = _transaction;
        for (var i = 0; i < parameters.Length; i++)
            command.Parameters[i].Value = parameters[i].Value;
        return command;
    }

    private void Execute(string sql, params (string Name, object Value)[] parameters) => Command(sql, parameters).ExecuteNonQuery();

    private long Scalar(string sql, params (string Name, object Value)[] parameters) =>
        Convert.ToInt64(Command(sql, parameters).ExecuteScalar() ?? 0L, CultureInfo.InvariantCulture);

    private readonly Dictionary<string, SqliteCommand> _statements = new(StringComparer.Ordinal);
}
