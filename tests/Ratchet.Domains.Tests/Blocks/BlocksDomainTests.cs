using Ratchet.Domains.Blocks;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Domains.Tests.Blocks;

public sealed class BlocksDomainTests
{
    private static readonly BlocksDomain Domain = new();

    private static readonly ProblemSet Problems = Domain.Generate(new ProblemCounts(100, 300, 100), RandomStream.FromSeed(3));

    [Fact]
    public void Generated_problems_fill_the_splits_with_distinct_problems_whose_reference_plans_are_accepted()
    {
        Assert.Equal((100, 300, 100), (Problems.In(Split.Seed).Count, Problems.In(Split.Train).Count, Problems.In(Split.Heldout).Count));
        Assert.Equal(500, Problems.All.Select(p => p.CanonicalHash).Distinct().Count());
        foreach (var problem in Problems.All)
        {
            Assert.True(Domain.BlocksVerifier.Verify(problem.Statement, Problems.References[problem.Id]).IsAccepted);
            Assert.Equal(problem, Domain.Parse(problem.Id, problem.Statement, problem.Split) with { Provenance = Provenance.Generated, Stratum = problem.Stratum });
        }
    }

    [Fact]
    public void Strata_go_by_the_length_of_the_reference_plan_and_have_their_shares()
    {
        Assert.Equal([("length 10-12", 105), ("length 14-18", 30), ("length 2-4", 45), ("length 6-8", 120)], Problems.In(Split.Train).GroupBy(p => p.Stratum).Select(g => (g.Key, g.Count())).Order());
        Assert.All(Problems.All.Where(p => p.Stratum == "length 6-8"), p => Assert.InRange(Problems.References[p.Id].Split('\n').Length, 6, 8));
    }

    [Fact]
    public void The_same_stream_gives_the_same_problems()
    {
        var again = new BlocksDomain().Generate(new ProblemCounts(100, 300, 100), RandomStream.FromSeed(3));
        Assert.Equal(Problems.All, again.All);
        Assert.Equal(Problems.References.OrderBy(r => r.Key), again.References.OrderBy(r => r.Key));
    }

    [Fact]
    public void Reference_plans_are_as_short_as_breadth_first_search_finds_them()
    {
        foreach (var problem in Problems.All.Where(p => BlocksStatementReader.Read(p.Statement).Count <= 5))
            Assert.Equal(BreadthFirst(BlocksStatementReader.Read(problem.Statement)), Problems.References[problem.Id].Split('\n').Length);
    }

    [Fact]
    public void Goals_on_the_table_and_clear_are_planned_for_too()
    {
        var stream = RandomStream.FromSeed(8);
        for (var i = 0; i < 300; i++)
        {
            var problem = AnyGoal(stream.Derive(i));
            var plan = BlocksSearch.Find(problem, 100_000)!;
            Assert.Equal(BreadthFirst(problem), plan.Count);
            Assert.True(Domain.BlocksVerifier.Verify(problem, string.Join('\n', plan)).IsAccepted);
        }
    }

    [Fact]
    public void Renamed_problems_keep_their_hash_and_renamed_plans_are_accepted()
    {
        var stream = RandomStream.FromSeed(5);
        foreach (var problem in Problems.All)
        {
            var (statement, plan) = Domain.Rename(problem.Statement, Problems.References[problem.Id], stream.Derive(problem.Id));
            Assert.True(Domain.BlocksVerifier.Verify(statement, plan).IsAccepted);
            Assert.Equal(problem.CanonicalHash, Domain.Parse("a", statement, Split.Train).CanonicalHash);
        }
    }

    [Fact]
    public void Equal_hashes_mean_equal_problems_up_to_names()
    {
        // All problems with three blocks, held against all their renamings.
        var byHash = new Dictionary<string, string>();
        var problems = Enumerable.Range(0, 4000).Select(i => AnyGoal(RandomStream.FromSeed(9).Derive(i))).Where(p => p.Count == 3).ToArray();
        Assert.True(problems.Length > 500);
        foreach (var problem in problems)
        {
            var smallest = Permutations(["a", "b", "c"]).Select(n => problem.Renamed(n).Write()).Min(StringComparer.Ordinal)!;
            Assert.Equal(smallest, byHash.TryGetValue(BlocksCanonicalForm.Hash(problem), out var known) ? known : byHash[BlocksCanonicalForm.Hash(problem)] = smallest);
        }

        Assert.Equal(byHash.Count, byHash.Values.Distinct().Count());
    }

