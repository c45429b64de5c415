using Ratchet.Problems;

namespace Ratchet.Domains.Blocks;

/// <summary>Finds shortest plans for arrangements of blocks.</summary>
public static class BlocksOracle
{
    /// <summary>A shortest plan, one action a line, or null where the limit came first.</summary>
    /// <param name="statement">Statement in any form that the domain reads.</param>
    /// <param name="maxStates">Most arrangements that are looked at.</param>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public static string? ShortestPlan(string statement, int maxStates = 1_000_000)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return BlocksSearch.Find(BlocksStatementReader.Read(statement), maxStates) is { } plan ? string.Join('\n', plan) : null;
    }
}
