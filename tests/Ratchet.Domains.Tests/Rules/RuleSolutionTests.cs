using Ratchet.Domains.Rules;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Tests.Rules;

public sealed class RuleSolutionTests
{
    [Theory]
    [InlineData("a helps b . r1 : a helps b -> b helps c . ? b helps c", RulesAnswer.Proved)]
    [InlineData("a helps b . r1 : a helps b -> not b helps c . ? b helps c", RulesAnswer.Disproved)]
    [InlineData("r1 : a helps b -> b helps c . ? b helps c", RulesAnswer.Unknown)]
    [InlineData("r1 : not a helps b -> b helps c . ? b helps c", RulesAnswer.Unknown)] // not established is not denied
    [InlineData("a helps b . c helps d . r1 : a helps b -> b helps c . r2 : c helps d -> not b helps c . r1 > r2 . ? b helps c", RulesAnswer.Proved)]
    [InlineData("a helps b . c helps d . r1 : a helps b -> b helps c . r2 : c helps d -> not b helps c . r2 > r1 . ? b helps c", RulesAnswer.Disproved)]
    [InlineData("a helps b . c helps d . r1 : a helps b -> b helps c . r2 : c helps d -> not b helps c . ? b helps c", RulesAnswer.Unknown)] // a tie
    [InlineData("a helps b . r1 : a helps b -> b helps c . r2 : c helps d -> not b helps c . r2 > r1 . ? b helps c", RulesAnswer.Proved)] // r2 does not apply
    [InlineData("not b helps c . a helps b . r1 : a helps b -> b helps c . ? b helps c", RulesAnswer.Disproved)] // facts are above rules
    [InlineData("r1 : a helps b -> b helps c . r2 : b helps c -> a helps b . ? b helps c", RulesAnswer.Unknown)] // a circle supports nothing
    [InlineData("a helps b . r1 : a helps b -> c helps d . r2 : a helps b -> c helps d . r3 : a helps b -> not c helps d . r4 : a helps b -> not c helps d . r1 > r3 . r2 > r4 . ? c helps d", RulesAnswer.Proved)] // a team
    public void Theories_are_decided(string statement, RulesAnswer answer)
    {
        Assert.Equal(answer, RulesOracle.Answer(statement));
        Assert.True(new RulesVerifier().Verify(statement, RulesOracle.Proof(statement)).IsAccepted);
    }

    [Fact]
    public void The_solver_equals_the_semantics_of_arguments()
    {
        var stream = RandomStream.FromSeed(11);
        var answers = new int[3];
        for (var i = 0; i < SharedData.Count(1_500, 10_000); i++)
        {
            var theory = RandomTheories.Draw(stream.Derive(i), circles: true);
            var solution = new RuleSolution(theory);
            var justified = new ArgumentationSemantics(theory).Justified();
            for (var literal = 0; literal < solution.Established.Length; literal++)
                Assert.True(justified.Contains(literal) == solution.Established[literal], $"{theory.Write()}\n{theory.Print(literal)}: by arguments {justified.Contains(literal)}");
            answers[(int)solution.Answer]++;
        }

        // The comparison is worth something only where all answers come up often.
        Assert.All(answers, a => Assert.True(a > 150));
    }

    [Fact]
    public void Without_circles_the_solver_equals_the_plain_reading()
    {
        var stream = RandomStream.FromSeed(12);
        for (var i = 0; i < SharedData.Count(1_500, 10_000); i++)
        {
            var theory = RandomTheories.Draw(stream.Derive(i), circles: false);
            var expected = PlainReading(theory);
            var solution = new RuleSolution(theory);
            for (var literal = 0; literal < expected.Length; literal++)
                Assert.True(expected[literal] == solution.Established[literal], $"{theory.Write()}\n{theory.Print(literal)}: expected {expected[literal]}");
        }
    }

    [Fact]
    public void Labels_of_the_shared_theories_are_reproduced_from_structure_and_from_English()
    {
        var rows = SharedData.Rows("boardgame-qa/own_defeasible.jsonl");
        var domain = new RulesDomain();
        foreach (var row in rows)
        {
            var label = Enum.Parse<RulesAnswer>(row.Text("label"), ignoreCase: true);
            var statement = OwnDefeasible.Statement(row);
            Assert.Equal(label, RulesOracle.Answer(statement));
            Assert.Equal(row.Text("text").Trim(), RulesEnglish.Theory(statement));
            Assert.Equal(row.Text("question"), RulesEnglish.Question(statement));
            var english = $"{row.Text("text")} {row.Text("question")}";
            Assert.Equal(statement, RulesStatementReader.Read(english).Write());
            Assert.True(domain.RulesVerifier.Verify(english, RulesOracle.Proof(english)).IsAccepted);
            Assert.Equal(domain.Parse("a", statement, Split.Train), domain.Parse("a", english, Split.Train));
        }

        Assert.Equal(240, rows.Count);
    }

    /// <summary>An atom gets the sign of a rule whose body holds, unless an opposing rule whose body holds is preferred; if both signs remain, it gets neither.</summary>
    private static bool[] PlainReading(RuleTheory theory)
    {
        var holds = new bool[theory.Atoms.Length * 2];
        for (var atom = 0; atom < theory.Atoms.Length; atom++)
        {
            var fact = Array.Find(theory.Facts, f => f >> 1 == atom);
            if (theory.Facts.Contains(fact) && fact >> 1 == atom)
            {
                holds[fact] = true;
                continue;
            }

            var applying = Enumerable.Range(0, theory.Rules.Length).Where(r => theory.Rules[r].Head >> 1 == atom && theory.Rules[r].Body.All(l => holds[l])).ToArray();
            var left = applying.Where(r => !applying.Any(o => theory.Rules[o].Head != theory.Rules[r].Head && theory.Preferences.Contains((o, r)))).Select(r => theory.Rules[r].Head).Distinct().ToArray();
            if (left.Length == 1)
                holds[left[0]] = true;
        }

        return holds;
    }
}
