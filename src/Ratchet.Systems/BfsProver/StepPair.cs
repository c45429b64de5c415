namespace Ratchet.Systems.BfsProver;

/// <summary>A state and the step that led on from it in a found proof.</summary>
public sealed record StepPair
{
    /// <summary>Problem.</summary>
    public required string ProblemId { get; init; }

    /// <summary>What the model is shown for the state.</summary>
    public required string Prompt { get; init; }

    /// <summary>The step.</summary>
    public required string Step { get; init; }

    /// <summary>Mean negative log-likelihood of a token of the step under the model that made it, in nats.</summary>
    public required double MeanNll { get; init; }

    /// <summary>Steps before it.</summary>
    public required int Depth { get; init; }

    /// <summary>Steps behind it.</summary>
    public required int ToEnd { get; init; }

    /// <summary>Round that found it; 0 for a seed proof.</summary>
    public required int Round { get; init; }

    /// <summary>Steps that were tried in the same state and that the environment refused.</summary>
    public IReadOnlyList<string> Refused { get; init; } = [];
}

/// <summary>What a search on one problem came to, as the journal keeps it.</summary>
public sealed record SearchOutcome
{
    /// <summary>How it ended, as in <see cref="Ratchet.Proving.SearchRecord.Status"/>.</summary>
    public required string Status { get; init; }

    /// <summary>Nodes expanded.</summary>
    public required int Expansions { get; init; }

    /// <summary>Steps and proofs checked.</summary>
    public required int VerifierCalls { get; init; }

    /// <summary>Tokens of steps written or ranked.</summary>
    public required long Tokens { get; init; }

    /// <summary>Steps that came to no end, by reason.</summary>
    public IReadOnlyDictionary<string, int> Unknown { get; init; } = new Dictionary<string, int>();

    /// <summary>Steps of the proof; empty where there is none.</summary>
    public IReadOnlyList<StepPair> Pairs { get; init; } = [];

    /// <summary>The proof; null where there is none.</summary>
    public string? Proof { get; init; }

    /// <summary>Plans that were asked for.</summary>
    public int Plans { get; init; }

    /// <summary>There is a proof.</summary>
    public bool IsProved => Status == "proved";
}
