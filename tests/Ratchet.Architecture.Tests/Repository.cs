using System.ComponentModel;
using System.Diagnostics;

namespace Ratchet.Architecture.Tests;

/// <summary>The working tree that the tests were built in.</summary>
internal static class Repository
{
    private static readonly string[] Skipped = ["artifacts", "bin", "obj", "runs", "TestResults", "BenchmarkDotNet.Artifacts", ".git", ".vs", ".vscode", ".idea"];

    public static string Root { get; } = Find();

    /// <summary>Paths of the files that belong to the project, relative to the root, with forward slashes: what git tracks, or all where there is no git.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. (Tracked() ?? Walk(Root)).Where(f => File.Exists(Path.Combine(Root, f))).Order(StringComparer.Ordinal)];

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>The files under one of the folders with this ending, each with its text.</summary>
    public static IEnumerable<(string File, string Text)> Texts(string ending, params string[] folders) =>
        Files.Where(f => f.EndsWith(ending, StringComparison.Ordinal) && (folders.Length == 0 || folders.Any(folder => f.StartsWith(folder + "/", StringComparison.Ordinal))))
            .Select(f => (f, Read(f)));

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Ratchet.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Ratchet.slnx is in no folder above the tests.");
        return folder;
    }

    private static string[]? Tracked()
    {
        if (!Path.Exists(Path.Combine(Root, ".git")))
            return null;
        try
        {
            var start = new ProcessStartInfo("git", ["-c", "core.quotePath=false", "ls-files"]) { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true };
            using var git = Process.Start(start)!;
            git.ErrorDataReceived += (_, _) => { };
            git.BeginErrorReadLine();
            var lines = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            git.WaitForExit();
            return git.ExitCode == 0 && lines.Length > 0 ? lines : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
        foreach (var inner in Directory.EnumerateDirectories(folder).Where(d => !Skipped.Contains(Path.GetFileName(d))))
        {
            foreach (var file in Walk(inner))
                yield return file;
        }
    }
}
