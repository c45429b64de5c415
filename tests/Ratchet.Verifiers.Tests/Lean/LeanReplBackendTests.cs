using System.Runtime.Versioning;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Lean;

[SupportedOSPlatform("linux")]
public sealed class LeanReplBackendTests
{
    private const string Imports = "import Init\n" + LeanData.Statement;

    [Fact]
    public async Task The_header_is_loaded_once_and_files_are_read_in_its_environment()
    {
        using var script = new ReplScript(ReplScript.Usual);
        await using var verifier = await LeanVerifier.CreateAsync(new LeanReplBackend(script.Options));

        foreach (var text in (string[])["  rfl", "  simp", "  omega"])
            Assert.Equal("", Shown(await verifier.VerifyAsync(LeanData.Problem(Imports), text, CancellationToken.None)));

        Assert.Equal("4.19.0", verifier.Toolchain.Lean);
        var commands = script.Requests.Select(r => (r.GetProperty("cmd").GetString()!, Env: r.TryGetProperty("env", out var env) ? env.GetInt32() : -1)).ToList();
        Assert.Equal([("#eval 0", -1), ("#eval Lean.versionString", -1), ("import Init", -1)], commands[..3]);
        Assert.Equal(3, commands[3..].Count(c => c.Env == 0 && c.Item1.StartsWith("theorem goal (n : Nat) : n + 0 = n := by\n  ", StringComparison.Ordinal)));
        Assert.Equal(6, commands.Count);
    }

    [Fact]
    public async Task Places_are_those_of_the_whole_file()
    {
        using var script = new ReplScript("""
            *'exact foo'*) say '{"messages": [{"severity": "error", "pos": {"line": 2, "column": 8}, "endPos": {"line": 2, "column": 11}, "data": "unknown identifier"}], "env": 1}' ;;
            """ + "\n" + ReplScript.Usual);
        await using var verifier = await LeanVerifier.CreateAsync(new LeanReplBackend(script.Options));

        var verdict = await verifier.VerifyAsync(LeanData.Problem(Imports), "  exact foo", CancellationToken.None);

        Assert.Equal(new Feedback(8, 11, "unknown identifier"), Assert.IsType<Verdict.Rejected>(verdict).Feedback[0]);
    }

    [Fact]
    public async Task A_Lake_project_gives_imports_and_the_revision_of_Mathlib()
    {
        using var script = new ReplScript(ReplScript.Usual);
        script.Write("lake", "#!/bin/sh\npwd > \"$(dirname \"$0\")/cwd\"\nshift\nexec \"$@\"");
        var project = Directory.CreateDirectory(Path.Combine(script.Folder, "project")).FullName;
        await File.WriteAllTextAsync(Path.Combine(project, "lakefile.toml"), "");
        await File.WriteAllTextAsync(Path.Combine(project, "lake-manifest.json"), """{"version": "1.1.0", "packages": [{"name": "aesop", "rev": "x"}, {"name": "mathlib", "rev": "c44e0c8ee63c"}]}""");
        var options = script.Options with { Project = project, Lake = Path.Combine(script.Folder, "lake") };

        await using var verifier = await LeanVerifier.CreateAsync(new LeanReplBackend(options));
        await using var stated = await LeanVerifier.CreateAsync(new LeanReplBackend(options with { Mathlib = "v4.19.0" }));

        Assert.Equal(("4.19.0", "c44e0c8ee63c", "v4.19.0"), (verifier.Toolchain.Lean, verifier.Toolchain.Mathlib, stated.Toolchain.Mathlib));
        Assert.Equal(project, (await File.ReadAllTextAsync(Path.Combine(script.Folder, "cwd"))).Trim());
    }

