using System.IO.Compression;
using System.Text.Json;
using Ratchet.Problems;
using Ratchet.Verifiers.Lean;
using Ratchet.Verifiers.Lean.Syntax;

namespace Ratchet.Verifiers.Tests.Lean;

/// <summary>Statements and proofs of published benchmarks: which are read, and what the audits say of honest proofs.</summary>
public sealed class LeanBenchmarkTests
{
    [Fact]
    public void Statements_of_the_benchmarks_are_read_and_those_with_holes_of_their_own_are_not()
    {
        Assert.Equal((488, 0), Counts("minif2f/lean4.jsonl", r => Text(r, "header") + Text(r, "statement")));
        Assert.Equal((488, 0), Counts("minif2f/lean4_with_goal_state.jsonl", r => Text(r, "header") + Text(r, "informal_prefix") + Text(r, "formal_statement")));
        Assert.Equal((229, 1), Counts("proverbench/lean4.jsonl", r => Text(r, "formal_statement")));
        Assert.Equal((360, 0), Counts("mobench/lean4.jsonl", r => Text(r, "lean4_code")));

        // In PutnamBench the answer is a hole of the statement, to be filled in before the proof.
        Assert.Equal((326, 346), Counts("putnambench/lean4.jsonl", r => Text(r, "source")));
    }

    [Fact]
    public void The_audits_let_published_proofs_through()
    {
        var refused = new List<string>();
        var rows = 0;
        using var stream = new GZipStream(File.OpenRead(LeanData.Shared("minif2f/lean4_proofs_deepseek_v2.jsonl.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        foreach (var row in LeanData.Rows(reader.ReadToEnd()))
        {
            var code = Text(row, "code");
            var at = code.LastIndexOf("theorem " + Text(row, "name"), StringComparison.Ordinal);
            var proof = code.IndexOf(":= by", at, StringComparison.Ordinal) + ":= by".Length;
            var text = code[(code.IndexOf('\n', proof) + 1)..];
            var findings = LeanProofAudit.Check(text, LeanTokenizer.Read(text), LeanStatement.Parse(code[..proof]).FullName);
            refused.AddRange(findings.Select(f => $"{Text(row, "name")}: {f.Message}"));
            rows++;
        }

        Assert.Equal(378, rows);
        Assert.Equal([], refused);
    }

    private static (int Read, int Refused) Counts(string path, Func<JsonElement, string> statement)
    {
        var errors = LeanData.Rows(File.ReadAllText(LeanData.Shared(path))).Select(r => (r, Record.Exception(() => LeanStatement.Parse(statement(r))))).ToList();
        Assert.All(errors.Where(e => e.Item2 is not null), e => Assert.Contains("hole of its own", Assert.IsType<StatementException>(e.Item2).Message));
        return (errors.Count(e => e.Item2 is null), errors.Count(e => e.Item2 is not null));
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString()!;
}
