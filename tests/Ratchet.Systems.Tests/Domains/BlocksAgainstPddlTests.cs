using Ratchet.Domains.Blocks;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verifiers.Pddl;

namespace Ratchet.Systems.Tests.Domains;

/// <summary>The blocks domain and the PDDL verifier share no code; here they must agree.</summary>
public sealed class BlocksAgainstPddlTests
{
    private static readonly BlocksDomain Domain = new();

    private static readonly string[] BlocksNames = ["a", "b", "c"];

    private static readonly ProblemSet Problems = Domain.Generate(new ProblemCounts(0, 60, 20), RandomStream.FromSeed(4));

    [Fact]
    public void Both_verifiers_say_the_same_about_right_and_damaged_plans_in_the_same_words()
    {
        var pddl = new PddlVerifier();
        var stream = RandomStream.FromSeed(6);
        var reasons = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var problem in Problems.All)
        {
            var statement = BlocksPddl.Domain + BlocksPddl.Problem(problem.Statement);
            var plan = Problems.References[problem.Id].Split('\n');
            for (var i = 0; i < 40; i++)
            {
                var text = i == 0 ? plan : Damaged(plan, stream.Derive(problem.Id).Derive(i));
                var own = Domain.BlocksVerifier.Verify(problem.Statement, string.Join('\n', text));
                var other = pddl.Verify(statement, string.Join('\n', text.Select(s => $"({s})")));
                Assert.Equal((other.Outcome, other.Reason), (own.Outcome, own.Reason));
                Assert.Equal(other.Feedback.Select(f => f.Message), own.Feedback.Select(f => f.Message));
                var key = own.Reason.ToString();
                reasons[key] = reasons.GetValueOrDefault(key) + 1;
            }
        }

        // Each kind of verdict comes up often enough to mean something.
        Assert.Equal(["Incomplete", "Proved", "StepFailed"], reasons.Keys);
        Assert.All(reasons.Values, count => Assert.True(count > 100, string.Join(", ", reasons)));
    }

    [Fact]
    public void Both_planners_find_plans_of_the_same_length()
    {
        foreach (var problem in Problems.All.Where(p => p.Stratum != "length 14-18"))
        {
            var result = OptimalPlanner.Solve(PddlTask.Parse(BlocksPddl.Domain, BlocksPddl.Problem(problem.Statement)));
            Assert.Equal(Problems.References[problem.Id].Split('\n').Length, result.Cost);
            Assert.True(Domain.BlocksVerifier.Verify(problem.Statement, string.Join('\n', result.Plan!)).IsAccepted);
        }
    }

    private static string[] Damaged(string[] plan, RandomStream stream)
    {
        var steps = plan.ToList();
        // Every problem has at least three blocks.
        string Block() => BlocksNames[stream.NextInt(BlocksNames.Length)];
        switch (stream.NextInt(5))
        {
            case 0:
                steps.RemoveAt(stream.NextInt(steps.Count));
                break;
            case 1:
                steps.RemoveRange(steps.Count - 2, 2);
                break;
            case 2:
                var at = stream.NextInt(steps.Count);
                var word = steps[at].Split(' ')[0];
                steps[at] = word is "stack" or "unstack" ? $"{word} {Block()} {Block()}" : $"{word} {Block()}";
                break;
            case 3:
                // Up and down again: superfluous, not wrong, where it can be done.
                var block = Block();
                steps.InsertRange(0, [$"pick-up {block}", $"put-down {block}"]);
                break;
            default:
                var (i, j) = (stream.NextInt(steps.Count), stream.NextInt(steps.Count));
                (steps[i], steps[j]) = (steps[j], steps[i]);
                break;
        }

        return [.. steps];
    }
}
