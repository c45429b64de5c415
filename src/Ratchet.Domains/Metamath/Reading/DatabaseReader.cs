namespace Ratchet.Domains.Metamath.Reading;

/// <summary>Reads a database with the files that it includes into tables, in one pass. Proofs are passed over, not decoded.</summary>
/// <remarks>
/// After a mistake the reader goes on behind the next <c>$.</c>, so that one run tells more than one mistake; later ones may follow from
/// earlier ones. At most <see cref="MaxErrors"/> are kept.
/// </remarks>
internal sealed partial class DatabaseReader
{
    public const int MaxErrors = 100;

    private readonly Stack<TokenScanner> _includers = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly ScopeStack _scopes;
    private TokenScanner _scanner;
    private int _sourceIndex;
    private int _label = -1;
    private int _labelStart, _labelLength;

    private DatabaseReader(SourceFile top)
    {
        _scopes = new ScopeStack(Tables);
        _seen.Add(Path.GetFullPath(top.Path));
        Tables.Sources.Add(top);
        _scanner = new TokenScanner(top);
    }

    private DatabaseTables Tables { get; } = new();

    private List<MetamathError> Errors { get; } = [];

    public static (DatabaseTables Tables, List<MetamathError> Errors) Read(string path)
    {
        SourceFile top;
        try
        {
            top = SourceFile.Open(path);
        }
        catch (Exception e) when (IsFileFault(e))
        {
            return (new DatabaseTables(), [new MetamathError(MetamathErrorKind.FileNotReadable, path, 1, 1, "", $"The file cannot be read: {e.Message}")]);
        }

        return Read(top);
    }

    public static (DatabaseTables Tables, List<MetamathError> Errors) Read(SourceFile top)
    {
        var reader = new DatabaseReader(top);
        reader.Run();
        return (reader.Tables, reader.Errors);
    }

