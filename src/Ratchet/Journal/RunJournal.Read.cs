using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Ratchet.Attempts;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Selection;
using Ratchet.Verdicts;

namespace Ratchet.Journal;

public sealed partial class RunJournal
{
    private const string AttemptColumns = """
        a.round, a.phase, a.problem_id, a.sample, a.prompt_ids, a.token_ids, a.log_probabilities, a.text, a.seed, a.policy, a.stop,
        v.outcome, v.reason, v.verifier, v.verifier_version, v.trust, v.steps, v.feedback
        """;

    private ProblemSet? _problems;

    /// <summary>A fact about the run, or null.</summary>
    public string? Meta(string key) => Guard(() => Command("SELECT value FROM meta WHERE key = $k", [("$k", key)]).ExecuteScalar() as string);

    /// <summary>The problems of the run, or null where they are not recorded yet.</summary>
    public ProblemSet? Problems() => Guard(() =>
    {
        if (_problems is not null)
            return _problems;
        if (Meta("removed") is not { } removed)
            return null;
        var problems = Rows(
            "SELECT id, domain, statement, hash, split, provenance, stratum, parent_id FROM problems ORDER BY ordinal",
            [],
            r => new Problem
            {
                Id = r.GetString(0),
                Domain = r.GetString(1),
                Statement = r.GetString(2),
                CanonicalHash = r.GetString(3),
                Split = Parse<Split>(r.GetString(4)),
                Provenance = Parse<Provenance>(r.GetString(5)),
                Stratum = r.GetString(6),
                ParentId = r.IsDBNull(7) ? null : r.GetString(7),
            });
        var solutions = Rows("SELECT problem_id, text FROM solutions ORDER BY problem_id", [], r => (r.GetString(0), r.GetString(1)));
        return _problems = new ProblemSet(
            problems,
            solutions.ToDictionary(s => s.Item1, s => s.Item2, StringComparer.Ordinal),
            JsonSerializer.Deserialize<SortedDictionary<string, int>>(removed));
    });

    /// <summary>Whether a batch is recorded.</summary>
    public bool HasBatch(int round, Phase phase, int batch) => Guard(() =>
        Scalar("SELECT count(*) FROM batches WHERE round = $r AND phase = $p AND batch = $b", ("$r", round), ("$p", Name(phase)), ("$b", batch)) > 0);

    /// <summary>The verdict of a content address, or null. Unknown verdicts are not addressed by content and never found.</summary>
    public Verdict? FindVerdict(string key) => Guard(() => Rows(
        "SELECT outcome, reason, verifier, verifier_version, trust, steps, feedback FROM verdicts WHERE key = $k",
        [("$k", key)],
        r => ReadVerdict(r, 0)).FirstOrDefault());

    /// <summary>Judged attempts, in the order in which they were recorded.</summary>
    public IReadOnlyList<JudgedAttempt> Attempts(AttemptQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var where = new List<string>();
        var parameters = new List<(string, object)>();
        void Add(string condition, string name, object? value)
        {
            if (value is null)
                return;
            where.Add(condition);
            parameters.Add((name, value));
        }

        Add("a.round = $round", "$round", query.Round);
        Add("a.phase = $phase", "$phase", query.Phase is { } phase ? Name(phase) : null);
        Add("a.problem_id = $problem", "$problem", query.ProblemId);
        Add("v.outcome = $outcome", "$outcome", query.Outcome);
        Add("v.reason = $reason", "$reason", query.Reason is { } reason ? Name(reason) : null);
        Add("a.id = $id", "$id", query.Id);
        var sql = $"SELECT {AttemptColumns} FROM attempts a JOIN verdicts v ON v.key = a.verdict_key"
            + (where.Count > 0 ? " WHERE " + string.Join(" AND ", where) : "")
            + " ORDER BY a.ordinal"
            + (query.Limit > 0 ? " LIMIT " + query.Limit.ToString(CultureInfo.InvariantCulture) : "");
        var problems = Problems() ?? throw new RatchetException($"The journal '{_path}' holds no problems yet.", "Continue the run with 'ratchet resume'.");
        return Guard(() => Rows(sql, [.. parameters], r => ReadAttempt(r, problems)));
    }

