using Ratchet.Domains.Metamath;
using Ratchet.Problems;

namespace Ratchet.Domains.Tests.Metamath;

public sealed class MetamathTheoremTests
{
    private static readonly MetamathDatabase Database = TinyLogic.Load();

    [Fact]
    public void A_new_theorem_with_hypotheses_and_disjoint_variables_is_proved_at_the_end_of_the_database()
    {
        var theorem = MetamathTheorem.Parse(Database, "$d x p q $.  new.1 $e |- ( q -> p ) $.  new $p |- ( q -> A. x p ) $.");
        Assert.True(theorem.IsNew);
        Assert.Equal([("wp", "wff p"), ("wq", "wff q"), ("vx", "setvar x"), ("new.1", "|- ( q -> p )")], theorem.Hypotheses);
        Assert.Equal([("x", "p"), ("x", "q"), ("p", "q")], theorem.DisjointPairs);
        Assert.True(Database.Verify(theorem, "wq wp wp vx wal new.1 wp vx ax-5 syl").IsProved);
        Assert.True(Database.Verify(theorem, "( wal ax-5 syl ) BAACEDACFG").IsProved);
        Assert.Equal(MetamathErrorKind.MissingDisjoint, Database.Verify(MetamathTheorem.Parse(Database, "new.1 $e |- ( q -> p ) $. new $p |- ( q -> A. x p ) $."), "( wal ax-5 syl ) BAACEDACFG").Fault!.Kind);
        Assert.Equal(MetamathErrorKind.SelfReference, Database.Verify(theorem, "wq wp vx new.1 new").Fault!.Kind);
    }

    [Fact]
    public void The_text_of_a_theorem_reads_back_as_the_same_theorem()
    {
        foreach (var label in (string[])["id", "a1", "syl", "all", "tid", "wide"])
        {
            var theorem = Database.Theorem(label);
            var again = MetamathTheorem.Parse(Database, theorem.Text);
            Assert.False(again.IsNew);
            Assert.Equal(theorem.Text, again.Text);
        }

        const string New = "new.1 $e |- ( q -> p ) $.\nnew $p |- ( q -> ( r -> p ) ) $.";
        Assert.Equal(New, MetamathTheorem.Parse(Database, New).Text);
    }

    [Fact]
    public void A_theorem_of_the_database_stands_at_its_place_even_when_written_out()
    {
        var theorem = MetamathTheorem.Parse(Database, "a1.1 $e |- p $. a1 $p |- ( q -> p ) $.");
        Assert.Equal(MetamathErrorKind.LaterLabel, Database.Verify(theorem, "wq wp syl").Fault!.Kind);
        Assert.True(Database.Verify(theorem, "( wi ax-k mp ) ABADCABEF").IsProved);
    }

