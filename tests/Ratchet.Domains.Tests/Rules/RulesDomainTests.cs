using Ratchet.Domains.Rules;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Domains.Tests.Rules;

public sealed class RulesDomainTests
{
    private static readonly RulesDomain Domain = new();

    private static readonly ProblemSet Problems = Domain.Generate(new ProblemCounts(100, 300, 100), RandomStream.FromSeed(3));

    [Fact]
    public void Generated_problems_fill_the_splits_with_distinct_problems_whose_reference_proofs_are_accepted()
    {
        Assert.Equal((100, 300, 100), (Problems.In(Split.Seed).Count, Problems.In(Split.Train).Count, Problems.In(Split.Heldout).Count));
        Assert.Equal(500, Problems.All.Select(p => p.CanonicalHash).Distinct().Count());
        foreach (var problem in Problems.All)
        {
            Assert.True(Domain.RulesVerifier.Verify(problem.Statement, Problems.References[problem.Id]).IsAccepted);
            Assert.Equal(problem, Domain.Parse(problem.Id, problem.Statement, problem.Split) with { Provenance = Provenance.Generated, Stratum = problem.Stratum });
        }
    }

    [Fact]
    public void Strata_have_their_shares_and_answers_are_balanced()
    {
        Assert.Equal([("depth 1", 75), ("depth 2", 105), ("depth 3", 75), ("depth 4", 45)], Problems.In(Split.Train).GroupBy(p => p.Stratum).Select(g => (g.Key, g.Count())).Order());
        var answers = Problems.All.CountBy(p => RulesOracle.Answer(p.Statement)).ToDictionary();
        Assert.All(Enum.GetValues<RulesAnswer>(), a => Assert.InRange(answers[a], 120, 220));
    }

    [Fact]
    public void Some_proofs_need_preferences()
    {
        var without = Problems.All.Count(p =>
        {
            var theory = RulesStatementReader.Read(p.Statement);
            return new RuleSolution(theory with { Preferences = [] }).Answer != RulesOracle.Answer(p.Statement);
        });
        Assert.True(without > 60, $"{without} of 500 answers change without preferences.");
    }

    [Fact]
    public void The_same_stream_gives_the_same_problems()
    {
        var again = new RulesDomain().Generate(new ProblemCounts(100, 300, 100), RandomStream.FromSeed(3));
        Assert.Equal(Problems.All, again.All);
        Assert.Equal(Problems.References.OrderBy(r => r.Key), again.References.OrderBy(r => r.Key));
    }

    [Fact]
    public void Renamed_problems_keep_their_hash_and_renamed_proofs_are_accepted()
    {
        var stream = RandomStream.FromSeed(5);
        var changed = 0;
        foreach (var problem in Problems.All)
        {
            var (statement, proof) = Domain.Rename(problem.Statement, Problems.References[problem.Id], stream.Derive(problem.Id));
            Assert.True(Domain.RulesVerifier.Verify(statement, proof).IsAccepted);
            Assert.Equal(problem.CanonicalHash, Domain.Parse("a", statement, Split.Train).CanonicalHash);
            changed += statement == problem.Statement ? 0 : 1;
        }

        Assert.True(changed > 490);
    }

    [Fact]
    public void Prompts_and_proofs_are_in_the_vocabulary_and_come_back()
    {
        foreach (var problem in Problems.All)
        {
            foreach (var text in new[] { Domain.Prompt(problem), Problems.References[problem.Id] })
            {
                var ids = Domain.Tokenizer.Encode(text);
                Assert.All(ids, id => Assert.InRange(id, 3, Domain.Tokenizer.VocabularySize - 1));
                Assert.Equal(ids, Domain.Tokenizer.Encode(Domain.Tokenizer.Decode(ids)));
            }
        }
    }

    [Fact]
    public void A_users_names_become_those_of_the_vocabulary_in_statement_and_proof()
    {
        const string Statement = "cat likes dog . Rule7 : cat likes dog -> dog bites cat . ? dog bites cat";
        const string Proof = "use Rule7 : dog bites cat. answer proved";
        var problem = Domain.Parse("mine", Statement, Split.Train);
        Assert.Equal("badger chases hare . r1 : badger chases hare -> hare feeds badger . ? hare feeds badger", problem.Statement);
        var proof = Domain.NormalizeSolution(Statement, Proof);
        Assert.Equal("use r1 : hare feeds badger\nanswer proved", proof);
        Assert.True(Domain.RulesVerifier.Verify(problem.Statement, proof).IsAccepted);
    }

    [Fact]
    public void A_statement_with_too_many_names_is_refused()
    {
        var statement = string.Concat(Enumerable.Range(0, 20).Select(i => $"x{i} helps y{i} . ")) + "? x0 helps y0";
        Assert.Equal("The statement has more than 16 names; the vocabulary has no more.", Assert.Throws<StatementException>(() => Domain.Parse("a", statement, Split.Train)).Message);
    }

    [Fact]
    public void Wrong_options_are_all_named()
    {
        var exception = Assert.Throws<RatchetException>(() => new RulesDomain(new RulesGeneratorOptions { ConflictShare = 2, MaxDistractors = 9, Strata = [new(7, 0, 0)] }));
        Assert.Equal(4, exception.Message.Split('\n').Length);
    }
}
