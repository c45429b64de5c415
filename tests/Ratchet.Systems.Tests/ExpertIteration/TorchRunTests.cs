using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

public sealed class TorchRunTests : IDisposable
{
    private static readonly ExpertIterationRecipe Recipe = TinyRun.Recipe with
    {
        Rounds = 1,
        Problems = new ProblemSettings { Seed = 40, Train = 12, Heldout = 6 },
        Start = new StartSettings { Epochs = 20, Augment = 1 },
        Learn = TinyRun.Recipe.Learn with { SnapshotSteps = 20 },
        Engine = new EngineSettings { Sampler = EngineChoice.Torch, Learner = EngineChoice.Torch },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_on_the_tensor_library_ends_the_same_after_kills_in_training_and_sampling()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The run is killed with SIGKILL.");
        var recipe = TinyRun.WriteRecipe(Recipe, _folder["tiny.yaml"]);
        var alone = TinyRun.Process(["start", recipe, _folder["alone"]]);
        Assert.True(alone.ExitCode == 0, alone.Errors);

        // In the start training behind a snapshot, and in the middle of the first round's sampling.
        var lines = alone.Lines.ToList();
        var run = _folder["run"];
        TinyRun.Process(["start", recipe, run], lines.IndexOf("0 learn 30"));
        var sampling = lines.IndexOf("1 started propose") + 2;
        var second = TinyRun.Process(["resume", run], sampling - lines.IndexOf("0 learn 21"));
        Assert.Equal("0 learn 21", second.Lines[1 + second.Lines.ToList().FindIndex(l => l.StartsWith("0 started learn", StringComparison.Ordinal))]);
        var third = TinyRun.Process(["resume", run]);

        Assert.True(third.ExitCode == 0, third.Errors);
        Assert.DoesNotContain("0 learn 21", third.Lines);
        TinyRun.AssertSame(_folder["alone"], run);
    }

    [Fact]
    public async Task Both_engines_learn_the_same_from_the_same_seed_proofs_and_score_alike()
    {
        var torch = await TinyRun.StartAsync(Recipe, _folder["torch"]);
        var own = await TinyRun.StartAsync(Recipe with { Engine = new EngineSettings() }, _folder["own"]);

        Assert.Equal(("torch", "torch", "own", "own"), (torch.Environment["sampler"], torch.Environment["learner"], own.Environment["sampler"], own.Environment["learner"]));
        Assert.Equal(own.Rounds[0].Loss, torch.Rounds[0].Loss, 0.01);
        Assert.Equal(own.Rounds[0].Steps, torch.Rounds[0].Steps);
        Assert.InRange(torch.Parity.MaxLogprobDifference, 0, 1e-3);
    }
}
