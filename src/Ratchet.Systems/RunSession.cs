using Ratchet.Journal;
using Ratchet.Recipes;
using Ratchet.Runs;

namespace Ratchet.Systems;

/// <summary>How every system opens the folder of a run, and what it leaves there when the work does not end well.</summary>
internal static class RunSession
{
    /// <summary>Makes the folder of a new run and works in it.</summary>
    /// <param name="recipe">Recipe, read and checked; all that can be wrong with its inputs has been found before.</param>
    /// <param name="folder">Folder to make; it must not hold a run.</param>
    /// <param name="work">Works in the open folder.</param>
    /// <exception cref="RatchetException">The folder cannot be made.</exception>
    public static async Task<RunSummary> StartAsync(Recipe recipe, string folder, Func<RunFolder, RunJournal, Task<RunSummary>> work)
    {
        using var run = RunFolder.Create(folder, RecipeWriter.Write(recipe));
        using var journal = RunJournal.Open(run.JournalPath);
        return await work(run, journal);
    }

    /// <summary>Opens the folder of a run of a system and works in it.</summary>
    /// <param name="folder">Folder.</param>
    /// <param name="system">Name of the system.</param>
    /// <param name="work">Works in the open folder, with the recipe that lies in it.</param>
    /// <exception cref="RatchetException">The folder holds no run of the system, or cannot be opened.</exception>
    public static async Task<RunSummary> ResumeAsync<TRecipe>(string folder, string system, Func<TRecipe, RunFolder, RunJournal, Task<RunSummary>> work)
        where TRecipe : Recipe
    {
        using var run = RunFolder.Open(folder);
        var recipe = SystemRecipes.Catalog.ReadFile(run.RecipePath).ThrowIfWrong() as TRecipe ?? throw new RatchetException($"'{run.RecipePath}' is no {system} recipe.");
        using var journal = RunJournal.Open(run.JournalPath);
        return await work(recipe, run, journal);
    }

    /// <summary>Works, and where that is stopped or fails leaves a summary that says so.</summary>
    /// <param name="run">Folder of the run.</param>
    /// <param name="summary">The summary for a status and a message.</param>
    /// <param name="work">The work.</param>
    public static async Task<T> WorkAsync<T>(RunFolder run, Func<string, string, RunSummary> summary, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException)
        {
            run.WriteSummary(summary("stopped", "The run was stopped; 'ratchet resume' continues it."));
            throw;
        }
        catch (Exception e)
        {
            try
            {
                run.WriteSummary(summary("failed", e.Message));
            }
            catch (RatchetException)
            {
                // The same full disk that stopped the run; the first message is the one to show.
            }

            throw;
        }
    }

    /// <inheritdoc cref="WorkAsync{T}"/>
    public static Task WorkAsync(RunFolder run, Func<string, string, RunSummary> summary, Func<Task> work) => WorkAsync(run, summary, async () =>
    {
        await work();
        return true;
    });
}
