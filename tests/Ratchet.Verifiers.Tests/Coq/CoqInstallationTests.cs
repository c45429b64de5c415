using System.Runtime.Versioning;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Coq;

/// <summary>Programs that are no Coq, or one that misbehaves, each a few lines of shell.</summary>
[SupportedOSPlatform("linux")]
public sealed class CoqInstallationTests : IDisposable
{
    private const string Remedy = "Install Coq 8.16 or newer (Debian: the package coq), or set RATCHET_COQ to the path of its coqidetop.";
    private readonly ScratchFolder _folder = new();

    public CoqInstallationTests() => File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_default_options_are_these()
    {
        var options = new CoqOptions();
        Assert.Equal((null, CoqLevel.Full, 0, 5, 1 << 16, false), (options.Program, options.Level, options.Threads, options.SentenceSeconds, options.MaxCharacters, options.HelperLemmas));
        Assert.Empty(options.Imports);
        Assert.Equal(CoqOptions.UsualAxioms, options.AllowedAxioms);
        Assert.Equal(new ProcessLimits(), options.Limits);
    }

    [Fact]
    public void A_program_that_is_not_there_is_named()
    {
        var e = Assert.Throws<RatchetException>(() => new CoqVerifier(new CoqOptions { Program = "/nowhere/coqidetop" }));
        Assert.Equal(("There is no program /nowhere/coqidetop.", Remedy), (e.Message, e.Remedy));
    }

    [Theory]
    [InlineData("echo 'The Coq Proof Assistant, version 8.11.0'", "{0} is Coq 8.11.0; its dialogue is older than the one that Ratchet speaks (8.16).")]
    [InlineData("echo hello", "{0} is no Coq: asked for its version it said \"hello\".")]
    [InlineData("echo broken library >&2; exit 2", "{0} does not say its version. The process is gone: it ended with exit code 2. broken library")]
    [InlineData("kill -SEGV $$", "{0} does not say its version. The process is gone: signal 11 ended it. ")]
    public void A_program_that_is_not_the_right_one_is_refused_with_what_it_said(string script, string message)
    {
        var program = Program(script);
        var e = Assert.Throws<RatchetException>(() => new CoqVerifier(new CoqOptions { Program = program }));
        Assert.Equal((string.Format(message, program), Remedy), (e.Message, e.Remedy));
    }

    [Theory]
    [InlineData("sleep 1000", "The coq process does not come up. The process gave no answer in time.")]
    [InlineData("exec >&-; sleep 1000", "The coq process does not come up. The process closed its pipe.")]
    [InlineData("echo cannot find the library >&2; exit 1", "The coq process does not come up. The process is gone: it ended with exit code 1. It said: cannot find the library")]
    [InlineData("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done", "The coq process does not come up. The process wrote more than 1048576 bytes.")]
    [InlineData("echo '<value val=\"good\"><nonsense/></value>'; sleep 1000", "The coq process does not come up. Coq answered something else than expected: Init gave no state.")]
    [InlineData("echo '<value val=\"good\"></list></value>'; sleep 1000", "The coq process does not come up. Coq answered something else than expected: </list> closes nothing.")]
    public async Task A_process_that_does_not_come_up_makes_an_unknown_verdict_with_one_clear_message(string script, string message)
    {
        var program = Program($"[ \"$1\" = --version ] && {{ echo 'The Coq Proof Assistant, version 8.16.1'; exit 0; }}\n{script}");
        using var verifier = new CoqVerifier(new CoqOptions { Program = program, Threads = 1, Limits = new ProcessLimits { StartUp = TimeSpan.FromSeconds(script == "sleep 1000" ? 1 : 60) } });
        Assert.Equal("8.16.1/full/1", verifier.Version);
        var verdict = await verifier.VerifyAsync(CoqProblem.Create("p", "Theorem t : True.", Split.Train), "exact I.", TestContext.Current.CancellationToken);
        Assert.Equal(VerdictReason.Unavailable, Assert.IsType<Verdict.Unknown>(verdict).Reason);
        Assert.StartsWith(message, verdict.Feedback[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_change_verdicts_are_part_of_the_version()
    {
        var program = Program("echo 'The Coq Proof Assistant, version 8.18.0'");
        Assert.Equal("8.18.0/guide/1", Version(new CoqOptions { Program = program, Level = CoqLevel.Guide }));
        Assert.Equal("8.18.0/full+lemmas/1", Version(new CoqOptions { Program = program, HelperLemmas = true }));
        Assert.StartsWith("8.18.0/full+axioms:", Version(new CoqOptions { Program = program, AllowedAxioms = [] }), StringComparison.Ordinal);
        Assert.StartsWith("8.18.0/full+imports:", Version(new CoqOptions { Program = program, Imports = ["Lia"] }), StringComparison.Ordinal);

        static string Version(CoqOptions options)
        {
            using var verifier = new CoqVerifier(options);
            return verifier.Version;
        }
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(3601, 0, 1)]
    [InlineData(5, -1, 1)]
    [InlineData(5, 0, 0)]
    public void Options_out_of_range_are_refused(int seconds, int threads, int characters) =>
        Assert.StartsWith("An option of Coq is out of its range.", Assert.Throws<RatchetException>(() => new CoqVerifier(new CoqOptions { SentenceSeconds = seconds, Threads = threads, MaxCharacters = characters })).Message, StringComparison.Ordinal);

    private string Program(string script)
    {
        var path = Path.Combine(_folder.Path, "coqidetop");
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }
}
