using System.Text.Json;
using Ratchet.Proving;
using Ratchet.Runs;
using Ratchet.Search.Journal;
using Ratchet.Systems.BfsProver;

namespace Ratchet.Cli.Verbs;

/// <summary>Shows the searches of a step prover's run: a table, or one of them with its story.</summary>
internal static class SearchInspect
{
    /// <summary>Whether a run's folder holds searches.</summary>
    public static bool IsFor(string folder) => File.Exists(Path.Combine(folder, BfsProverRun.SearchFile));

    /// <summary>Writes what fits.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="folder">Folder of the run.</param>
    /// <param name="key">Key of a search, or its beginning; null for all.</param>
    /// <param name="problem">Only this problem, or null.</param>
    /// <param name="limit">Most searches; 0 for all.</param>
    /// <param name="json">As JSON lines.</param>
    public static void Write(CliContext context, string folder, string? key, string? problem, int limit, bool json)
    {
        using var journal = SearchJournal.Open(Path.Combine(folder, BfsProverRun.SearchFile));
        if (key is not null && journal.Find(key) is { } one)
        {
            if (json)
                context.Out.WriteLine(JsonSerializer.Serialize(one, JsonLines.Options));
            else
                Whole(context.Out, one, journal.Story(key));
            return;
        }

        var found = journal.Searches(key ?? "").Where(s => problem is null || s.ProblemId == problem).ToList();
        if (found.Count == 0)
            throw new RatchetException(key is null ? "The run has no such search." : $"The run has no search '{key}'.", "'ratchet inspect RUN' lists searches with their keys.");
        var shown = limit > 0 ? found.Take(limit) : found;
        if (json)
        {
            foreach (var search in shown)
                context.Out.WriteLine(JsonSerializer.Serialize(search with { Tree = [] }, JsonLines.Options));
            return;
        }

        foreach (var s in shown)
            context.Out.WriteLine($"{s.Key,-24}  {s.Status,-13}  {s.Expansions,6} expansions  {Short(s.Statement, 50),-50}  {Short(s.Proof ?? s.Message, 60)}");
        if (limit > 0 && found.Count > limit)
            context.Out.WriteLine($"the first {limit} of {found.Count}; --limit shows more");
    }

    private static void Whole(TextWriter writer, SearchRecord search, IReadOnlyList<string> story)
    {
        writer.WriteLine($"search    {search.Key}");
        writer.WriteLine($"goal      {search.Statement}");
        writer.WriteLine($"world     {search.Environment}; policy {search.Policy}; {search.Settings}");
        writer.WriteLine($"ended     {search.Status}: {search.Message}");
        writer.WriteLine($"spent     {search.Expansions} expansions, {search.Nodes} states, {search.VerifierCalls} verifier calls, {search.Tokens} tokens");
        foreach (var step in search.Path)
            writer.WriteLine($"  {step}");
        writer.WriteLine("story");
        foreach (var line in story)
            writer.WriteLine($"  {line}");
    }

    private static string Short(string text, int length)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= length ? line : line[..(length - 3)] + "...";
    }
}
