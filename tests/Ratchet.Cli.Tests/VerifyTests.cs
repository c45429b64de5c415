using System.Text.Json;
using Ratchet.Systems;
using Ratchet.Systems.Verification;

namespace Ratchet.Cli.Tests;

public sealed class VerifyTests : IDisposable
{
    private const string Lines = """
        {"statement": "A -> A", "proof": "intros h0. exact h0."}
        {"id": "second", "statement": "A -> B", "proof": "intros h0. exact h0."}
        {"statement": "A /\\ B -> B /\\ A", "proof": "intros [h g]. split. exact g. exact h."}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ratchet-verify-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Each_item_is_judged_and_mistakes_are_pointed_at()
    {
        var file = Write("proofs.jsonl", Lines);

        var run = await CliRun.Of("verify", file);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"{file}:2: rejected (step_failed): A -> B\n  intros h0. exact h0.\n                   ^^ In environment", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("2 of 3 accepted by propositional-kernel 1; rejected step_failed 1\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_lines_come_in_the_order_of_the_items_whatever_the_threads()
    {
        var file = Write("proofs.jsonl", string.Join('\n', Enumerable.Range(0, 200).Select(i => $$"""{"id": "{{i}}", "statement": "A -> {{(i % 3 == 0 ? "B" : "A")}}", "proof": "intros h. exact h."}""")));

        var one = await CliRun.Of("verify", file, "--json", "--threads", "1");
        var eight = await CliRun.Of("verify", file, "--json", "--threads", "8");

        string[] Rows(CliRun run) => [.. run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<JsonElement>(l)).Select(r => $"{r.GetProperty("id").GetString()} {r.GetProperty("outcome").GetString()} {r.GetProperty("trust").GetString()}")];
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i} {(i % 3 == 0 ? "rejected" : "accepted")} full"), Rows(one));
        Assert.Equal(Rows(one), Rows(eight));
    }

    [Fact]
    public async Task All_accepted_is_exit_code_0()
    {
        var run = await CliRun.Of("verify", Write("a.jsonl", Lines.Split('\n')[0]));
        Assert.Equal((0, "1 of 1 accepted by propositional-kernel 1\n"), (run.ExitCode, run.Out));
    }

    [Fact]
    public async Task What_cannot_be_read_is_exit_code_2_with_every_place()
    {
        var file = Write("wrong.jsonl", "{\"statement\": \"A\"}\n\nnonsense\n{\"statement\": \"A\", \"proof\": \"\\ud800\"}\n");
        var run = await CliRun.Of("verify", file);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{file}:1: there is no \"proof\"; the fields are: statement.", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}:3: not JSON", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}:4: \"proof\" holds half of a surrogate pair", run.Error, StringComparison.Ordinal);

        var statements = await CliRun.Of("verify", Write("formula.jsonl", "{\"statement\": \"A ->\", \"proof\": \"auto.\"}"));
        Assert.Equal(2, statements.ExitCode);
        Assert.Contains("formula.jsonl:1: Syntax error", statements.Error, StringComparison.Ordinal);

        Assert.Equal(2, (await CliRun.Of("verify", Path.Combine(_folder, "none.jsonl"))).ExitCode);
        Assert.Equal(2, (await CliRun.Of("verify", _folder, "--with", "pddl5")).ExitCode);
        Assert.Equal(2, (await CliRun.Of("verify", file, "--threads", "0", "--limit-seconds", "-1")).ExitCode);
    }

    [Fact]
    public async Task A_native_file_is_judged_by_its_last_theorem_or_by_every_one()
    {
        var file = Write("proofs.v", """
            (* A comment. with a dot *)
            Theorem wrong : A -> B. Proof. intros h. exact h. Qed.
            Theorem right : forall P Q : Prop, P /\ Q -> P.
            Proof. intros P Q. intros [h g]. exact h. Qed.
            """);

        var last = await CliRun.Of("verify", file);
        var every = await CliRun.Of("verify", file, "--every");

        Assert.Equal((0, "1 of 1 accepted by propositional-kernel 1\n"), (last.ExitCode, last.Out));
        Assert.Equal(1, every.ExitCode);
        Assert.StartsWith($"{file}:2: rejected (step_failed): A -> B\n", every.Out, StringComparison.Ordinal);
        Assert.EndsWith("1 of 2 accepted by propositional-kernel 1; rejected step_failed 1\n", every.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_read_with_its_folders_in_the_order_of_names()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "deep"));
        Write("b.jsonl", Lines.Split('\n')[1]);
        Write(Path.Combine("deep", "a.v"), "Theorem t : A -> A. Proof. intros h. exact h. Qed.");
        Write("notes.txt", "nothing to judge");

        var run = await CliRun.Of("verify", _folder, "--json");

        var files = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => Path.GetFileName(JsonSerializer.Deserialize<JsonElement>(l).GetProperty("file").GetString()));
        Assert.Equal(["b.jsonl", "a.v"], files);
    }

    [Fact]
    public async Task A_metamath_file_is_its_own_database()
    {
        var file = Write("tiny.mm", """
            $c wff |- -> ( ) $. $v p q $. wp $f wff p $. wq $f wff q $.
            wi $a wff ( p -> q ) $.
            ${ maj $e |- ( p -> q ) $. min $e |- p $. mp $a |- q $. $}
            ax $a |- ( p -> p ) $.
            th $p |- ( ( p -> p ) -> ( p -> p ) ) $= $( by the axiom $) wp wp wi ax $.
            bad $p |- ( p -> q ) $= wp ax $.
            """);
        var run = await CliRun.Of("verify", file, "--with", "metamath");
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"{file}:6: rejected (", run.Out, StringComparison.Ordinal);
        Assert.Contains("1 of 2 accepted by metamath ", run.Out, StringComparison.Ordinal);

        var without = await CliRun.Of("verify", Write("a.jsonl", Lines), "--with", "metamath");
        Assert.Equal(2, without.ExitCode);
        Assert.Contains("fix: Give --database FILE.mm", without.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_tool_is_one_line_with_what_to_do()
    {
        var run = await CliRun.Of("verify", Write("a.jsonl", Lines), "--with", "coq", "--tool", "/nowhere/coqidetop");
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("error: There is no program /nowhere/coqidetop.\n", run.Error[..(run.Error.IndexOf('\n', StringComparison.Ordinal) + 1)]);
        Assert.Contains("fix: Install Coq", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_finds_a_sound_verifier_sound_and_names_gold_proofs_that_are_wrong()
    {
        var sound = await CliRun.Of("validate", Write("gold.jsonl", string.Join('\n', Lines.Split('\n')[0], Lines.Split('\n')[2])));
        Assert.Equal(0, sound.ExitCode);
        Assert.Equal(
            """
            propositional-kernel 1
                                   checked  accepted  rejected  unknown
              gold                       2         2         0        0
              false statement            2         0         2        0
              hole inserted              2         0         2        0
              emptied                    2         0         2        0
              swapped statement          2         0         2        0
              dropped step               2         0         2        0
              truncated                  2         0         2        0
            sound: every gold proof was accepted, and nothing that cannot be right

