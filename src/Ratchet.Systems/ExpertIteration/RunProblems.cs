using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>Reads or draws the problems of a run.</summary>
internal static class RunProblems
{
    /// <summary>
    /// The domain's own problems, or the user's. A user's file without solutions gets seed problems of the domain's generator, none
    /// of which has the canonical hash of a problem in the file.
    /// </summary>
    public static ProblemSet Make(ExpertIterationRecipe recipe, IDomain domain, List<string> notes)
    {
        var settings = recipe.Problems;
        var stream = RandomStream.FromSeed(recipe.Seed).Derive("problems");
        if (settings.File is null)
            return domain.Generate(new ProblemCounts(settings.Seed, settings.Train, settings.Heldout), stream);

        var given = ProblemFile.Read(settings.File, domain);
        if (given.In(Split.Train).Count == 0)
        {
            throw new RatchetException(
                $"'{settings.File}' holds no training problem.", "Give more problems, or mark some of them with \"split\": \"train\".");
        }

        if (given.In(Split.Heldout).Count == 0)
        {
            throw new RatchetException(
                $"'{settings.File}' holds no held-out problem, so no gain could be measured.",
                "Give more problems, or mark some of them with \"split\": \"heldout\".");
        }

        if (given.In(Split.Seed).Any(p => given.References.ContainsKey(p.Id)) || recipe.Model.Path is not null || settings.Seed == 0)
            return given;

        var taken = given.All.Select(p => p.CanonicalHash).ToHashSet(StringComparer.Ordinal);
        var drawn = domain.Generate(new ProblemCounts(settings.Seed, 0, 0), stream);
        var seeds = drawn.In(Split.Seed).Where(p => !taken.Contains(p.CanonicalHash)).ToList();
        var removed = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (reason, count) in given.Removed)
            removed[reason] = count;
        if (drawn.In(Split.Seed).Count - seeds.Count is > 0 and var same)
            removed["drawn seed problem equal to a given problem"] = same;
        notes.Add($"'{settings.File}' holds no solutions: the start model learns from {seeds.Count} problems drawn by the domain '{domain.Name}'.");
        var references = new Dictionary<string, string>(given.References, StringComparer.Ordinal);
        foreach (var problem in seeds)
            references["drawn-" + problem.Id] = drawn.References[problem.Id];
        return new ProblemSet([.. seeds.Select(p => p with { Id = "drawn-" + p.Id }), .. given.All], references, removed);
    }
}
