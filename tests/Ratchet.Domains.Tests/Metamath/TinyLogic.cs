using Ratchet.Domains.Metamath;
using Ratchet.Problems;

namespace Ratchet.Domains.Tests.Metamath;

/// <summary>A small logic: implication, one quantifier, a rule, an axiom with disjoint variables, a definition, seven theorems.</summary>
internal static class TinyLogic
{
    /// <summary>Symbols, syntax, axioms.</summary>
    public const string Axioms = """
        $( A small logic for tests. $)
        $c ( ) -> A. = |- wff setvar T $.
        $v p q r x y $.
        wp $f wff p $.
        wq $f wff q $.
        wr $f wff r $.
        vx $f setvar x $.
        vy $f setvar y $.
        wi $a wff ( p -> q ) $.
        wal $a wff A. x p $.
        weq $a wff x = y $.
        wt $a wff T $.
        ax-k $a |- ( p -> ( q -> p ) ) $.
        ax-s $a |- ( ( p -> ( q -> r ) ) -> ( ( p -> q ) -> ( p -> r ) ) ) $.
        ${
          min $e |- p $.
          maj $e |- ( p -> q ) $.
          mp $a |- q $.
        $}
        ${
          $d x p $.
          ax-5 $a |- ( p -> A. x p ) $.
        $}
        df-t $a |- ( T -> ( p -> p ) ) $.

        """;

    public const string Text = Axioms + """
        id $p |- ( p -> p ) $=
          wp wp wp wi wi wp wp wi wp wp ax-k wp wp wp wi wp wi wi wp wp wp wi wi
          wp wp wi wi wp wp wp wi ax-k wp wp wp wi wp ax-s mp mp $.
        ${
          a1.1 $e |- p $.
          a1 $p |- ( q -> p ) $= ( wi ax-k mp ) ABADCABEF $.
        $}
        ${
          syl.1 $e |- ( p -> q ) $.
          syl.2 $e |- ( q -> r ) $.
          syl $p |- ( p -> r ) $= ( wi a1 ax-s mp ) ABFZACFZDABCFZFJKFLAEGABCHII $.
        $}
        ${
          $d x y $.
          all $p |- ( q -> ( x = x -> A. y x = x ) ) $= ( weq wal wi ax-5 a1 ) BBDZICEFAICGH $.
        $}
        tid $p |- ( T -> ( p -> p ) ) $= wp df-t $.
        wide $p wff ( x = y -> p ) $= vx vy weq wp wi $.
        open $p |- ( p -> ( p -> p ) ) $= ? $.

        """;

    public static MetamathDatabase Load(string text = Text)
    {
        var database = MetamathDatabase.TryParse("tiny.mm", text, out var errors);
        Assert.Empty(errors);
        return database!;
    }

    public static Problem Problem(string statement) =>
        new() { Id = "p", Domain = MetamathProblems.Domain, Statement = statement, CanonicalHash = "", Split = Split.Train };
}
