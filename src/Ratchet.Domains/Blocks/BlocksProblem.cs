using System.Text;
using Ratchet.Problems;

namespace Ratchet.Domains.Blocks;

/// <summary>An arrangement of blocks and what is wanted of another one.</summary>
/// <param name="Names">Names of the blocks.</param>
/// <param name="Below">For each block, the block below it or <see cref="Table"/>.</param>
/// <param name="GoalBelow">For each block, the block or <see cref="Table"/> that must be below it in the end, or <see cref="Free"/>.</param>
/// <param name="GoalClear">For each block, whether nothing may be on it in the end.</param>
internal sealed record BlocksProblem(string[] Names, int[] Below, int[] GoalBelow, bool[] GoalClear)
{
    /// <summary>On the table.</summary>
    public const int Table = -1;

    /// <summary>Not asked for.</summary>
    public const int Free = -2;

    /// <summary>Most blocks: a state is packed into 64 bits, four for each block.</summary>
    public const int MaxBlocks = 15;

    /// <summary>Whether the statement was in English, where blocks have colours.</summary>
    public bool IsEnglish { get; init; }

    /// <summary>Names in the vocabulary.</summary>
    public static IReadOnlyList<string> Letters { get; } = [.. Enumerable.Range(0, MaxBlocks).Select(i => ((char)('a' + i)).ToString())];

    public int Count => Names.Length;

    public bool IsSatisfiedBy(ReadOnlySpan<int> below)
    {
        for (var block = 0; block < Count; block++)
        {
            if (GoalBelow[block] != Free && GoalBelow[block] != below[block])
                return false;
            if (below[block] >= 0 && GoalClear[below[block]])
                return false;
        }

        return true;
    }

    /// <summary>The same problem with other names, the blocks in the order of those.</summary>
    public BlocksProblem Renamed(IReadOnlyList<string> names)
    {
        var order = Enumerable.Range(0, Count).OrderBy(i => names[i], StringComparer.Ordinal).ToArray();
        var place = new int[Count];
        for (var i = 0; i < Count; i++)
            place[order[i]] = i;
        int Moved(int block) => block >= 0 ? place[block] : block;
        return new BlocksProblem(
            [.. order.Select(i => names[i])], [.. order.Select(i => Moved(Below[i]))], [.. order.Select(i => Moved(GoalBelow[i]))], [.. order.Select(i => GoalClear[i])]);
    }

    /// <summary>The normal text, for example <c>a | c b : on a b on b c</c>: stacks from the bottom up, then the goal.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        var above = Above();
        foreach (var bottom in Enumerable.Range(0, Count).Where(i => Below[i] == Table))
        {
            if (text.Length > 0)
                text.Append("| ");
            for (var block = bottom; block >= 0; block = above[block])
                text.Append(Names[block]).Append(' ');
        }

        text.Append(':');
        for (var block = 0; block < Count; block++)
        {
            if (GoalBelow[block] >= 0)
                text.Append(" on ").Append(Names[block]).Append(' ').Append(Names[GoalBelow[block]]);
            else if (GoalBelow[block] == Table)
                text.Append(" table ").Append(Names[block]);
        }

        for (var block = 0; block < Count; block++)
        {
            if (GoalClear[block])
                text.Append(" clear ").Append(Names[block]);
        }

        return text.ToString();
    }

    /// <summary>For each block the one on it, or -1.</summary>
    public int[] Above()
    {
        var above = new int[Count];
        Array.Fill(above, -1);
        for (var block = 0; block < Count; block++)
        {
            if (Below[block] >= 0)
                above[Below[block]] = block;
        }

        return above;
    }

    /// <summary>Throws where no arrangement can be as wanted.</summary>
    /// <exception cref="StatementException">The goal contradicts itself or is empty.</exception>
    public void CheckGoal(int position)
    {
        var over = new int[Count];
        Array.Fill(over, -1);
        for (var block = 0; block < Count; block++)
        {
            var below = GoalBelow[block];
            if (below < 0)
                continue;
            if (over[below] >= 0)
                throw new StatementException($"No plan can reach the goal: {Names[over[below]]} and {Names[block]} cannot both be on {Names[below]}.", position);
            if (GoalClear[below])
                throw new StatementException($"No plan can reach the goal: {Names[below]} cannot be clear with {Names[block]} on it.", position);
            over[below] = block;
            var at = below;
            for (var steps = 0; at >= 0 && steps <= Count; steps++)
                at = GoalBelow[at];
            if (at >= 0)
                throw new StatementException($"No plan can reach the goal: {Names[block]} would be above itself.", position);
        }

        if (Array.TrueForAll(GoalBelow, g => g == Free) && Array.TrueForAll(GoalClear, c => !c))
            throw new StatementException("The goal is empty.", position);
    }
}
