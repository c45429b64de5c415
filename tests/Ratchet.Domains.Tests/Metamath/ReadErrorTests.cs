using Ratchet.Domains.Metamath;
using Ratchet.Runs;

namespace Ratchet.Domains.Tests.Metamath;

/// <summary>A case for every mistake that a database can have; the place is what is marked by the caret in a comment where it is not obvious.</summary>
public sealed class ReadErrorTests
{
    private const string Declared = "$c wff |- T $.\n$v p q $.\nwp $f wff p $.\n";

    public static TheoryData<MetamathErrorKind, string, int, int> Cases => new()
    {
        { MetamathErrorKind.InvalidCharacter, "$c wff $( caf\u00E9 $) $.\n", 1, 14 },
        { MetamathErrorKind.InvalidCharacter, "$c wff\v$.\n", 1, 7 },
        { MetamathErrorKind.InvalidCharacter, "$c w\u00E9f $.\n", 1, 5 },
        { MetamathErrorKind.InvalidCharacter, Declared + "a $p |- T $= wp \u0001 $.\n", 4, 17 },
        { MetamathErrorKind.KeywordNotSeparated, "$c wff $( a b$) $.\n", 1, 14 },
        { MetamathErrorKind.KeywordNotSeparated, Declared + "a$a |- T $.\n", 4, 1 },
        { MetamathErrorKind.KeywordNotSeparated, Declared + "a $a |- T$.\nb $a |- T $.\n", 4, 9 },
        { MetamathErrorKind.KeywordNotSeparated, Declared + "a $p |- T $= wp$.\n", 4, 16 },
        { MetamathErrorKind.CommentNotClosed, "$c wff $.\n$( no end\n", 2, 1 },
        { MetamathErrorKind.NestedComment, "$( one $( two $) $c wff $.\n", 1, 8 },
        { MetamathErrorKind.StrayCommentEnd, "$c wff $.\n$) $v p $.\n", 2, 1 },
        { MetamathErrorKind.StrayCommentEnd, "$c wff $) $.\n", 1, 8 },
        { MetamathErrorKind.MalformedInclude, "$[ $]\n$c wff $.\n", 1, 1 },
        { MetamathErrorKind.MalformedInclude, "$[ file.mm $c wff $.\n", 1, 1 },
        { MetamathErrorKind.MalformedInclude, "$] $c wff $.\n", 1, 1 },
        { MetamathErrorKind.MisplacedInclude, "${\n$[ file.mm $]\n$}\n", 2, 1 },
        { MetamathErrorKind.MisplacedInclude, "$c wff $[ file.mm $] $.\n", 1, 8 },
        { MetamathErrorKind.FileNotReadable, "$c wff $.\n  $[ no-such-file.mm $]\n", 2, 6 },
        { MetamathErrorKind.UnexpectedToken, "$c wff $.\n$x p $.\n", 2, 1 },
        { MetamathErrorKind.MissingLabel, Declared + "$a |- T $.\n", 4, 1 },
        { MetamathErrorKind.MissingLabel, Declared + "$f wff q $.\n", 4, 1 },
        { MetamathErrorKind.MisplacedLabel, Declared + "a b $a |- T $.\n", 4, 3 },
        { MetamathErrorKind.MisplacedLabel, "x $c wff $.\n", 1, 3 },
        { MetamathErrorKind.InvalidLabel, Declared + "a,b $a |- T $.\n", 4, 1 },
        { MetamathErrorKind.DuplicateLabel, Declared + "wp $a |- T $.\n", 4, 1 },
        { MetamathErrorKind.LabelIsSymbol, Declared + "T $a |- T $.\n", 4, 1 },
        { MetamathErrorKind.LabelIsSymbol, Declared + "$c wp $.\n", 4, 4 },
        { MetamathErrorKind.InvalidSymbol, "$c w$f $.\n", 1, 4 },
        { MetamathErrorKind.DuplicateDeclaration, "$c wff wff $.\n", 1, 8 },
        { MetamathErrorKind.DuplicateDeclaration, "$v p $.\n${ $v p $. $}\n", 2, 7 },
        { MetamathErrorKind.ConstantAndVariable, "$c p $.\n$v p $.\n", 2, 4 },
        { MetamathErrorKind.ConstantAndVariable, "${ $v p $. $}\n$c p $.\n", 2, 4 },
        { MetamathErrorKind.ConstantInBlock, "${ $c wff $. $}\n", 1, 4 },
        { MetamathErrorKind.EmptyStatement, Declared + "a $a $.\n", 4, 6 },
        { MetamathErrorKind.EmptyStatement, "$c $.\n", 1, 4 },
        { MetamathErrorKind.EmptyStatement, "$v $.\n", 1, 4 },
        { MetamathErrorKind.UndeclaredSymbol, Declared + "a $a |- U $.\n", 4, 9 },
        { MetamathErrorKind.InactiveVariable, "$c wff $.\n${ $v p $. wp $f wff p $. $}\na $a wff p $.\n", 3, 10 },
        { MetamathErrorKind.UntypedVariable, Declared + "a $e |- q $.\n", 4, 9 },
        { MetamathErrorKind.FirstSymbolNotConstant, Declared + "a $a p T $.\n", 4, 10 },
        { MetamathErrorKind.FirstSymbolNotConstant, Declared + "a $f q p $.\n", 4, 6 },
        { MetamathErrorKind.MalformedFloating, Declared + "wq $f wff q p $.\n", 4, 13 },
        { MetamathErrorKind.MalformedFloating, Declared + "wq $f wff $.\n", 4, 11 },
        { MetamathErrorKind.MalformedFloating, Declared + "wq $f wff T $.\n", 4, 11 },
        { MetamathErrorKind.DuplicateFloating, Declared + "wp2 $f wff p $.\n", 4, 14 },
        { MetamathErrorKind.TypeChanged, "$c wff var $.\n${ $v p $. a $f wff p $. $}\n${ $v p $. b $f var p $. $}\n", 3, 23 },
        { MetamathErrorKind.MalformedDisjoint, Declared + "$d p $.\n", 4, 6 },
        { MetamathErrorKind.MalformedDisjoint, Declared + "$d p q p $.\n", 4, 8 },
        { MetamathErrorKind.MalformedDisjoint, Declared + "$d p T $.\n", 4, 6 },
        { MetamathErrorKind.MisplacedProof, Declared + "a $p |- T $.\n", 4, 11 },
        { MetamathErrorKind.MisplacedProof, Declared + "a $a |- T $= wp $.\n", 4, 11 },
        { MetamathErrorKind.MisplacedProof, Declared + "a $e |- T $= wp $.\n", 4, 11 },
        { MetamathErrorKind.MisplacedProof, Declared + "$d p q $= wp $.\n", 4, 8 },
        { MetamathErrorKind.MisplacedProof, "$= wp $.\n", 1, 1 },
        { MetamathErrorKind.ForbiddenToken, Declared + "a $p |- T $= wp $a |- p $.\n", 4, 17 },
        { MetamathErrorKind.StatementNotClosed, Declared + "a $a |- T ${ $}\n", 4, 11 },
        { MetamathErrorKind.StatementNotClosed, Declared + "a $a |- T\n", 5, 1 },
        { MetamathErrorKind.StatementNotClosed, Declared + "a $p |- T $= wp\n", 5, 1 },
        { MetamathErrorKind.StatementNotClosed, Declared + "a\n", 5, 1 },
        { MetamathErrorKind.BlockNotOpen, "$c wff $.\n$}\n", 2, 1 },
        { MetamathErrorKind.BlockNotClosed, "$c wff $.\n  ${ $v p $.\n", 2, 3 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_mistake_is_named_with_its_place(MetamathErrorKind kind, string text, int line, int column)
    {
        Assert.Null(MetamathDatabase.TryParse("bad.mm", text, out var errors));
        Assert.Equal((kind, line, column), (errors[0].Kind, errors[0].Line, errors[0].Column));
        Assert.EndsWith("bad.mm", errors[0].File, StringComparison.Ordinal);
        Assert.NotEmpty(errors[0].Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("$c wff $.")]
    [InlineData("$( only a comment with a b$ and $x and $.a $)\n")]
    [InlineData("$c wff $. $v p $. ${ a $f wff p $. $}\n${ b $f wff p $. $}\n")]
    [InlineData("$c wff $. ${ $v p $. a $f wff p $. $} ${ $v p $. b $f wff p $. $}")]
    [InlineData("$c\twff\r\n\f$.")]
    public void What_the_language_allows_is_read(string text)
    {
        Assert.NotNull(MetamathDatabase.TryParse("good.mm", text, out var errors));
        Assert.Empty(errors);
    }

    [Fact]
    public void Reading_goes_on_behind_a_mistake_and_names_the_label()
    {
        MetamathDatabase.TryParse("bad.mm", Declared + "a $a |- U $.\nb $a |- T $.\nc $p |- V T $= wp $.\n$}\n", out var errors);
        Assert.Equal(
            ["bad.mm:4:9: a: The math symbol U is not declared.", "bad.mm:6:9: c: The math symbol V is not declared.", "bad.mm:7:1: $} closes no block."],
            errors.Select(e => e.ToString()));
    }

    [Fact]
    public void At_most_a_hundred_mistakes_are_kept()
    {
        MetamathDatabase.TryParse("bad.mm", string.Concat(Enumerable.Repeat("$c $.\n", 150)), out var errors);
        Assert.Equal(100, errors.Count);
    }

    [Fact]
    public void A_database_that_is_not_there_is_a_message_with_a_remedy()
    {
        var e = Assert.Throws<RatchetException>(() => MetamathDatabase.Load("no-such-folder/no.mm"));
        Assert.Contains("no-such-folder/no.mm:1:1: The file cannot be read", e.Message, StringComparison.Ordinal);
        Assert.NotNull(e.Remedy);
    }

    [Fact]
    public void Every_kind_of_mistake_has_a_case()
    {
        var covered = Cases.Select(c => c.Data.Item1).Concat(ProofErrorTests.Cases.Select(c => c.Data.Item1)).ToHashSet();

        // Tested where a theorem's text is read, and by a proof that is too large to write down.
        covered.UnionWith([MetamathErrorKind.StatementDiffers, MetamathErrorKind.TooLarge]);
        Assert.Empty(Enum.GetValues<MetamathErrorKind>().Except(covered));
    }
}
