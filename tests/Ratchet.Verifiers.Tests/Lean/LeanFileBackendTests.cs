using System.Runtime.Versioning;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Lean;

[SupportedOSPlatform("linux")]
public sealed class LeanFileBackendTests : IDisposable
{
    private const string Version = "echo 'Lean (version 4.19.0, x86_64-unknown-linux-gnu, commit 6caaee842e9495688c1567c78b0a99ae3e0e7e1b, Release)'; exit 0";
    private const string Json = """printf '%s\n' '{"caption":"","data":"'"$1"'","endPos":{"column":3,"line":1},"fileName":"<stdin>","keepFullRange":false,"kind":"[anonymous]","pos":{"column":0,"line":'"$2"'},"severity":"'"$3"'"}'""";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Messages_come_as_JSON_where_this_Lean_has_them()
    {
        var options = Options("""
            [ "$marker" ] || exit 1
            message "$marker" "$line" information
            message "'$name' depends on axioms: [propext,\n Quot.sound]" $((line + 1)) information
            message "$marker" $((line + 2)) information
            exit 0
            """, help: "--json");
        await using var verifier = await LeanVerifier.CreateAsync(new LeanFileBackend(options));

        Assert.Equal("", Shown(await verifier.VerifyAsync(LeanData.Problem("import Init\n" + LeanData.Statement), "  rfl", CancellationToken.None)));
        Assert.Equal("Lean 4.19.0 (6caaee842e94), Mathlib unstated", verifier.Toolchain.ToString());
        Assert.Equal("--stdin --json", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "arguments")));
        Assert.StartsWith("import Init\ntheorem goal", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "input")));
    }

    [Fact]
    public async Task Messages_come_as_plain_text_where_it_has_not()
    {
        var options = Options("""
            echo "<stdin>:2:2: warning: unused variable"
            echo "note: it could go"
            echo "$marker"
            echo "'$name' depends on axioms: [propext,"
            echo " Classical.choice]"
            echo "$marker"
            exit 0
            """);
        await using var verifier = await LeanVerifier.CreateAsync(new LeanFileBackend(options));

        Assert.Equal("", Shown(await verifier.VerifyAsync(LeanData.Problem(), "  rfl", CancellationToken.None)));
        Assert.Equal("--stdin", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "arguments")));
    }

    [Fact]
    public async Task Plain_errors_have_their_place_and_their_further_lines()
    {
        var options = Options("""
            echo "<stdin>:2:8: error(lean.unknownIdentifier): unknown identifier 'foo'"
            echo "  in the goal"
            echo "<stdin>:2:2: error: unsolved goals"
            echo "$marker"
            echo "'$name' depends on axioms: [sorryAx]"
            echo "$marker"
            exit 1
            """);
        await using var verifier = await LeanVerifier.CreateAsync(new LeanFileBackend(options));

        var verdict = await verifier.VerifyAsync(LeanData.Problem(), "  exact foo", CancellationToken.None);

        Assert.Equal([new Feedback(8, 11, "unknown identifier 'foo'\n  in the goal"), new Feedback(2, 11, "unsolved goals")], Assert.IsType<Verdict.Rejected>(verdict).Feedback);
    }

    [Theory]
    [InlineData("exit 0", VerdictReason.Unavailable, "does not show that it read to the end")]
    [InlineData("echo oops >&2; exit 1", VerdictReason.Unavailable, "gives no verdict: it ended with exit code 1. oops")]
    [InlineData("echo 'INTERNAL PANIC: out of memory' >&2; exit 1", VerdictReason.OutOfMemory, "out of memory")]
    [InlineData("kill -SEGV $$", VerdictReason.Crashed, "signal 11 ended it")]
    [InlineData("sleep 1000", VerdictReason.TimedOut, "no answer in time")]
    [InlineData("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done", VerdictReason.ResourceLimit, "wrote more than 65536 bytes")]
    public async Task A_program_that_fails_is_unknown_with_a_reason(string misdeed, VerdictReason reason, string said)
    {
        var options = Options(misdeed);
        await using var verifier = await LeanVerifier.CreateAsync(new LeanFileBackend(options with { Limits = options.Limits with { Wall = TimeSpan.FromSeconds(reason == VerdictReason.TimedOut ? 2 : 20) } }));

        var verdict = await verifier.VerifyAsync(LeanData.Problem(), "  rfl", CancellationToken.None);

        Assert.Equal(reason, Assert.IsType<Verdict.Unknown>(verdict).Reason);
        Assert.Contains(said, verdict.Feedback[0].Message);
    }

    [Theory]
    [InlineData("echo 'Lean (version 3.51.1, commit cce7990ea861, Release)'", "is Lean 3.51.1; Lean 4 is needed.")]
    [InlineData("echo 'ghc 9.4'", "is Lean 9.4; Lean 4 is needed.")]
    [InlineData("echo hello", "does not say which version of Lean it is: hello")]
    [InlineData("echo 'no default toolchain' >&2; exit 1", "--version fails: it ended with exit code 1. no default toolchain")]
    [InlineData("sleep 1000", "does not start: The process gave no answer in time.")]
    public async Task A_program_that_is_not_Lean_4_is_named(string version, string message)
    {
        var options = Options("exit 0", version: version + "; exit");
        await using var backend = new LeanFileBackend(options with { Limits = options.Limits with { Wall = TimeSpan.FromSeconds(version.StartsWith("sleep", StringComparison.Ordinal) ? 1 : 20) } });

        var error = await Assert.ThrowsAsync<RatchetException>(() => LeanVerifier.CreateAsync(backend));

        Assert.EndsWith(message, error.Message);
        Assert.NotNull(error.Remedy);
    }

    [Fact]
    public async Task A_missing_program_is_named()
    {
        await using var backend = new LeanFileBackend(new LeanFileOptions { Program = "/nowhere/lean" });

        var error = await Assert.ThrowsAsync<RatchetException>(() => LeanVerifier.CreateAsync(backend));

        Assert.Equal(("There is no program /nowhere/lean.", "Install Lean 4 with elan (https://github.com/leanprover/elan) and set the path of lean."), (error.Message, error.Remedy));
    }

    /// <summary>A program that keeps its arguments and input, knows the marker, the theorem and the marker's line, and then does as it is told.</summary>
    private LeanFileOptions Options(string does, string help = "", string version = Version)
    {
        var path = Path.Combine(_folder.Path, "lean");
        File.WriteAllText(path, $$"""
            #!/bin/sh
            message() { {{Json}}; }
            case "$1" in
            --version) {{version}} ;;
            --help) echo 'usage: lean [options] {{help}}'; exit 0 ;;
            esac
            printf '%s' "$*" > "{{_folder.Path}}/arguments"
            cat > "{{_folder.Path}}/input"
            marker=$(sed -n 's/^#print "\(.*\)"$/\1/p' "{{_folder.Path}}/input" | head -1)
            name=$(sed -n 's/^#print axioms //p' "{{_folder.Path}}/input")
            line=$(grep -n '^#print "' "{{_folder.Path}}/input" | head -1 | cut -d: -f1)
            {{does}}

            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new LeanFileOptions { Program = path, OwnUser = false, MaxBusy = 1, Limits = new ProcessLimits { Wall = TimeSpan.FromSeconds(20), OutputBytes = 65536 } };
    }

    private static string Shown(Verdict verdict) => verdict.IsAccepted ? "" : string.Join('\n', verdict.Feedback.Select(f => f.Message));
}
