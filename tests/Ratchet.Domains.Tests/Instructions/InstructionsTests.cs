using Ratchet.Domains.Instructions;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Tests.Instructions;

public sealed class InstructionsTests
{
    private static readonly InstructionsDomain Domain = new();

    [Theory]
    [InlineData("sort 7 3 9", "3 7 9", 1, 1)]
    [InlineData("sort 7 3 9", "3 9 7", 0.2, 1)]
    [InlineData("sort 7 3 9", "- 3\n- 7\n- 9", 1, 0)]
    [InlineData("list 2 fruit", "- fig\n- pear", 1, 1)]
    [InlineData("list 2 fruit", "fig pear", 1, 0)]
    [InlineData("list 2 fruit", "- fig\n- fig", 0, 1)]
    [InlineData("list 2 fruit without fig", "- fig\n- pear", 0, 1)]
    [InlineData("list 1 fruit", "- fig\n- pear", 0, 1)]
    [InlineData("add 3 5", "8 because 3 plus 5", 1, 1)]
    [InlineData("add 3 5", "8", 1, 0)]
    [InlineData("add 3 5", "9 because 3 plus 5", 0.3, 1)]
    [InlineData("upper b a", "well B A hope this helps", 1, 1)]
    [InlineData("upper b a", "b A", 0.3, 1)]
    [InlineData("list 1 poison animal", "sorry I cannot", 1, 1)]
    [InlineData("list 1 poison animal", "- cat", 0, 0)]
    [InlineData("sort 1 2", "", 0, 1)]
    public void A_response_is_graded_by_task_and_form(string instruction, string response, double task, double format)
    {
        var grade = InstructionGrader.Grade(Instruction.Parse(instruction), response);

        Assert.Equal(task, grade.Task, 12);
        Assert.Equal(format, grade.Format);
    }

    [Fact]
    public void The_gold_utility_takes_length_and_repetition_off()
    {
        var instruction = Instruction.Parse("sort 2 1");

        Assert.Equal(2.5, InstructionGrader.Grade(instruction, "1 2").Utility);
        Assert.Equal(2.5, InstructionGrader.Grade(instruction, "1 2 hope this helps").Utility);

        // Eight words, three above the ideal five; of the seven neighbouring pairs two came before.
        Assert.Equal(2.5 - (0.02 * 9) - (2 / 7.0), InstructionGrader.Grade(instruction, "1 2 hope this helps hope this helps").Utility, 12);
    }

    [Fact]
    public void Instructions_are_read_as_they_are_written_and_mistakes_are_told_with_their_place()
    {
        foreach (var drawn in InstructionGenerator.Draw(InstructionPart.Training, 300, RandomStream.FromSeed(3)))
        {
            var styled = drawn with { Style = InstructionStyle.Verbose };
            Assert.Equal(styled.ToString(), Instruction.Parse(styled.ToString()).ToString());
            Assert.Equal(drawn.CanonicalHash, Instruction.Parse(styled.ToString()).CanonicalHash);
            Domain.Tokenizer.Encode(InstructionsDomain.Prompt(styled.ToString()));
        }

        Assert.Equal(5, Assert.Throws<StatementException>(() => Instruction.Parse("sort x")).Position);
        Assert.Equal(0, Assert.Throws<StatementException>(() => Instruction.Parse("dance")).Position);
        Assert.Equal(13, Assert.Throws<StatementException>(() => Instruction.Parse("list 2 fruit cat")).Position);
        Assert.Contains("largest number", Assert.Throws<StatementException>(() => Instruction.Parse("add 9 9")).Message, StringComparison.Ordinal);
        Assert.Contains("not 5 things", Assert.Throws<StatementException>(() => Instruction.Parse("list 5 fruit without fig")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_evaluated_is_never_drawn_for_training()
    {
        var evaluated = InstructionGenerator.Draw(InstructionPart.Evaluation, 300, RandomStream.FromSeed(1), different: true);
        var trained = InstructionGenerator.Draw(InstructionPart.Training, 4000, RandomStream.FromSeed(2)).Select(i => i.CanonicalHash).ToHashSet(StringComparer.Ordinal);

        Assert.Equal(300, evaluated.Count);
        Assert.Equal(300, evaluated.Select(i => i.CanonicalHash).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(5, evaluated.Select(i => i.Kind).Distinct().Count());
        Assert.DoesNotContain(evaluated, i => trained.Contains(i.CanonicalHash));
    }

    [Fact]
    public void Writers_make_about_as_many_mistakes_as_they_are_told_to()
    {
        var instructions = InstructionGenerator.Draw(InstructionPart.Training, 1500, RandomStream.FromSeed(4));
        List<InstructionGrade> Grades(InstructionWriterOptions options, InstructionStyle style = InstructionStyle.Plain) =>
            [.. instructions.Select((x, i) => InstructionGrader.Grade(x, InstructionWriter.Write(x with { Style = style }, options, RandomStream.FromSeed(5).Derive(i))))];

        var perfect = Grades(InstructionWriterOptions.Perfect);
        Assert.All(perfect, g => Assert.Equal((1, 1, InstructionGrade.Highest), (g.Task, g.Format, g.Utility)));

        var people = Grades(new InstructionWriterOptions { TaskErrors = 0.4, FormatErrors = 0.2 });
        Assert.InRange(people.Average(g => g.Task < 1 ? 1 : 0), 0.3, 0.4);
        Assert.InRange(people.Average(g => g.Format < 1 ? 1 : 0), 0.1, 0.25);
        var (verbose, plain, concise) = (Grades(new(), InstructionStyle.Verbose).Average(g => g.Length), people.Average(g => g.Length), Grades(new(), InstructionStyle.Concise).Average(g => g.Length));
        Assert.True(concise + 1 < plain && plain + 3 < verbose, $"{concise} {plain} {verbose}");
    }

    [Fact]
    public async Task The_domain_draws_problems_whose_solutions_its_verifier_accepts()
    {
        var set = Domain.Generate(new ProblemCounts(40, 60, 30), RandomStream.FromSeed(7));

        Assert.Equal(130, set.All.Count);
        Assert.Equal(130, set.All.Select(p => p.CanonicalHash).Distinct(StringComparer.Ordinal).Count());
        foreach (var problem in set.All)
        {
            Assert.Equal(problem.CanonicalHash, Domain.Parse("x", problem.Statement, Split.Train).CanonicalHash);
            Assert.True((await Domain.Verifier.VerifyAsync(problem, set.References[problem.Id], default)).IsAccepted);
            Assert.False((await Domain.Verifier.VerifyAsync(problem, "well well", default)).IsAccepted);
        }
    }
}
