using Ratchet.Journal;
using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Systems.ChainOfExperts;
using Ratchet.Systems.Pretraining;

namespace Ratchet.Systems.Tests.ChainOfExperts;

/// <summary>A pretraining of a second on generated stories.</summary>
internal static class TinyPretraining
{
    public static ChainOfExpertsRecipe Recipe { get; } = new()
    {
        Name = "tiny",
        Threads = 1,
        Data = new CorpusSettings { Stories = 120, HeldoutCharacters = 3000 },
        Model = new LanguageModelSettings
        {
            HiddenSize = 32, Heads = 2, MaxPositions = 32, FeedForward = FeedForwardKind.Coe, Experts = 5, ExpertsPerToken = 2, ExpertSize = 16, Residual = ResidualPlacement.Repo,
        },
        Train = new PretrainSettings { Tokens = 24 * 256, BatchTokens = 256, SnapshotSteps = 5, LearningRate = 0.005 },
        Evaluate = new HeldoutSettings { RoutedTokens = 256 },
    };

    public static Task<RunSummary> StartAsync(ChainOfExpertsRecipe recipe, string folder) => ChainOfExpertsRun.StartAsync(recipe, folder, new Observer(null), TestContext.Current.CancellationToken);

    public static T Read<T>(string folder, Func<RunJournal, T> read)
    {
        using var journal = RunJournal.OpenReadOnly(Path.Combine(folder, "journal.db"));
        return read(journal);
    }

    /// <summary>Writes the recipe so that a study or the command line can read it.</summary>
    public static string Write(ChainOfExpertsRecipe recipe, string path)
    {
        File.WriteAllText(path, RecipeWriter.Write(recipe));
        return path;
    }

    /// <summary>Calls back at every optimizer step.</summary>
    public sealed class Observer(Action<int>? atStep) : IRunObserver
    {
        public void OnEvent(RunEvent e)
        {
            if (e is RunEvent.Learned learned)
                atStep?.Invoke(learned.Step.Step);
        }
    }
}
