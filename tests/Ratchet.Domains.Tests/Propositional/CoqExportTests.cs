using Ratchet.Domains.Propositional;

namespace Ratchet.Domains.Tests.Propositional;

public sealed class CoqExportTests
{
    private static readonly (string, string, string)[] Proofs =
    [
        ("r1/train/p7/3", "A -> A", "intros h0. exact h0."),
        ("r1.train.p7.3", "True", "split."),
        ("I *) Axiom bad : False. (*", @"A /\ B -> B", "intros h0. destruct h0 as [h1 h2]. exact h2."),
        ("\"", "h1 -> h1", "intros h0. exact h0."),
    ];

    [Fact]
    public void Theorems_are_closed_over_their_atoms_and_have_different_names()
    {
        var writer = new StringWriter();

        CoqExport.Write(writer, Proofs);

        var text = writer.ToString();
        Assert.Contains("Theorem thm_r1_train_p7_3 : forall A : Prop, A -> A.\nProof. intros A. intros h0. exact h0.\nQed.", text, StringComparison.Ordinal);
        Assert.Contains("Theorem thm_r1_train_p7_3_2 : True.\nProof. split.\nQed.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("*) Axiom", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Coq_accepts_the_file()
    {
        Assert.SkipUnless(CoqBatchCheck.IsInstalled, CoqBatchCheck.Missing);
        var folder = Directory.CreateTempSubdirectory("ratchet-coq-");
        var file = Path.Combine(folder.FullName, "proofs.v");
        using (var writer = new StreamWriter(file))
            CoqExport.Write(writer, Proofs);

        var (code, output) = CoqBatchCheck.Run(file, folder.FullName);
        folder.Delete(recursive: true);

        Assert.True(code == 0, output);
    }
}
