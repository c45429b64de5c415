using Ratchet.Verifiers.Pddl;

namespace Ratchet.Verifiers.Tests.Pddl;

public sealed class PlanReaderTests
{
    [Theory]
    [InlineData("(pick-up a)\n(stack a b)")]
    [InlineData("; a plan\n\n  (PICK-UP A)  \r\n( stack  a b ) ; done\n; cost = 2 (unit cost)\n")]
    [InlineData("1. (pick-up a)\n2) (stack a b)")]
    [InlineData("0.00000: (pick-up a) [1.000]\n0.00100: (stack a b) [1]")]
    [InlineData("step 1: (pick-up a)\nStep 2: (stack a b)")]
    [InlineData("(pick-up a)(stack a b)")]
    public void Plans_of_all_usual_forms_are_read(string text) => Assert.Equal(["(pick-up a)", "(stack a b)"], PlanReader.Read(text).Select(s => s.ToString()));

    [Fact]
    public void Steps_know_their_place() => Assert.Equal((14, 25), PlanReader.Read("(pick-up a)\n1:(stack a b)") switch { [_, var step] => (step.Start, step.End), _ => default });

    [Fact]
    public void An_empty_plan_is_a_plan() => Assert.Empty(PlanReader.Read(" \n; nothing to do"));

    [Fact]
    public void All_mistakes_are_told_with_their_places() => Assert.Equal(
        [
            "plan:1:1: An action such as (pick-up a) is expected, not 'pick up the red block'.",
            "plan:2:1: This '(' is not closed in the same line.",
            "plan:3:4: An action's name is expected after '('.",
            "plan:4:13: An action such as (pick-up a) is expected, not 'and so on'.",
            "plan:5:1: An action's arguments are names, not lists.",
        ],
        Assert.Throws<PddlException>(() => PlanReader.Read("pick up the red block\n(stack a\n1: ()\n(pick-up a) and so on\n(stack (a) b)")).Errors.Take(5).Select(e => e.ToString()));

    [Fact]
    public void A_plan_that_is_too_long_is_refused() =>
        Assert.Equal("plan:1:1: The plan has 1048577 characters; at most 1048576 are read.", Assert.Throws<PddlException>(() => PlanReader.Read(new string(' ', (1 << 20) + 1))).Message);
}
