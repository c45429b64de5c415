using Ratchet.Verifiers.Pddl;

namespace Ratchet.Verifiers.Tests.Pddl;

public sealed class PddlReaderTests
{
    [Fact]
    public void A_domain_and_a_problem_are_read()
    {
        var task = PddlTask.Parse(Texts.Lamps, Texts.LampsProblem);
        Assert.Equal(("lamps", "p", true), (task.DomainName, task.ProblemName, task.HasCosts));
        Assert.Equal(["press", "flood", "swap", "smash"], task.Actions);
        Assert.Equal(["master", "a", "b", "c", "attic", "cellar"], task.Objects);
    }

    [Fact]
    public void One_text_may_hold_both_in_any_order() =>
        Assert.Equal("two-balls", PddlTask.Parse(Texts.RoomsProblem + "; and the domain\n" + Texts.Rooms.ToUpperInvariant()).ProblemName);

    [Fact]
    public void All_mistakes_of_a_domain_are_told_with_their_places()
    {
        const string Domain = """
            (define (domain d)
              (:types block place)
              (:predicates (on ?x ?y - block) (clear ?x - blok) (on ?a))
              (:action lift
                :parameters (?x - block ?y - place)
                :precondition (and (claer ?x) (on ?x) (on ?x ?y) (clear ?z) (clear (?x)))
                :effects (not (clear ?x)))
              (:acton drop))
            """;
        Assert.Equal(
            [
                "domain:3:47: There is no type 'blok'. Did you mean 'block'?",
                "domain:3:53: The predicate on is declared twice.",
                "domain:6:24: There is no predicate 'claer'. Did you mean 'clear'?",
                "domain:6:35: on takes 2 arguments; 1 given.",
                "domain:6:50: ?y is of type place; argument 2 of on is of type block.",
                "domain:6:61: The variable ?z is not declared here. Did you mean '?x'?",
                "domain:6:72: A variable or an object is expected, not a list.",
                "domain:7:5: One of :parameters, :precondition, :effect is expected, not ':effects'.",
                "domain:7:14: One of :parameters, :precondition, :effect is expected, not '(not (clear ?x))'.",
                "domain:8:3: A domain has no section ':acton'. Did you mean ':action'?",
            ],
            Mistakes(Domain, Texts.RoomsProblem));
    }

    [Fact]
    public void All_mistakes_of_a_problem_are_told_with_their_places()
    {
        const string Problem = """
            (define (problem p) (:domain room)
              (:objects hall - room red red - ball)
              (:init (at hall red) (free) (at-robot atic) (at 5 (free)) (= (price) 3))
              (:goal (at ?b hall) (free))
              (:metric maximize (total-cost)))
            """;
        Assert.Equal(
            [
                "problem:1:30: The problem is for the domain 'room'; the domain given is 'rooms'.",
                "problem:2:29: The object red is declared twice.",
                "problem:3:14: hall is of type room; argument 1 of at is of type ball.",
                "problem:3:19: red is of type ball; argument 2 of at is of type room.",
                "problem:3:41: There is no object 'atic'.",
                "problem:3:47: Facts with a time need :timed-initial-literals, which is not supported.",
                "problem:3:64: There is no function 'price'.",
                "problem:4:3: The goal is one condition; join several with 'and'.",
                "problem:5:3: Of the metrics, only (:metric minimize (total-cost)) and total-time are supported.",
            ],
            Mistakes(Texts.Rooms, Problem));
    }

