using System.Xml.Linq;
using Ratchet.Proving;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Search.Journal;
using Ratchet.Search.Policies;
using Ratchet.Search.Trees;

namespace Ratchet.Search.Tests;

public sealed class SearchRecordTests
{
    [Fact]
    public async Task A_search_is_in_the_journal_with_its_story_and_tree_and_is_written_once()
    {
        using var folder = new TemporaryFolder();
        var record = await RecordAsync("r1/train/p");
        using (var journal = SearchJournal.Open(folder["search.db"]))
        {
            journal.Add(record);
            journal.Add(record with { Message = "again" });
            journal.Add(await RecordAsync("r1/train/q"));
        }

        using var read = SearchJournal.Open(folder["search.db"]);
        var found = read.Find("r1/train/p")!;
        Assert.Equal(record.Message, found.Message);
        Assert.Equal(record.Story, read.Story("r1/train/p"));
        Assert.Equal(record.Tree.Select(n => (n.Id, n.Parent, n.Step)), found.Tree.Select(n => (n.Id, n.Parent, n.Step)));
        Assert.Equal(["r1/train/p", "r1/train/q"], read.Searches("r1/").Select(s => s.Key));
        Assert.Empty(read.Searches("r2/"));
        Assert.Null(read.Find("r9"));
        Assert.StartsWith("ended: proved", record.Story[^1].Replace("Proved", "proved", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tree_knows_its_proof_and_what_failed()
    {
        var record = await RecordAsync("k");
        Assert.Equal("proved", record.Status);
        Assert.Equal(record.Path.Count, record.Tree.Count(n => n.OnProof));
        Assert.Contains(record.Tree.SelectMany(n => n.Leaves), l => l is { Kind: "failed", Message.Length: > 0 });
        Assert.Contains(record.Tree.SelectMany(n => n.Leaves), l => l.Kind == "proved");
        Assert.All(record.Tree.Skip(1), n => Assert.Contains(record.Tree, p => p.Id == n.Parent));
    }

    [Fact]
    public async Task The_report_is_one_page_that_opens_and_closes_and_holds_no_markup_of_others()
    {
        using var folder = new TemporaryFolder();
        var record = await RecordAsync("k");
        SearchReport.Write(folder["search.html"], "Proofs <of> today", [record with { Message = "<script>alert(1)</script>" }]);
        var page = await File.ReadAllTextAsync(folder["search.html"]);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page[page.IndexOf("<main>", StringComparison.Ordinal)..], StringComparison.Ordinal);
        var document = XDocument.Parse(page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        var items = document.Descendants("details").Count(d => d.Parent!.Name == "li");
        Assert.Equal(record.Tree.Count, items);
        Assert.Contains("#0, score 0.000", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_journal_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["search.db"], "no database, but long enough to be looked at: " + new string('x', 5_000));
        Assert.Contains("search.db", Assert.Throws<RatchetException>(() => SearchJournal.Open(folder["search.db"])).Message, StringComparison.Ordinal);
    }

    private static async Task<SearchRecord> RecordAsync(string key)
    {
        var policy = new ScriptedPolicy("with errors", s => [new("exact h99.", -0.2), .. Worlds.Propositional.Steps(s).Select(t => new StepProposal(t, -1))]);
        var engine = Worlds.Engine(policy);
        return TreeRecorder.Record(key, await engine.SearchAsync(Worlds.Task(@"A \/ B -> (A -> C) -> (B -> C) -> C")), engine, Worlds.Wide);
    }
}