    [Fact]
    public async Task A_missing_program_lake_or_project_is_named_with_what_to_install_or_set()
    {
        using var script = new ReplScript(ReplScript.Usual);
        var project = Directory.CreateDirectory(Path.Combine(script.Folder, "project")).FullName;

        var program = await RefusedAsync(script.Options with { Program = "/nowhere/repl" });
        var noLakefile = await RefusedAsync(script.Options with { Project = project });
        await File.WriteAllTextAsync(Path.Combine(project, "lakefile.lean"), "");
        var lake = await RefusedAsync(script.Options with { Project = project, Lake = "/nowhere/lake" });

        Assert.Equal(("There is no program /nowhere/repl.", "Build the REPL (https://github.com/leanprover-community/repl) on the project's Lean with \"lake build\" and set the path of .lake/build/bin/repl."), (program.Message, program.Remedy));
        Assert.Equal(($"There is no Lake project in {project}: it has no lakefile.", "Set the project folder to the one that holds lakefile.lean or lakefile.toml."), (noLakefile.Message, noLakefile.Remedy));
        Assert.Equal(($"There is no program /nowhere/lake, which runs Lean in the project {project}.", "Install Lean 4 with elan (https://github.com/leanprover/elan) and set the path of the program."), (lake.Message, lake.Remedy));
    }

    [Fact]
    public async Task The_wrong_version_is_named()
    {
        using var script = new ReplScript("""*'Lean.versionString'*) say '{"messages": [{"severity": "info", "data": "\"3.51.1\""}], "env": 1}' ;;""" + "\n" + ReplScript.Usual);

        var error = await RefusedAsync(script.Options);

        Assert.Equal($"{script.Program} is Lean 3.51.1; Lean 4 is needed.", error.Message);
        Assert.Equal("Install Lean 4 with elan (https://github.com/leanprover/elan) and set its path.", error.Remedy);
    }

    [Theory]
    [InlineData("exec sleep 1000", "The lean-repl process does not come up. The process gave no answer in time.")]
    [InlineData("read line; echo broken toolchain >&2; exit 3", "The lean-repl process does not come up. The process ")]
    [InlineData("exec >&-; sleep 1000", "The lean-repl process does not come up. The process closed its pipe.")]
    [InlineData("printf 'Welcome to Lean\\n\\n'", "The lean-repl process does not come up. The answer is none of the REPL's: Welcome to Lean")]
    public async Task A_program_that_hangs_ends_closes_its_pipe_or_talks_nonsense_at_start_is_named(string atStart, string message)
    {
        using var script = new ReplScript(ReplScript.Usual, atStart);

        var error = await RefusedAsync(script.Options with { Limits = script.Options.Limits with { StartUp = TimeSpan.FromMilliseconds(atStart.Contains("sleep", StringComparison.Ordinal) ? 700 : 20_000) } });

        Assert.StartsWith(message, error.Message);
        Assert.Equal(atStart.Contains("broken", StringComparison.Ordinal), error.Message.Contains("It said: broken toolchain", StringComparison.Ordinal));
        Assert.StartsWith("Build the REPL (", error.Remedy);
    }

    [Fact]
    public async Task Imports_that_are_missing_are_an_outage_that_says_what_to_set()
    {
        using var script = new ReplScript(ReplScript.Usual);
        await using var verifier = await LeanVerifier.CreateAsync(new LeanReplBackend(script.Options));

        var verdict = await verifier.VerifyAsync(LeanData.Problem("import Missing.Module\n" + LeanData.Statement), "  rfl", CancellationToken.None);

        Assert.Equal(VerdictReason.Unavailable, Assert.IsType<Verdict.Unknown>(verdict).Reason);
        Assert.Equal(
            "Lean cannot load \"import Missing.Module\": unknown module prefix 'Missing' Set the project folder to a Lake project that has these modules built, on the same Lean as the REPL.",
            verdict.Feedback[0].Message);
    }