    [Fact]
    public void Prompts_and_plans_are_in_the_vocabulary_and_come_back()
    {
        foreach (var problem in Problems.All)
        {
            foreach (var text in new[] { Domain.Prompt(problem), Problems.References[problem.Id] })
            {
                var ids = Domain.Tokenizer.Encode(text);
                Assert.All(ids, id => Assert.InRange(id, 3, Domain.Tokenizer.VocabularySize - 1));
                Assert.Equal(text, Domain.Tokenizer.Decode(ids));
            }
        }
    }

    [Theory]
    [InlineData("left | right top : on left top", "(unstack top right) (put-down top) (pick-up left) (stack left top)")]
    [InlineData("(define (problem p) (:domain blocksworld-4ops) (:objects left right top) (:init (handempty) (ontable left) (ontable right) (on top right) (clear left) (clear top)) (:goal (and (on left top))))", "1. (unstack top right)\n2. (put-down top)\n3. (pick-up left)\n4. (stack left top)")]
    [InlineData("As initial conditions I have that, the red block is clear, the orange block is clear, the hand is empty, the orange block is on top of the blue block, the red block is on the table and the blue block is on the table.\nMy goal is to have that the red block is on top of the orange block.", "unstack the orange block from on top of the blue block\nput down the orange block\npick up the red block\nstack the red block on top of the orange block")]
    public void Statements_and_plans_of_all_forms_become_the_normal_one(string statement, string plan)
    {
        var problem = Domain.Parse("mine", statement, Split.Train);
        Assert.Equal("a | b c : on a c", problem.Statement);
        Assert.Equal("unstack c b\nput-down c\npick-up a\nstack a c", Domain.NormalizeSolution(statement, plan));
    }

    [Fact]
    public void Too_many_blocks_are_refused() =>
        Assert.StartsWith("There are more than 15 blocks", Assert.Throws<StatementException>(() => Domain.Parse("a", string.Join(" | ", Enumerable.Range(0, 16).Select(i => $"x{i}")) + " : on x0 x1", Split.Train)).Message, StringComparison.Ordinal);

    [Fact]
    public void Wrong_options_are_all_named() => Assert.Equal(
        3, Assert.Throws<RatchetException>(() => new BlocksDomain(new BlocksGeneratorOptions { MinBlocks = 1, Strata = [new(5, 4, 0, 0)] })).Message.Split('\n').Length);

    /// <summary>Actions of a shortest plan, by trying all moves of single blocks.</summary>
    private static int BreadthFirst(BlocksProblem problem)
    {
        var seen = new HashSet<string>();
        var queue = new Queue<(int[] Below, int Actions)>([(problem.Below, 0)]);
        while (queue.TryDequeue(out var item))
        {
            if (problem.IsSatisfiedBy(item.Below))
                return item.Actions;
            if (!seen.Add(string.Join(',', item.Below)))
                continue;
            foreach (var block in Enumerable.Range(0, problem.Count).Where(b => !item.Below.Contains(b)))
            {
                foreach (var target in Enumerable.Range(-1, problem.Count + 1).Where(t => t != block && (t < 0 || !item.Below.Contains(t))))
                    queue.Enqueue(([.. item.Below.Select((b, i) => i == block ? target : b)], item.Actions + 2));
            }
        }

        throw new InvalidOperationException("No plan.");
    }

    private static BlocksProblem AnyGoal(RandomStream stream)
    {
        var count = 2 + stream.NextInt(4);
        int[] Arrangement()
        {
            var order = Enumerable.Range(0, count).ToArray();
            stream.Shuffle(order.AsSpan());
            var below = new int[count];
            for (var i = 0; i < count; i++)
                below[order[i]] = i == 0 || stream.NextInt(2) == 0 ? BlocksProblem.Table : order[i - 1];
            return below;
        }

        var (start, end) = (Arrangement(), Arrangement());
        var clear = Enumerable.Range(0, count).Select(b => !end.Contains(b) && stream.NextInt(3) == 0).ToArray();
        var goal = end.Select(b => stream.NextInt(3) == 0 ? BlocksProblem.Free : b).ToArray();
        return new BlocksProblem([.. BlocksProblem.Letters.Take(count)], start, goal, clear);
    }

    private static IEnumerable<string[]> Permutations(string[] names) =>
        names.Length == 1 ? [names] : names.SelectMany(n => Permutations([.. names.Where(m => m != n)]).Select(rest => (string[])[n, .. rest]));
}
