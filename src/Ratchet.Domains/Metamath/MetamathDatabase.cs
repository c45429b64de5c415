using System.Security.Cryptography;
using Ratchet.Domains.Metamath.Reading;
using Ratchet.Domains.Metamath.Verification;
using Ratchet.Runs;

namespace Ratchet.Domains.Metamath;

/// <summary>A Metamath database in memory: its statements, and the means to check proofs against them.</summary>
/// <remarks>
/// Reads the language of Megill and Wheeler, Metamath, 2nd edition, chapter 4 and appendix B, with these choices where the book leaves
/// one: an included file is looked for beside the file that includes it; a file counts as included already when its full path is the same.
/// Immutable; safe to use from many threads.
/// </remarks>
public sealed class MetamathDatabase
{
    private const int ShownErrors = 20;
    private readonly Lazy<string> _hash;
    private readonly ProofChecks _checks;

    private MetamathDatabase(string path, DatabaseTables tables)
    {
        Path = path;
        Tables = tables;
        _checks = new ProofChecks(this);
        _hash = new Lazy<string>(HashSources);
    }

    /// <summary>The path that it was loaded from.</summary>
    public string Path { get; }

    /// <summary>SHA-256 of all files in the order in which they were read (hexadecimal). Computed on first use.</summary>
    public string ContentHash => _hash.Value;

    /// <summary>Number of labelled statements.</summary>
    public int Count => Tables.Statements.Count;

    /// <summary>The files that it was read from, the top one first.</summary>
    public IReadOnlyList<string> Files => [.. Tables.Sources.Select(s => s.Path)];

    internal DatabaseTables Tables { get; }

    /// <summary>Reads a database with the files that it includes. Proofs are not checked: see <see cref="VerifyAll"/>.</summary>
    /// <param name="path">Path of the top file, at most 1 GiB.</param>
    /// <exception cref="RatchetException">A file cannot be read or breaks the language's rules: the first 20 mistakes are named, each with its place.</exception>
    public static MetamathDatabase Load(string path)
    {
        var database = TryLoad(path, out var errors);
        if (database is not null)
            return database;
        var shown = errors.Take(ShownErrors).Select(e => e.ToString()).ToList();
        if (errors.Count > ShownErrors)
            shown.Add(errors.Count == DatabaseReader.MaxErrors ? "and more" : $"and {errors.Count - ShownErrors} more");
        throw new RatchetException($"The Metamath database {path} cannot be used:\n{string.Join('\n', shown)}", "Correct the first of these places; the others may follow from it.");
    }

    /// <summary>Reads a database and gives the mistakes as values; null where there are any.</summary>
    /// <param name="path">Path of the top file.</param>
    /// <param name="errors">Up to 100 mistakes in the order in which they were met; empty on success.</param>
    public static MetamathDatabase? TryLoad(string path, out IReadOnlyList<MetamathError> errors)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Finish(path, DatabaseReader.Read(path), out errors);
    }

    /// <summary>Reads a database from a text; files that it includes are looked for in the current folder.</summary>
    /// <param name="name">What messages call the text.</param>
    /// <param name="text">The database.</param>
    /// <param name="errors">Up to 100 mistakes; empty on success.</param>
    public static MetamathDatabase? TryParse(string name, string text, out IReadOnlyList<MetamathError> errors)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(text);
        return Finish(name, DatabaseReader.Read(SourceFile.Of(name, text)), out errors);
    }

    /// <summary>A statement by its place in the file, from 0.</summary>
    public MetamathStatement this[int index] =>
        (uint)index < (uint)Count ? new MetamathStatement(this, index) : throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>The statement with a label, or null.</summary>
    public MetamathStatement? Find(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return Tables.Labels.Find(label) is var index and >= 0 ? new MetamathStatement(this, index) : null;
    }

    /// <summary>The theorem with a label, at its place in the file.</summary>
    /// <exception cref="RatchetException">No <c>$p</c> statement has the label.</exception>
    public MetamathTheorem Theorem(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        var index = Tables.Labels.Find(label);
        return index >= 0 && Tables.Statements[index].Kind == MetamathStatementKind.Theorem
            ? new MetamathTheorem(this, index)
            : throw new RatchetException($"{Path} has no theorem {label}.", "Give the label of a $p statement.");
    }

    /// <summary>Checks a proof of a theorem. Only statements before the theorem may be used.</summary>
    /// <param name="theorem">What is to be proved, from <see cref="Theorem"/> or <see cref="MetamathTheorem.Parse"/>.</param>
    /// <param name="proof">What stands between <c>$=</c> and <c>$.</c>, normal or compressed; at most 16 Mi characters.</param>
    public MetamathProofResult Verify(MetamathTheorem theorem, string proof)
    {
        ArgumentNullException.ThrowIfNull(theorem);
        ArgumentNullException.ThrowIfNull(proof);
        return theorem.Database == this ? _checks.Check(theorem, proof) : throw new ArgumentException("The theorem is of another database.", nameof(theorem));
    }

    /// <summary>Checks every proof of the database.</summary>
    /// <param name="threads">Number of threads, from 1. The report does not depend on it.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="OperationCanceledException">The check was ended.</exception>
    public MetamathReport VerifyAll(int threads = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return DatabaseCheck.Run(this, threads, cancellationToken);
    }

    /// <summary>True where statements with this type code only say that something is an expression.</summary>
    internal bool IsSyntaxType(int typecode) => Tables.SyntaxTypes.Contains(typecode);

    internal string SymbolText(int symbol) => Tables.Names.Text(symbol >= 0 ? Tables.ConstantNames[symbol] : Tables.VariableNames[~symbol]);

    internal string SymbolsText(ReadOnlySpan<int> symbols)
    {
        var text = new System.Text.StringBuilder();
        foreach (var symbol in symbols)
            text.Append(text.Length == 0 ? "" : " ").Append(SymbolText(symbol));
        return text.ToString();
    }

    internal ReadOnlySpan<int> SymbolsOf(int statement)
    {
        ref var record = ref Tables.Statements[statement];
        return Tables.Text.Span(record.SymbolStart, record.SymbolLength);
    }

    internal ReadOnlySpan<int> FrameOf(int statement)
    {
        ref var record = ref Tables.Statements[statement];
        return Tables.Frames.Span(record.FrameStart, record.FrameLength);
    }

    /// <summary>The disjoint pairs of an assertion's mandatory variables; two variables a pair.</summary>
    internal ReadOnlySpan<int> PairsOf(int statement)
    {
        ref var record = ref Tables.Statements[statement];
        return Tables.Pairs.Span(record.PairStart, record.PairLength);
    }

    private static MetamathDatabase? Finish(string path, (DatabaseTables Tables, List<MetamathError> Errors) read, out IReadOnlyList<MetamathError> errors)
    {
        errors = read.Errors;
        return read.Errors.Count == 0 ? new MetamathDatabase(path, read.Tables) : null;
    }

    private string HashSources()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var source in Tables.Sources)
        {
            hash.AppendData(BitConverter.GetBytes(source.Length));
            hash.AppendData(source.Bytes.AsSpan(0, source.Length));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
