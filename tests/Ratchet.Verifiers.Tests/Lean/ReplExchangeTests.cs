using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Verifiers.Lean;
using Ratchet.Verifiers.Lean.Repl;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Lean;

/// <summary>Recorded exchanges with a REPL: a process that plays them back is sent each request, and each answer is understood in full.</summary>
[SupportedOSPlatform("linux")]
public sealed class ReplExchangeTests
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true };

    [Fact]
    public void Own_exchanges_are_sent_and_understood()
    {
        var rows = LeanData.Embedded("Ratchet.Verifiers.Tests.Lean.exchanges.jsonl");
        Assert.Equal((4, 19), (rows.Count, Replay(rows)));
    }

    [Fact]
    public void Recorded_exchanges_are_sent_and_understood()
    {
        var rows = LeanData.Rows(File.ReadAllText(LeanData.Shared("lean-repl/transcripts.jsonl")));
        var answered = rows.Where(r => r.GetProperty("responses").ValueKind == JsonValueKind.Array).ToList();
        Assert.Equal(51, answered.Count);
        Assert.Equal(answered.Sum(r => r.GetProperty("responses").GetArrayLength()), Replay(answered));

        // Of the others only the requests were recorded.
        foreach (var command in rows.Except(answered).SelectMany(r => r.GetProperty("commands").EnumerateArray()))
            Assert.True(Same(command, Encoded(Command(command))), command.ToString());
    }

    /// <summary>Plays rows back, all in one process, and gives the number of their exchanges.</summary>
    private static int Replay(IReadOnlyList<JsonElement> rows)
    {
        var commands = rows.SelectMany(r => r.GetProperty("commands").EnumerateArray()).ToList();
        var answers = rows.SelectMany(r => r.GetProperty("responses").EnumerateArray()).ToList();
        using var script = new ReplScript("*) cat \"answer.$count\"; echo; echo ;;", atStart: "cd \"${0%/*}\"");
        File.WriteAllText(Path.Combine(script.Folder, "answer.1"), "{\"env\": 0}");
        for (var i = 0; i < answers.Count; i++)
            File.WriteAllText(Path.Combine(script.Folder, $"answer.{i + 2}"), JsonSerializer.Serialize(answers[i], Pretty));
        var deadline = Deadline.After(TimeSpan.FromSeconds(60));
        using var worker = ReplWorker.Start(LeanCommandLine.For(script.Program, "lake", null, []) with { DropRoot = false }, "", null, deadline);
        for (var i = 0; i < answers.Count; i++)
            Assert.Equal(Facts(answers[i]), Facts(worker.Ask(Command(commands[i]), deadline)));
        var sent = Directory.GetFiles(script.Folder, "request.*").OrderBy(f => int.Parse(f.Split('.')[^1])).Skip(1).Select(f => JsonDocument.Parse(File.ReadAllText(f)).RootElement).ToList();
        Assert.Equal(answers.Count, sent.Count);
        for (var i = 0; i < sent.Count; i++)
            Assert.True(Same(commands[i], sent[i]), $"{commands[i]} was sent as {sent[i]}");
        return answers.Count;
    }

    private static ReplCommand Command(JsonElement command) => ReplCommand.Parse(Json(command));

    private static JsonElement Encoded(ReplCommand command) => JsonDocument.Parse(command.Encode()).RootElement;

    private static bool Same(JsonElement recorded, JsonElement sent) => JsonNode.DeepEquals(JsonNode.Parse(Json(recorded)), JsonNode.Parse(sent.GetRawText()));

    /// <summary>Requests that were recorded as raw text have bare line ends in strings, which the REPL drops.</summary>
    private static string Json(JsonElement command) =>
        command.TryGetProperty("_raw", out var raw) ? raw.GetString()!.Replace("\n", "", StringComparison.Ordinal) : command.GetRawText();

    /// <summary>All that an answer says, read from the JSON by other code than the client's.</summary>
    private static List<string> Facts(JsonElement answer)
    {
        var facts = new List<string>();
        foreach (var field in answer.EnumerateObject().OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            facts.AddRange(field.Name switch
            {
                "messages" => field.Value.EnumerateArray().Select(m => $"message {m.GetProperty("severity")} {Place(m, "pos")} {Place(m, "endPos")} {m.GetProperty("data")}"),
                "sorries" => field.Value.EnumerateArray().Select(s => $"hole {Place(s, "pos")} {Place(s, "endPos")} {s.GetProperty("proofState")} {s.GetProperty("goal")}"),
                "tactics" => field.Value.EnumerateArray().Select(t => $"tactic {t.GetProperty("tactic")} | {t.GetProperty("goals")} | {t.GetProperty("proofState")}"),
                "goals" => ["goals", .. field.Value.EnumerateArray().Select(g => $"goal {g}")],
                "traces" => field.Value.EnumerateArray().Select(t => $"trace {t}"),
                "infotree" => [$"tree {field.Value.GetArrayLength()}"],
                "message" or "env" or "proofState" or "proofStatus" => [$"{field.Name} {field.Value}"],
                var other => [$"a field that nobody reads: {other}"],
            });
        }

        return [.. facts.Order(StringComparer.Ordinal)];

        static string Place(JsonElement item, string name) => item.TryGetProperty(name, out var p) && p.GetProperty("line").GetInt32() > 0 ? $"{p.GetProperty("line")}:{p.GetProperty("column")}" : "nowhere";
    }

    private static List<string> Facts(ReplReply reply)
    {
        var facts = new List<string>();
        facts.AddRange(reply.Messages.Select(m => $"message {Word(m.Severity)} {Place(m.Start)} {Place(m.End)} {m.Text}"));
        facts.AddRange(reply.Holes.Select(h => $"hole {Place(h.Start)} {Place(h.End)} {h.ProofState} {h.Goal}"));
        facts.AddRange(reply.Tactics.Select(t => $"tactic {t.Tactic} | {t.Goals} | {t.ProofState}"));
        facts.AddRange(reply.Traces.Select(t => $"trace {t}"));
        if (reply.Goals is { } goals)
            facts.AddRange(["goals", .. goals.Select(g => $"goal {g}")]);
        if (reply.InfotreeRoots > 0)
            facts.Add($"tree {reply.InfotreeRoots}");
        if (reply.Error is { } error)
            facts.Add($"message {error}");
        if (reply.Env is { } env)
            facts.Add($"env {env}");
        if (reply.ProofState is { } state)
            facts.Add($"proofState {state}");
        if (reply.ProofStatus is { } status)
            facts.Add($"proofStatus {status}");
        return [.. facts.Order(StringComparer.Ordinal)];

        static string Place(LeanPosition? p) => p is { } q ? $"{q.Line}:{q.Column}" : "nowhere";
        static string Word(LeanSeverity severity) => severity switch { LeanSeverity.Error => "error", LeanSeverity.Warning => "warning", LeanSeverity.Trace => "trace", _ => "info" };
    }
}
