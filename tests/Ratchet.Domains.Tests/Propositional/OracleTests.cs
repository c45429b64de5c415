using Ratchet.Domains.Propositional;
using Ratchet.Domains.Propositional.Oracle;
using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Tests.Propositional;

public sealed class OracleTests
{
    private static readonly PropositionalDomain Domain = new();

    [Theory]
    [InlineData("A -> A", true)]
    [InlineData(@"A \/ ~ A", false)]
    [InlineData(@"~ ~ (A \/ ~ A)", true)]
    [InlineData("((A -> B) -> A) -> A", false)]
    [InlineData("~ ~ (((A -> B) -> A) -> A)", true)]
    [InlineData("~ ~ A -> A", false)]
    [InlineData("~ ~ ~ A -> ~ A", true)]
    [InlineData(@"~ (A /\ B) -> ~ A \/ ~ B", false)]
    [InlineData(@"~ (A \/ B) <-> ~ A /\ ~ B", true)]
    [InlineData(@"(A -> B \/ C) -> (A -> B) \/ (A -> C)", false)]
    [InlineData(@"(~ A -> B \/ C) -> (~ A -> B) \/ (~ A -> C)", false)]
    [InlineData("~ (A <-> ~ A)", true)]
    [InlineData("((A <-> B) -> C) -> ((B <-> A) -> C)", true)]
    [InlineData("((((A -> B) -> A) -> A) -> B) -> B", true)]
    [InlineData("True", true)]
    [InlineData("False", false)]
    public void Known_formulas_are_decided(string statement, bool provable)
    {
        var answer = PropositionalOracle.Decide(statement);

        Assert.Equal(provable, answer.Provable);
        if (provable)
            Assert.True(Domain.PropositionalVerifier.Verify(statement, answer.Script!).IsAccepted, answer.Script);
    }

    [Fact]
    public void A_step_limit_gives_no_answer_instead_of_a_wrong_one() =>
        Assert.Null(PropositionalOracle.Decide("~ ~ (((A -> B) -> A) -> A)", 3).Provable);

    /// <summary>
    /// Three independent parts against each other: every formula that the oracle calls provable gets its script checked by the kernel and
    /// is a classical tautology; no script that was made for something else or mutated is accepted for a formula that the oracle
    /// calls unprovable.
    /// </summary>
    [Fact]
    public void No_unprovable_goal_is_ever_accepted()
    {
        var goals = RandomFormulas.Long ? 20_000 : 2_000;
        var provable = 0;
        var unprovable = 0;
        var scripts = Scripts();
        var stream = RandomStream.FromSeed(11);
        for (var i = 0; i < goals; i++)
        {
            var goal = RandomFormulas.Draw(ref stream, 3 + stream.NextInt(12), 1 + stream.NextInt(5));
            var (answer, proof) = DecisionProcedure.Decide(goal, 200_000);
            if (answer == true)
            {
                provable++;
                Assert.True(TruthTable.IsTautology(goal), goal.ToString());
                Assert.True(Domain.PropositionalVerifier.Verify(goal, proof!.Write()).IsAccepted, $"{goal}\n{proof.Write()}");
            }
            else if (answer == false)
            {
                unprovable++;
                for (var k = 0; k < 8; k++)
                {
                    var script = Mutants.Mutate(Domain.Tokenizer, scripts[stream.NextInt(scripts.Length)], ref stream);
                    Assert.False(Domain.PropositionalVerifier.Verify(goal, script).IsAccepted, $"{goal}\n{script}");
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{goals} goals: {provable} provable, {unprovable} not, {goals - provable - unprovable} beyond the limit");
        Assert.True(provable > goals / 20, $"only {provable} provable");
        Assert.True(unprovable > goals / 4, $"only {unprovable} unprovable");
    }

    /// <summary>Negative control: the same comparison does find a fault when the verdict is made wrong on purpose.</summary>
    [Fact]
    public void The_comparison_would_notice_a_classical_oracle()
    {
        var disagreements = 0;
        var stream = RandomStream.FromSeed(12);
        for (var i = 0; i < 3_000; i++)
        {
            var goal = RandomFormulas.Draw(ref stream, 3 + stream.NextInt(10), 2);
            if (TruthTable.IsTautology(goal) && DecisionProcedure.Decide(goal, 200_000).Provable == false)
                disagreements++;
        }

        Assert.True(disagreements > 5, $"{disagreements} classical tautologies without intuitionistic proof");
    }

    private static string[] Scripts()
    {
        var set = Domain.Generate(new ProblemCounts(0, 300, 0), RandomStream.FromSeed(13));
        return [.. set.All.Select(p => set.References[p.Id])];
    }
}