            """.ReplaceLineEndings("\n"),
            sound.Out);

        var file = Write("wrong.jsonl", Lines);
        var wrong = await CliRun.Of("validate", file);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains($"{file}:2: gold proof rejected (step_failed): A -> B\n", wrong.Out, StringComparison.Ordinal);
        Assert.EndsWith("not sound: 1 gold proofs not accepted, 0 wrong proofs accepted\n", wrong.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("propositional")]
    [InlineData("answers")]
    [InlineData("pddl")]
    public async Task The_samples_of_a_verifier_leave_nothing_to_look_at(string verifier)
    {
        var run = await CliRun.Of("validate", verifier, "--json");
        var report = JsonSerializer.Deserialize<JsonElement>(run.Out);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal((true, 2, 0), (report.GetProperty("sound").GetBoolean(), report.GetProperty("gold").GetProperty("accepted").GetInt32(), report.GetProperty("surprises").GetArrayLength()));
    }

    [Fact]
    public async Task The_samples_of_coq_leave_nothing_to_look_at()
    {
        Assert.SkipUnless(VerifierCatalog.Find("coq").ProbeAsync(new VerifierOptions(), TestContext.Current.CancellationToken) is var probe && (await probe).IsAvailable, "Coq is not installed (apt-get install coq).");
        var run = await CliRun.Of("validate", "coq", "--json");
        var report = JsonSerializer.Deserialize<JsonElement>(run.Out);
        Assert.Equal((0, 2, 0), (run.ExitCode, report.GetProperty("gold").GetProperty("accepted").GetInt32(), report.GetProperty("surprises").GetArrayLength()));
        Assert.All(report.GetProperty("spoilt").EnumerateObject(), s => Assert.Empty(s.Value.GetProperty("unknown").EnumerateObject()));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
