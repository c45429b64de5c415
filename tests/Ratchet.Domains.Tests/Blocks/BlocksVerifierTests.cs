using Ratchet.Domains.Blocks;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Tests.Blocks;

public sealed class BlocksVerifierTests
{
    private const string Statement = "a | c b | d : on c b";

    private static readonly BlocksVerifier Verifier = new();

    [Theory]
    [InlineData("unstack b c\nput-down b\npick-up c\nstack c b")]
    [InlineData("(unstack b c)\n(put-down b)\n(pick-up c)\n(stack c b)")]
    [InlineData("1. (UNSTACK B C)\n2. (put-down b) ; on the table\n3) (pick-up c)\n0.003: (stack c b)")]
    [InlineData("unstack b c put-down b pick-up c stack c b pick-up a stack a d")]
    public void A_plan_that_reaches_the_goal_is_accepted(string plan) => Assert.True(Verifier.Verify(Statement, plan).IsAccepted);

    [Theory]
    [InlineData("unstack b c\nstack c b", VerdictReason.StepFailed, "Step 2 (stack c b) cannot be executed. False: (clear b), (holding c).", 12)]
    [InlineData("pick-up b", VerdictReason.StepFailed, "Step 1 (pick-up b) cannot be executed. False: (ontable b).", 0)]
    [InlineData("pick-up c", VerdictReason.StepFailed, "Step 1 (pick-up c) cannot be executed. False: (clear c).", 0)]
    [InlineData("pick-up a\npick-up d", VerdictReason.StepFailed, "Step 2 (pick-up d) cannot be executed. False: (handempty).", 10)]
    [InlineData("pick-up a\nstack a a", VerdictReason.StepFailed, "Step 2 (stack a a) cannot be executed. False: (clear a).", 10)]
    [InlineData("put-down a", VerdictReason.StepFailed, "Step 1 (put-down a) cannot be executed. False: (holding a).", 0)]
    [InlineData("pick-up x", VerdictReason.StepFailed, "Step 1 (pick-up x): There is no block 'x'.", 0)]
    [InlineData("unstack b c\nput-down b", VerdictReason.Incomplete, "The goal does not hold after 2 steps. False: (on c b).", 22)]
    [InlineData("", VerdictReason.Incomplete, "The goal does not hold after 0 steps. False: (on c b).", 0)]
    [InlineData("move b a", VerdictReason.Syntax, "An action (pick-up, put-down, stack, unstack) is expected, not 'move'.", 0)]
    [InlineData("unstack b", VerdictReason.Syntax, "'unstack' needs 2 blocks.", 9)]
    [InlineData("(pick-up a d)", VerdictReason.Syntax, "A ')' is expected.", 11)]
    public void A_wrong_plan_is_rejected_with_its_first_mistake(string plan, VerdictReason reason, string message, int position)
    {
        var verdict = Assert.IsType<Verdict.Rejected>(Verifier.Verify(Statement, plan));
        Assert.Equal((reason, message, position), (verdict.Reason, verdict.Feedback[0].Message, verdict.Feedback[0].Start));
    }

    [Theory]
    [InlineData("a b : on b", "'on' needs 2 blocks.", 10)]
    [InlineData("a b", "A ':' with the goal after it is expected.", 3)]
    [InlineData("a | : on a a", "A stack is empty.", 4)]
    [InlineData("a a : on a a", "The block a stands twice.", 2)]
    [InlineData("a b : on a x", "There is no block 'x'.", 11)]
    [InlineData("a b :", "The goal is empty.", 4)]
    [InlineData("a b c : on a b on c b", "No plan can reach the goal: a and c cannot both be on b.", 6)]
    [InlineData("a b c : on a b on a c", "No plan can reach the goal: a cannot be in two places.", 15)]
    [InlineData("a b c : on a b on b a", "No plan can reach the goal: a would be above itself.", 6)]
    [InlineData("a b : on a b clear b", "No plan can reach the goal: b cannot be clear with a on it.", 4)]
    [InlineData("a b : under a b", "'on', 'table' or 'clear' is expected, not 'under'.", 6)]
    [InlineData("(define (problem p) (:objects a b) (:init (ontable a)) (:goal (on a b)))", "It is not said where b is.", 0)]
    [InlineData("(define (problem p) (:objects a b) (:init (on a b) (ontable b) (clear b)) (:goal (on b a)))", "b is said to be clear, but a block is on it.", 64)]
    [InlineData("(define (problem p) (:objects a) (:init (holding a)) (:goal (ontable a)))", "'holding' cannot stand in :init here; on, ontable, clear and handempty can.", 41)]
    [InlineData("As initial conditions I have that, the red block floats. My goal is to have that the red block is clear.", "'the red block floats' is no fact about blocks.", 35)]
    public void A_text_that_is_no_statement_is_refused_with_its_place(string statement, string message, int position)
    {
        var exception = Assert.Throws<StatementException>(() => Verifier.Verify(statement, ""));
        Assert.Equal((message, position), (exception.Message, exception.Position));
    }
}
