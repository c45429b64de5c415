using System.Text.Json;
using Ratchet.Problems;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Coq;

/// <summary>Known ways to cheat, as data: each is rejected, and by the audit that should reject it, also when the audit in front of it is switched off.</summary>
[Collection("coq")]
public sealed class CoqRedTeamTests(CoqFixture coq)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="Audit"><c>splitter</c>, <c>filter</c> or <c>coq</c>: who rejects it.</param>
    /// <param name="Behind">Who rejects it when there is no filter: <c>coq</c>, <c>identity</c> or <c>axioms</c>; null where only the filter stands between the text and the machine.</param>
    internal sealed record Case(string Name, string Source, string Attempt, string Audit, string Why, string? Behind);

    [Fact]
    public async Task Every_cheat_is_rejected_by_its_audit_and_leaves_no_file()
    {
        var verifier = coq.Verifier();
        var before = Traces();
        var wrong = new List<string>();
        foreach (var cheat in Read("red-team.json"))
        {
            var verdict = await verifier.VerifyAsync(CoqProblem.Create("p", cheat.Source, Split.Train), cheat.Attempt, TestContext.Current.CancellationToken);
            var by = verdict switch
            {
                Verdict.Rejected { Reason: VerdictReason.Cheat } when verdict.Feedback[0].Message.StartsWith("A proof may not contain", StringComparison.Ordinal) => "filter",
                Verdict.Rejected { Reason: VerdictReason.Syntax, Steps: 0 } => "splitter",
                Verdict.Rejected { Reason: VerdictReason.Syntax or VerdictReason.StepFailed or VerdictReason.Incomplete } => "coq",
                _ => $"{verdict.Outcome} {verdict.Reason}",
            };
            if (by != cheat.Audit)
                wrong.Add($"{cheat.Name}: {by} ({(verdict.Feedback.Count > 0 ? verdict.Feedback[0].Message : "")})");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, Traces());
        var folders = verifier.Pool.WorkerProcesses().Select(p => new FileInfo($"/proc/{p}/cwd").LinkTarget).OfType<string>().ToList();
        Assert.NotEmpty(folders);
        Assert.All(folders, f => Assert.Empty(Directory.GetFileSystemEntries(f)));
    }

    [Theory]
    [InlineData("Redirect \"FOLDER/trace\" Print nat.", "trace.out")]
    [InlineData("Time Redirect \"FOLDER/trace\" Print nat.", "trace.out")]
    [InlineData("Require Extraction. Extraction \"FOLDER/trace.ml\" plus.", "trace.ml")]
    [InlineData("Print Universes \"FOLDER/trace\".", "trace")]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void Behind_the_filter_the_sandbox_keeps_commands_from_writing(string command, string file)
    {
        coq.SkipUnlessThere();
        Assert.SkipUnless(Landlock.Version > 0, "This kernel has no Landlock.");
        string[] Left(bool sandbox)
        {
            // Where tests run as root, Coq runs as another user: this folder is open to all, so that only the sandbox stands before it.
            var folder = Directory.CreateTempSubdirectory("ratchet-traces-").FullName;
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
            try
            {
                using var worker = new CoqWorker(CoqInstallation.Find(null), new CoqOptions { Sandbox = sandbox }, [], Deadline.After(TimeSpan.FromMinutes(1)));
                foreach (var sentence in CoqSplitter.Split(command.Replace("FOLDER", folder, StringComparison.Ordinal)))
                    worker.Execute(sentence.Text, Deadline.After(TimeSpan.FromMinutes(1)));
                return [.. Directory.GetFileSystemEntries(folder).Select(f => Path.GetFileName(f)!).Where(f => f == file)];
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        Assert.Equal([file], Left(sandbox: false));
        Assert.Empty(Left(sandbox: true));
    }

    [Fact]
    public async Task Behind_the_filter_stand_coq_itself_and_the_audits_of_statement_and_axioms()
    {
        coq.SkipUnlessThere();
        var fresh = new CoqFreshCheck(CoqInstallation.Find(null), new CoqOptions());
        var wrong = new List<string>();
        await Parallel.ForEachAsync(Read("red-team.json").Where(c => c.Behind is not null).Chunk(16), new ParallelOptions { MaxDegreeOfParallelism = 2 }, (cheats, token) =>
        {
            var refusals = fresh.Check([.. cheats.Select(c => (CoqStatement.Parse(c.Source, true), Unfiltered(c.Attempt)))], token);
            foreach (var (cheat, refusal) in cheats.Zip(refusals))
            {
                var by = refusal switch
                {
                    { Reason: VerdictReason.Syntax or VerdictReason.StepFailed or VerdictReason.Incomplete } => "coq",
                    { Reason: VerdictReason.Cheat } when refusal.Feedback.Message.StartsWith("What was proved is not the statement", StringComparison.Ordinal) => "identity",
                    { Reason: VerdictReason.Cheat } => "axioms",
                    _ => refusal?.Reason.ToString() ?? "accepted",
                };
                lock (wrong)
                {
                    if (by != cheat.Behind)
                        wrong.Add($"{cheat.Name}: {by} ({refusal?.Feedback.Message})");
                }
            }

            return ValueTask.CompletedTask;
        });
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Honest_proofs_beside_them_are_accepted_in_full()
    {
        var verifier = coq.Verifier();
        var wrong = new List<string>();
        foreach (var honest in Read("honest.json"))
        {
            var verdict = await verifier.VerifyAsync(CoqProblem.Create("p", honest.Source, Split.Train), honest.Attempt, TestContext.Current.CancellationToken);
            if (!verdict.IsAccepted || verdict.Trust != TrustLevel.Full)
                wrong.Add($"{honest.Name}: {verdict.Outcome} {verdict.Reason} ({(verdict.Feedback.Count > 0 ? verdict.Feedback[0].Message : "")})");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_corpus_says_of_each_case_why_it_is_a_cheat()
    {
        var cases = Read("red-team.json");
        Assert.True(cases.Count >= 90);
        Assert.All(cases, c => Assert.True(c.Why.Length > 10 && c.Audit is "filter" or "splitter" or "coq"));
        Assert.Equal(cases.Count, cases.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count());
    }

    private static CoqProof Unfiltered(string attempt) => new([.. CoqSplitter.Split(attempt).Where(s => !CoqFilter.IsClosing(s))], attempt.Length);

    internal static List<Case> Read(string file) =>
        JsonSerializer.Deserialize<List<Case>>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Coq/Data", file)), Json)!;

    /// <summary>Files and folders with the name that the cheats give to theirs, wherever a process without a sandbox could have put them.</summary>
    private static string[] Traces() =>
        [.. new[] { Path.GetTempPath(), "/tmp", "/var/tmp", "/dev/shm", Environment.CurrentDirectory, AppContext.BaseDirectory, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) }
            .Where(Directory.Exists).Distinct().SelectMany(Directory.GetFileSystemEntries).Where(f => Path.GetFileName(f).StartsWith("ratchet-cheat", StringComparison.Ordinal))
            .Select(f => $"{f} {File.GetLastWriteTimeUtc(f):O}").Order(StringComparer.Ordinal)];
}