    [Theory]
    [InlineData("(define (domain d)", "domain:1:1: This '(' is never closed.")]
    [InlineData("(define (domain d)))", "domain:1:20: A ')' without a '('.")]
    [InlineData("domain d", "domain:1:1: 'domain' stands outside of all parentheses.")]
    [InlineData("", "domain:1:1: (define (domain NAME) ...) is missing.")]
    [InlineData("(define (domain d)) (define (domain e))", "domain:1:21: There is more than one domain.")]
    [InlineData("(define (domain d) (:requirements :strips :durative-actions :typo))", "domain:1:43: The requirement :durative-actions is not supported.")]
    [InlineData("(define (domain d) (:requirements :typin))", "domain:1:35: There is no requirement ':typin'. Did you mean ':typing'?")]
    [InlineData("(define (domain d) (:derived (p) (q)))", "domain:1:20: :derived needs :derived-predicates, which is not supported.")]
    [InlineData("(define (domain d) (:predicates (p)) (:action a :effect (oneof (p) (not (p)))))", "domain:1:57: 'oneof' needs :non-deterministic or :contingent, which are not supported.")]
    [InlineData("(define (domain d) (:functions (fuel)) (:action a :precondition (> (fuel) 0)))", "domain:1:65: Comparisons of numbers need :numeric-fluents, which is not supported.")]
    [InlineData("(define (domain d) (:functions (fuel)) (:action a :effect (decrease (fuel) 1)))", "domain:1:59: 'decrease' needs :numeric-fluents, which is not supported.")]
    [InlineData("(define (domain d) (:types a - b b - a))", "domain:1:20: The type a is above itself.")]
    [InlineData("(define (domain d) (:functions (f) - place))", "domain:1:38: Functions that give objects need :object-fluents, which is not supported.")]
    public void A_text_that_cannot_be_used_is_refused_by_name(string domain, string first) =>
        Assert.StartsWith(first, Mistakes(domain, Texts.RoomsProblem)[0], StringComparison.Ordinal);

    [Fact]
    public void Deep_nesting_and_long_words_are_mistakes_and_no_crash()
    {
        Assert.Equal(["domain:1:201: Nested deeper than 200 levels."], Mistakes(new string('(', 100_000), Texts.RoomsProblem)[..1]);
        Assert.Contains(Mistakes($"(define (domain d) (:{new string('x', 1_000_000)}))", Texts.RoomsProblem), m => m.Length < 200 && m.Contains("has no section", StringComparison.Ordinal));
    }

    [Fact]
    public void Features_need_not_be_declared_and_types_may_be_glued_to_the_dash()
    {
        const string Domain = """
            (define (domain d)
              (:types big small -thing thing - object)
              (:predicates (p ?x -thing))
              (:action a :parameters (?x - (either big small)) :precondition (or (not (p ?x)) (forall (?y) (= ?x ?y))) :effect (when (not (p ?x)) (p ?x))))
            """;
        var task = PddlTask.Parse(Domain, "(define (problem q) (:domain d) (:objects b - big o - thing) (:init) (:goal (p b)))");
        Assert.True(PlanValidator.Validate(task, PlanReader.Read("(a b)")).IsValid);
        Assert.Equal("o is of type thing; ?x of a is of type (either big small).", PlanValidator.Validate(task, PlanReader.Read("(a o)")).Causes[0]);
    }

    [Fact]
    public void Random_damage_gives_mistakes_or_a_task_and_never_another_exception()
    {
        var random = new Random(5);
        var (good, bad) = (0, 0);
        const string Signs = "()?- ;\nabc:";
        for (var i = 0; i < 3_000; i++)
        {
            var text = (Texts.Lamps + Texts.LampsProblem).ToCharArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                text[random.Next(text.Length)] = Signs[random.Next(Signs.Length)];
            try
            {
                PddlTask.Parse(new string(text));
                good++;
            }
            catch (PddlException e)
            {
                Assert.NotEmpty(e.Errors);
                Assert.All(e.Errors, error => Assert.InRange(error.Position, 0, text.Length));
                bad++;
            }
        }

        Assert.True(good > 50 && bad > 1_000, $"{good} good, {bad} bad");
    }

    private static string[] Mistakes(string domain, string problem) => [.. Assert.Throws<PddlException>(() => PddlTask.Parse(domain, problem)).Errors.Select(e => e.ToString())];
}
