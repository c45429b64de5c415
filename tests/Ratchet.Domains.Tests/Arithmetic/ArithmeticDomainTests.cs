using Ratchet.Domains.Arithmetic;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Tests.Arithmetic;

public sealed class ArithmeticDomainTests
{
    private const string Statement = "Ada has 12 apples . Ben has 7 marbles . Ada buys 3 bags of 4 . how many apples does Ada have ?";

    private static readonly ArithmeticDomain Domain = new();

    [Theory]
    [InlineData(ArithmeticFormat.Function, "def solve :\nlet a = 3 * 4\nlet b = 12 + a\nreturn b")]
    [InlineData(ArithmeticFormat.Tagged, "[code] 12 + 3 * 4 [/code]\n[output] 24 [/output] answer 24")]
    [InlineData(ArithmeticFormat.Prose, @"3 times 4 is 12 . 12 plus 12 is 24 . the answer is \boxed{ 24 }")]
    public void A_problem_is_solved_in_each_format(ArithmeticFormat format, string solution)
    {
        Assert.Equal(solution, ArithmeticDomain.Solve(Statement, format));
        Assert.True(Domain.ArithmeticVerifier.Verify(Statement, solution).IsAccepted);
    }

    [Theory]
    [InlineData("Ada has 12 apples . Ben gives 3 to Ada . then Ada has 2 times as many . how many apples does Ada have ?", "( 12 + 3 ) * 2", 30)]
    [InlineData("at first Lea has 20 coins . Lea gives 4 to Ben . Lea makes 4 equal parts and keeps one . how many coins does Lea have ?", "( 20 - 4 ) / 4", 4)]
    [InlineData("Ada makes 3 cards a day for 5 days . Ada loses 2 a day for 4 days . each costs 9 cents . how many cents do they cost ?", "( 5 * 3 - 4 * 2 ) * 9", 63)]
    [InlineData("Ada has 90 apples . Ada sells 2 bags of 9 . Ada is 11 years old . Ada loses 5 of them . how many apples does Ada have ?", "90 - 2 * 9 - 5", 67)]
    public void Stories_are_read_as_what_they_compute(string statement, string expression, int answer)
    {
        Assert.Contains($"[code] {expression} [/code]\n[output] {answer} [/output]", ArithmeticDomain.Solve(statement, ArithmeticFormat.Tagged), StringComparison.Ordinal);
        Assert.Equal(statement, Domain.Parse("p", statement, Split.Train).Statement);
    }

    [Theory]
    [InlineData("", "A word problem has a sentence that begins it and a question.", 0)]
    [InlineData("Ada has 12 apples", "The last sentence has no end: the question ends with '?'.", 17)]
    [InlineData("Ada has 12 apples . how many apples does Ada have ?", "The problem takes 0 steps; 1 to 8 are possible.", 0)]
    [InlineData("Ada has 12 pears . Ada finds 1 more . how many pears does Ada have ?", "The sentence 'Ada has 12 pears .' is none that the domain knows at the beginning of a problem.", 0)]
    [InlineData("Ada has 12 apples . Ben finds 1 more . how many apples does Ada have ?", "The sentence 'Ben finds 1 more .' is none that the domain knows in the middle of a problem.", 20)]
    [InlineData("Ada has 12 apples . Ada finds 1 more . how many apples does Ben have ?", "The sentence 'how many apples does Ben have ?' is none that the domain knows as the question of a problem.", 39)]
    [InlineData("Ada has 12 apples . Ada loses 13 of them . how many apples does Ada have ?", "A result of the problem is -1; results lie within 0 to 99.", 0)]
    [InlineData("Ada has 13 apples . Ada makes 2 equal parts and keeps one . how many apples does Ada have ?", "A division of the problem leaves a rest.", 0)]
    [InlineData("Ada has 13 apples . Ada finds 2 more . how many cents do they cost ?", "The question for the price comes after a price.", 39)]
    public void A_text_that_is_no_problem_is_refused_with_its_place(string statement, string message, int position)
    {
        var refusal = Assert.Throws<StatementException>(() => Domain.Parse("p", statement, Split.Train));

        Assert.Equal((message, position), (refusal.Message, refusal.Position));
    }

