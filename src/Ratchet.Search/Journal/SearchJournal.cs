using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;
using Ratchet.Proving;
using Ratchet.Runs;

namespace Ratchet.Search.Journal;

/// <summary>
/// The append-only record of searches in SQLite: how each ended and what happened on the way, its tree, plans, and the proofs of subgoals, which workers and runs share.
/// </summary>
/// <remarks>
/// Safe from many threads, and from many processes: a writer waits for its turn, and of two proofs of one subgoal the first stays. A search is written in one transaction, so that a run that is killed
/// finds each of its searches whole or not at all.
/// </remarks>
public sealed class SearchJournal : IDisposable
{
    private const int Version = 1;

    private const string Create = """
        CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS searches(
            key TEXT PRIMARY KEY, problem_id TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL, expansions INTEGER NOT NULL, verifier_calls INTEGER NOT NULL,
            tokens INTEGER NOT NULL, nodes INTEGER NOT NULL, proof TEXT, record TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS events(search_key TEXT NOT NULL, ordinal INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY(search_key, ordinal)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS subgoals(key TEXT PRIMARY KEY, problem_id TEXT NOT NULL, goal TEXT NOT NULL, steps TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS plans(
            search_key TEXT NOT NULL, version INTEGER NOT NULL, planner TEXT NOT NULL, steps TEXT NOT NULL, reason TEXT NOT NULL, verified INTEGER NOT NULL, progress INTEGER NOT NULL,
            PRIMARY KEY(search_key, version)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS items(kind TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;
        """;

    /// <summary>How records are written: snake_case, readable letters.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly string _path;

    private SearchJournal(SqliteConnection connection, string path) => (_connection, _path) = (connection, path);

