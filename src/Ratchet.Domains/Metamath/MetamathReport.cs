namespace Ratchet.Domains.Metamath;

/// <summary>The outcome of checking all proofs of a database.</summary>
/// <param name="Theorems">Number of <c>$p</c> statements.</param>
/// <param name="Proved">How many of them are proved.</param>
/// <param name="Incomplete">How many have a <c>?</c> for a proof or in it, and no other mistake before it.</param>
/// <param name="Steps">Proof steps run.</param>
/// <param name="Errors">One mistake for each theorem that is not proved, incomplete ones included, in order of appearance.</param>
public sealed record MetamathReport(int Theorems, int Proved, int Incomplete, long Steps, IReadOnlyList<MetamathError> Errors)
{
    /// <summary>True where every theorem is proved.</summary>
    public bool IsVerified => Proved == Theorems;
}
