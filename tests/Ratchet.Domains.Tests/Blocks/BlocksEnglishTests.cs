using Ratchet.Domains.Blocks;
using Ratchet.Problems;

namespace Ratchet.Domains.Tests.Blocks;

public sealed class BlocksEnglishTests(ITestOutputHelper output)
{
    private static readonly string[] Sets = ["blocksworld", "blocksworld_3"];

    [Fact]
    public void A_problem_reads_as_in_the_benchmark() => Assert.Equal(
        """
        [STATEMENT]
        As initial conditions I have that, the red block is clear, the blue block is clear, the hand is empty, the blue block is on top of the orange block, the red block is on the table and the orange block is on the table.
        My goal is to have that the orange block is on top of the blue block.

        My plan is as follows:

        [PLAN]
        """,
        BlocksEnglish.Query("a | c b : on c b"));

    [Fact]
    public void A_plan_is_written_and_read_back()
    {
        const string Plan = "unstack b c\nput-down b\npick-up c\nstack c b";
        const string English = "unstack the blue block from on top of the orange block\nput down the blue block\npick up the orange block\nstack the orange block on top of the blue block\n";
        Assert.Equal(English, BlocksEnglish.Plan(Plan));
        Assert.Equal(Plan, BlocksEnglish.ReadPlan(English, out var ignored));
        Assert.Empty(ignored);
    }

    [Fact]
    public void A_plan_is_found_in_an_answer_with_talk_around_it()
    {
        const string Answer = """
            Sure, first pick up the red block.
            [PLAN]
            1. Unstack the blue block from on top of the orange block.
            2) put down the blue block
            - **Step 3: Pick up the orange block** (it is clear now).
            Now stack it.
            [PLAN END]
            4. stack the orange block on top of the blue block
            """;
        Assert.Equal("unstack b c\nput-down b\npick-up c", BlocksEnglish.ReadPlan(Answer, out var ignored));
        Assert.Equal(["Now stack it."], ignored);
    }

    [Fact]
    public void Blocks_without_a_colour_are_refused() =>
        Assert.Equal("The block m has no colour; those from a to l do.", Assert.Throws<StatementException>(() => BlocksEnglish.Statement("m | a : on a m")).Message);

    [Fact]
    public void A_plan_for_an_English_statement_may_name_blocks_by_their_colours()
    {
        var verifier = new BlocksVerifier();
        var english = BlocksEnglish.Statement("a | b : on b a");
        Assert.True(verifier.Verify(english, "(pick-up blue)\n(stack blue red)").IsAccepted);
        Assert.True(verifier.Verify(english, "(pick-up b)\n(stack b a)").IsAccepted);
        Assert.False(verifier.Verify(english, "(pick-up red)\n(stack red blue)").IsAccepted);
        Assert.Equal("Step 1 (pick-up blue): There is no block 'blue'.", verifier.Verify("a | b : on b a", "(pick-up blue)").Feedback[0].Message);
    }

    [Fact]
    public void The_shared_gold_plans_for_English_statements_are_accepted()
    {
        var verifier = new BlocksVerifier();
        var rows = SharedData.Rows("planbench/nl_plan_generation.jsonl.gz").Where(r => Sets.Contains(r.Text("set"))).ToList();
        Assert.Equal(550, rows.Count(r => verifier.Verify(r.Text("query"), r.Text("ground_truth")).IsAccepted));
    }

    [Fact]
    public void All_shared_problems_read_as_in_the_benchmark_and_come_back()
    {
        var problems = Sets.SelectMany(s => SharedData.Rows($"planbench/{s}.jsonl")).ToDictionary(r => (r.Text("set"), r.Text("instance_id")), r => r.Text("problem_pddl"));
        var (rows, same) = (0, 0);
        foreach (var row in SharedData.Rows("planbench/nl_plan_generation.jsonl.gz").Where(r => Sets.Contains(r.Text("set"))))
        {
            rows++;
            var problem = problems[(row.Text("set"), row.Text("instance_id"))];
            same += BlocksEnglish.Query(problem) == row.Text("query").TrimEnd() ? 1 : 0;
            var (english, pddl) = (BlocksStatementReader.Read(row.Text("query")), BlocksStatementReader.Read(problem));
            Assert.Equal(pddl.Renamed(pddl.Names).Write(), english.Renamed(english.Names).Write());
        }

        output.WriteLine($"{same} of {rows} prompts equal to the letter, all equal in meaning.");
        Assert.Equal((550, 550), (rows, same));
    }

    [Fact]
    public void Optimal_lengths_of_the_shared_problems_are_found()
    {
        foreach (var set in new[] { "blocksworld", "blocksworld_hard" })
        {
            var rows = SharedData.Rows($"planbench/{set}.jsonl");
            foreach (var row in rows)
            {
                var plan = BlocksOracle.ShortestPlan(row.Text("problem_pddl"));
                Assert.True(plan is not null, $"{set} {row.Text("instance_id")}: limit reached.");
                Assert.Equal(row.GetProperty("reference_length").GetInt32(), plan.Split('\n').Length);
                Assert.True(new BlocksVerifier().Verify(row.Text("problem_pddl"), plan).IsAccepted);
            }

            output.WriteLine($"{set}: {rows.Count} of {rows.Count} optimal lengths equal the reference lengths.");
        }
    }

    [Fact]
    public void Plans_in_the_answers_of_models_are_read()
    {
        var (all, same) = (0, 0);
        foreach (var row in SharedData.Rows("planbench/model_plans.jsonl.gz").Where(r => r.Text("plan").Length > 0))
        {
            all++;
            var plan = row.Text("plan").Replace("(", "", StringComparison.Ordinal).Replace(")", "", StringComparison.Ordinal).Trim();
            same += BlocksEnglish.ReadPlan(row.Text("raw"), out _) == plan ? 1 : 0;
        }

        output.WriteLine($"{same} of {all} plans read from the raw answers equal the benchmark's reading.");

        // The others repeat their plan outside the marks, where the benchmark reads on, or give actions in prose.
        Assert.Equal((1638, 1443), (all, same));
    }
}
