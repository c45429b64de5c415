using Ratchet.Domains.Metamath;
using Ratchet.Runs;

namespace Ratchet.Domains.Tests.Metamath;

public sealed class MetamathDatabaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("metamath").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_statement_shows_its_frame_and_its_place()
    {
        var database = TinyLogic.Load();
        var ax5 = database.Find("ax-5")!.Value;
        Assert.Equal((MetamathStatementKind.Axiom, "|- ( p -> A. x p )"), (ax5.Kind, ax5.Text));
        Assert.Equal(["wp wff p", "vx setvar x"], ax5.Hypotheses.Select(h => h.ToString()));
        Assert.Equal([("x", "p")], ax5.DisjointPairs);
        Assert.Equal(("tiny.mm", 22, 3), ax5.Place);
        var mp = database.Find("mp")!.Value;
        Assert.Equal(["wp", "wq", "min", "maj"], mp.Hypotheses.Select(h => h.Label));
        Assert.Equal("( wi ax-k mp ) ABADCABEF", database.Find("a1")!.Value.Proof);
        Assert.Equal(mp, database[mp.Index]);
        Assert.Null(database.Find("nope"));
    }

    [Fact]
    public void All_wrong_proofs_of_a_file_are_told_in_order_whatever_the_number_of_threads()
    {
        var text = TinyLogic.Text.Replace("wp df-t $.", "wq df-t $.", StringComparison.Ordinal).Replace("ABADCABEF", "ABADCABE", StringComparison.Ordinal);
        var database = TinyLogic.Load(text);
        var report = database.VerifyAll(threads: 1);
        Assert.Equal((7, 4, 1, false), (report.Theorems, report.Proved, report.Incomplete, report.IsVerified));
        Assert.Equal(
            [
                (MetamathErrorKind.StackNotSingle, "a1", 30, 48),
                (MetamathErrorKind.WrongConclusion, "tid", 41, 37),
                (MetamathErrorKind.IncompleteProof, "open", 43, 35),
            ],
            report.Errors.Select(e => (e.Kind, e.Label, e.Line, e.Column)));
        var other = database.VerifyAll(threads: 3);
        Assert.Equal(report.Errors, other.Errors);
        Assert.Equal(report.Steps, other.Steps);
    }

    [Fact]
    public void A_file_is_included_once_and_looked_for_beside_the_file_that_names_it()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "inner"));
        Write("inner/symbols.mm", "$c wff |- T $.\n$[ more.mm $]\n");
        Write("inner/more.mm", "$v p $. wp $f wff p $.\n$[ symbols.mm $] $[ ../top.mm $]\n");
        Write("top.mm", "$[ inner/symbols.mm $]\n$[ inner/more.mm $] wt $a wff T $.\nth $p wff T $= wq $.\n");
        var database = MetamathDatabase.Load(Path.Combine(_folder, "top.mm"));
        Assert.Equal(["top.mm", "symbols.mm", "more.mm"], database.Files.Select(f => Path.GetFileName(f)));
        Assert.Equal(["wp", "wt", "th"], Enumerable.Range(0, database.Count).Select(i => database[i].Label));
        Assert.EndsWith("more.mm", database.Find("wp")!.Value.Place.File, StringComparison.Ordinal);
        var error = Assert.Single(database.VerifyAll().Errors);
        Assert.Equal((3, 16), (error.Line, error.Column));
        Assert.EndsWith("top.mm", error.File, StringComparison.Ordinal);
    }

    [Fact]
    public void A_statement_that_an_included_file_leaves_open_is_an_error_in_that_file()
    {
        Write("part.mm", "$c wff T $. a $a wff T");
        Write("top.mm", "$[ part.mm $] $.\n");
        Assert.Null(MetamathDatabase.TryLoad(Path.Combine(_folder, "top.mm"), out var errors));
        Assert.Equal(MetamathErrorKind.StatementNotClosed, errors[0].Kind);
        Assert.EndsWith("part.mm", errors[0].File, StringComparison.Ordinal);
    }

    [Fact]
    public void The_hash_changes_with_any_file()
    {
        Write("part.mm", "$c wff T $.\n");
        Write("top.mm", "$[ part.mm $]\n");
        var path = Path.Combine(_folder, "top.mm");
        var before = MetamathDatabase.Load(path).ContentHash;
        Assert.Equal(before, MetamathDatabase.Load(path).ContentHash);
        Write("part.mm", "$c wff U $.\n");
        Assert.NotEqual(before, MetamathDatabase.Load(path).ContentHash);
    }

    [Fact]
    public void The_message_of_a_broken_database_names_every_mistake()
    {
        Write("bad.mm", "$c wff wff $.\n$d p $.\n");
        var e = Assert.Throws<RatchetException>(() => MetamathDatabase.Load(Path.Combine(_folder, "bad.mm")));
        Assert.Contains("bad.mm:1:8: The constant wff is declared already.", e.Message, StringComparison.Ordinal);
        Assert.Contains("bad.mm:2:4: The math symbol p is not declared.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_proof_and_long_names_are_read()
    {
        // Names beyond eight bytes take another way through the symbol and label tables.
        var names = Enumerable.Range(0, 3_000).Select(i => $"a-rather-long-name-{i}").ToArray();
        var text = "$c wff $.\n" + string.Concat(names.Select(n => $"$c s.{n} $.\nw.{n} $a wff s.{n} $.\n")) + string.Concat(names.Select(n => $"t.{n} $p wff s.{n} $= w.{n} $.\n"));
        var database = TinyLogic.Load(text);
        Assert.Equal(6_000, database.Count);
        Assert.True(database.VerifyAll(2).IsVerified);
        Assert.Equal("wff s.a-rather-long-name-2999", database.Find("t.a-rather-long-name-2999")!.Value.Text);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
