using System.IO.Compression;
using System.Text;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems.Evaluation;
using Ratchet.Systems.Verification;

namespace Ratchet.Systems.Tests.Evaluation;

public sealed class BenchmarkFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Fields_are_found_under_the_names_that_published_files_use()
    {
        var set = await ReadAsync(
            new BenchmarkFields(),
            """{"question": "What is 1 + 1?", "answer": "so it is\n#### 2"}""",
            """{"ID": "two words", "Body": "There are 3 cats.", "Question": "How many?", "Answer": 3.0}""",
            """{"unique_id": "m/1", "problem": "Halve 3.", "solution": "\\boxed{3/2}", "level": "Level 2"}""");
        Assert.Equal(["line-1", "two_words", "m/1"], set.All.Select(p => p.Id));
        Assert.Equal(["What is 1 + 1?", "There are 3 cats. How many?", "Halve 3."], set.All.Select(p => p.Statement));
        Assert.Equal(["so it is\n#### 2", "3.0", "\\boxed{3/2}"], set.All.Select(p => set.References[p.Id]));
        Assert.Equal(["all", "all", "Level 2"], set.All.Select(p => p.Stratum));
        Assert.All(set.All, p => Assert.Equal(Split.Heldout, p.Split));
    }

    [Fact]
    public async Task The_user_names_fields_and_picks_lines()
    {
        var set = await ReadAsync(
            new BenchmarkFields { Statement = "{q} One of: {options}", Reference = "label", Id = "key", Stratum = "kind", Where = [new("split", "test")], Limit = 1 },
            """{"key": 7, "q": "Which?", "options": ["A) 1", "B) 2"], "label": "B", "kind": "easy", "split": "train"}""",
            """{"key": 8, "q": "Which?", "options": ["A) 1", "B) 2"], "label": "B", "kind": "easy", "split": "test"}""",
            """{"key": 9, "q": "Which?", "options": ["A) 1", "B) 2"], "label": "A", "kind": "easy", "split": "test"}""");
        var problem = Assert.Single(set.All);
        Assert.Equal(("8", "Which? One of: A) 1\nB) 2", "easy", "B"), (problem.Id, problem.Statement, problem.Stratum, set.References["8"]));
    }

    [Fact]
    public async Task All_lines_that_cannot_be_used_are_named()
    {
        var e = await Assert.ThrowsAsync<RatchetException>(() => ReadAsync(
            new BenchmarkFields(), """{"id": 1, "question": "a", "answer": 1}""", "no JSON", """{"id": 1, "question": "b", "answer": 1}""", """{"text": "c"}""", """{"id": 5, "question": "d"}"""));
        Assert.Equal(2, e.ExitCode);
        Assert.Contains("4 items cannot be read", e.Message, StringComparison.Ordinal);
        Assert.Contains(":2: not JSON", e.Message, StringComparison.Ordinal);
        Assert.Contains(":3: the identifier '1' is that of line 1 too.", e.Message, StringComparison.Ordinal);
        Assert.Contains(":4: there is no \"statement\"; the fields are: text.", e.Message, StringComparison.Ordinal);
        Assert.Contains(":5: 5: There is no \"reference\"", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_file_is_read_and_one_without_lines_refused()
    {
        var path = _folder["a.jsonl.gz"];
        using (var stream = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            stream.Write(Encoding.UTF8.GetBytes("""{"question": "a", "answer": 1}"""));
        await using var verifier = await VerifierCatalog.Find("answers").OpenAsync(new VerifierOptions(), TestContext.Current.CancellationToken);
        Assert.Single(BenchmarkFile.Read(path, new BenchmarkFields(), verifier).All);
        var e = Assert.Throws<RatchetException>(() => BenchmarkFile.Read(path, new BenchmarkFields { Where = [new("answer", "2")] }, verifier));
        Assert.Equal($"No problem of {path} is left.", e.Message);
    }

    [Fact]
    public async Task One_question_with_two_answers_is_two_problems()
    {
        var set = await ReadAsync(new BenchmarkFields(), """{"question": "a", "answer": 1}""", """{"question": "a", "answer": 2}""");
        Assert.NotEqual(set.All[0].CanonicalHash, set.All[1].CanonicalHash);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<ProblemSet> ReadAsync(BenchmarkFields fields, params string[] lines)
    {
        var path = _folder["problems.jsonl"];
        await File.WriteAllLinesAsync(path, lines, TestContext.Current.CancellationToken);
        await using var verifier = await VerifierCatalog.Find("answers").OpenAsync(new VerifierOptions(), TestContext.Current.CancellationToken);
        return BenchmarkFile.Read(path, fields, verifier);
    }
}