    [Theory]
    [InlineData("exit 3", VerdictReason.Crashed, "it ended with exit code 3")]
    [InlineData("kill -9 $$", VerdictReason.Crashed, "it was killed from outside")]
    [InlineData("sleep 1000", VerdictReason.TimedOut, "no answer in time")]
    [InlineData("exec >&-; sleep 1000", VerdictReason.Crashed, "closed its pipe")]
    [InlineData("printf 'uncaught exception\\n\\n'", VerdictReason.Unavailable, "none of the REPL's: uncaught exception")]
    [InlineData("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done", VerdictReason.ResourceLimit, "wrote more than 65536 bytes")]
    [InlineData("say '{\"message\": \"Unknown environment.\"}'", VerdictReason.Unavailable, "The REPL refuses the request: Unknown environment.")]
    public async Task A_process_that_fails_in_the_middle_is_unknown_and_the_next_request_goes_on(string misdeed, VerdictReason reason, string said)
    {
        using var script = new ReplScript($"*'bad_tactic'*) {misdeed} ;;\n" + ReplScript.Usual);
        var limits = script.Options.Limits with { Wall = TimeSpan.FromSeconds(reason == VerdictReason.TimedOut ? 1 : 20), OutputBytes = 65536 };
        await using var verifier = await LeanVerifier.CreateAsync(new LeanReplBackend(script.Options with { Limits = limits }));

        var bad = await verifier.VerifyAsync(LeanData.Problem(Imports), "  bad_tactic", CancellationToken.None);
        var good = await verifier.VerifyAsync(LeanData.Problem(Imports), "  rfl", CancellationToken.None);

        Assert.Equal(reason, Assert.IsType<Verdict.Unknown>(bad).Reason);
        Assert.Contains(said, bad.Feedback[0].Message);
        Assert.IsType<Verdict.Accepted>(good);
    }

    [Fact]
    public async Task A_process_is_replaced_after_its_number_of_requests()
    {
        using var script = new ReplScript(ReplScript.Usual);
        await using var backend = new LeanReplBackend(script.Options with { RecycleAfterUses = 2 });
        await using var verifier = await LeanVerifier.CreateAsync(backend);

        for (var i = 0; i < 6; i++)
            Assert.IsType<Verdict.Accepted>(await verifier.VerifyAsync(LeanData.Problem(Imports), $"  exact h{i}", CancellationToken.None));

        Assert.Equal(3, backend.Figures.Ends[WorkerEnd.Uses]);
        Assert.Equal(4, backend.Figures.Starts);
    }

    [Fact]
    public async Task A_loaded_header_is_pickled_for_later_processes()
    {
        using var script = new ReplScript("""
            *'"pickleTo"'*) file=$(printf '%s' "$request" | sed 's/.*"pickleTo":"\([^"]*\)".*/\1/'); echo pickled > "$file"; say '{"env": 0}' ;;
            *'"unpickleEnvFrom"'*) file=$(printf '%s' "$request" | sed 's/.*"unpickleEnvFrom":"\([^"]*\)".*/\1/'); if [ -s "$file" ]; then say '{"env": 5}'; else say '{"message": "no such file"}'; fi ;;
            """ + "\n" + ReplScript.Usual);
        await using var verifier = await LeanVerifier.CreateAsync(new LeanReplBackend(script.Options with { RecycleAfterUses = 1, PickleFolder = Path.Combine(script.Folder, "pickles") }));

        for (var i = 0; i < 3; i++)
            Assert.IsType<Verdict.Accepted>(await verifier.VerifyAsync(LeanData.Problem(Imports), $"  exact h{i}", CancellationToken.None));

        Assert.Single(script.Requests, r => r.TryGetProperty("cmd", out var cmd) && cmd.GetString() == "import Init");
        Assert.Equal(2, script.Requests.Count(r => r.TryGetProperty("unpickleEnvFrom", out _)));
        Assert.Equal(2, script.Requests.Count(r => r.TryGetProperty("env", out var env) && env.GetInt32() == 5));
    }

    private static async Task<RatchetException> RefusedAsync(LeanReplOptions options)
    {
        var backend = new LeanReplBackend(options);
        await using (backend)
            return await Assert.ThrowsAsync<RatchetException>(() => LeanVerifier.CreateAsync(backend));
    }

    private static string Shown(Verdict verdict) => string.Join('\n', verdict.Feedback.Select(f => f.Message));
}
