using System.Diagnostics;
using System.Text.Json.Nodes;
using Ratchet.Journal;
using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

/// <summary>A run of seconds: every stage does its work, nothing is learned that would matter.</summary>
internal static class TinyRun
{
    public static ExpertIterationRecipe Recipe { get; } = new()
    {
        Name = "tiny",
        Seed = 3,
        Rounds = 2,
        Threads = 2,
        Problems = new ProblemSettings { Seed = 40, Train = 24, Heldout = 10 },
        Model = new ModelSettings { Layers = 1, HiddenSize = 32, Heads = 2, KeyValueHeads = 1, FeedForwardSize = 64, MaxPositions = 160 },
        Start = new StartSettings { Epochs = 6, Augment = 1 },
        Propose = new ProposeSettings { Samples = 6, MaxNewTokens = 40, BatchProblems = 6, Temperature = 0.7 },
        Learn = new LearnSettings { BatchTokens = 600, Epochs = 2, LearningRate = 0.01, SnapshotSteps = 4, Shards = 2 },
        Evaluate = new EvaluateSettings { Samples = 4, K = [1, 4], Bootstrap = 100 },
    };

    public static Task<RunSummary> StartAsync(ExpertIterationRecipe recipe, string folder) => ExpertIterationRun.StartAsync(recipe, folder, new Silent(), CancellationToken.None);

    public static Task<RunSummary> ResumeAsync(string folder) => ExpertIterationRun.ResumeAsync(folder, new Silent(), CancellationToken.None);

    /// <summary>Runs the host to its end, or kills it when it has printed so many lines. Gives the lines that came.</summary>
    public static (int ExitCode, IReadOnlyList<string> Lines, string Errors) Process(string[] arguments, int killAfter = int.MaxValue)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Ratchet.Systems.Tests");
        using var process = System.Diagnostics.Process.Start(new ProcessStartInfo(program, [RunHost.Argument, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            if (lines.Count == killAfter)
                process.Kill();
        }

        process.WaitForExit();
        return (process.ExitCode, lines, errors.GetAwaiter().GetResult());
    }

    public static string WriteRecipe(ExpertIterationRecipe recipe, string path)
    {
        File.WriteAllText(path, RecipeWriter.Write(recipe));
        return path;
    }

    public static T Read<T>(string folder, Func<RunJournal, T> read)
    {
        using var journal = RunJournal.OpenReadOnly(Path.Combine(folder, "journal.db"));
        return read(journal);
    }

    /// <summary>The summary without what is measured by the clock.</summary>
    public static string Timeless(string folder)
    {
        var summary = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "summary.json")))!.AsObject();
        foreach (var name in new[] { "wall_seconds", "sessions", "speed" })
            Assert.True(summary.Remove(name), name);
        return summary.ToJsonString(RunSummary.JsonOptions);
    }

    /// <summary>Same files of all checkpoints byte by byte, same rows, same summary but for the clock.</summary>
    public static void AssertSame(string expected, string actual, bool sameRecipe = true)
    {
        static IEnumerable<string> Files(string folder) => Directory.GetFiles(Path.Combine(folder, "checkpoints"), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal);
        Assert.Equal(Files(expected), Files(actual));
        foreach (var file in Files(expected))
            Assert.True(File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))), file);
        if (sameRecipe)
        {
            Assert.Equal(Read(expected, j => j.IdentityHash()), Read(actual, j => j.IdentityHash()));
            Assert.Equal(Timeless(expected), Timeless(actual));
        }

        static List<string> Attempts(string folder) => Read(folder, j => j.Attempts(new AttemptQuery())
            .Select(a => $"{a.Attempt.Id} {string.Join(' ', a.Attempt.TokenIds)} {string.Join(' ', a.Attempt.LogProbabilities)} {a.Verdict.Outcome}").ToList());
        Assert.Equal(Attempts(expected), Attempts(actual));
    }

    private sealed class Silent : IRunObserver
    {
        public void OnEvent(RunEvent e)
        {
        }
    }
}
