using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Systems.AlpacaFarm;
using Ratchet.Systems.EchoChamber;

namespace Ratchet.Systems.Studies;

/// <summary>A run of a study that has ended well.</summary>
/// <param name="Arm">Arm.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Recipe">Its recipe.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Values">Its numbers.</param>
internal sealed record FinishedRun(string Arm, ulong Seed, Recipe Recipe, string Folder, IReadOnlyDictionary<string, double> Values);

/// <summary>What a system has to say about a study of it: claims that were written down before the runs, and sections of the report.</summary>
internal sealed record StudyFindings(IReadOnlyList<StudyCheck> Checks, IReadOnlyList<ReportSection> Sections)
{
    /// <summary>The findings of the runs' system; none for systems without.</summary>
    public static StudyFindings Of(Recipe baseRecipe, IReadOnlyList<FinishedRun> runs) => baseRecipe switch
    {
        AlpacaFarmRecipe => AlpacaFarmStudy.Analyse(runs),
        EchoChamberRecipe => new StudyFindings([], EchoStudy.Sections(EchoArms(runs))),
        _ => new StudyFindings([], []),
    };

    private static List<EchoArm> EchoArms(IReadOnlyList<FinishedRun> runs) =>
        [.. runs.GroupBy(r => r.Arm, StringComparer.Ordinal).Select(arm => new EchoArm(
            arm.Key, (EchoChamberRecipe)arm.First().Recipe, [.. arm.Select(r => new EchoStudyRun(r.Seed, new EchoSeries(EchoRecord.Read(r.Folder))))]))];
}
