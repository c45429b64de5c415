using Ratchet.Domains.Vocabulary;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Blocks;

/// <summary>Draws pairs of arrangements and keeps those whose shortest plan is as long as wanted.</summary>
internal sealed class BlocksGenerator(BlocksGeneratorOptions options)
{
    private const int SearchStates = 50_000;

    public ProblemSet Generate(string domain, ProblemCounts counts, RandomStream stream) =>
        new StratumFiller(domain, [.. options.Strata.Select(s => (s.Name, s.SeedShare, s.Share))], counts).Fill(stream, Draw);

    private (DrawnProblem? Problem, string Reason) Draw(int stratum, RandomStream stream)
    {
        // A block needs two or four actions; more blocks than that would only stand by.
        var least = Math.Clamp((options.Strata[stratum].MinActions / 3) + 1, options.MinBlocks, options.MaxBlocks);
        var count = least + stream.NextInt(options.MaxBlocks - least + 1);
        var goal = Arrangement(count, ref stream);
        var isFull = stream.NextInt(2) == 0;
        for (var block = 0; block < count; block++)
        {
            // Like PlanBench's, goals say what is on what.
            if (goal[block] < 0 || (!isFull && stream.NextInt(2) == 0))
                goal[block] = BlocksProblem.Free;
        }

        if (Array.TrueForAll(goal, g => g == BlocksProblem.Free))
            return (null, "empty goal");
        var names = BlocksProblem.Letters.Take(count).ToArray();
        var problem = new BlocksProblem(names, Arrangement(count, ref stream), goal, new bool[count]);
        if (BlocksSearch.Find(problem, SearchStates) is not { } plan)
            return (null, "search limit of the reference plan");
        var place = options.Strata.ToList().FindIndex(s => plan.Count >= s.MinActions && plan.Count <= s.MaxActions);
        return place < 0 ? (null, "reference length outside all classes") : (new DrawnProblem(problem.Write(), string.Join('\n', plan), BlocksCanonicalForm.Hash(problem), place), "");
    }

    /// <summary>Blocks in random order, each on the table or on a random stack.</summary>
    private static int[] Arrangement(int count, ref RandomStream stream)
    {
        var order = Enumerable.Range(0, count).ToArray();
        stream.Shuffle(order.AsSpan());
        var below = new int[count];
        var tops = new List<int>();
        foreach (var block in order)
        {
            var place = stream.NextInt(tops.Count + 1);
            if (place == tops.Count)
            {
                below[block] = BlocksProblem.Table;
                tops.Add(block);
            }
            else
            {
                below[block] = tops[place];
                tops[place] = block;
            }
        }

        return below;
    }
}
