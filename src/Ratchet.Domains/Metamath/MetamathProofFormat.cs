namespace Ratchet.Domains.Metamath;

/// <summary>How a proof is written.</summary>
public enum MetamathProofFormat
{
    /// <summary>Labels in list, then letters; a step that is used again is written once.</summary>
    Compressed,

    /// <summary>Labels only, every step written out.</summary>
    Normal,
}
