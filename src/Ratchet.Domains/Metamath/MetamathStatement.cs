using Ratchet.Domains.Metamath.Reading;

namespace Ratchet.Domains.Metamath;

/// <summary>A view of one labelled statement of a database.</summary>
public readonly record struct MetamathStatement
{
    internal MetamathStatement(MetamathDatabase database, int index)
    {
        Database = database;
        Index = index;
    }

    /// <summary>The database.</summary>
    public MetamathDatabase Database { get; }

    /// <summary>Place among the labelled statements, from 0, in order of appearance.</summary>
    public int Index { get; }

    /// <summary>Label, unique in the database.</summary>
    public string Label => Database.Tables.Labels.Text(Index);

    /// <summary>Kind.</summary>
    public MetamathStatementKind Kind => Record.Kind;

    /// <summary>The math symbols, with single spaces between them; the first is the type code.</summary>
    public string Text => Database.SymbolsText(Database.SymbolsOf(Index));

    /// <summary>The mandatory hypotheses of an assertion, in the order in which a proof pushes them; empty for hypotheses.</summary>
    public IReadOnlyList<MetamathStatement> Hypotheses
    {
        get
        {
            var result = new List<MetamathStatement>();
            foreach (var hypothesis in Database.FrameOf(Index))
                result.Add(new MetamathStatement(Database, hypothesis));
            return result;
        }
    }

    /// <summary>The pairs of mandatory variables of an assertion that must stay disjoint, each pair once.</summary>
    public IReadOnlyList<(string First, string Second)> DisjointPairs => MetamathTheorem.PairTexts(Database, Database.PairsOf(Index));

    /// <summary>The proof of a theorem as it stands in the file, comments included; empty for other statements.</summary>
    public string Proof => Record.Kind == MetamathStatementKind.Theorem ? Database.Tables.Sources[Record.Source].Text(Record.ProofStart, Record.ProofLength).Trim() : "";

    /// <summary>File, line and column (both from 1) of the label.</summary>
    public (string File, int Line, int Column) Place
    {
        get
        {
            var source = Database.Tables.Sources[Record.Source];
            var (line, column) = source.Locate(Record.Offset);
            return (source.Path, line, column);
        }
    }

    private StatementRecord Record => Database.Tables.Statements[Index];

    /// <summary>Label and text.</summary>
    public override string ToString() => $"{Label} {Text}";
}
