using System.Text;
using CsCheck;
using Ratchet.Domains.Metamath;
using Ratchet.Domains.Metamath.Proving;

namespace Ratchet.Domains.Tests.Metamath;

/// <summary>A case for every mistake that a proof can have, each against the small logic.</summary>
public sealed class ProofErrorTests
{
    private static readonly MetamathDatabase Database = TinyLogic.Load();

    /// <summary>Kind, theorem, proof, and the text at the place of the mistake.</summary>
    public static TheoryData<MetamathErrorKind, string, string, string> Cases => new()
    {
        { MetamathErrorKind.EmptyProof, "a1", "", "" },
        { MetamathErrorKind.EmptyProof, "a1", "( wi ax-k mp )", "" },
        { MetamathErrorKind.IncompleteProof, "a1", "?", "?" },
        { MetamathErrorKind.IncompleteProof, "a1", "wp ? a1.1 mp", "?" },
        { MetamathErrorKind.IncompleteProof, "a1", "( wi ax-k mp ) ABAD?", "?" },
        { MetamathErrorKind.ForbiddenToken, "a1", "$. bad $a |- p $.", "$." },
        { MetamathErrorKind.ForbiddenToken, "a1", "wp $( a comment $) wq", "$(" },
        { MetamathErrorKind.ForbiddenToken, "a1", "wp wq$.", "$." },
        { MetamathErrorKind.InvalidCharacter, "a1", "wp \u00A7 wq", "\u00A7" },
        { MetamathErrorKind.UnknownLabel, "a1", "wp wq nonsense", "nonsense" },
        { MetamathErrorKind.UnknownLabel, "a1", "( wi ax-k mp ABADCABEF", "ABADCABEF" },
        { MetamathErrorKind.UnknownLabel, "a1", "( wi ( ax-k mp ) ABADCABEF", "(" },
        { MetamathErrorKind.LaterLabel, "a1", "wp wq syl", "syl" },
        { MetamathErrorKind.LaterLabel, "a1", "( wi syl ) ABADCABEF", "syl" },
        { MetamathErrorKind.SelfReference, "a1", "wp wq a1.1 a1", "a1" },
        { MetamathErrorKind.InactiveHypothesis, "a1", "min", "min" },
        { MetamathErrorKind.InactiveHypothesis, "syl", "wp wq a1.1 a1", "a1.1" },
        { MetamathErrorKind.MandatoryHypothesisListed, "a1", "( wi wq ax-k mp ) ABADCABEF", "wq" },
        { MetamathErrorKind.MalformedCompressedProof, "a1", "( wi ax-k mp", "(" },
        { MetamathErrorKind.MalformedCompressedProof, "a1", "( wi ax-k mp ) ABaDCABEF", "a" },
        { MetamathErrorKind.MalformedCompressedProof, "a1", "( wi ax-k mp ) ABU?DCABEF", "?" },
        { MetamathErrorKind.MalformedCompressedProof, "a1", "( wi ax-k mp ) ABUZ", "Z" },
        { MetamathErrorKind.MalformedCompressedProof, "a1", "( wi ax-k mp ) ABADCABEFU", "U" },
        { MetamathErrorKind.NumberOutOfRange, "a1", "( wi ax-k mp ) ABADCABEG", "G" },
        { MetamathErrorKind.NumberOutOfRange, "a1", "( wi ax-k mp ) AYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYA", "A" },
        { MetamathErrorKind.MisplacedSave, "a1", "( wi ax-k mp ) ZABADCABEF", "Z" },
        { MetamathErrorKind.MisplacedSave, "a1", "( wi ax-k mp ) AZBADCABEF", "Z" },
        { MetamathErrorKind.MisplacedSave, "id", "( wi ax-k ax-s mp ) AAABZBZFZAACAFABBGFBAFCAFADEE", "Z" },
        { MetamathErrorKind.StackUnderflow, "a1", "wp wi", "wi" },
        { MetamathErrorKind.StackUnderflow, "a1", "( wi ) AD", "D" },
        { MetamathErrorKind.TypecodeMismatch, "wide", "wp wp weq", "weq" },
        { MetamathErrorKind.HypothesisMismatch, "a1", "wp wp a1.1 a1.1 mp", "mp" },
        { MetamathErrorKind.HypothesisMismatch, "syl", "( mp ) ABDEF", "F" },
        { MetamathErrorKind.SharedVariable, "all", "vx vx weq vx ax-5", "ax-5" },
        { MetamathErrorKind.MissingDisjoint, "wide", "vy vy weq vx ax-5", "ax-5" },
        { MetamathErrorKind.MissingDisjoint, "all", "wq vy ax-5", "ax-5" },
        { MetamathErrorKind.StackNotSingle, "a1", "wp wq", "wq" },
        { MetamathErrorKind.StackNotSingle, "a1", "( wi ax-k mp ) AABADCABEF", "F" },
        { MetamathErrorKind.WrongConclusion, "a1", "a1.1", "a1.1" },
        { MetamathErrorKind.WrongConclusion, "a1", "( wi ) ABD", "D" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_mistake_is_named_with_its_place(MetamathErrorKind kind, string theorem, string proof, string at)
    {
        var fault = Database.Verify(Database.Theorem(theorem), proof).Fault;
        Assert.NotNull(fault);
        Assert.Equal((kind, at), (fault.Kind, proof.Substring(fault.Start, fault.Length)));
        Assert.NotEmpty(fault.Message);
    }

    [Theory]
    [InlineData("a1", "( wi ax-k mp ) ABADCABEF")]
    [InlineData("a1", "( wi ax-k mp ) A B ADC\nABEF")]
    [InlineData("a1", "( ax-5 wi wi ax-k mp ) ABAFCABGH")]
    [InlineData("a1", "  wp wq wp wi\ta1.1 wp wq ax-k mp\r\n")]
    [InlineData("id", "( wi ax-k ax-s mp ) AAABZZBZFAACAFABBHFBAFCAFADEE")]
    [InlineData("wide", "vx vy weq wp wi")]
    public void What_the_language_allows_is_accepted(string theorem, string proof) => Assert.Null(Database.Verify(Database.Theorem(theorem), proof).Fault);

    [Fact]
    public void The_message_says_what_is_needed_and_what_is_there()
    {
        var fault = Database.Verify(Database.Theorem("a1"), "wp wp a1.1 a1.1 mp").Fault!;
        Assert.Equal("mp needs \"|- ( p -> p )\" for its hypothesis maj, but the stack holds \"|- p\".", fault.Message);
        var shared = Database.Verify(Database.Theorem("all"), "vx vx weq vx ax-5").Fault!;
        Assert.Equal("ax-5 demands that x and p are disjoint, but \"x\" and \"x = x\" share the variable x.", shared.Message);
        var missing = Database.Verify(Database.Theorem("all"), "wq vy ax-5").Fault!;
        Assert.Equal("ax-5 demands that x and p are disjoint; that needs \"$d y q $.\" in all.", missing.Message);
    }

    [Fact]
    public void A_proof_that_doubles_its_expression_at_every_step_is_too_large_and_does_not_fill_the_memory()
    {
        // A is p, D is the arrow, and what is saved begins with number 5: each step makes an arrow from the last one to itself.
        var letters = new StringBuilder("AADZ");
        for (var saved = 5; saved < 65; saved++)
        {
            ProofWriter.AppendNumber(letters, saved);
            ProofWriter.AppendNumber(letters, saved);
            letters.Append("DZ");
        }

        var fault = Database.Verify(Database.Theorem("wide"), $"( wi ) {letters}").Fault!;
        Assert.Equal(MetamathErrorKind.TooLarge, fault.Kind);
    }

    [Fact]
    public void No_text_makes_the_verifier_throw()
    {
        string[] pieces = ["wp", "wq", "wi", "ax-k", "mp", "a1.1", "(", ")", "A", "B", "C", "D", "E", "F", "Z", "U", "Y", "?", "vx", "$", "nope", "\u00E9"];
        var theorem = Database.Theorem("a1");
        Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]).Array[0, 25].Select(Gen.Bool, (p, spaced) => string.Join(spaced ? " " : "", p)).Sample(
            text => Database.Verify(theorem, text) is { } result && (result.IsProved || result.Fault!.Start + result.Fault.Length <= text.Length), iter: 5_000);
    }
}
