using System.Text.Json;
using System.Text.Json.Nodes;
using Ratchet.Runs;

namespace Ratchet.Cli.Progress;

/// <summary>One JSON object a line. The key <c>event</c> says what it is: <c>stage_started</c>, <c>batch_done</c>, <c>learned</c>, <c>round_done</c>, <c>note</c>, <c>ended</c>.</summary>
internal sealed class JsonProgress(TextWriter writer) : IRunProgress
{
    public void OnEvent(RunEvent e)
    {
        var node = new JsonObject { ["event"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(e.GetType().Name) };
        foreach (var (key, value) in JsonSerializer.SerializeToNode(e, e.GetType(), JsonLines.Options)!.AsObject().ToList())
            node[key] = value?.DeepClone();
        Write(node);
    }

    /// <summary>The last line.</summary>
    public void End(string status, string folder, RunSummary? summary) =>
        Write(new JsonObject { ["event"] = "ended", ["status"] = status, ["folder"] = folder, ["summary"] = summary is null ? null : JsonSerializer.SerializeToNode(summary, RunSummary.JsonOptions) });

    /// <summary>The last line of a run that could not go on.</summary>
    public void Failed(string folder, RatchetException e) =>
        Write(new JsonObject { ["event"] = "ended", ["status"] = "failed", ["folder"] = folder, ["message"] = e.Message, ["remedy"] = e.Remedy });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write(JsonObject node)
    {
        lock (writer)
        {
            writer.WriteLine(node.ToJsonString(JsonLines.Options));
            writer.Flush();
        }
    }
}
