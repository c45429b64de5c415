namespace Ratchet.Verifiers.Lean;

/// <summary>Routes by which Lean servers are asked.</summary>
public enum LeanServerRoute
{
    /// <summary><c>POST /api/check</c> with <c>snippets</c>.</summary>
    Check,

    /// <summary><c>POST /verify</c> with <c>codes</c>, the route of older servers.</summary>
    Verify,
}
