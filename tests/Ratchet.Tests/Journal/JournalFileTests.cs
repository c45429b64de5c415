using Microsoft.Data.Sqlite;
using Ratchet.Journal;
using Ratchet.Runs;
using Ratchet.Tests.Loop;

namespace Ratchet.Tests.Journal;

public sealed class JournalFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["journal.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_journal_that_is_not_there_is_named() =>
        Assert.Equal($"There is no journal '{Path}'.", Assert.Throws<RatchetException>(() => RunJournal.OpenReadOnly(Path)).Message);

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_left_as_it_is()
    {
        File.WriteAllText(Path, string.Concat(Enumerable.Repeat("not a database ", 100)));
        var before = File.ReadAllBytes(Path);

        foreach (var open in (Func<string, RunJournal>[])[RunJournal.Open, RunJournal.OpenReadOnly])
        {
            var error = Assert.Throws<RatchetException>(() => open(Path));
            Assert.StartsWith($"The journal '{Path}' is damaged: ", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, File.ReadAllBytes(Path));
    }

    [Fact]
    public void A_damaged_journal_is_named_and_not_a_crash()
    {
        using (var journal = RunJournal.Open(Path))
        {
            journal.BeginSession(DateTimeOffset.UnixEpoch);
            journal.AddProblems(FakeStages.Problems(train: 500));
        }

        // All pages but the first, which holds the schema, become noise.
        var bytes = File.ReadAllBytes(Path);
        for (var i = 4096; i < bytes.Length; i++)
            bytes[i] = (byte)(i * 31);
        File.WriteAllBytes(Path, bytes);

        var error = Assert.Throws<RatchetException>(() =>
        {
            using var journal = RunJournal.OpenReadOnly(Path);
            journal.Problems();
        });

        Assert.StartsWith($"The journal '{Path}' is damaged: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_of_another_version_says_which()
    {
        RunJournal.Open(Path).Dispose();
        Run("DROP TRIGGER meta_no_update; UPDATE meta SET value = '99' WHERE key = 'schema_version'");

        var error = Assert.Throws<RatchetException>(() => RunJournal.OpenReadOnly(Path));

        Assert.Equal($"The journal '{Path}' has schema version 99; this program reads version 1.", error.Message);
        Assert.Throws<RatchetException>(() => RunJournal.Open(Path));
    }

    [Fact]
    public void A_database_of_something_else_is_left_alone()
    {
        Run("CREATE TABLE addresses(name TEXT)");
        var before = File.ReadAllBytes(Path);

        Assert.Equal($"The file '{Path}' is a database of something else than a run.", Assert.Throws<RatchetException>(() => RunJournal.Open(Path)).Message);
        Assert.Throws<RatchetException>(() => RunJournal.OpenReadOnly(Path));

        Assert.Equal(before, File.ReadAllBytes(Path));
    }

    [Fact]
    public void A_journal_of_a_run_killed_before_its_first_row_is_begun_anew()
    {
        File.WriteAllBytes(Path, []);
        Assert.Contains("stopped before it began", Assert.Throws<RatchetException>(() => RunJournal.OpenReadOnly(Path)).Message);

        using var journal = RunJournal.Open(Path);

        Assert.Null(journal.Problems());
        Assert.Equal("1", journal.Meta("schema_version"));
    }

    private void Run(string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The texts are the test's own.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
