using Ratchet.Loop;
using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Systems;

namespace Ratchet.Cli.Tests;

/// <summary>A run that tells a fixed story, or ends in a given way.</summary>
internal sealed class ScriptedRuns(Action? end = null) : IRunService
{
    public Recipe? Recipe { get; private set; }

    public string? Folder { get; private set; }

    public static RunSummary Summary { get; } = new()
    {
        Status = "completed",
        Recipe = "first-proofs",
        Seed = 7,
        WallSeconds = 185,
        Rounds = [Round(0, 0.25), Round(1, 0.75)],
        Verifier = new(100, 10, 40, 48, new Dictionary<string, long> { ["timed_out"] = 2 }),
        Speed = new(1000, 500, 2000),
        Parity = new(0.0001),
    };

    public static IEnumerable<RunEvent> Events()
    {
        yield return new RunEvent.Note { Round = 0, Message = "3 problems are too long for the model and were left out" };
        yield return new RunEvent.StageStarted { Round = 0, Stage = "learn", Items = 300 };
        yield return new RunEvent.Learned { Round = 0, Step = new LearningStep(10, 20, 1.5, 0.9, 0.002, 40_960) };
        yield return new RunEvent.Learned { Round = 0, Step = new LearningStep(20, 20, 1.25, 0.8, 0.0002, 81_920) };
        yield return new RunEvent.RoundDone { Round = 0, Rounds = 1, WallSeconds = 65, Summary = Round(0, 0.25) };
        yield return new RunEvent.StageStarted { Round = 1, Stage = "propose", Items = 9600 };
        yield return Batch(512, 100);
        yield return Batch(9600, 2400);
        yield return new RunEvent.RoundDone { Round = 1, Rounds = 1, WallSeconds = 185, Summary = Round(1, 0.75) };
    }

    public Task<RunSummary> StartAsync(Recipe recipe, string folder, IRunObserver observer, CancellationToken cancellationToken)
    {
        (Recipe, Folder) = (recipe, folder);
        foreach (var e in Events())
            observer.OnEvent(e);
        end?.Invoke();
        return Task.FromResult(Summary);
    }

    public Task<RunSummary> ResumeAsync(string folder, IRunObserver observer, CancellationToken cancellationToken) => StartAsync(Recipe!, folder, observer, cancellationToken);

    private static RoundSummary Round(int round, double value) => new()
    {
        Round = round,
        Train = new TrainSummary(round * 1200, round * 9600, round * 2400, round * 3, round * 700),
        Heldout = new EvaluationSummary { Problems = 200, Attempts = 1600, PassAtK = new SortedDictionary<int, Estimate> { [1] = new(value / 2, value / 2 - 0.05, value / 2 + 0.05), [8] = new(value, value - 0.1, value + 0.1) } },
        Examples = 300 + (round * 2000),
        Steps = 20,
        Checkpoint = $"round-{round}",
    };

    private static RunEvent.BatchDone Batch(int done, int accepted) => new()
    {
        Round = 1,
        Stage = "propose",
        Done = done,
        Total = 9600,
        Accepted = accepted,
        Unknown = new SortedDictionary<string, long> { ["crashed"] = 1, ["timed_out"] = 2 },
        TokensPerSecond = 23_456,
        ProposalsPerSecond = 612,
        ChecksPerSecond = 15_000,
    };
}
