using System.Runtime.Versioning;
using System.Text.Json;
using Ratchet.Cli.Verbs;
using Ratchet.Verifiers.Tests.Isabelle;
using Ratchet.Verifiers.Tests.Lean;

namespace Ratchet.Cli.Tests;

/// <summary><c>ratchet validate lean|isabelle</c> against peers that answer as the tools do, and ones that do not.</summary>
public sealed class ConformanceTests
{
    [Fact]
    public async Task An_Isabelle_that_does_what_the_adapter_relies_on_passes_every_check()
    {
        await using var peer = Peer();
        peer.Judge = IsabellePeer.AsIsabelle;

        var run = await CliRun.Of("validate", "isabelle", "--server", $"127.0.0.1:{peer.Port}", "--limit-seconds", "2");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var lines = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("  passed  the session comes up and Isabelle says which version it is", lines[0]);
        Assert.Equal(15, lines.Count(l => l.StartsWith("  passed  ", StringComparison.Ordinal)));
        Assert.Equal("isabelle does all 15 things that the adapter relies on", lines[^1]);
        Assert.Equal(16, lines.Length);
    }

    [Fact]
    public async Task An_Isabelle_that_says_yes_to_everything_is_shown_with_what_it_should_have_said()
    {
        await using var peer = Peer();

        var run = await CliRun.Of("validate", "isabelle", "--server", $"127.0.0.1:{peer.Port}");
        var json = await CliRun.Of("validate", "isabelle", "--server", $"127.0.0.1:{peer.Port}", "--json");

        Assert.Equal((1, 1), (run.ExitCode, json.ExitCode));
        Assert.Contains("\n  FAILED  a hole is an error or an oracle\n            expected  rejected\n            seen      accepted Proved\n", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("10 of 15 checks failed: do not rely on verdicts of this isabelle\n", run.Out, StringComparison.Ordinal);
        var report = JsonSerializer.Deserialize<JsonElement>(json.Out);
        Assert.False(report.GetProperty("sound").GetBoolean());
        Assert.Equal(10, report.GetProperty("checks").EnumerateArray().Count(c => !c.GetProperty("passed").GetBoolean()));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task The_checks_of_Lean_run_on_a_REPL_with_tactic_mode_and_pickles()
    {
        using var script = new ReplScript("""
            *'"pickleTo"'*|*'"unpickleProofStateFrom"'*) say '{"proofState": 5, "goals": ["⊢ p ∧ q"]}' ;;
            *'sleep 1'*) sleep 1000 ;;
            """ + "\n" + ReplScript.Usual);

        // Where tests run as root, the process gets a user of its own, who must be able to read and write here.
        File.SetUnixFileMode(script.Folder, (UnixFileMode)0b111_111_111);
        File.SetUnixFileMode(script.Program, (UnixFileMode)0b111_101_101);
        var run = await CliRun.Of("validate", "lean", "--tool", script.Program, "--limit-seconds", "2");

        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        var lines = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in new[] { "Lean says which version it is", "a right proof is accepted", "a file that takes too long is unknown", "the next file after that is read", "a loaded header is used again" })
            Assert.Contains($"  passed  {name}", lines);
        foreach (var name in new[] { "a wrong step is rejected with its place", "Lean reports a hole", "tactic mode opens a statement", "a proof state goes through a pickle" })
            Assert.Contains($"  FAILED  {name}", lines);
        Assert.EndsWith(" checks failed: do not rely on verdicts of this lean", lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lean", "error: lean cannot be tried: There is no program /nowhere/tool.\n", "fix: Install Lean 4 with elan")]
    [InlineData("isabelle", "error: isabelle cannot be tried: there is no program /nowhere/tool\n", "fix: Install Isabelle (https://isabelle.in.tum.de)")]
    public async Task A_missing_tool_is_one_line_with_what_to_install(string verifier, string message, string remedy)
    {
        var run = await CliRun.Of("validate", verifier, "--tool", "/nowhere/tool");

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
    }

    /// <summary>A peer whose password the command line takes from the environment.</summary>
    private static IsabellePeer Peer()
    {
        Environment.SetEnvironmentVariable(VerifierArguments.ServerKeyVariable, "pass-word");
        return new IsabellePeer();
    }
}
