namespace Ratchet.Systems.Verification;

/// <summary>A way to spoil a right proof.</summary>
public enum Corruption
{
    /// <summary>The statement becomes a false one. Whoever accepts this accepts anything.</summary>
    FalseStatement,

    /// <summary>A step that leaves a hole comes first.</summary>
    HoleInserted,

    /// <summary>Nothing is left of the proof.</summary>
    Emptied,

    /// <summary>The statement of another item. Now and then the proof is right for it too, above all where one powerful step proves everything.</summary>
    SwappedStatement,

    /// <summary>One step is missing. Now and then it was not needed.</summary>
    DroppedStep,

    /// <summary>The second half of the steps is missing. Now and then the first half was enough.</summary>
    Truncated,
}

/// <summary>Makes spoilt copies of right proofs; the same copies every time.</summary>
internal static class Corruptor
{
    /// <summary>Whether a spoilt copy can still be right, so that its acceptance is a hint and no proof of a fault.</summary>
    public static bool MayBeRight(Corruption corruption) => corruption is Corruption.SwappedStatement or Corruption.DroppedStep or Corruption.Truncated;

    /// <summary>A spoilt copy, or null where this item cannot be spoilt in this way.</summary>
    /// <param name="corruption">How.</param>
    /// <param name="items">All gold items.</param>
    /// <param name="index">Which of them.</param>
    /// <param name="syntax">Language of the proofs.</param>
    public static ProofItem? Apply(Corruption corruption, IReadOnlyList<ProofItem> items, int index, ProofSyntax syntax)
    {
        var item = items[index];
        return corruption switch
        {
            Corruption.FalseStatement => syntax.FalseStatement?.Invoke(item.Statement) is { } statement ? Changed(item, statement, item.Proof) : null,
            Corruption.HoleInserted => syntax.Hole is { } hole ? Changed(item, item.Statement, $"{hole}\n{item.Proof}") : null,
            Corruption.Emptied => item.Proof.Trim().Length > 0 ? Changed(item, item.Statement, "") : null,
            Corruption.SwappedStatement => Other(items, index) is { } other ? Changed(item, other.Statement, item.Proof) with { Reference = other.Reference } : null,
            Corruption.DroppedStep => Without(item, syntax, n => n / 2, n => (n / 2) + 1),
            Corruption.Truncated => Without(item, syntax, n => (n + 1) / 2, n => n),
            _ => throw new ArgumentOutOfRangeException(nameof(corruption)),
        };
    }

    private static ProofItem Changed(ProofItem item, string statement, string proof) => item with { Statement = statement, Proof = proof };

    /// <summary>The next item, in a circle, that states something else or wants another answer.</summary>
    private static ProofItem? Other(IReadOnlyList<ProofItem> items, int index)
    {
        var item = items[index];
        return Enumerable.Range(1, items.Count - 1).Select(d => items[(index + d) % items.Count])
            .FirstOrDefault(o => o.Statement != item.Statement && (o.Reference is null || o.Reference != item.Reference));
    }

    /// <summary>The proof without the steps from one number up to another; null where fewer than two steps are there or none would go.</summary>
    private static ProofItem? Without(ProofItem item, ProofSyntax syntax, Func<int, int> from, Func<int, int> to)
    {
        if (syntax.Steps?.Invoke(item.Proof) is not { Count: >= 2 } steps)
            return null;
        var (first, last) = (from(steps.Count), to(steps.Count) - 1);
        if (first > last)
            return null;
        return Changed(item, item.Statement, item.Proof[..steps[first].Start.Value] + item.Proof[steps[last].End.Value..].TrimStart());
    }
}
