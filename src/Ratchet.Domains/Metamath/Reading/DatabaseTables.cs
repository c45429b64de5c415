namespace Ratchet.Domains.Metamath.Reading;

/// <summary>What was read, as flat arrays. Constants are 0, 1, 2 ...; variables are -1, -2, -3 ...</summary>
internal sealed class DatabaseTables
{
    public List<SourceFile> Sources { get; } = [];

    /// <summary>Numbers of labels are numbers of statements.</summary>
    public TokenTable Labels { get; } = new();

    /// <summary>Names of math symbols; <see cref="Symbols"/> turns their numbers into constants and variables.</summary>
    public TokenTable Names { get; } = new();

    /// <summary>Symbol of each name.</summary>
    public GrowingArray<int> Symbols { get; } = new(1024);

    /// <summary>Name of each constant.</summary>
    public GrowingArray<int> ConstantNames { get; } = new(1024);

    /// <summary>Name of each variable v at place ~v.</summary>
    public GrowingArray<int> VariableNames { get; } = new(256);

    /// <summary>Type code of each variable v at place ~v, or -1 where it never had one.</summary>
    public GrowingArray<int> VariableTypes { get; } = new(256);

    public GrowingArray<StatementRecord> Statements { get; } = new(1024);

    /// <summary>The symbols of all statements, one behind the other.</summary>
    public GrowingArray<int> Text { get; } = new(1 << 16);

    public GrowingArray<int> Frames { get; } = new(4096);

    public GrowingArray<int> Pairs { get; } = new(4096);

    public GrowingArray<DisjointRecord> Disjoints { get; } = new(256);

    public GrowingArray<int> DisjointVariables { get; } = new(1024);

    /// <summary>The <c>$d</c> that is active at the end of the database, or -1.</summary>
    public int EndDisjoint { get; set; } = -1;

    /// <summary>The hypotheses that are active at the end of the database, in order of appearance.</summary>
    public IReadOnlyList<int> EndHypotheses { get; set; } = [];

    /// <summary>
    /// The type codes whose statements only say that something is an expression: those of variables, and those that no hypothesis and no
    /// theorem has while another type code has some. By convention <c>|-</c> is never one of them.
    /// </summary>
    public HashSet<int> SyntaxTypes { get; } = [];
}
