using Ratchet.Problems;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pddl;

namespace Ratchet.Verifiers.Tests.Pddl;

public sealed class PlanValidatorTests
{
    private static readonly PddlTask Rooms = PddlTask.Parse(Texts.Rooms, Texts.RoomsProblem);

    private static readonly PddlTask Lamps = PddlTask.Parse(Texts.Lamps, Texts.LampsProblem);

    [Fact]
    public void A_valid_plan_reaches_the_goal()
    {
        var report = Run(Rooms, Texts.RoomsPlan);
        Assert.True(report.IsValid);
        Assert.Equal((7, 7m), (report.Executed, report.Cost));
        Assert.Equal(["(at-robot kitchen)", "(at red kitchen)", "(at blue kitchen)", "(free)"], report.State);
    }

    [Theory]
    [InlineData("(take red hall)\n(take blue hall)", 1, true, "(free)")]
    [InlineData("(go kitchen hall)", 0, true, "(at-robot kitchen)")]
    [InlineData("(go hall kitchen)\n(take red kitchen)", 1, true, "(at red kitchen)")]
    [InlineData("(drop red kitchen)", 0, true, "(carries red), (at-robot kitchen)")]
    [InlineData("(tke red hall)", 0, false, "There is no action 'tke'. Did you mean 'take'?")]
    [InlineData("(take red)", 0, false, "The action take takes 2 objects; 1 given.")]
    [InlineData("(take green hall)", 0, false, "There is no object 'green'.")]
    [InlineData("(take hall red)", 0, false, "hall is of type room; ?b of take is of type ball.")]
    public void The_first_step_that_fails_is_explained(string plan, int executed, bool areConditions, string causes)
    {
        var report = Run(Rooms, plan);
        Assert.False(report.IsValid);
        Assert.Equal((executed, areConditions, causes), (report.Executed, report.CausesAreConditions, string.Join(", ", report.Causes)));
        Assert.Equal(["(at red kitchen)", "(at blue kitchen)"], report.UnmetGoals);
    }

    [Fact]
    public void The_distance_to_the_goal_is_told_in_facts() =>
        Assert.Equal(["(at blue kitchen)"], Run(Rooms, "(take red hall)\n(go hall kitchen)\n(drop red kitchen)").UnmetGoals);

    [Fact]
    public void Conditional_effects_look_at_the_state_before_the_step()
    {
        // Pressing twice switches on and off again: the two conditions of 'press' never both hold.
        Assert.Equal(["(lit a)", "(lit b)", "(lit master)"], Run(Lamps, "(press a)(press a)").UnmetGoals);
        Assert.Equal(["(lit a)", "(lit b)"], Run(Lamps, "(press master)").UnmetGoals);
    }

    [Theory]
    [InlineData("(press master)(press a)(flood attic)", true, 10)]
    [InlineData("(press a)(swap a master)(press a)(flood attic)", true, 12)]
    [InlineData("(press a)(press b)(press master)", true, 14)]
    public void Costs_add_up(string plan, bool valid, int cost)
    {
        var report = Run(Lamps, plan);
        Assert.Equal((valid, (decimal)cost), (report.IsValid, report.Cost));
    }

    [Theory]
    [InlineData("(flood attic)", "(lit master), (exists (?l - lamp) (and (in ?l attic) (lit ?l)))")]
    [InlineData("(swap a a)", "(not (= a a)), (or (next a a) (next a a)), (lit a)")]
    [InlineData("(press a)(press b)(smash attic)", "(or (not (in a attic)) (not (lit a))), (or (not (in b attic)) (not (lit b)))")]
    [InlineData("(smash attic)(press a)", "(not (broken a))")]
    public void False_conditions_of_every_kind_are_written_out(string plan, string causes) => Assert.Equal(causes, string.Join(", ", Run(Lamps, plan).Causes));

    [Fact]
    public void What_is_deleted_and_added_at_once_holds()
    {
        const string Domain = "(define (domain d) (:predicates (p ?x) (q)) (:action move :parameters (?x ?y) :precondition (p ?x) :effect (and (not (p ?x)) (p ?y) (q))))";
        var task = PddlTask.Parse(Domain, "(define (problem e) (:domain d) (:objects a) (:init (p a)) (:goal (and (p a) (q))))");
        Assert.True(Run(task, "(move a a)").IsValid);
        Assert.Equal(1, OptimalPlanner.Solve(task).Cost);
    }

    [Fact]
    public void A_cost_without_value_fails_the_step()
    {
        var task = PddlTask.Parse(Texts.Lamps, Texts.LampsProblem.Replace("(= (price a) 3)", "", StringComparison.Ordinal));
        Assert.Equal("The cost (price a) has no value in :init.", Run(task, "(press a)").Causes[0]);
    }

    [Fact]
    public void A_check_beyond_its_limit_has_no_result() =>
        Assert.Throws<PddlLimitException>(() => PlanValidator.Validate(Lamps, PlanReader.Read("(press master)(press a)(flood attic)"), evaluationLimit: 10));

    [Theory]
    [InlineData(Texts.RoomsPlan, "accepted", VerdictReason.Proved, -1, "")]
    [InlineData("(go hall kitchen)", "rejected", VerdictReason.Incomplete, 17, "The goal does not hold after 1 step. False: (at red kitchen), (at blue kitchen).")]
    [InlineData("(go hall kitchen)\n(go hall kitchen)", "rejected", VerdictReason.StepFailed, 18, "Step 2 (go hall kitchen) cannot be executed. False: (at-robot hall).")]
    [InlineData("(fly hall kitchen)", "rejected", VerdictReason.StepFailed, 0, "Step 1 (fly hall kitchen): There is no action 'fly'.")]
    [InlineData("go to the kitchen", "rejected", VerdictReason.Syntax, 0, "An action such as (pick-up a) is expected, not 'go to the kitchen'.")]
    public async Task The_verifier_says_what_the_validator_found(string plan, string outcome, VerdictReason reason, int position, string message)
    {
        var problem = new Problem { Id = "p", Domain = "pddl", Statement = Texts.Rooms + Texts.RoomsProblem, CanonicalHash = "", Split = Split.Train };
        var verdict = await new PddlVerifier().VerifyAsync(problem, plan, CancellationToken.None);
        Assert.Equal((outcome, reason), (verdict.Outcome, verdict.Reason));
        Assert.Equal((position, message), verdict.Feedback.Count == 0 ? (-1, "") : (verdict.Feedback[0].Start, verdict.Feedback[0].Message));
    }

    [Fact]
    public void A_plan_that_is_too_long_gives_no_verdict() =>
        Assert.Equal(VerdictReason.ResourceLimit, Assert.IsType<Verdict.Unknown>(new PddlVerifier().Verify(Rooms, new string(' ', PlanReader.MaxLength + 1))).Reason);

    [Fact]
    public void A_statement_that_is_no_pddl_is_refused_with_its_place()
    {
        var exception = Assert.Throws<StatementException>(() => new PddlVerifier().Verify(Texts.Rooms + Texts.RoomsProblem.Replace("hall)", "hal)", StringComparison.Ordinal), ""));
        Assert.Equal(Texts.Rooms.Length + Texts.RoomsProblem.IndexOf("hall)", StringComparison.Ordinal), exception.Position);
        Assert.Contains("There is no object 'hal'. Did you mean 'hall'?", exception.Message, StringComparison.Ordinal);
    }

    private static PlanReport Run(PddlTask task, string plan) => PlanValidator.Validate(task, PlanReader.Read(plan));
}
