using System.Text.Json;
using Ratchet.Verifiers.Lean.Protocol;

namespace Ratchet.Verifiers.Lean.Repl;

/// <summary>An answer of the community REPL.</summary>
internal sealed record ReplReply
{
    /// <summary>Number of the environment after the commands.</summary>
    public int? Env { get; init; }

    /// <summary>Number of the proof state after the tactic.</summary>
    public int? ProofState { get; init; }

    /// <summary>Open goals after the tactic; null in answers to other requests.</summary>
    public IReadOnlyList<string>? Goals { get; init; }

    /// <summary>What the REPL makes of the whole proof, for example <c>Completed</c>; null in REPLs before 2025.</summary>
    public string? ProofStatus { get; init; }

    /// <summary>Messages of Lean.</summary>
    public IReadOnlyList<LeanMessage> Messages { get; init; } = [];

    /// <summary>Holes met.</summary>
    public IReadOnlyList<LeanHole> Holes { get; init; } = [];

    /// <summary>Traces of the tactic.</summary>
    public IReadOnlyList<string> Traces { get; init; } = [];

    /// <summary>Tactics with their goals, where they were asked for.</summary>
    public IReadOnlyList<(string Tactic, string Goals, int? ProofState)> Tactics { get; init; } = [];

    /// <summary>Number of roots of the information tree, where it was asked for.</summary>
    public int InfotreeRoots { get; init; }

    /// <summary>Why the request itself failed, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Reads an answer; null where the text is none.</summary>
    public static ReplReply? Parse(string json)
    {
        if (!LeanJson.TryParse(json, out var document))
            return null;
        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            var reply = new ReplReply
            {
                Env = LeanJson.Number(root, "env"),
                ProofState = LeanJson.Number(root, "proofState"),
                Goals = root.TryGetProperty("goals", out var goals) && goals.ValueKind == JsonValueKind.Array ? [.. goals.EnumerateArray().Select(g => g.GetString() ?? "")] : null,
                ProofStatus = LeanJson.Text(root, "proofStatus"),
                Messages = LeanJson.Messages(root),
                Holes = LeanJson.Holes(root),
                Traces = [.. LeanJson.Items(root, "traces").Select(t => t.GetString() ?? "")],
                Tactics = [.. LeanJson.Items(root, "tactics").Select(t => (LeanJson.Text(t, "tactic") ?? "", LeanJson.Text(t, "goals") ?? "", LeanJson.Number(t, "proofState")))],
                InfotreeRoots = LeanJson.Items(root, "infotree").Count(),
                Error = LeanJson.Text(root, "message"),
            };
            return reply is { Env: null, ProofState: null, Error: null } ? null : reply;
        }
    }
}
