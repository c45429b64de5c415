using System.Security.Cryptography;
using System.Text;
using Ratchet.Journal;
using Ratchet.Recipes;
using Ratchet.Runs;

namespace Ratchet.Systems;

/// <summary>What a run was begun with, kept in its journal, so that it is not continued with something else.</summary>
internal static class RunIdentity
{
    /// <summary>Records the recipe and other inputs in the first session; refuses a changed recipe in later ones.</summary>
    /// <param name="run">Folder of the run.</param>
    /// <param name="journal">Its journal.</param>
    /// <param name="recipe">Recipe.</param>
    /// <param name="relevant">From the recipe's text to what of it must stay the same; null for all of it.</param>
    /// <param name="inputs">Further facts by name, recorded only.</param>
    /// <exception cref="RatchetException">The recipe was changed since.</exception>
    public static void Hold(RunFolder run, RunJournal journal, Recipe recipe, Func<string, string>? relevant = null, params (string Key, string Value)[] inputs)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(relevant is null ? File.ReadAllText(run.RecipePath) : relevant(File.ReadAllText(run.RecipePath)))));
        if (journal.Meta("recipe_sha256") is { } begun)
        {
            if (begun != hash)
                throw new RatchetException($"'{run.RecipePath}' was changed since the run began.", "Put the recipe back as it was, or start a new run with the changed one.");
            return;
        }

        journal.Together(() =>
        {
            journal.AddMeta("recipe_sha256", hash);
            journal.AddMeta("seed", recipe.Seed.ToString());
            journal.AddMeta("system", recipe.System);
            foreach (var (key, value) in inputs)
                journal.AddMeta(key, value);
        });
    }
}
