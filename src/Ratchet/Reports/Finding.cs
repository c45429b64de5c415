namespace Ratchet.Reports;

/// <summary>A conclusion that the data of a run allows, in words.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Tone">How it bears on the run's purpose.</param>
/// <param name="Text">One or two sentences with the numbers.</param>
public sealed record Finding(FindingKind Kind, FindingTone Tone, string Text);

/// <summary>What a finding is about.</summary>
public enum FindingKind
{
    /// <summary>How the run ended.</summary>
    Status,

    /// <summary>The run is a control experiment.</summary>
    Control,

    /// <summary>The change from round 0 to the last round.</summary>
    Gain,

    /// <summary>Which difficulty classes changed.</summary>
    Strata,

    /// <summary>Whether the run is still getting better.</summary>
    Saturation,

    /// <summary>Whether many samples still bring more than one.</summary>
    Diversity,

    /// <summary>Why attempts are rejected.</summary>
    Rejections,

    /// <summary>Checks that came to no end.</summary>
    Unknown,

    /// <summary>Problems without enough verdicts for an estimate.</summary>
    Excluded,

    /// <summary>Whether accepted proofs come from few problems.</summary>
    Concentration,

    /// <summary>Agreement of sampler and learner.</summary>
    Parity,

    /// <summary>Problems removed because they were too close to held-out ones, or otherwise unfit.</summary>
    Removed,
}

/// <summary>How a finding bears on the run's purpose.</summary>
public enum FindingTone
{
    /// <summary>As one hopes.</summary>
    Good,

    /// <summary>Worth knowing.</summary>
    Neutral,

    /// <summary>Something to look into.</summary>
    Warning,
}
