namespace Ratchet.Journal;

/// <summary>The tables of a journal. Described for readers in <c>docs/run-folder.md</c>.</summary>
/// <remarks>
/// All tables but <c>sessions</c> and <c>timings</c> depend on recipe and seed alone: a run that was killed and resumed holds the same rows
/// as one left alone. Rows are only ever added; triggers refuse updates and deletions.
/// </remarks>
internal static class JournalSchema
{
    public const int Version = 1;

    public static readonly string[] IdentityTables =
        ["meta", "problems", "solutions", "batches", "verdicts", "attempts", "checkpoints", "learning_curve", "examples", "selections", "rounds"];

    public const string Create = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE problems(
            ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, domain TEXT NOT NULL, statement TEXT NOT NULL, hash TEXT NOT NULL,
            split TEXT NOT NULL, provenance TEXT NOT NULL, stratum TEXT NOT NULL, parent_id TEXT);
        CREATE TABLE solutions(problem_id TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE batches(round INTEGER NOT NULL, phase TEXT NOT NULL, batch INTEGER NOT NULL, attempts INTEGER NOT NULL,
            PRIMARY KEY(round, phase, batch)) WITHOUT ROWID;
        CREATE TABLE verdicts(
            key TEXT PRIMARY KEY, outcome TEXT NOT NULL, reason TEXT NOT NULL, verifier TEXT NOT NULL, verifier_version TEXT NOT NULL,
            trust TEXT NOT NULL, steps INTEGER NOT NULL, feedback TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE attempts(
            ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, round INTEGER NOT NULL, phase TEXT NOT NULL, problem_id TEXT NOT NULL,
            sample INTEGER NOT NULL, prompt_ids BLOB NOT NULL, token_ids BLOB NOT NULL, log_probabilities BLOB NOT NULL,
            text TEXT NOT NULL, seed INTEGER NOT NULL, policy TEXT NOT NULL, stop TEXT NOT NULL, tokens INTEGER NOT NULL,
            verdict_key TEXT NOT NULL, cached INTEGER NOT NULL);
        CREATE INDEX attempts_by_place ON attempts(round, phase, problem_id);
        CREATE TABLE checkpoints(
            id TEXT PRIMARY KEY, round INTEGER NOT NULL, from_id TEXT, weights_hash TEXT NOT NULL, examples INTEGER NOT NULL,
            steps INTEGER NOT NULL, tokens INTEGER NOT NULL, loss REAL NOT NULL) WITHOUT ROWID;
        CREATE TABLE learning_curve(
            checkpoint_id TEXT NOT NULL, step INTEGER NOT NULL, loss REAL NOT NULL, gradient_norm REAL NOT NULL, learning_rate REAL NOT NULL,
            tokens INTEGER NOT NULL, PRIMARY KEY(checkpoint_id, step)) WITHOUT ROWID;
        CREATE TABLE examples(
            checkpoint_id TEXT NOT NULL, ordinal INTEGER NOT NULL, id TEXT NOT NULL, problem_id TEXT NOT NULL, weight REAL NOT NULL,
            target_start INTEGER NOT NULL, ids BLOB NOT NULL, attempt_ids TEXT NOT NULL,
            PRIMARY KEY(checkpoint_id, ordinal)) WITHOUT ROWID;
        CREATE TABLE selections(round INTEGER PRIMARY KEY, report TEXT NOT NULL);
        CREATE TABLE rounds(round INTEGER PRIMARY KEY, summary TEXT NOT NULL, parity REAL NOT NULL);
        CREATE TABLE sessions(id INTEGER PRIMARY KEY, started TEXT NOT NULL, process INTEGER NOT NULL, machine TEXT NOT NULL);
        CREATE TABLE timings(
            ordinal INTEGER PRIMARY KEY, session INTEGER NOT NULL, round INTEGER NOT NULL, stage TEXT NOT NULL, wall_seconds REAL NOT NULL,
            sample_seconds REAL NOT NULL, sampled_tokens INTEGER NOT NULL, verify_seconds REAL NOT NULL, checks INTEGER NOT NULL,
            learn_seconds REAL NOT NULL, trained_tokens INTEGER NOT NULL);
        """;

    /// <summary>Triggers that keep every table append-only.</summary>
    public static IEnumerable<string> Guards()
    {
        foreach (var table in (string[])[.. IdentityTables, "sessions", "timings"])
        {
            yield return $"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;";
            yield return $"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;";
        }
    }
}
