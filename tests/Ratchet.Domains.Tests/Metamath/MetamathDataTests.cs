using System.IO.Compression;
using System.Text.Json;
using Ratchet.Domains.Metamath;

namespace Ratchet.Domains.Tests.Metamath;

/// <summary>Published conformance files and databases, where they are at hand.</summary>
public sealed class MetamathDataTests : IDisposable
{
    private static readonly string? DataFolder = System.Environment.GetEnvironmentVariable("RATCHET_DATA") is { Length: > 0 } folder ? Path.Combine(folder, "metamath-databases") : null;

    private static readonly Dictionary<string, MetamathErrorKind> ExpectedErrors = new()
    {
        ["anatomy-bad1.mm"] = MetamathErrorKind.StackNotSingle,
        ["anatomy-bad2.mm"] = MetamathErrorKind.StackNotSingle,
        ["anatomy-bad3.mm"] = MetamathErrorKind.StackUnderflow,
        ["big-unifier-bad1.mm"] = MetamathErrorKind.HypothesisMismatch,
        ["big-unifier-bad2.mm"] = MetamathErrorKind.StackNotSingle,
        ["big-unifier-bad3.mm"] = MetamathErrorKind.HypothesisMismatch,
        ["demo0-bad1.mm"] = MetamathErrorKind.HypothesisMismatch,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("metamath").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_conformance_file_gets_its_verdict_and_its_error()
    {
        Assert.SkipUnless(DataFolder is not null && File.Exists(Path.Combine(DataFolder, "conformance.jsonl")), "RATCHET_DATA does not name a folder with metamath-databases/conformance.jsonl.");
        var rows = File.ReadAllText(Path.Combine(DataFolder!, "conformance.jsonl")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        foreach (var row in rows)
            File.WriteAllText(Path.Combine(_folder, row.GetProperty("file").GetString()!), row.GetProperty("text").GetString());
        var judged = 0;
        foreach (var row in rows.Where(r => r.GetProperty("should_verify").ValueKind != JsonValueKind.Null))
        {
            var file = row.GetProperty("file").GetString()!;
            var report = MetamathDatabase.Load(Path.Combine(_folder, file)).VerifyAll();
            Assert.True(row.GetProperty("should_verify").GetBoolean() == report.IsVerified, file);
            if (!report.IsVerified)
                Assert.Equal((file, ExpectedErrors[file]), (file, Assert.Single(report.Errors).Kind));
            judged++;
        }

        Assert.Equal(15, judged);
    }

    [Fact]
    public void Every_published_database_at_hand_is_read_and_verified()
    {
        Assert.SkipUnless(DataFolder is not null && Directory.Exists(DataFolder), "RATCHET_DATA does not name a folder with metamath-databases.");
        foreach (var packed in Directory.GetFiles(DataFolder!, "*.mm.gz"))
        {
            using var input = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress);
            using var output = File.Create(Path.Combine(_folder, Path.GetFileNameWithoutExtension(packed)));
            input.CopyTo(output);
        }

        var files = Directory.GetFiles(DataFolder!, "*.mm").Concat(Directory.GetFiles(_folder, "*.mm")).ToList();
        Assert.Contains(files, f => f.EndsWith("nf.mm", StringComparison.Ordinal));
        Assert.All(files, f => Assert.Empty(MetamathDatabase.Load(f).VerifyAll(2).Errors));
    }

    [Fact]
    public void All_of_set_mm_is_verified_with_the_verdict_of_the_program()
    {
        var path = Path.Combine(MetamathProgram.DatabaseFolder, "set.mm");
        Assert.SkipUnless(File.Exists(path), "The package metamath-databases is not installed.");
        var report = MetamathDatabase.Load(path).VerifyAll(2);
        Assert.Empty(report.Errors);
        Assert.Equal(report.Theorems, report.Proved);
        Assert.True(report.Theorems > 30_000);
        if (MetamathProgram.IsInstalled && MetamathProgram.LongTests)
            Assert.True(MetamathProgram.SaysVerified(MetamathProgram.Run(path)));
    }

    [Fact]
    public async Task Known_proofs_of_set_mm_are_made_again_step_by_step()
    {
        var path = Path.Combine(MetamathProgram.DatabaseFolder, "set.mm");
        Assert.SkipUnless(File.Exists(path), "The package metamath-databases is not installed.");
        var wanted = MetamathProgram.LongTests ? 2_000 : 250;
        var environment = new MetamathEnvironment(MetamathDatabase.Load(path));
        var done = 0;
        for (var i = 0; done < wanted; i++)
        {
            if (environment.Database[i].Kind != MetamathStatementKind.Theorem)
                continue;
            await MetamathEnvironmentTests.Replay(environment, environment.Database[i].Label);
            done++;
        }

        Assert.Equal(wanted, done);
    }
}
