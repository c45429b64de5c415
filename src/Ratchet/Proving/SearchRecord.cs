namespace Ratchet.Proving;

/// <summary>A search as it is written down and reported: plain data.</summary>
public sealed record SearchRecord
{
    /// <summary>Unique name in its journal, for example <c>r2/train/p17</c>.</summary>
    public required string Key { get; init; }

    /// <summary>Identifier of the problem.</summary>
    public required string ProblemId { get; init; }

    /// <summary>Statement of the problem.</summary>
    public required string Statement { get; init; }

    /// <summary>Environment and its version.</summary>
    public required string Environment { get; init; }

    /// <summary>Policy that proposed.</summary>
    public required string Policy { get; init; }

    /// <summary>Strategy and settings, in words.</summary>
    public required string Settings { get; init; }

    /// <summary>How it ended: <c>proved</c>, <c>out_of_budget</c> ...</summary>
    public required string Status { get; init; }

    /// <summary>Why, in words.</summary>
    public required string Message { get; init; }

    /// <summary>Steps of the proof; empty where there is none.</summary>
    public IReadOnlyList<string> Path { get; init; } = [];

    /// <summary>The proof as the verifier read it; null where there is none.</summary>
    public string? Proof { get; init; }

    /// <summary>Nodes that were expanded.</summary>
    public required int Expansions { get; init; }

    /// <summary>Steps and proofs that were checked.</summary>
    public required int VerifierCalls { get; init; }

    /// <summary>Tokens of steps that the policy's model wrote or ranked.</summary>
    public required long Tokens { get; init; }

    /// <summary>States in the tree.</summary>
    public required int Nodes { get; init; }

    /// <summary>Wall seconds.</summary>
    public double WallSeconds { get; init; }

    /// <summary>What happened on the way, one line each.</summary>
    public IReadOnlyList<string> Story { get; init; } = [];

    /// <summary>The tree, nodes in order of discovery; empty where none was kept.</summary>
    public IReadOnlyList<SearchTreeNode> Tree { get; init; } = [];

    /// <summary>Nodes of the tree that were left out of <see cref="Tree"/> because there are too many.</summary>
    public int NodesLeftOut { get; init; }
}

/// <summary>A node of a recorded tree.</summary>
public sealed record SearchTreeNode
{
    /// <summary>Number; the start is 0.</summary>
    public required int Id { get; init; }

    /// <summary>Number of the node above; -1 for the start.</summary>
    public required int Parent { get; init; }

    /// <summary>Step that led here; empty for the start.</summary>
    public required string Step { get; init; }

    /// <summary>Log-probability of the step.</summary>
    public required double LogProbability { get; init; }

    /// <summary>Score that the search chose by.</summary>
    public required double Score { get; init; }

    /// <summary>Open goals.</summary>
    public required IReadOnlyList<string> Goals { get; init; }

    /// <summary>Times that the node was expanded.</summary>
    public required int Expansions { get; init; }

    /// <summary>The node lies on the way to the proof.</summary>
    public bool OnProof { get; init; }

    /// <summary>Steps that led to no new node.</summary>
    public IReadOnlyList<SearchTreeLeaf> Leaves { get; init; } = [];
}

/// <summary>A step that led to no new node of a recorded tree.</summary>
/// <param name="Step">Step.</param>
/// <param name="LogProbability">Log-probability of the step.</param>
/// <param name="Kind">What it led to: <c>proved</c>, <c>failed</c>, <c>known</c> ...</param>
/// <param name="Message">What was said; null where nothing was.</param>
public sealed record SearchTreeLeaf(string Step, double LogProbability, string Kind, string? Message);
