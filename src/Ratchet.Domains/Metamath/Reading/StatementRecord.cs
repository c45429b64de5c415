namespace Ratchet.Domains.Metamath.Reading;

/// <summary>One labelled statement: places in the database's arrays.</summary>
internal struct StatementRecord
{
    public MetamathStatementKind Kind;

    /// <summary>The file, and where the label stands in it.</summary>
    public int Source, Offset;

    public int SymbolStart, SymbolLength;

    /// <summary>Hypotheses: the first statement that no longer sees it.</summary>
    public int ScopeEnd;

    /// <summary>Assertions: the mandatory hypotheses, in order of appearance.</summary>
    public int FrameStart, FrameLength;

    /// <summary>Assertions: the pairs of mandatory variables that must stay disjoint; two variables a pair.</summary>
    public int PairStart, PairLength;

    /// <summary>Theorems: the last <c>$d</c> that is active, or -1.</summary>
    public int Disjoint;

    /// <summary>Theorems: the text between <c>$=</c> and <c>$.</c>.</summary>
    public int ProofStart, ProofLength;

    public readonly bool IsAssertion => Kind is MetamathStatementKind.Axiom or MetamathStatementKind.Theorem;
}

/// <summary>One <c>$d</c>: a run of variables, and the <c>$d</c> that was active before it.</summary>
internal readonly record struct DisjointRecord(int Start, int Length, int Previous);