    /// <summary>Recorded checkpoints in order of rounds.</summary>
    public IReadOnlyList<RecordedCheckpoint> Checkpoints() => Guard(() => Rows(
        "SELECT id, round, from_id, weights_hash, steps, tokens, loss FROM checkpoints ORDER BY round",
        [],
        r => new RecordedCheckpoint(
            r.GetString(0), r.GetInt32(1), r.IsDBNull(2) ? null : r.GetString(2), r.GetString(3), r.GetInt32(4), r.GetInt64(5), r.GetDouble(6))));

    /// <summary>Learning curves of all checkpoints: some of the steps of each, in order of rounds and steps.</summary>
    public IReadOnlyList<(int Round, LearningStep Step)> LearningCurves() => Guard(() => Rows(
        """
        SELECT c.round, l.step, c.steps, l.loss, l.gradient_norm, l.learning_rate, l.tokens
        FROM learning_curve l JOIN checkpoints c ON c.id = l.checkpoint_id ORDER BY c.round, l.step
        """,
        [],
        r => (r.GetInt32(0), new LearningStep(r.GetInt32(1), r.GetInt32(2), r.GetDouble(3), r.GetDouble(4), r.GetDouble(5), r.GetInt64(6)))));

    /// <summary>The rows that trained a checkpoint, in training-set order, with the attempts behind them.</summary>
    public IReadOnlyList<LineageRow> Lineage(string checkpointId) => Guard(() => Rows(
        "SELECT id, problem_id, weight, attempt_ids FROM examples WHERE checkpoint_id = $c ORDER BY ordinal",
        [("$c", checkpointId)],
        r => new LineageRow(r.GetString(0), r.GetString(1), r.GetDouble(2), r.GetString(3).Split(' ', StringSplitOptions.RemoveEmptyEntries))));

    /// <summary>What selection kept and left out, by round.</summary>
    public IReadOnlyList<SelectionReport> Selections() => Guard(() => Rows(
        "SELECT report FROM selections ORDER BY round", [], r => JsonSerializer.Deserialize<SelectionReport>(r.GetString(0), RunSummary.JsonOptions)!));

    /// <summary>Results of the rounds that are done, with the parity figure of each.</summary>
    public IReadOnlyList<(RoundSummary Summary, double Parity)> Rounds() => Guard(() => Rows(
        "SELECT summary, parity FROM rounds ORDER BY round",
        [],
        r => (JsonSerializer.Deserialize<RoundSummary>(r.GetString(0), RunSummary.JsonOptions)!, r.GetDouble(1))));

