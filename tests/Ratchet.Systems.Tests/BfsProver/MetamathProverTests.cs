using System.Diagnostics;
using System.Text.Json;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Systems.BfsProver;

namespace Ratchet.Systems.Tests.BfsProver;

public sealed class MetamathProverTests : IDisposable
{
    private const string Database = "/usr/share/metamath/databases/ql.mm";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_step_prover_is_trained_on_a_real_database_and_the_metamath_program_accepts_its_proofs()
    {
        Assert.SkipUnless(File.Exists(Database), "The databases of Metamath are not installed (package metamath-databases).");
        var recipe = new BfsProverRecipe
        {
            Name = "tiny-metamath",
            Rounds = 1,
            Threads = 2,
            Problems = new StepProblemSettings { World = StepWorldKind.Metamath, Database = Database, First = 120, PerRound = 30 },
            Model = new StepModelSettings { Layers = 1, HiddenSize = 48, Heads = 4, KeyValueHeads = 2, FeedForwardSize = 96, MaxPositions = 128 },
            Start = new StepStartSettings { Epochs = 6 },
            Search = new StepSearchSettings { Width = 4, Expansions = 8, MaxDepth = 8, Restarts = 1 },
            Learn = new StepLearnSettings { BatchTokens = 1024, Epochs = 1 },
            Evaluate = new StepEvaluateSettings { Expansions = 20, Bootstrap = 100, Compare = ["breadth best-first policy=uniform alpha=0 width=200"] },
        };
        var summary = await BfsProverRun.StartAsync(recipe, _folder["run"], new Silent(), TestContext.Current.CancellationToken);
        Assert.Equal("completed", summary.Status);
        Assert.True(summary.Measures!["solved.breadth"] > 0);
        var proofs = (await File.ReadAllLinesAsync(Path.Combine(_folder["run"], "proofs.jsonl"))).Select(l => JsonSerializer.Deserialize<JsonElement>(l)).ToList();
        Assert.Equal(summary.Measures!["shorter_than_database"], proofs.Count(p => p.GetProperty("steps").GetInt32() < p.GetProperty("known_steps").GetInt32()));
        Assert.All(proofs, p => Assert.True(p.GetProperty("known_steps").GetInt32() > 0));
        Assert.StartsWith("Proofs shorter than the database's", ReportSection.Read(_folder["run"])[0].Title, StringComparison.Ordinal);
        var file = Path.Combine(_folder["run"], "proofs.mm");
        var text = await File.ReadAllTextAsync(file);
        Assert.Contains("$p |- ", text, StringComparison.Ordinal);
        Assert.SkipUnless(File.Exists("/usr/bin/metamath"), "The metamath program is not installed (package metamath).");
        var start = new ProcessStartInfo("metamath", ["set width 9999", "read \"proofs.mm\"", "verify proof found*", "exit", "exit"]) { WorkingDirectory = _folder["run"], RedirectStandardOutput = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("?Error", output, StringComparison.Ordinal);
        Assert.DoesNotContain("were not proved", output, StringComparison.Ordinal);
        Assert.Contains("found.", output, StringComparison.Ordinal);
    }

    private sealed class Silent : IRunObserver
    {
        public void OnEvent(RunEvent e)
        {
        }
    }
}