    private static bool IsFileFault(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    private void Run()
    {
        while (Errors.Count < MaxErrors)
        {
            try
            {
                if (!ReadStatement())
                    return;
            }
            catch (ReadException e)
            {
                Report(e);
                if (_scanner.Keyword != (byte)'.')
                    _scanner.SkipStatement();
                _label = -1;
            }
        }
    }

    private void Report(ReadException e)
    {
        var (line, column) = _scanner.Source.Locate(e.Start);
        Errors.Add(new MetamathError(e.Kind, _scanner.Source.Path, line, column, _label < 0 ? "" : _scanner.Source.Text(_labelStart, _labelLength), e.Message));
    }

    private bool ReadStatement()
    {
        if (!_scanner.Next())
            return LeaveFile();
        switch (_scanner.Keyword)
        {
            case 0:
                ReadLabel();
                break;
            case (byte)'c':
                NoLabel();
                ReadConstants();
                break;
            case (byte)'v':
                NoLabel();
                ReadVariables();
                break;
            case (byte)'d':
                NoLabel();
                ReadDisjoint();
                break;
            case (byte)'{':
                NoLabel();
                _scopes.Open(_scanner.Start, _sourceIndex);
                break;
            case (byte)'}':
                NoLabel();
                if (!_scopes.Close())
                    throw Wrong(MetamathErrorKind.BlockNotOpen, "$} closes no block.");
                break;
            case (byte)'f':
                ReadFloating();
                break;
            case (byte)'e':
                ReadEssential();
                break;
            case (byte)'a' or (byte)'p':
                ReadAssertion(_scanner.Keyword == (byte)'p');
                break;
            case (byte)'[':
                NoLabel();
                Include();
                break;
            default:
                throw UnexpectedKeyword();
        }

        return true;
    }

    private ReadException UnexpectedKeyword() => _scanner.Keyword switch
    {
        (byte)')' => Wrong(MetamathErrorKind.StrayCommentEnd, "$) ends no comment."),
        (byte)']' => Wrong(MetamathErrorKind.MalformedInclude, "$] ends no inclusion."),
        (byte)'=' => Wrong(MetamathErrorKind.MisplacedProof, "$= belongs to no $p statement."),
        _ => Wrong(MetamathErrorKind.UnexpectedToken, $"A label or one of $c $v $f $e $d $a $p ${{ $}} $[ is expected, not {_scanner.Text}."),
    };

    private void ReadLabel()
    {
        if (_label >= 0)
            throw Wrong(MetamathErrorKind.MisplacedLabel, $"The label {_scanner.Text} follows another label.");
        var bytes = _scanner.Source.Bytes.AsSpan(_scanner.Start, _scanner.Length);
        foreach (var b in bytes)
        {
            if (!IsLabelByte(b))
            {
                throw bytes.Contains((byte)'$')
                    ? Wrong(MetamathErrorKind.KeywordNotSeparated, $"A label or keyword is expected, not \"{_scanner.Text}\"; keywords stand between white space.")
                    : Wrong(MetamathErrorKind.InvalidLabel, $"\"{_scanner.Text}\" is no label: letters, digits, \"-\", \"_\" and \".\" are allowed.");
            }
        }

        var (start, length, key) = (_scanner.Start, _scanner.Length, _scanner.Key);
        _labelStart = start;
        _labelLength = length;
        _label = 0;
        if (Tables.Labels.Find(key, _scanner.Source.Bytes, start, length) is var earlier and >= 0)
            throw Wrong(MetamathErrorKind.DuplicateLabel, $"The label {_scanner.Text} is used already, at {Place(earlier)}.");
        if (Tables.Names.Find(key, _scanner.Source.Bytes, start, length) >= 0)
            throw Wrong(MetamathErrorKind.LabelIsSymbol, $"The label {_scanner.Text} is a math symbol too.");
    }

    internal static bool IsLabelByte(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.';

    private string Place(int statement)
    {
        ref var record = ref Tables.Statements[statement];
        var source = Tables.Sources[record.Source];
        return $"{source.Path}:{source.Locate(record.Offset).Line}";
    }

    private void NoLabel()
    {
        if (_label >= 0)
            throw Wrong(MetamathErrorKind.MisplacedLabel, $"{_scanner.Text} takes no label.");
    }

    private bool LeaveFile()
    {
        if (_label >= 0)
        {
            Report(Wrong(MetamathErrorKind.StatementNotClosed, "The file ends behind a label."));
            _label = -1;
        }

        if (_includers.TryPop(out var includer))
        {
            _scanner = includer;
            _sourceIndex = Tables.Sources.IndexOf(includer.Source);
            return true;
        }

        while (_scopes.Depth > 0)
        {
            var (position, source) = _scopes.Opened;
            var (line, column) = Tables.Sources[source].Locate(position);
            Errors.Add(new MetamathError(MetamathErrorKind.BlockNotClosed, Tables.Sources[source].Path, line, column, "", "The block that ${ opens here is not closed by $}."));
            _scopes.Close();
        }

        _scopes.Finish();
        return false;
    }

    private void Include()
    {
        var start = _scanner.Start;
        if (_scopes.Depth > 0)
            throw Wrong(MetamathErrorKind.MisplacedInclude, "A file may be included outside blocks only.");
        if (!_scanner.Next() || _scanner.Keyword != 0 || _scanner.Text.Contains('$', StringComparison.Ordinal))
            throw new ReadException(MetamathErrorKind.MalformedInclude, start, 2, "$[ is not followed by a file name.");
        var (name, nameStart, nameLength) = (_scanner.Text, _scanner.Start, _scanner.Length);
        if (!_scanner.Next() || _scanner.Keyword != (byte)']')
            throw new ReadException(MetamathErrorKind.MalformedInclude, start, 2, $"The inclusion of {name} is not ended by $].");
        var path = Path.Combine(Path.GetDirectoryName(_scanner.Source.Path) ?? "", name);
        if (!_seen.Add(Path.GetFullPath(path)))
            return;
        try
        {
            var source = SourceFile.Open(path);
            _includers.Push(_scanner);
            _sourceIndex = Tables.Sources.Count;
            Tables.Sources.Add(source);
            _scanner = new TokenScanner(source);
        }
        catch (Exception e) when (IsFileFault(e))
        {
            Report(new ReadException(MetamathErrorKind.FileNotReadable, nameStart, nameLength, $"The included file {path} cannot be read: {e.Message}"));
        }
    }

    /// <summary>A mistake at the current token.</summary>
    private ReadException Wrong(MetamathErrorKind kind, string message) => new(kind, _scanner.Start, _scanner.Length, message);
}
