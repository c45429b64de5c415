using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Domains.Blocks;

/// <summary>A form that does not depend on the names of the blocks: equal exactly where two problems differ in names only.</summary>
/// <remarks>
/// Each block has at most one neighbour in each of four directions (below and above, now and wanted), so a walk from one block numbers the whole
/// connected part that it is in. The smallest text over all starting blocks stands for the part, the sorted texts of the parts for the problem.
/// </remarks>
internal static class BlocksCanonicalForm
{
    /// <summary>Hexadecimal hash of the form.</summary>
    public static string Hash(BlocksProblem problem)
    {
        var neighbours = new[] { problem.Below, problem.Above(), problem.GoalBelow, WantedOn(problem) };
        var done = new bool[problem.Count];
        var parts = new List<string>();
        for (var block = 0; block < problem.Count; block++)
        {
            if (done[block])
                continue;
            var members = Walk(block, neighbours);
            foreach (var member in members)
                done[member] = true;
            parts.Add(members.Select(start => Describe(Walk(start, neighbours), neighbours, problem)).Min(StringComparer.Ordinal)!);
        }

        parts.Sort(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('/', parts))))[..32];
    }

    private static int[] WantedOn(BlocksProblem problem)
    {
        var wanted = new int[problem.Count];
        Array.Fill(wanted, -1);
        for (var block = 0; block < problem.Count; block++)
        {
            if (problem.GoalBelow[block] >= 0)
                wanted[problem.GoalBelow[block]] = block;
        }

        return wanted;
    }

    /// <summary>The blocks connected with one, breadth first, neighbours in the fixed order of the directions.</summary>
    private static List<int> Walk(int start, int[][] neighbours)
    {
        var order = new List<int> { start };
        for (var i = 0; i < order.Count; i++)
        {
            foreach (var direction in neighbours)
            {
                var next = direction[order[i]];
                if (next >= 0 && !order.Contains(next))
                    order.Add(next);
            }
        }

        return order;
    }

    private static string Describe(List<int> order, int[][] neighbours, BlocksProblem problem)
    {
        var text = new StringBuilder();
        foreach (var block in order)
        {
            foreach (var direction in neighbours)
                text.Append(direction[block] >= 0 ? order.IndexOf(direction[block]) : direction[block]).Append(',');
            text.Append(problem.GoalClear[block] ? "c;" : ";");
        }

        return text.ToString();
    }
}