    /// <summary>Opens a journal and makes its tables when the file is new.</summary>
    /// <exception cref="RatchetException">The file is damaged, of another version, or cannot be written.</exception>
    public static SearchJournal Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 60 }.ToString());
        var journal = new SearchJournal(connection, path);
        try
        {
            journal.Guard(() =>
            {
                connection.Open();
                journal.Execute("PRAGMA busy_timeout=60000");
                journal.Execute("PRAGMA journal_mode=WAL");
                journal.Execute("PRAGMA synchronous=NORMAL");
                journal.Execute("BEGIN IMMEDIATE");
                journal.Execute(Create);
                journal.Execute("INSERT OR IGNORE INTO meta VALUES('search_schema_version', $v)", ("$v", Version.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                foreach (var table in (string[])["searches", "events", "subgoals", "plans", "items"])
                {
                    journal.Execute($"CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END");
                    journal.Execute($"CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END");
                }

                journal.Execute("COMMIT");
                return 0;
            });
            var version = journal.Strings("SELECT value FROM meta WHERE key = 'search_schema_version'").FirstOrDefault();
            return version == "1" ? journal : throw new RatchetException($"The search journal '{path}' has version {version}; this program reads version {Version}.", "Use the version of Ratchet that made it.");
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Records a search with its story; one whose key is there already stays as it is.</summary>
    public void Add(SearchRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        Together(() =>
        {
            var added = Execute(
                "INSERT OR IGNORE INTO searches VALUES($k, $p, $s, $m, $e, $v, $t, $n, $proof, $r)",
                ("$k", record.Key),
                ("$p", record.ProblemId),
                ("$s", record.Status),
                ("$m", record.Message),
                ("$e", record.Expansions),
                ("$v", record.VerifierCalls),
                ("$t", record.Tokens),
                ("$n", record.Nodes),
                ("$proof", (object?)record.Proof ?? DBNull.Value),
                ("$r", JsonSerializer.Serialize(record, Json)));
            for (var i = 0; added > 0 && i < record.Story.Count; i++)
                Execute("INSERT INTO events VALUES($k, $o, $l)", ("$k", record.Key), ("$o", i), ("$l", record.Story[i]));
        });
    }

    /// <summary>The search of a key, or null.</summary>
    public SearchRecord? Find(string key) => Strings("SELECT record FROM searches WHERE key = $k", ("$k", key)) is [var json] ? JsonSerializer.Deserialize<SearchRecord>(json, Json) : null;

    /// <summary>The searches whose keys begin with a text, in the order of their keys.</summary>
    public IReadOnlyList<SearchRecord> Searches(string prefix = "") =>
        [.. Strings("SELECT record FROM searches WHERE substr(key, 1, length($p)) = $p ORDER BY key", ("$p", prefix)).Select(json => JsonSerializer.Deserialize<SearchRecord>(json, Json)!)];

    /// <summary>The story of a search, one line an event.</summary>
    public IReadOnlyList<string> Story(string key) => Strings("SELECT line FROM events WHERE search_key = $k ORDER BY ordinal", ("$k", key));

    /// <summary>Steps that closed a goal once, or null.</summary>
    public IReadOnlyList<string>? FindSubgoal(string key) => Strings("SELECT steps FROM subgoals WHERE key = $k", ("$k", key)) is [var json] ? JsonSerializer.Deserialize<List<string>>(json, Json) : null;

    /// <summary>Records the steps that close a goal. Of two writers the first wins.</summary>
    /// <returns>True where these steps are the ones that stay.</returns>
    public bool AddSubgoal(string key, string problemId, string goal, IReadOnlyList<string> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var added = 0;
        Together(() => added = Execute(
            "INSERT OR IGNORE INTO subgoals VALUES($k, $p, $g, $s)", ("$k", key), ("$p", problemId), ("$g", goal), ("$s", JsonSerializer.Serialize(steps, Json))));
        return added > 0;
    }

    /// <summary>Records a plan and how far it came.</summary>
    /// <param name="searchKey">Search that it was for.</param>
    /// <param name="version">Number of the plan in its search.</param>
    /// <param name="planner">Who made it.</param>
    /// <param name="steps">Its subgoals.</param>
    /// <param name="reason">Why it was made.</param>
    /// <param name="verified">The plan check accepted it.</param>
    /// <param name="progress">Subgoals that were proved when it was dropped or finished.</param>
    public void AddPlan(string searchKey, int version, string planner, IReadOnlyList<string> steps, string reason, bool verified, int progress) => Together(() => Execute(
        "INSERT OR IGNORE INTO plans VALUES($k, $v, $p, $s, $r, $ok, $n)",
        ("$k", searchKey), ("$v", version), ("$p", planner), ("$s", JsonSerializer.Serialize(steps, Json)), ("$r", reason), ("$ok", verified ? 1 : 0), ("$n", progress)));

    /// <summary>Records a value of one's own under a kind and a key; one that is there already stays.</summary>
    public void AddItem<T>(string kind, string key, T value) =>
        Together(() => Execute("INSERT OR IGNORE INTO items VALUES($kind, $k, $j)", ("$kind", kind), ("$k", key), ("$j", JsonSerializer.Serialize(value, Json))));

    /// <summary>The value of a kind and key, or the default of its type.</summary>
    public T? FindItem<T>(string kind, string key) =>
        Strings("SELECT json FROM items WHERE kind = $kind AND key = $k", ("$kind", kind), ("$k", key)) is [var json] ? JsonSerializer.Deserialize<T>(json, Json) : default;

    /// <summary>Writes several records in one transaction.</summary>
    public void Together(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        Guard(() =>
        {
            if (_depth++ > 0)
            {
                try
                {
                    action();
                }
                finally
                {
                    _depth--;
                }

                return 0;
            }

            try
            {
                Execute("BEGIN IMMEDIATE");
                action();
                Execute("COMMIT");
            }
            catch
            {
                try
                {
                    Execute("ROLLBACK");
                }
                catch (SqliteException)
                {
                    // The transaction is over already; the first failure is the one to tell.
                }

                throw;
            }
            finally
            {
                _depth--;
            }

            return 0;
        });
    }

    private int _depth;

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        SqliteConnection.ClearPool(_connection);
    }

    private List<string> Strings(string sql, params (string Name, object Value)[] parameters) => Guard(() =>
    {
        using var command = Command(sql, parameters);
        using var reader = command.ExecuteReader();
        var found = new List<string>();
        while (reader.Read())
            found.Add(reader.GetString(0));
        return found;
    });

    private int Execute(string sql, params (string Name, object Value)[] parameters)
    {
        using var command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, (string Name, object Value)[] parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // The texts are constants of this class; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
            command.Parameters.Add(new SqliteParameter(name, value));
        return command;
    }

    private T Guard<T>(Func<T> action)
    {
        const int Busy = 5, Full = 13;
        lock (_gate)
        {
            try
            {
                return action();
            }
            catch (SqliteException e)
            {
                throw e.SqliteErrorCode switch
                {
                    Full => new RatchetException($"The search journal '{_path}' cannot be written: the disk is full.", "Free some space and go on: all that was recorded is safe.", e),
                    Busy => new RatchetException($"The search journal '{_path}' is in use by another process for too long.", "Wait for it to end.", e),
                    _ => new RatchetException($"The search journal '{_path}' cannot be used: {e.Message}", "Give another file, or restore it from a copy.", e),
                };
            }
        }
    }
}
