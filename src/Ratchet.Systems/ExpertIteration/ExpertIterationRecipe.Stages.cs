using Ratchet.Recipes;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>First stage: sampling attempts at training problems.</summary>
public sealed record ProposeSettings
{
    /// <summary>Attempts at each problem of a round.</summary>
    [Between(1, 100_000)]
    public int Samples { get; init; } = 8;

    /// <summary>Divides the logits; 0 takes the most likely token.</summary>
    [Between(0, 10)]
    public double Temperature { get; init; } = 1;

    /// <summary>Keeps the smallest set of most likely tokens whose probability reaches this share; 1 keeps all.</summary>
    [Between(0, 1, MinimumOutside = true)]
    public double TopP { get; init; } = 1;

    /// <summary>Keeps the k most likely tokens; 0 keeps all.</summary>
    [AtLeast(0)]
    public int TopK { get; init; }

    /// <summary>Limit on the tokens of an attempt; with tools, of each stretch between their answers.</summary>
    [Between(1, 1_000_000)]
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>
    /// What attempts may call while they are written: <c>python</c> runs their <c>python</c> blocks in a sandbox (bubblewrap) and goes on after the
    /// output, which is context and no target of training.
    /// </summary>
    public ToolChoice Tools { get; init; } = ToolChoice.None;

    /// <summary>Calls that an attempt may make.</summary>
    [Between(1, 100)]
    public int ToolCalls { get; init; } = 4;

    /// <summary>Problems sampled, verified and recorded together; also the unit that a killed run loses at most.</summary>
    [Between(1, 100_000)]
    public int BatchProblems { get; init; } = 64;

    /// <summary>Training problems attempted in a round, drawn anew each round; 0 takes all.</summary>
    [AtLeast(0)]
    public int ProblemsPerRound { get; init; }

    /// <summary>A model elsewhere that makes the attempts in the place of the policy; null for the policy itself.</summary>
    public EndpointSettings? Endpoint { get; init; }
}

/// <summary>What attempts may call while they are written.</summary>
public enum ToolChoice
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Python, in a sandbox.</summary>
    Python,
}

/// <summary>Second stage: judging attempts.</summary>
public sealed record VerifySettings
{
    /// <summary>Verifier: <c>kernel</c> is the domain's own, in process; <c>coq</c> runs Coq beside this process (domain propositional).</summary>
    public VerifierChoice Verifier { get; init; } = VerifierChoice.Kernel;

    /// <summary>Share of a round's verdicts that may be unknown; beyond it the run stops with a message.</summary>
    [Between(0, 1)]
    public double UnknownLimit { get; init; } = 0.1;
}

/// <summary>Which verifier judges attempts.</summary>
public enum VerifierChoice
{
    /// <summary>The domain's own verifier, in process.</summary>
    Kernel,

    /// <summary>Coq, in full checks.</summary>
    Coq,
}

/// <summary>Third stage: which judged attempts become training rows. Only accepted attempts ever do.</summary>
public sealed record SelectionSettings : IRecipeSection
{
    /// <summary>Most rows of one problem; 0 keeps all.</summary>
    [AtLeast(0)]
    public int PerProblem { get; init; } = 4;

    /// <summary>Which of a problem's proofs are kept when there are more than <c>per_problem</c>.</summary>
    public ProofPreference Prefer { get; init; } = ProofPreference.Shortest;

    /// <summary>Only problems whose share of accepted attempts in the round lies in this range give rows: <c>[low, high]</c>, ends included.</summary>
    public ShareRange Window { get; init; } = new(0, 1);

    /// <summary>Earlier rounds whose proofs are used again; -1 uses all.</summary>
    [AtLeast(-1)]
    public int ReplayRounds { get; init; } = -1;

    /// <summary>Seed rows stay among the training rows of each round.</summary>
    public bool IncludeSeed { get; init; } = true;

    /// <summary>Weight of a seed row against a row of an attempt (1).</summary>
    [AtLeast(0)]
    public double SeedWeight { get; init; } = 1;

    /// <summary>Negative control: verdicts are shuffled among the attempts before selection, so that learning should not help.</summary>
    public bool ShuffleVerdicts { get; init; }

    /// <summary>Control: each round trains as many steps as it would, but on seed rows alone.</summary>
    public bool SeedOnly { get; init; }

    /// <inheritdoc/>
    public IEnumerable<RecipeConflict> Conflicts()
    {
        if (ShuffleVerdicts && SeedOnly)
            yield return new("shuffle_verdicts", "shuffle_verdicts and seed_only are two different controls and cannot both be on.", "Run them one after the other.") { With = ["seed_only"] };
        if (SeedOnly && !IncludeSeed)
            yield return new("seed_only", "seed_only trains on seed rows, which include_seed: false leaves out.", "Set include_seed to true.") { With = ["include_seed"] };
    }
}

/// <summary>Which proofs of a problem are kept.</summary>
public enum ProofPreference
{
    /// <summary>Fewest tokens; ties by order of sampling.</summary>
    Shortest,

    /// <summary>Order of sampling.</summary>
    First,

    /// <summary>Drawn at random.</summary>
    Random,
}
