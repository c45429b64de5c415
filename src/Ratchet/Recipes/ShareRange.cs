namespace Ratchet.Recipes;

/// <summary>A closed range of shares, written <c>[low, high]</c> in a recipe; 0 &lt;= low &lt;= high &lt;= 1.</summary>
/// <param name="Low">Lower end, inside the range.</param>
/// <param name="High">Upper end, inside the range.</param>
public readonly record struct ShareRange(double Low, double High)
{
    /// <summary>True when the share lies in the range, ends included.</summary>
    public bool Contains(double share) => share >= Low && share <= High;
}
