using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Isabelle;
using Ratchet.Verifiers.Isabelle.Protocol;
using Ratchet.Verifiers.Pool;
using Ratchet.Verifiers.Tests.Lean;

namespace Ratchet.Verifiers.Tests.Isabelle;

public sealed class IsabelleVerifierTests
{
    private const string Statement = "theory Problem imports Main begin\n\ntheorem goal:\n  fixes x :: nat\n  shows \"x + 0 = x\"\n";

    public static TheoryData<string> Cheats => [.. LeanData.Embedded("Ratchet.Verifiers.Tests.Isabelle.red-team.jsonl").Select(r => r.GetProperty("name").GetString()!)];

    public static TheoryData<string> Honest => [.. LeanData.Embedded("Ratchet.Verifiers.Tests.Isabelle.honest.jsonl").Select(r => r.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Cheats))]
    public async Task A_cheat_is_refused_by_its_audit(string name)
    {
        var row = LeanData.Embedded("Ratchet.Verifiers.Tests.Isabelle.red-team.jsonl").Single(r => r.GetProperty("name").GetString() == name);
        Assert.NotEmpty(row.GetProperty("why").GetString()!);
        await using var peer = new IsabellePeer();
        peer.Judge = (theory, text) => IsabellePeer.Result(theory, text, row.TryGetProperty("oracles", out var oracles) ? oracles.GetString()! : "", []);
        await using var verifier = await IsabelleVerifier.CreateAsync(peer.Options);

        var verdict = await verifier.VerifyAsync(Problem(), row.GetProperty("text").GetString()!, CancellationToken.None);

        Assert.IsType<Verdict.Rejected>(verdict);
        Assert.Contains(verdict.Feedback, f => f.Message.StartsWith($"Audit {row.GetProperty("audit").GetString()}:", StringComparison.Ordinal));
        Assert.Equal(row.TryGetProperty("oracles", out _), peer.Commands.Any(c => c.StartsWith("use_theories", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Honest))]
    public async Task An_honest_text_that_looks_like_a_cheat_reaches_Isabelle_and_is_accepted(string name)
    {
        var row = LeanData.Embedded("Ratchet.Verifiers.Tests.Isabelle.honest.jsonl").Single(r => r.GetProperty("name").GetString() == name);
        await using var peer = new IsabellePeer();
        await using var verifier = await IsabelleVerifier.CreateAsync(peer.Options);

        var verdict = await verifier.VerifyAsync(Problem(), row.GetProperty("text").GetString()!, CancellationToken.None);

        Assert.Equal("", string.Join('\n', verdict.Feedback.Select(f => f.Message)));
        Assert.IsType<Verdict.Accepted>(verdict);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_theory_is_written_checked_and_purged(bool longMessages)
    {
        string? seen = null;
        await using var peer = new IsabellePeer { LongMessages = longMessages };
        peer.Judge = (name, text) => IsabellePeer.Fine(name, seen = text);
        await using var verifier = await IsabelleVerifier.CreateAsync(peer.Options with { IncludeSessions = ["HOL-Analysis"] });

        var verdict = await verifier.VerifyAsync(Problem(), "  by simp", CancellationToken.None);
        await verifier.VerifyAsync(Problem(), "  by simp", CancellationToken.None);

        Assert.IsType<Verdict.Accepted>(verdict);
        Assert.Equal("rules 1, Isabelle2024, session HOL+HOL-Analysis", verifier.Version);
        Assert.Matches("^theory Ratchet_[0-9a-f]{24} imports Main begin\n\ntheorem goal:\n  fixes x :: nat\n  shows \"x \\+ 0 = x\"\n  by simp\n\nthm_oracles goal\nend\n$", seen!);
        var commands = peer.Commands.ToList();
        Assert.Equal(["session_start", "use_theories", "purge_theories"], commands.Select(c => c.Split(' ')[0]));
        var use = IsabelleMessage.Parse(commands[1]).Argument;
        Assert.Equal(("5e551071", 24 + "Ratchet_".Length), (use.GetProperty("session_id").GetString(), use.GetProperty("theories")[0].GetString()!.Length));
        Assert.Contains("\"options\":[\"quick_and_dirty=false\",\"skip_proofs=false\"]", commands[0]);
        Assert.Empty(Directory.GetFiles(use.GetProperty("master_dir").GetString()!));
    }

    [Theory]
    [InlineData("Failed to apply proof method", VerdictReason.StepFailed)]
    [InlineData("Outer syntax error: command expected", VerdictReason.Syntax)]
    [InlineData("Undefined method: \"smip\"", VerdictReason.Syntax)]
    public async Task Errors_have_their_place_in_the_text(string message, VerdictReason reason)
    {
        const string Text = "proof -\n  have \"\\<forall>x. 𝓝 = ∀\" by smip\nqed";
        await using var peer = new IsabellePeer();
        peer.Judge = (name, text) => IsabellePeer.Result(name, text, "", [IsabellePeer.Error(text, "by smip", message)]);
        await using var verifier = await IsabelleVerifier.CreateAsync(peer.Options);

        var verdict = await verifier.VerifyAsync(Problem(), Text, CancellationToken.None);

        Assert.Equal(reason, Assert.IsType<Verdict.Rejected>(verdict).Reason);
        Assert.Equal("by smip", Text[verdict.Feedback[0].Start..verdict.Feedback[0].End]);
        Assert.Equal(message, verdict.Feedback[0].Message);
    }

    [Fact]
    public async Task An_unfinished_proof_is_incomplete_and_a_refused_statement_is_no_fault_of_the_proof()
    {
        await using var peer = new IsabellePeer();
        await using var verifier = await IsabelleVerifier.CreateAsync(peer.Options);

        peer.Judge = (name, text) => IsabellePeer.Result(name, text, "", [IsabellePeer.Error(text, "thm_oracles goal", "Undefined fact: \"goal\""), IsabellePeer.Error(text, "\nend", "Bad context for command \"end\"")]);
        var unfinished = await verifier.VerifyAsync(Problem(), "proof -", CancellationToken.None);
        peer.Judge = (name, text) => IsabellePeer.Result(name, text, "", [IsabellePeer.Error(text, "x + 0", "Type unification failed")]);
        var statement = await verifier.VerifyAsync(Problem(), "  by blast", CancellationToken.None);
        peer.Judge = (name, text) => IsabellePeer.Result(name, text, "", [new JsonObject { ["kind"] = "error", ["message"] = "Bad theory import \"HOL-Analysis.Analysis\"" }]);
        var import = await verifier.VerifyAsync(Problem(), "  by auto", CancellationToken.None);

        Assert.Equal(VerdictReason.Incomplete, Assert.IsType<Verdict.Rejected>(unfinished).Reason);
        Assert.StartsWith("Isabelle refuses the statement itself, whatever the proof: Type unification failed", Assert.IsType<Verdict.Unknown>(statement).Feedback[0].Message);
        Assert.StartsWith("Isabelle cannot load the imports: Bad theory import", Assert.IsType<Verdict.Unknown>(import).Feedback[0].Message);
    }

    [Fact]
    public async Task Nothing_is_accepted_on_an_answer_that_is_not_whole()
    {
        await using var peer = new IsabellePeer();
        await using var verifier = await IsabelleVerifier.CreateAsync(peer.Options);
        async Task<Verdict> VerdictAsync(string text, Action<JsonObject> spoil)
        {
            peer.Judge = (name, theory) =>
            {
                var result = IsabellePeer.Fine(name, theory);
                spoil(result);
                return result;
            };
            return await verifier.VerifyAsync(Problem(), text, CancellationToken.None);
        }

        var verdicts = new[]
        {
            await VerdictAsync("  by a", r => r["ok"] = false),
            await VerdictAsync("  by b", r => r["nodes"]![0]!["status"]!["consolidated"] = false),
            await VerdictAsync("  by c", r => r["nodes"]![0]!["status"]!["failed"] = 1),
            await VerdictAsync("  by d", r => r["nodes"]![0]!["messages"] = new JsonArray()),
            await VerdictAsync("  by e", r => r["nodes"]![0]!["messages"]![0]!["pos"]!["line"] = 3),
            await VerdictAsync("  by f", r => r["nodes"] = new JsonArray()),
        };

        Assert.All(verdicts, v => Assert.Equal(VerdictReason.Unavailable, Assert.IsType<Verdict.Unknown>(v).Reason));
        var canceled = await VerdictAsync("  by g", r => (r["ok"], r["nodes"]![0]!["status"]!["canceled"]) = (false, true));
        Assert.Equal(VerdictReason.TimedOut, Assert.IsType<Verdict.Unknown>(canceled).Reason);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task A_theory_that_hangs_is_cancelled_and_a_session_that_ignores_it_is_replaced(bool heeds, int sessions)
    {
        await using var peer = new IsabellePeer { HeedsCancel = heeds };
        peer.Judge = (name, text) => text.Contains("loop", StringComparison.Ordinal) ? null : IsabellePeer.Fine(name, text);
        await using var verifier = await IsabelleVerifier.CreateAsync(peer.Options with { Timeout = TimeSpan.FromSeconds(1) });

        var hung = await verifier.VerifyAsync(Problem(), "  by loop", CancellationToken.None);
        var next = await verifier.VerifyAsync(Problem(), "  by simp", CancellationToken.None);

        Assert.Equal((VerdictReason.TimedOut, "Isabelle is not through after 1 seconds."), (Assert.IsType<Verdict.Unknown>(hung).Reason, hung.Feedback[0].Message));
        Assert.IsType<Verdict.Accepted>(next);
        Assert.Contains("cancel {\"task\":\"task-2\"}", peer.Commands);
        Assert.Equal(sessions, peer.Commands.Count(c => c.StartsWith("session_start", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_an_outage_and_the_next_check_connects_again()
    {
        await using var peer = new IsabellePeer();
        peer.Judge = (name, text) => text.Contains("die", StringComparison.Ordinal) ? throw new InvalidOperationException() : IsabellePeer.Fine(name, text);
        await using var verifier = await IsabelleVerifier.CreateAsync(peer.Options);

        var lost = await verifier.VerifyAsync(Problem(), "  by die", CancellationToken.None);
        var next = await verifier.VerifyAsync(Problem(), "  by simp", CancellationToken.None);

        Assert.Equal((VerdictReason.Unavailable, "The Isabelle server is lost: the server has closed the connection."), (Assert.IsType<Verdict.Unknown>(lost).Reason, lost.Feedback[0].Message));
        Assert.IsType<Verdict.Accepted>(next);
    }

    [Fact]
    public async Task What_goes_wrong_at_the_start_is_named_with_what_to_do()
    {
        await using var peer = new IsabellePeer();
        var start = $"The Isabelle server at 127.0.0.1:{peer.Port} ";

        Assert.Equal($"{start}cannot be used: the server closes the connection on the password.", (await RefusedAsync(peer.Options with { Password = "wrong" })).Message);
        peer.Hello = null;
        Assert.Equal("Start \"isabelle server\" and set the port and the password that it prints.", (await RefusedAsync(peer.Options)).Remedy);
        peer.Hello = "HTTP/1.1 400 Bad Request";
        Assert.Equal($"{start}cannot be used: this is no Isabelle server: HTTP/1.1 400 Bad Request.", (await RefusedAsync(peer.Options)).Message);
        peer.Hello = "";
        Assert.Equal($"{start}is not ready after 0.5 seconds.", (await RefusedAsync(peer.Options with { StartTimeout = TimeSpan.FromSeconds(0.5) })).Message);
        peer.Hello = "OK {\"isabelle_id\":\"x\",\"isabelle_name\":\"Isabelle2019\"}";
        Assert.Equal(("The server is Isabelle2019; Isabelle2021 or later is needed.", "Install a later Isabelle (https://isabelle.in.tum.de)."), await MessageAsync(peer.Options));
        peer.Hello = "OK";
        peer.SessionEnd = "FAILED {\"task\":\"TASK\",\"kind\":\"error\",\"message\":\"Undefined session(s): \\\"HOLE\\\"\"}";
        Assert.Equal("The Isabelle session HOL does not start: Undefined session(s): \"HOLE\"", (await RefusedAsync(peer.Options)).Message);
        var port = peer.Port;
        await peer.DisposeAsync();
        Assert.StartsWith($"{start}cannot be used: nobody answers at 127.0.0.1:{port} (", (await RefusedAsync(new IsabelleServerOptions { Port = port })).Message);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task A_server_of_our_own_is_started_and_its_first_line_read()
    {
        await using var peer = new IsabellePeer();
        using var folder = new ScratchFolder();
        string Program(string does)
        {
            var path = Path.Combine(folder.Path, $"isabelle{Directory.GetFiles(folder.Path).Length}");
            File.WriteAllText(path, $"#!/bin/sh\n{does}\n");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return path;
        }

        var options = peer.Options with { Port = 0, Password = "" };
        await using (var verifier = await IsabelleVerifier.CreateAsync(options with { Program = Program($"echo \"server \\\"$3\\\" = 127.0.0.1:{peer.Port} (password \\\"pass-word\\\")\"; exec sleep 1000") }))
            Assert.IsType<Verdict.Accepted>(await verifier.VerifyAsync(Problem(), "  by simp", CancellationToken.None));

        const string Remedy = "Install Isabelle (https://isabelle.in.tum.de) and set the path of bin/isabelle, or start \"isabelle server\" and set its port and password.";
        Assert.Equal(("There is no program /nowhere/isabelle.", Remedy), await MessageAsync(options with { Program = "/nowhere/isabelle" }));
        var other = Program("echo 'Usage: isabelle'; exec sleep 1000");
        Assert.Equal(($"{other} server does not say where it listens: Usage: isabelle", Remedy), await MessageAsync(options with { Program = other }));
        var silent = Program("exec sleep 1000");
        Assert.Equal(($"{silent} server does not come up. The process gave no answer in time.", Remedy), await MessageAsync(options with { Program = silent, Limits = options.Limits with { StartUp = TimeSpan.FromSeconds(0.5) } }));
        var dead = Program("echo 'no Java' >&2; exit 2");
        var (message, remedy) = await MessageAsync(options with { Program = dead });
        Assert.StartsWith($"{dead} server does not come up. The process ", message);
        Assert.EndsWith("It said: no Java", message);
        Assert.Equal(Remedy, remedy);
    }

    [Theory]
    [InlineData("lemma foo: \"x\"", "The statement is no theory: it must begin with \"theory NAME imports ... begin\".")]
    [InlineData("theory T imports Main begin\ndefinition \"x = 1\"", "There is no theorem, lemma, corollary or proposition in the statement.")]
    [InlineData("theory T imports Main begin\nlemma \"x = x\"", "The theorem has no name, by which its oracles could be asked for: write \"theorem NAME:\".")]
    [InlineData("theory T imports Main begin\nlemma a: \"x = x\" sorry\nlemma b: \"y = y\"", "\"sorry\" does not belong into a statement.")]
    [InlineData("theory T imports Main begin (* \nlemma a: \"x = x\"", "The statement cannot be read for certain: a comment is opened and not closed.")]
    public void What_is_no_statement_is_refused(string statement, string message)
    {
        Assert.Equal(message, Assert.Throws<StatementException>(() => IsabelleStatement.Parse(statement)).Message);
    }

    [Theory]
    [InlineData("theory T imports Main begin\nlemma a: \"x = x\"", "theory NAME imports Main begin\nlemma a: \"x = x\"\n  by simp\n\nthm_oracles a\nend\n")]
    [InlineData("theory T imports Main begin\nlemma a [simp]: fixes x assumes \"x\" shows \"x\"\n  using assms by auto\nend", "theory NAME imports Main begin\nlemma a [simp]: fixes x assumes \"x\" shows \"x\"\n  by simp\n\nthm_oracles a\nend\n")]
    [InlineData("(* c *) theory T imports Main begin\ncontext foo begin\ntheorem (in bar) a: \"x\" (* by *) sorry\nend\nend", "theory NAME imports Main begin\ncontext foo begin\ntheorem (in bar) a: \"x\"\n  by simp\n\nthm_oracles a\nend\nend\n")]
    public void A_statement_ends_where_its_proof_would_begin(string statement, string expected)
    {
        var theory = IsabelleStatement.Parse(statement).With("  by simp");

        Assert.Equal(expected.Replace("NAME", theory.Name, StringComparison.Ordinal), theory.Text);
        Assert.Equal("thm_oracles a", theory.Text.Split('\n')[theory.OraclesLine - 1]);
    }

    [Fact]
    public void Both_framings_are_written()
    {
        Assert.Equal("echo 42\n"u8.ToArray(), IsabelleMessage.Encode("echo 42"));
        Assert.Equal("9\necho \"ä\""u8.ToArray(), IsabelleMessage.Encode("echo \"ä\""));
        Assert.StartsWith("205\n", System.Text.Encoding.UTF8.GetString(IsabelleMessage.Encode("echo " + new string('x', 200))));
    }

    [Fact]
    public void Statements_of_the_benchmarks_are_read()
    {
        Assert.Equal([], Refused("minif2f/isabelle.jsonl", "theory", 488));

        // One has a stray quote in its text, the other an interpretation with a hole.
        Assert.Equal(["putnam_1965_a1", "putnam_2009_b4"], Refused("putnambench/isabelle.jsonl", "source", 640));
    }

    private static List<string> Refused(string path, string field, int count)
    {
        var rows = LeanData.Rows(File.ReadAllText(LeanData.Shared(path)));
        Assert.Equal(count, rows.Count);
        return [.. rows.Where(r => Record.Exception(() => IsabelleStatement.Parse(r.GetProperty(field).GetString()!)) is StatementException).Select(r => r.GetProperty("name").GetString()!)];
    }

    private static Problem Problem() => new() { Id = "p", Domain = "isabelle", Statement = Statement, CanonicalHash = "00", Split = Split.Train };

    private static async Task<RatchetException> RefusedAsync(IsabelleServerOptions options) => await Assert.ThrowsAsync<RatchetException>(() => IsabelleVerifier.CreateAsync(options));

    private static async Task<(string, string?)> MessageAsync(IsabelleServerOptions options) => await RefusedAsync(options) is var e ? (e.Message, e.Remedy) : default;
}
