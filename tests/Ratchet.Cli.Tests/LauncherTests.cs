using System.Diagnostics;

namespace Ratchet.Cli.Tests;

/// <summary>The script <c>ratchet</c>, in a source tree of its own with a program that only says what it was given.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("ratchet-launcher").FullName;

    public LauncherTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("sh", "-c", "command -v git && command -v bash || true").Contains("bash", StringComparison.Ordinal), "Needs bash and git.");
        var app = Path.Combine(_home, "artifacts", "ratchet", "app-1");
        Directory.CreateDirectory(Path.Combine(_home, "src"));
        Directory.CreateDirectory(app);
        File.Copy(Path.Combine(Repository.Root, "ratchet"), Path.Combine(_home, "ratchet"));
        foreach (var name in (string[])["src/a.cs", "Directory.Build.props", "Directory.Packages.props", "global.json", "recipe.yaml"])
            File.WriteAllText(Path.Combine(_home, name), "");
        File.WriteAllText(Path.Combine(_home, ".gitignore"), "artifacts/\n");
        Git("init", "-q");
        Commit("one");
        File.WriteAllText(Path.Combine(app, "Ratchet.Cli"), "#!/bin/sh\necho \"$RATCHET_COMMIT\"\n");
        Run("chmod", "+x", Path.Combine(app, "Ratchet.Cli"));
        File.WriteAllText(Path.Combine(app, "dotnet-root"), "/nowhere\n");
        File.WriteAllText(Path.Combine(app, "lock"), "");
        File.WriteAllText(Path.Combine(app, "stamp"), "");
        File.WriteAllText(Path.Combine(_home, "artifacts", "ratchet", "current"), "app-1\n");
        MarkBuilt();
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void A_run_is_told_the_commit_that_is_checked_out_though_the_build_is_older()
    {
        var first = Git("rev-parse", "HEAD");
        Assert.Equal(first, Launch("run", "recipe.yaml"));

        File.WriteAllText(Path.Combine(_home, "recipe.yaml"), "changed");
        Assert.Equal(first, Launch("run", "recipe.yaml"));
        Commit("two");

        Assert.NotEqual(first, Git("rev-parse", "HEAD"));
        Assert.Equal(Git("rev-parse", "HEAD"), Launch("resume", "runs/a"));
        Assert.Equal("", Launch("list"));
    }

    [Fact]
    public void Sources_that_are_not_committed_make_the_commit_dirty()
    {
        File.WriteAllText(Path.Combine(_home, "src", "b.cs"), "");
        MarkBuilt();

        Assert.Equal(Git("rev-parse", "HEAD") + "-dirty", Launch("run", "recipe.yaml"));
    }

    [Fact]
    public void A_tree_without_a_repository_of_its_own_leaves_the_commit_to_the_build()
    {
        Directory.Delete(Path.Combine(_home, ".git"), recursive: true);
        Assert.Equal("", Launch("run", "recipe.yaml"));

        // A copy inside another repository must not take that one's commit.
        var inner = Path.Combine(_home, "inner");
        Directory.CreateDirectory(inner);
        foreach (var name in (string[])["ratchet", "src", "artifacts", "Directory.Build.props", "Directory.Packages.props", "global.json"])
            Run("cp", "-a", Path.Combine(_home, name), inner);
        Git("init", "-q");
        Commit("outer");
        Assert.Equal("", Run(Path.Combine(inner, "ratchet"), "run", "recipe.yaml"));
    }

    /// <summary>Everything was compiled now: no source is newer than the build.</summary>
    private void MarkBuilt()
    {
        var old = DateTime.UtcNow.AddMinutes(-5);
        foreach (var path in Directory.GetFileSystemEntries(Path.Combine(_home, "src")).Concat(Directory.GetFiles(_home)))
            File.SetLastWriteTimeUtc(path, old);
        Directory.SetLastWriteTimeUtc(Path.Combine(_home, "src"), old);
    }

    private string Launch(params string[] arguments) => Run(Path.Combine(_home, "ratchet"), arguments);

    private void Commit(string message)
    {
        Git("add", "-A");
        Git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", message);
    }

    private string Git(params string[] arguments) => Run("git", ["-C", _home, .. arguments]);

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors.GetAwaiter().GetResult()}");
        return output.Trim();
    }
}
