using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Systems.Tests.ExpertIteration;

public sealed class KillAndResumeTests(ITestOutputHelper output) : IDisposable
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_is_killed_again_and_again_ends_as_one_left_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The run is killed with SIGKILL.");
        var recipe = TinyRun.WriteRecipe(TinyRun.Recipe, _folder["tiny.yaml"]);
        var alone = TinyRun.Process(["start", recipe, _folder["alone"]]);
        Assert.True(alone.ExitCode == 0, alone.Errors);

        // Each run is killed once, at a line drawn from its own part of the run, so that every stage is hit; then resumed to its end.
        var stream = RandomStream.FromSeed(20).Derive("kills");
        var kills = Long ? 20 : 6;
        for (var kill = 0; kill < kills; kill++)
        {
            var (from, to) = (alone.Lines.Count * kill / kills, alone.Lines.Count * (kill + 1) / kills);
            var at = from + 1 + stream.NextInt(to - from);
            var run = _folder[$"run-{kill}"];
            var killed = TinyRun.Process(["start", recipe, run], at);
            Assert.True(killed.ExitCode == 137 || (killed.Lines.Count == alone.Lines.Count && killed.ExitCode == 0), $"exit code {killed.ExitCode}: {killed.Errors}");
            Assert.Equal(alone.Lines.Take(at), killed.Lines.Take(at));

            var how = "resume";
            var resumed = File.Exists(Path.Combine(run, "recipe.yaml")) ? TinyRun.Process(["resume", run]) : TinyRun.Process([how = "start", recipe, run]);
            Assert.True(resumed.ExitCode == 0, resumed.Errors);
            output.WriteLine($"killed after line {at} of {alone.Lines.Count} ('{alone.Lines[at - 1]}'; {killed.Lines.Count} lines came), then {how}: {resumed.Lines.Count} lines");
            TinyRun.AssertSame(_folder["alone"], run);
            Directory.Delete(run, recursive: true);
        }
    }

    [Fact]
    public void A_run_that_is_killed_in_every_session_comes_to_its_end()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The run is killed with SIGKILL.");
        var recipe = TinyRun.WriteRecipe(TinyRun.Recipe, _folder["tiny.yaml"]);
        var alone = TinyRun.Process(["start", recipe, _folder["alone"]]);
        var run = _folder["run"];
        TinyRun.Process(["start", recipe, run], 6);
        var stream = RandomStream.FromSeed(21).Derive("kills");
        var sessions = 1;
        while (true)
        {
            // More lines than a training needs from one snapshot to the next: each session comes further.
            var session = TinyRun.Process(["resume", run], 12 + stream.NextInt(alone.Lines.Count / (Long ? 20 : 4)));
            sessions++;
            if (session.ExitCode == 0)
                break;
            Assert.True(session.ExitCode == 137, session.Errors);
        }

        output.WriteLine($"{sessions} sessions");
        Assert.True(sessions >= 3, $"{sessions} sessions");
        TinyRun.AssertSame(_folder["alone"], run);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_run_and_another_seed_another_one()
    {
        await TinyRun.StartAsync(TinyRun.Recipe, _folder["a"]);
        await TinyRun.StartAsync(TinyRun.Recipe, _folder["b"]);
        var other = await TinyRun.StartAsync(TinyRun.Recipe with { Seed = 4 }, _folder["c"]);

        TinyRun.AssertSame(_folder["a"], _folder["b"]);
        Assert.NotEqual(TinyRun.Read(_folder["a"], j => j.Checkpoints()[^1].WeightsHash), other.WeightsHash);
    }

    [Fact]
    public async Task The_number_of_threads_changes_nothing()
    {
        await TinyRun.StartAsync(TinyRun.Recipe with { Threads = 2 }, _folder["two"]);
        foreach (var threads in (int[])[1, 5])
        {
            await TinyRun.StartAsync(TinyRun.Recipe with { Threads = threads }, _folder[$"{threads}"]);
            TinyRun.AssertSame(_folder["two"], _folder[$"{threads}"], sameRecipe: false);
        }
    }

    [Fact]
    public async Task A_second_process_on_the_folder_of_a_run_is_refused()
    {
        await TinyRun.StartAsync(TinyRun.Recipe with { Rounds = 1 }, _folder["run"]);
        using var held = RunFolder.Open(_folder["run"]);

        var second = TinyRun.Process(["resume", _folder["run"]]);

        Assert.Equal(1, second.ExitCode);
        Assert.Equal($"Another process is running in '{_folder["run"]}'.\n", second.Errors);
    }
}
