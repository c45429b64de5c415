using System.Globalization;
using Ratchet.Search;
using Ratchet.Search.Trees;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ratchet.Cli.Progress;

/// <summary>A search under way, redrawn in place: states, the path with the best score, time.</summary>
internal static class ProofProgress
{
    private const int Lines = 14;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(125);

    /// <summary>Runs a search and shows it.</summary>
    public static async Task<IReadOnlyList<SearchResult>> ShowAsync(TextWriter writer, TimeProvider clock, Func<Action<SearchProgress>, Task<IReadOnlyList<SearchResult>>> search)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        IReadOnlyList<SearchResult> results = [];
        var started = clock.GetTimestamp();
        await console.Live(new Text("")).AutoClear(true).StartAsync(async live =>
        {
            long drawn = 0;
            results = await search(progress =>
            {
                if (drawn != 0 && clock.GetElapsedTime(drawn) < Refresh)
                    return;
                drawn = clock.GetTimestamp();
                live.UpdateTarget(Render(progress, clock.GetElapsedTime(started)));
                live.Refresh();
            });
        });
        return results;
    }

    /// <summary>The picture of a moment.</summary>
    internal static IRenderable Render(SearchProgress progress, TimeSpan elapsed)
    {
        var best = progress.Nodes.Where(n => n.Depth > 0).MaxBy(n => (n.Score, -n.Id)) ?? progress.Nodes[0];
        var path = new List<SearchNode>();
        for (var node = best; node is not null; node = node.Parent)
            path.Add(node);
        path.Reverse();
        var tree = new Tree($"[grey]{Escape(progress.Problem.Statement)}[/]");
        IHasTreeNodes at = tree;
        foreach (var node in path.Skip(1).Take(Lines))
            at = at.AddNode($"{Escape(node.Step!)} [grey]{node.Score.ToString("0.00", CultureInfo.InvariantCulture)}[/]");
        at.AddNode($"[grey]{Escape(best.State.Goals[0].Split('\n')[^1])}{(best.State.Goals.Count > 1 ? $" and {best.State.Goals.Count - 1} more" : "")}[/]");
        var deepest = progress.Nodes.Max(n => n.Depth);
        var line = string.Create(CultureInfo.InvariantCulture, $"{progress.Nodes.Count} states, {progress.Expansions} expansions, depth {deepest}, {elapsed.TotalSeconds:0.0} s");
        return new Rows(tree, new Markup($"[blue]{line}{(progress.Theorems > 1 ? $", {progress.Ended} of {progress.Theorems} goals ended" : "")}[/]"));
    }

    private static string Escape(string text) => (text.Length <= 120 ? text : text[..117] + "...").ReplaceLineEndings(" ").EscapeMarkup();
}
