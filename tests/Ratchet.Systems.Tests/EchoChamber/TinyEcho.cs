using Ratchet.Learning.Policies;
using Ratchet.Runs;
using Ratchet.Systems.EchoChamber;
using Ratchet.Systems.Pretraining;

namespace Ratchet.Systems.Tests.EchoChamber;

/// <summary>An experiment of seconds: the model learns the formats and hardly any arithmetic.</summary>
internal static class TinyEcho
{
    public static EchoChamberRecipe Recipe { get; } = new()
    {
        Name = "tiny",
        Threads = 1,
        Problems = new WordProblemSettings { Train = 24, Heldout = 6, Steps = [1], Transfer = 4, TransferSteps = [2] },
        Mixture = new MixtureSettings { Steps = [1], Background = 0.2 },
        Model = new SmallModelSettings { Layers = 1, HiddenSize = 32, Heads = 2, FeedForwardSize = 64, MaxPositions = 64 },
        Pretrain = new PretrainSettings { Tokens = 60_000, BatchTokens = 512, LearningRate = 0.01, SnapshotSteps = 50 },
        Policy = new PolicyTrainingOptions { Algorithm = PolicyAlgorithm.Grpo, Updates = 6, Prompts = 6, Samples = 4, MaxNewTokens = 24, SnapshotInterval = 2, Policy = new OptimizationOptions { LearningRate = 1e-3 } },
        Expert = new ExpertRoundSettings { Rounds = 2, ProblemsPerRound = 12, Samples = 8, MaxNewTokens = 24, BatchTokens = 256 },
        Gold = new GoldSettings { Steps = 5, BatchTokens = 256 },
        Evaluate = new WatchSettings { Points = 3, Samples = 2, MilestoneSamples = 4, MaxNewTokens = 24, K = [1, 2, 4] },
    };

    public static Task<RunSummary> StartAsync(EchoChamberRecipe recipe, string folder, Action<RunEvent>? at = null) =>
        EchoChamberRun.StartAsync(recipe, folder, new Observer(at), TestContext.Current.CancellationToken);

    public static Task<RunSummary> ResumeAsync(string folder) => EchoChamberRun.ResumeAsync(folder, new Observer(null), TestContext.Current.CancellationToken);

    private sealed class Observer(Action<RunEvent>? at) : IRunObserver
    {
        public void OnEvent(RunEvent e) => at?.Invoke(e);
    }
}
