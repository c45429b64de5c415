namespace Ratchet.Verifiers.Lean;

/// <summary>How serious a message of Lean is.</summary>
public enum LeanSeverity
{
    /// <summary>Output of a trace.</summary>
    Trace,

    /// <summary>Information: what a command printed, what a tactic suggests.</summary>
    Information,

    /// <summary>A warning; "declaration uses 'sorry'" is one.</summary>
    Warning,

    /// <summary>An error: the declaration is not accepted.</summary>
    Error,
}
