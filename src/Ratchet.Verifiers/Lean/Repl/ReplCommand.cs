using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ratchet.Verifiers.Lean.Repl;

/// <summary>A request of the community REPL: one JSON object, ended by an empty line. Which fields are there says which request it is.</summary>
internal sealed record ReplCommand
{
    private static readonly JsonSerializerOptions Options = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Lean commands to run, in <see cref="Env"/> or, without one, in a fresh environment where <c>import</c> may stand.</summary>
    public string? Cmd { get; init; }

    /// <summary>A file to run in place of <see cref="Cmd"/>.</summary>
    public string? Path { get; init; }

    /// <summary>A tactic to run in <see cref="ProofState"/>.</summary>
    public string? Tactic { get; init; }

    /// <summary>Number of the environment that the request builds on.</summary>
    public int? Env { get; init; }

    /// <summary>Number of the proof state that the request is about.</summary>
    public int? ProofState { get; init; }

    /// <summary>File that the environment or proof state is written to.</summary>
    public string? PickleTo { get; init; }

    /// <summary>File that an environment is read from.</summary>
    public string? UnpickleEnvFrom { get; init; }

    /// <summary>File that a proof state is read from.</summary>
    public string? UnpickleProofStateFrom { get; init; }

    /// <summary>Whether all tactics are listed with their goals.</summary>
    public bool? AllTactics { get; init; }

    /// <summary>Whether the goal of each declaration is listed like a hole.</summary>
    public bool? RootGoals { get; init; }

    /// <summary>Which information tree is wanted: <c>full</c>, <c>tactics</c>, <c>original</c> or <c>substantive</c>.</summary>
    public string? Infotree { get; init; }

    /// <summary>Reads a request.</summary>
    public static ReplCommand Parse(string json) => JsonSerializer.Deserialize<ReplCommand>(json, Options)!;

    /// <summary>The request as it is sent, the empty line included; line ends in texts are escaped, since the REPL drops bare ones.</summary>
    public byte[] Encode() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Options), (byte)'\n', (byte)'\n'];
}
