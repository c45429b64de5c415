using System.Text;
using Ratchet.Domains.Metamath.Reading;
using Ratchet.Problems;

namespace Ratchet.Domains.Metamath;

/// <summary>A statement to be proved: a theorem of a database at its place in the file, or a new one at the end of the file.</summary>
public sealed class MetamathTheorem
{
    private readonly string _label = "";
    private readonly int[] _conclusion = [];
    private readonly int[] _mandatory = [];
    private readonly int[] _pairs = [];

    internal MetamathTheorem(MetamathDatabase database, int index)
    {
        Database = database;
        Index = index;
    }

    internal MetamathTheorem(MetamathDatabase database, string label, int[] conclusion, int[] mandatory, LocalHypothesis[] locals, int[][] disjoint, int[] pairs)
    {
        Database = database;
        Index = -1;
        _label = label;
        Locals = locals;
        LocalDisjoint = disjoint;
        _conclusion = conclusion;
        _mandatory = mandatory;
        _pairs = pairs;
    }

    /// <summary>The database that the statement stands in.</summary>
    public MetamathDatabase Database { get; }

    /// <summary>Label.</summary>
    public string Label => Index >= 0 ? Database.Tables.Labels.Text(Index) : _label;

    /// <summary>True where the theorem is a new one, which stands behind the last statement of the database.</summary>
    public bool IsNew => Index < 0;

    /// <summary>The symbols of the statement, with single spaces between them.</summary>
    public string Statement => Database.SymbolsText(Conclusion);

    /// <summary>The mandatory hypotheses in the order in which the theorem is used: label and symbols.</summary>
    public IReadOnlyList<(string Label, string Text)> Hypotheses
    {
        get
        {
            var result = new List<(string, string)>();
            foreach (var hypothesis in Mandatory)
                result.Add((LabelOf(hypothesis), Database.SymbolsText(SymbolsOf(hypothesis))));
            return result;
        }
    }

    /// <summary>The pairs of mandatory variables that stay disjoint, each once.</summary>
    public IReadOnlyList<(string First, string Second)> DisjointPairs => PairTexts(Database, Pairs);

    /// <summary>
    /// The theorem as a text that <see cref="Parse"/> reads: <c>$d</c> statements for the mandatory pairs, the <c>$e</c> hypotheses and
    /// the statement, a line each.
    /// </summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder();
            foreach (var local in Locals.Where(l => l.IsFloating))
                text.Append(local.Label).Append(" $f ").Append(Database.SymbolsText(local.Symbols)).Append(" $.\n");
            foreach (var (first, second) in DisjointPairs)
                text.Append("$d ").Append(first).Append(' ').Append(second).Append(" $.\n");
            foreach (var hypothesis in Mandatory)
            {
                if (!IsFloating(hypothesis))
                    text.Append(LabelOf(hypothesis)).Append(" $e ").Append(Database.SymbolsText(SymbolsOf(hypothesis))).Append(" $.\n");
            }

            return text.Append(Label).Append(" $p ").Append(Statement).Append(" $.").ToString();
        }
    }

    /// <summary>Statement of the database, or -1.</summary>
    internal int Index { get; }

    /// <summary>Assertions before this one may be used.</summary>
    internal int Limit => Index >= 0 ? Index : Database.Count;

    internal ReadOnlySpan<int> Conclusion => Index >= 0 ? Database.SymbolsOf(Index) : _conclusion;

    /// <summary>Mandatory hypotheses: statements of the database, and ~n for the local hypothesis n.</summary>
    internal ReadOnlySpan<int> Mandatory => Index >= 0 ? Database.FrameOf(Index) : _mandatory;

    internal ReadOnlySpan<int> Pairs => Index >= 0 ? Database.PairsOf(Index) : _pairs;

    internal LocalHypothesis[] Locals { get; } = [];

    /// <summary>The last active <c>$d</c> of the database, or -1.</summary>
    internal int Disjoint => Index >= 0 ? Database.Tables.Statements[Index].Disjoint : Database.Tables.EndDisjoint;

    internal int[][] LocalDisjoint { get; } = [];

    /// <summary>Reads a theorem from a text.</summary>
    /// <remarks>
    /// The text is either the label of a theorem of the database, or any number of <c>$d x y $.</c>, <c>label $e ... $.</c> and
    /// <c>label $f type variable $.</c>, then <c>label $p ... $.</c> without a proof. Where the database has a theorem of that label, the
    /// text must say the same (hypotheses, statement, and disjoint pairs of mandatory variables) and stands at that theorem's place;
    /// else it stands behind the last statement. Symbols must be declared in the database; a variable whose <c>$f</c> is not active at
    /// the end of the database needs a <c>$f</c> in the text, with the type that it has in the database.
    /// </remarks>
    /// <exception cref="StatementException">The text is no such theorem.</exception>
    public static MetamathTheorem Parse(MetamathDatabase database, string text)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(text);
        return new TheoremParser(database, text).Parse();
    }

    internal ReadOnlySpan<int> SymbolsOf(int reference) => reference >= 0 ? Database.SymbolsOf(reference) : Locals[~reference].Symbols;

    internal string LabelOf(int reference) => reference >= 0 ? Database.Tables.Labels.Text(reference) : Locals[~reference].Label;

    internal bool IsFloating(int reference) =>
        reference >= 0 ? Database.Tables.Statements[reference].Kind == MetamathStatementKind.Floating : Locals[~reference].IsFloating;

    internal static IReadOnlyList<(string First, string Second)> PairTexts(MetamathDatabase database, ReadOnlySpan<int> pairs)
    {
        var result = new List<(string, string)>();
        var seen = new HashSet<(int, int)>();
        for (var i = 0; i < pairs.Length; i += 2)
        {
            if (seen.Add(Ordered(pairs[i], pairs[i + 1])))
                result.Add((database.SymbolText(pairs[i]), database.SymbolText(pairs[i + 1])));
        }

        return result;
    }

    internal static (int, int) Ordered(int first, int second) => first < second ? (first, second) : (second, first);
}

/// <summary>A hypothesis of a theorem that is not in the database.</summary>
internal sealed record LocalHypothesis(string Label, int[] Symbols, bool IsFloating);