    [Theory]
    [InlineData("a1.1 $e |- q $. a1 $p |- ( q -> p ) $.")]
    [InlineData("a1 $p |- ( q -> p ) $.")]
    [InlineData("b $e |- p $. a1 $p |- ( q -> p ) $.")]
    [InlineData("$d p q $. a1.1 $e |- p $. a1 $p |- ( q -> p ) $.")]
    [InlineData("a1.1 $e |- p $. a1 $p |- ( p -> p ) $.")]
    public void A_text_that_says_something_else_than_the_database_is_refused(string text) =>
        Assert.Contains("says something else", Assert.Throws<StatementException>(() => MetamathTheorem.Parse(Database, text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("", 0, "The text is empty.")]
    [InlineData("nope", 0, "The database has no theorem nope.")]
    [InlineData("ax-k", 0, "The database has no theorem ax-k.")]
    [InlineData("new $a |- p $.", 4, "Behind the label new one of $e, $f and $p is expected.")]
    [InlineData("$c U $. new $p |- p $.", 0, "$c is not allowed here: the text is made of $d, $e, $f and one $p.")]
    [InlineData("${ new $p |- p $. $}", 0, "${ is not allowed here: the text is made of $d, $e, $f and one $p.")]
    [InlineData("new $p |- p $= wp $.", 12, "The proof does not belong to the statement: end it with $. in place of $=.")]
    [InlineData("new $p |- U $.", 10, "The database declares no math symbol U.")]
    [InlineData("new $p |- p $. more $p |- p $.", 15, "The theorem must be the last statement; behind it stands \"more\".")]
    [InlineData("new $p |- p", 11, "The text ends inside a statement; $. is missing.")]
    [InlineData("a $e |- p $.", 12, "The text ends without a statement \"label $p ... $.\".")]
    [InlineData("new $p p $.", 7, "A statement begins with a constant.")]
    [InlineData("new $p $.", 7, "The statement has no symbol.")]
    [InlineData("$d p $. new $p |- p $.", 5, "$d needs two variables or more.")]
    [InlineData("$d p T $. new $p |- p $.", 5, "$d takes variables, each once.")]
    [InlineData("a $e |- p $. a $e |- q $. new $p |- p $.", 13, "The label a stands twice.")]
    [InlineData("new $e |- p $. new $p |- p $.", 15, "The label new is that of a hypothesis too.")]
    [InlineData("min $e |- p $. new $p |- p $.", 0, "The label min is used in the database already.")]
    [InlineData("ax-k $p |- p $.", 0, "The label ax-k belongs to a statement of the database that is no theorem.")]
    [InlineData("T $p |- p $.", 0, "The label T is a math symbol of the database.")]
    [InlineData("wp2 $f wff p $. new $p |- p $.", 0, "The variable p has an active $f already.")]
    [InlineData("n,w $p |- p $.", 0, "\"n,w\" is no label.")]
    public void A_text_that_is_no_theorem_is_refused_with_its_place(string text, int position, string message)
    {
        var e = Assert.Throws<StatementException>(() => MetamathTheorem.Parse(Database, text));
        Assert.Equal((message, position), (e.Message, e.Position));
    }

    [Fact]
    public void A_variable_of_a_closed_block_needs_its_type_in_the_text()
    {
        var database = TinyLogic.Load("$c wff |- $.\n${ $v p $. wp $f wff p $. ax $a |- p $. $}\n");
        Assert.Contains("has no $f", Assert.Throws<StatementException>(() => MetamathTheorem.Parse(database, "new $p |- p $.")).Message, StringComparison.Ordinal);
        Assert.Contains("has the type wff", Assert.Throws<StatementException>(() => MetamathTheorem.Parse(database, "w $f |- p $. new $p |- p $.")).Message, StringComparison.Ordinal);
        var theorem = MetamathTheorem.Parse(database, "w $f wff p $.\nnew $p |- p $.");
        Assert.Equal("w $f wff p $.\nnew $p |- p $.", theorem.Text);
        Assert.True(database.Verify(theorem, "w ax").IsProved);
        Assert.Equal(MetamathErrorKind.InactiveHypothesis, database.Verify(theorem, "wp ax").Fault!.Kind);
    }

    [Fact]
    public void Hypotheses_that_are_active_at_the_end_of_the_database_belong_to_a_new_theorem()
    {
        var database = TinyLogic.Load("$c |- wff $. $v p q $. wp $f wff p $. wq $f wff q $. global $e |- p $. $d p q $. ax $a |- q $.\n");
        var theorem = MetamathTheorem.Parse(database, "new $p |- q $.");
        Assert.Equal(["wp", "wq", "global"], theorem.Hypotheses.Select(h => h.Label));
        Assert.Equal([("p", "q")], theorem.DisjointPairs);
        Assert.True(database.Verify(theorem, "wp wq global ax").IsProved);
    }

    [Fact]
    public void A_theorem_of_another_database_is_refused() =>
        Assert.Throws<ArgumentException>(() => Database.Verify(TinyLogic.Load().Theorem("id"), "wp"));
}