    [Theory]
    [InlineData("def solve : return 24", VerdictReason.Proved)]
    [InlineData("def solve : return 23", VerdictReason.WrongAnswer)]
    [InlineData("def solve : return x", VerdictReason.StepFailed)]
    [InlineData("24", VerdictReason.Syntax)]
    [InlineData("def solve : return 999999999999 * 9", VerdictReason.ResourceLimit)]
    [InlineData(Statement + " def solve : return 24", VerdictReason.Syntax)]
    [InlineData("24 24 24 24 24 24", VerdictReason.Syntax)]
    public void A_verdict_is_of_the_response_alone_and_has_three_values(string response, VerdictReason reason)
    {
        var verdict = Domain.ArithmeticVerifier.Verify(Statement, response);

        Assert.Equal(reason, verdict.Reason);
        Assert.Equal(reason switch { VerdictReason.Proved => "accepted", VerdictReason.ResourceLimit => "unknown", _ => "rejected" }, verdict.Outcome);
        Assert.DoesNotContain(verdict.Feedback, f => f.Message.Contains("24 is the answer", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_generated_solution_is_accepted_and_one_with_another_number_is_not()
    {
        var problems = Domain.Generate(new ProblemCounts(150, 150, 100), RandomStream.FromSeed(3));

        Assert.Equal(400, problems.All.Count);
        foreach (var problem in problems.All)
        {
            foreach (var format in Enum.GetValues<ArithmeticFormat>())
            {
                var solution = ArithmeticDomain.Solve(problem.Statement, format);
                Assert.True(Domain.ArithmeticVerifier.Verify(problem.Statement, solution).IsAccepted, solution);
                Assert.Equal(ArithmeticReading.LabelOf(format), ArithmeticClassifier.Read(solution).Label);
                var ids = Domain.Tokenizer.Encode(solution);
                Assert.Equal(solution, Domain.Tokenizer.Decode(ids));
                Assert.False(Domain.ArithmeticVerifier.Verify(problem.Statement, Domain.Tokenizer.Decode(ids.AsSpan(0, ids.Length - 1))).IsAccepted);
            }

            var answer = ArithmeticClassifier.Read(ArithmeticDomain.Solve(problem.Statement, ArithmeticFormat.Function)).Answer!.Value;
            Assert.InRange(answer, 0, 99);
            Assert.Equal(VerdictReason.WrongAnswer, Domain.ArithmeticVerifier.Verify(problem.Statement, $@"the answer is \boxed{{ {answer + 1} }}").Reason);
            Assert.NotEmpty(Domain.Tokenizer.EncodePrompt(Domain.Prompt(problem)));
        }
    }

    [Fact]
    public void Splits_share_no_canonical_hash_and_held_out_people_are_others()
    {
        var problems = Domain.Generate(new ProblemCounts(200, 200, 100), RandomStream.FromSeed(5));

        Assert.Equal(problems.All.Count, problems.All.Select(p => p.CanonicalHash).Distinct().Count());
        var train = problems.In(Split.Train).SelectMany(p => p.Statement.Split(' ').Where(w => char.IsUpper(w[0]))).ToHashSet();
        var heldout = problems.In(Split.Heldout).SelectMany(p => p.Statement.Split(' ').Where(w => char.IsUpper(w[0]))).ToHashSet();
        Assert.Equal((8, 8), (train.Count, heldout.Count));
        Assert.Empty(train.Intersect(heldout));
        Assert.Equal(["2 steps", "3 steps", "4 steps"], problems.All.Select(p => p.Stratum).Distinct().Order());
        Assert.All(problems.All, p => Assert.Equal((p.Stratum, p.CanonicalHash), (Domain.Parse("p", p.Statement, Split.Train).Stratum, Domain.Parse("p", p.Statement, Split.Train).CanonicalHash)));
    }

    [Theory]
    [InlineData("Grace has 12 stones . Grace gets 4 a day for 3 days . Grace is 9 years old . how many stones does Grace have ?", true)]
    [InlineData("at first Ada has 12 apples . Ada buys 4 bags of 3 . how many apples does Ada have ?", true)]
    [InlineData("Ada has 12 apples . Ada sells 3 bags of 4 . how many apples does Ada have ?", false)]
    [InlineData("Ada has 12 apples . Ada buys 3 bags of 5 . how many apples does Ada have ?", false)]
    public void Problems_that_compute_the_same_have_the_same_hash(string other, bool same) =>
        Assert.Equal(same, Domain.Parse("a", Statement, Split.Train).CanonicalHash == Domain.Parse("b", other, Split.Train).CanonicalHash);

    [Fact]
    public void Renaming_changes_people_and_neither_hash_nor_verdicts()
    {
        var stream = RandomStream.FromSeed(11);
        var changed = 0;
        foreach (var (problem, i) in Domain.Generate(new ProblemCounts(0, 60, 30), stream).All.Select((p, i) => (p, i)))
        {
            var solution = ArithmeticDomain.Solve(problem.Statement, (ArithmeticFormat)(i % 3));
            var (statement, renamed) = Domain.Rename(problem.Statement, solution, stream.Derive(i));

            Assert.True(Domain.ArithmeticVerifier.Verify(statement, renamed).IsAccepted);
            Assert.Equal(problem.CanonicalHash, Domain.Parse("p", statement, Split.Train).CanonicalHash);
            changed += statement == problem.Statement ? 0 : 1;
        }

        Assert.True(changed > 60);
    }

    [Fact]
    public void Operands_of_a_sum_may_be_turned_round_and_those_of_a_difference_may_not()
    {
        Assert.True(Domain.ArithmeticVerifier.Verify(Statement, "def solve : let a = 4 * 3 let b = a + 12 return b").IsAccepted);
        Assert.False(Domain.ArithmeticVerifier.Verify(Statement, "def solve : let a = 4 * 3 let b = a - 12 return b").IsAccepted);
    }

    [Fact]
    public void Background_text_is_in_the_vocabulary_and_no_solution_of_any_format()
    {
        var stream = RandomStream.FromSeed(2);
        for (var i = 0; i < 400; i++)
        {
            var text = ArithmeticDomain.Background(facts: i % 2 == 0, stream.Derive(i));

            Assert.Equal(text, Domain.Tokenizer.Decode(Domain.Tokenizer.Encode(text)));
            Assert.Equal("malformed", ArithmeticClassifier.Read(text).Label);
        }
    }

    [Fact]
    public void The_facts_of_the_background_are_right()
    {
        var stream = RandomStream.FromSeed(4);
        for (var i = 0; i < 200; i++)
        {
            foreach (var fact in ArithmeticDomain.Background(facts: true, stream.Derive(i)).Split(" .", StringSplitOptions.RemoveEmptyEntries))
            {
                var sides = fact.Split(" is ");
                var expression = sides[0].Replace("plus", "+").Replace("minus", "-").Replace("times", "*").Replace("divided by", "/");
                Assert.Equal(long.Parse(sides[1]), ArithmeticClassifier.Read($"def solve : return {expression}").Answer);
            }
        }
    }

    [Fact]
    public void Documents_have_the_format_and_the_steps_that_are_asked_for()
    {
        var stream = RandomStream.FromSeed(8);
        for (var i = 0; i < 300; i++)
        {
            var (format, steps) = ((ArithmeticFormat)(i % 3), 1 + (i % 6));
            var document = Domain.Document(format, steps, stream.Derive(i));

            Assert.Equal(ArithmeticReading.LabelOf(format), ArithmeticClassifier.Read(document.Solution).Label);
            Assert.Equal(ArithmeticStratum.NameOf(steps), Domain.Parse("p", document.Statement, Split.Train).Stratum);
            Assert.Equal(document.Hash, Domain.Parse("p", document.Statement, Split.Train).CanonicalHash);
            Assert.True(Domain.ArithmeticVerifier.Verify(document.Statement, document.Solution).IsAccepted);
        }
    }

    [Fact]
    public void Options_out_of_bounds_are_all_named()
    {
        var refusal = Assert.Throws<RatchetException>(() => new ArithmeticDomain(new ArithmeticGeneratorOptions { Strata = [new(9, 1, 1)], FormatShares = [1, -1, 0], AsideShare = 2 }));

        Assert.Contains("'9 steps' must have 1 to 6 steps", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("FormatShares", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("AsideShare", refusal.Message, StringComparison.Ordinal);
    }
}
