using System.Text;
using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Generation;

/// <summary>The sentences that reference scripts are made of.</summary>
internal enum StepKind : byte
{
    Intros,
    Exact,
    Apply,
    Split,
    Left,
    Right,
    DestructBoth,
    DestructEither,
    DestructFalse,
    Exfalso,
    Assert,
}

/// <summary>
/// A node of a reference proof: one sentence, the hypotheses that it uses and names (numbers of <c>h0</c>, <c>h1</c>, ... that are unique
/// in the tree until it is written), and the proofs of the goals that it leaves.
/// </summary>
internal sealed record ProofStep(StepKind Kind, int[] Uses, int[] Names, Formula? Formula, ProofStep[] Next)
{
    /// <summary>Number of sentences in the whole tree: the reference depth of a problem.</summary>
    public int Sentences => 1 + Next.Sum(n => n.Sentences);

    /// <summary>
    /// The tree without sentences that nothing depends on: case analyses whose parts are not used, branches of a disjunction
    /// that prove the goal without it, lemmas that are not used.
    /// </summary>
    public ProofStep Prune() => PruneWithUses().Step;

    /// <summary>The script in canonical style, hypotheses numbered in order of introduction along each branch.</summary>
    public string Write()
    {
        var builder = new StringBuilder();
        Write(builder, [], 0);
        return builder.ToString();
    }

    private (ProofStep Step, HashSet<int> Used) PruneWithUses()
    {
        var next = new ProofStep[Next.Length];
        var used = new HashSet<int>(Uses);
        var parts = new HashSet<int>[Next.Length];
        for (var i = 0; i < Next.Length; i++)
            (next[i], parts[i]) = Next[i].PruneWithUses();
        switch (Kind)
        {
            case StepKind.DestructBoth when !parts[0].Overlaps(Names):
                return (next[0], parts[0]);
            case StepKind.DestructEither when !parts[0].Contains(Names[0]):
                return (next[0], parts[0]);
            case StepKind.DestructEither when !parts[1].Contains(Names[1]):
                return (next[1], parts[1]);
            case StepKind.Assert when !parts[1].Contains(Names[0]):
                return (next[1], parts[1]);
        }

        foreach (var part in parts)
            used.UnionWith(part);
        return (this with { Next = next }, used);
    }

    private void Write(StringBuilder builder, Dictionary<int, int> names, int free)
    {
        if (builder.Length > 0)
            builder.Append(' ');
        // The two branches of "or" each know one name only, so both names can be the next one.
        foreach (var name in Names)
            names[name] = Kind == StepKind.DestructEither ? free : free++;
        if (Kind == StepKind.DestructEither)
            free++;
        string Use(int i) => "h" + names[Uses[i]];
        string Name(int i) => "h" + names[Names[i]];
        var scrutinee = Uses.Length == 0 ? "" : Uses.Length == 1 ? Use(0) : "(" + string.Join(' ', Uses.Select(u => "h" + names[u])) + ")";
        builder.Append(Kind switch
        {
            StepKind.Intros => "intros " + string.Join(' ', Names.Select(n => "h" + names[n])),
            StepKind.Exact => "exact " + scrutinee,
            StepKind.Apply => "apply " + scrutinee,
            StepKind.Split => "split",
            StepKind.Left => "left",
            StepKind.Right => "right",
            StepKind.DestructBoth => $"destruct {scrutinee} as [{Name(0)} {Name(1)}]",
            StepKind.DestructEither => $"destruct {scrutinee} as [{Name(0)} | {Name(1)}]",
            StepKind.DestructFalse => $"destruct {scrutinee} as []",
            StepKind.Exfalso => "exfalso",
            _ => $"assert ({Formula}) as {Name(0)}",
        }).Append('.');
        for (var i = 0; i < Next.Length; i++)
        {
            // A lemma's proof does not know the lemma.
            Next[i].Write(builder, names, Kind == StepKind.Assert && i == 0 ? free - 1 : free);
        }
    }
}
