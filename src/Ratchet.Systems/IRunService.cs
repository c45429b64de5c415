using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Systems.AlpacaFarm;
using Ratchet.Systems.BfsProver;
using Ratchet.Systems.ChainOfExperts;
using Ratchet.Systems.EchoChamber;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Studies;

namespace Ratchet.Systems;

/// <summary>Starts and continues runs of whatever system a recipe names.</summary>
public interface IRunService
{
    /// <summary>Starts a run in a new folder and works until it is done.</summary>
    /// <exception cref="RatchetException">The run cannot begin or cannot go on.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped; it can be resumed.</exception>
    Task<RunSummary> StartAsync(Recipe recipe, string folder, IRunObserver observer, CancellationToken cancellationToken);

    /// <summary>Continues a run.</summary>
    /// <exception cref="RatchetException">There is no run, or it cannot go on.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped; it can be resumed.</exception>
    Task<RunSummary> ResumeAsync(string folder, IRunObserver observer, CancellationToken cancellationToken);
}

/// <summary>The systems of this project.</summary>
public sealed class SystemRuns : IRunService
{
    /// <inheritdoc/>
    public Task<RunSummary> StartAsync(Recipe recipe, string folder, IRunObserver observer, CancellationToken cancellationToken) => recipe switch
    {
        ExpertIterationRecipe expertIteration => ExpertIterationRun.StartAsync(expertIteration, folder, observer, cancellationToken),
        BfsProverRecipe prover => BfsProverRun.StartAsync(prover, folder, observer, cancellationToken),
        ChainOfExpertsRecipe chainOfExperts => ChainOfExpertsRun.StartAsync(chainOfExperts, folder, observer, cancellationToken),
        EchoChamberRecipe echoChamber => EchoChamberRun.StartAsync(echoChamber, folder, observer, cancellationToken),
        AlpacaFarmRecipe alpacaFarm => AlpacaFarmRun.StartAsync(alpacaFarm, folder, observer, cancellationToken),
        StudyRecipe => throw new RatchetException("This recipe is a study of many runs.", "Start it with 'ratchet study'."),
        _ => throw NoRun(recipe),
    };

    /// <inheritdoc/>
    public Task<RunSummary> ResumeAsync(string folder, IRunObserver observer, CancellationToken cancellationToken)
    {
        using var run = RunFolder.OpenReadOnly(folder);
        return SystemRecipes.Catalog.ReadFile(run.RecipePath).ThrowIfWrong() switch
        {
            ExpertIterationRecipe => ExpertIterationRun.ResumeAsync(folder, observer, cancellationToken),
            BfsProverRecipe => BfsProverRun.ResumeAsync(folder, observer, cancellationToken),
            ChainOfExpertsRecipe => ChainOfExpertsRun.ResumeAsync(folder, observer, cancellationToken),
            EchoChamberRecipe => EchoChamberRun.ResumeAsync(folder, observer, cancellationToken),
            AlpacaFarmRecipe => AlpacaFarmRun.ResumeAsync(folder, observer, cancellationToken),
            var recipe => throw NoRun(recipe),
        };
    }

    private static ArgumentException NoRun(Recipe recipe) => new($"No run is known for a {recipe.GetType().Name}.");
}
