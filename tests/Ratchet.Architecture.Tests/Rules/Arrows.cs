namespace Ratchet.Architecture.Tests.Rules;

/// <summary>Which room may refer to which. The same picture as in <c>docs/architecture.md</c>.</summary>
internal static class Arrows
{
    private static readonly string[] Below = ["Ratchet", "Ratchet.Domains", "Ratchet.Verifiers", "Ratchet.Models", "Ratchet.Sampling", "Ratchet.Learning", "Ratchet.Search"];

    /// <summary>Rooms, those to come included, each with the rooms that it may refer to.</summary>
    public static IReadOnlyDictionary<string, string[]> Allowed { get; } = new Dictionary<string, string[]>
    {
        ["Ratchet"] = [],
        ["Ratchet.Domains"] = ["Ratchet"],
        ["Ratchet.Verifiers"] = ["Ratchet"],
        ["Ratchet.Models"] = ["Ratchet"],
        ["Ratchet.Sampling"] = ["Ratchet", "Ratchet.Models"],
        ["Ratchet.Learning"] = ["Ratchet", "Ratchet.Models", "Ratchet.Sampling"],
        ["Ratchet.Search"] = ["Ratchet", "Ratchet.Models", "Ratchet.Sampling"],
        ["Ratchet.Systems"] = Below,
        ["Ratchet.Cluster"] = [.. Below, "Ratchet.Systems"],
        ["Ratchet.Dashboard"] = [.. Below, "Ratchet.Systems"],
        ["Ratchet.Service"] = [.. Below, "Ratchet.Systems"],
        ["Ratchet.Cli"] = [.. Below, "Ratchet.Systems", "Ratchet.Service", "Ratchet.Cluster", "Ratchet.Dashboard"],
    };

    /// <summary>Beginnings of package and assembly names that the room <c>Ratchet</c> keeps clear of, directly or through others.</summary>
    public static IReadOnlyList<string> HeavyForTheCore { get; } =
        ["TorchSharp", "libtorch", "Microsoft.ML", "SkiaSharp", "HarfBuzzSharp", "ScottPlot", "Microsoft.AspNetCore", "Orleans", "Microsoft.Orleans", "Grpc"];

    /// <summary>Arrows of the source projects that point where they may not.</summary>
    public static IEnumerable<string> WrongArrows(IEnumerable<ProjectFile> projects)
    {
        foreach (var project in projects)
        {
            if (!Allowed.TryGetValue(project.Name, out var allowed))
            {
                yield return $"{project.Name} is a room that the picture does not know.";
                continue;
            }

            foreach (var target in project.Projects.Except(allowed))
                yield return $"{project.Name} -> {target} points against the arrows.";
        }
    }

    /// <summary>Compiled references between rooms that point where they may not.</summary>
    public static IEnumerable<string> WrongReferences(string assembly, IEnumerable<string> references) =>
        WrongArrows([new ProjectFile(assembly, [.. references.Where(r => r == "Ratchet" || r.StartsWith("Ratchet.", StringComparison.Ordinal))], [], [])]);

    /// <summary>Names among those given that the room <c>Ratchet</c> must not carry.</summary>
    public static IEnumerable<string> TooHeavyForTheCore(IEnumerable<string> names) =>
        names.Where(n => HeavyForTheCore.Any(h => n.StartsWith(h, StringComparison.OrdinalIgnoreCase))).Select(n => $"Ratchet carries {n}.");
}