    /// <summary>Sums over attempts, verdicts and checkpoints.</summary>
    public JournalTotals Totals() => Guard(() =>
    {
        long calls = 0, cached = 0, accepted = 0, rejected = 0, tokens = 0;
        var unknown = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var groups = Rows(
            """
            SELECT v.outcome, v.reason, count(*), sum(a.cached), sum(a.tokens)
            FROM attempts a JOIN verdicts v ON v.key = a.verdict_key GROUP BY v.outcome, v.reason
            """,
            [],
            r => (r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4)));
        foreach (var (outcome, reason, count, fromCache, sampled) in groups)
        {
            calls += count;
            cached += fromCache;
            tokens += sampled;
            if (outcome == "accepted")
                accepted += count;
            else if (outcome == "rejected")
                rejected += count;
            else
                unknown[reason] = unknown.GetValueOrDefault(reason) + count;
        }

        return new JournalTotals(calls, cached, accepted, rejected, unknown, tokens, Scalar("SELECT coalesce(sum(tokens), 0) FROM checkpoints"))
        {
            OffPolicy = Scalar("SELECT count(*) FROM attempts WHERE tokens = 0 OR length(log_probabilities) <> 4 * tokens"),
        };
    });

    /// <summary>Sums over the timings.</summary>
    public JournalTimes Times() => Guard(() => Rows(
        """
        SELECT coalesce(sum(wall_seconds), 0), coalesce(sum(sample_seconds), 0), coalesce(sum(sampled_tokens), 0), coalesce(sum(verify_seconds), 0),
            coalesce(sum(checks), 0), coalesce(sum(learn_seconds), 0), coalesce(sum(trained_tokens), 0), (SELECT count(*) FROM sessions)
        FROM timings
        """,
        [],
        r => new JournalTimes(
            r.GetDouble(0), r.GetDouble(1), r.GetInt64(2), r.GetDouble(3), r.GetInt64(4), r.GetDouble(5), r.GetInt64(6), r.GetInt32(7)))[0]);

    /// <summary>
    /// A SHA-256 over all rows that depend on recipe and seed alone (everything but sessions and timings): equal for a run left alone and
    /// one that was killed and resumed.
    /// </summary>
    public string IdentityHash() => Guard(() =>
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var table in JournalSchema.IdentityTables)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(table));
            var order = table switch { "attempts" or "problems" => "ordinal", _ => "1, 2, 3" };
            if (table is "meta" or "solutions" or "rounds" or "selections" or "verdicts" or "checkpoints")
                order = "1";
            using var reader = Command($"SELECT * FROM {table} ORDER BY {order}", []).ExecuteReader();
            while (reader.Read())
            {
                for (var i = 0; i < reader.FieldCount; i++)
                {
                    var value = reader.GetValue(i);
                    var bytes = value as byte[] ?? System.Text.Encoding.UTF8.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
                    hash.AppendData(BitConverter.GetBytes(value is DBNull ? -1 : bytes.Length));
                    hash.AppendData(bytes);
                }
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    });

    private static T Parse<T>(string name)
        where T : struct, Enum => Enum.Parse<T>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    private static JudgedAttempt ReadAttempt(SqliteDataReader r, ProblemSet problems)
    {
        var id = new AttemptId(r.GetInt32(0), Parse<Phase>(r.GetString(1)), r.GetString(2), r.GetInt32(3));
        var attempt = new Attempt
        {
            Id = id,
            PromptIds = IdPacking.UnpackIds((byte[])r.GetValue(4)),
            TokenIds = IdPacking.UnpackIds((byte[])r.GetValue(5)),
            LogProbabilities = IdPacking.UnpackFloats((byte[])r.GetValue(6)),
            Text = r.GetString(7),
            Seed = unchecked((ulong)r.GetInt64(8)),
            Policy = r.GetString(9),
            Stop = Parse<StopReason>(r.GetString(10)),
        };
        return new JudgedAttempt(problems[id.ProblemId], attempt, ReadVerdict(r, 11));
    }

    private static Verdict ReadVerdict(SqliteDataReader r, int first)
    {
        var reason = Parse<VerdictReason>(r.GetString(first + 1));
        var (verifier, version) = (r.GetString(first + 2), r.GetString(first + 3));
        var trust = Parse<TrustLevel>(r.GetString(first + 4));
        var steps = r.GetInt64(first + 5);
        var text = r.GetString(first + 6);
        var feedback = text.Length == 0 ? [] : JsonSerializer.Deserialize<Feedback[]>(text)!;
        return r.GetString(first) switch
        {
            "accepted" => new Verdict.Accepted { Reason = reason, Verifier = verifier, VerifierVersion = version, Trust = trust, Steps = steps, Feedback = feedback },
            "rejected" => new Verdict.Rejected { Reason = reason, Verifier = verifier, VerifierVersion = version, Trust = trust, Steps = steps, Feedback = feedback },
            _ => new Verdict.Unknown { Reason = reason, Verifier = verifier, VerifierVersion = version, Trust = trust, Steps = steps, Feedback = feedback },
        };
    }

    private List<T> Rows<T>(string sql, (string Name, object Value)[] parameters, Func<SqliteDataReader, T> read)
    {
        var rows = new List<T>();
        using var reader = Command(sql, parameters).ExecuteReader();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }
}
