namespace Ratchet.Verifiers.Coq;

/// <summary>How far an attempt is checked.</summary>
public enum CoqLevel
{
    /// <summary>Filter, then the proof on a warm worker. Good for search.</summary>
    Guide,

    /// <summary>As <see cref="Guide"/>, and what it accepts once more in a fresh process with an audit of statement and axioms.</summary>
    Full,
}
