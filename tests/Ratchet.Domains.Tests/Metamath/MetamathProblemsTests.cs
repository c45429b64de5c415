using CsCheck;
using Ratchet.Domains.Metamath;
using Ratchet.Problems;

namespace Ratchet.Domains.Tests.Metamath;

public sealed class MetamathProblemsTests
{
    private static readonly MetamathDatabase Database = TinyLogic.Load();

    [Theory]
    [InlineData("n $p |- ( p -> ( q -> p ) ) $.", "n $p |- ( r -> ( p -> r ) ) $.", true)]
    [InlineData("n $p |- ( p -> ( q -> p ) ) $.", "n $p |- ( p -> ( q -> q ) ) $.", false)]
    [InlineData("a $e |- p $. b $e |- ( p -> q ) $. n $p |- q $.", "c $e |- ( q -> r ) $. d $e |- q $. m $p |- r $.", true)]
    [InlineData("a $e |- p $. b $e |- ( p -> q ) $. n $p |- q $.", "a $e |- p $. b $e |- ( q -> p ) $. n $p |- q $.", false)]
    [InlineData("a $e |- p $. n $p |- ( p -> p ) $.", "n $p |- ( p -> p ) $.", false)]
    [InlineData("$d x p $. n $p |- ( p -> A. x p ) $.", "$d q y $. n $p |- ( q -> A. y q ) $.", true)]
    [InlineData("$d x p $. n $p |- ( p -> A. x p ) $.", "n $p |- ( p -> A. x p ) $.", false)]
    [InlineData("a $e |- q $. b $e |- r $. c $e |- ( q -> p ) $. n $p |- p $.", "a $e |- q $. b $e |- r $. c $e |- ( r -> p ) $. n $p |- p $.", true)]
    public void The_hash_sees_what_is_said_and_not_how_it_is_named(string one, string other, bool same)
    {
        string Hash(string text) => MetamathProblems.Problem(MetamathTheorem.Parse(Database, text), Split.Train).CanonicalHash;
        Assert.Equal(same, Hash(one) == Hash(other));
    }

    [Fact]
    public void Renaming_variables_and_shuffling_hypotheses_never_changes_the_hash()
    {
        string[] variables = ["p", "q", "r"];
        var formula = Gen.Recursive<string>((depth, self) =>
            depth > 3 ? Gen.Int[0, 2].Select(i => $"#{i}") : Gen.OneOf(Gen.Int[0, 2].Select(i => $"#{i}"), Gen.Select(self, self).Select((a, b) => $"( {a} -> {b} )")));
        Gen.Select(formula, formula.Array[0, 4], Gen.Shuffle(variables), Gen.Int[0, 1_000_000]).Sample((conclusion, hypotheses, names, seed) =>
        {
            string Named(string text, string[] to) => text.Replace("#0", to[0], StringComparison.Ordinal).Replace("#1", to[1], StringComparison.Ordinal).Replace("#2", to[2], StringComparison.Ordinal);
            string Text(string[] to, string[] order) => string.Concat(order.Select((h, i) => $"h{i} $e |- {Named(h, to)} $. ")) + $"n $p |- {Named(conclusion, to)} $.";
            string Hash(string text) => MetamathProblems.Problem(MetamathTheorem.Parse(Database, text), Split.Train).CanonicalHash;
            var shuffled = hypotheses.ToArray();
            new Random(seed).Shuffle(shuffled);
            return Hash(Text(variables, hypotheses)) == Hash(Text(names, shuffled));
        });
    }

    [Fact]
    public void Every_theorem_becomes_a_problem_but_syntax_and_repetitions()
    {
        var set = MetamathProblems.Of(Database, heldoutShare: 0, seedShare: 1);

        // tid, ( T -> ( p -> p ) ), is no repetition of a theorem; open repeats nothing either.
        Assert.Equal(["id", "a1", "syl", "all", "tid", "open"], set.All.Select(p => p.Id));
        Assert.Equal("about syntax 1", string.Join(", ", set.Removed.Select(r => $"{r.Key} {r.Value}")));
        Assert.All(set.All, p => Assert.Equal(Split.Seed, p.Split));
        Assert.Equal("a1.1 $e |- p $.\na1 $p |- ( q -> p ) $.", set["a1"].Statement);
        Assert.Equal("$d x y $.\nall $p |- ( q -> ( x = x -> A. y x = x ) ) $.", set["all"].Statement);
        var verifier = new MetamathVerifier(Database);
        foreach (var problem in set.All.Where(p => p.Id != "open"))
            Assert.True(verifier.Verify(MetamathTheorem.Parse(Database, problem.Statement), set.References[problem.Id]).IsAccepted);
    }

    [Fact]
    public void A_repetition_under_other_names_is_left_out_and_counted()
    {
        var set = MetamathProblems.Of(TinyLogic.Load(TinyLogic.Text + "id2 $p |- ( r -> r ) $= wr $( as before $) id $.\n"));
        Assert.DoesNotContain(set.All, p => p.Id == "id2");
        Assert.Equal(1, set.Removed["same canonical hash as an earlier theorem"]);
    }

    [Fact]
    public void Only_the_first_theorems_are_taken_when_asked() => Assert.Equal(["id", "a1"], MetamathProblems.Of(Database, first: 2).All.Select(p => p.Id));
}
