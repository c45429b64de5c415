using System.Runtime.CompilerServices;
namespace Ratchet.Domains.Metamath.Reading;

/// <content>One method a kind of statement.</content>
internal sealed partial class DatabaseReader
{
    private const byte End = (byte)'.';

    private void ReadConstants()
    {
        if (_scopes.Depth > 0)
            throw Wrong(MetamathErrorKind.ConstantInBlock, "$c may stand outside blocks only.");
        var count = 0;
        for (; NextSymbol("$c"); count++)
        {
            if (FindSymbol(out var symbol))
            {
                throw symbol >= 0
                    ? Wrong(MetamathErrorKind.DuplicateDeclaration, $"The constant {_scanner.Text} is declared already.")
                    : Wrong(MetamathErrorKind.ConstantAndVariable, $"{_scanner.Text} is declared as a variable elsewhere and cannot be a constant too.");
            }

            Declare(Tables.ConstantNames.Count, Tables.ConstantNames);
        }

        NotEmpty(count, "$c");
    }

    private void ReadVariables()
    {
        var count = 0;
        for (; NextSymbol("$v"); count++)
        {
            if (!FindSymbol(out var symbol))
            {
                symbol = ~Tables.VariableNames.Count;
                Declare(symbol, Tables.VariableNames);
                Tables.VariableTypes.Add(-1);
            }
            else if (symbol >= 0)
            {
                throw Wrong(MetamathErrorKind.ConstantAndVariable, $"{_scanner.Text} is declared as a constant elsewhere and cannot be a variable too.");
            }
            else if (_scopes.IsActive(symbol))
            {
                throw Wrong(MetamathErrorKind.DuplicateDeclaration, $"The variable {_scanner.Text} is declared already, and active.");
            }

            _scopes.Activate(symbol);
        }

        NotEmpty(count, "$v");
    }

    private void Declare(int symbol, GrowingArray<int> names)
    {
        var bytes = _scanner.Source.Bytes;
        var name = bytes.AsSpan(_scanner.Start, _scanner.Length);
        if (name.Contains((byte)'$'))
            throw Wrong(MetamathErrorKind.InvalidSymbol, $"\"{_scanner.Text}\" is no math symbol: \"$\" is not allowed in it.");
        if (name.IndexOfAnyExceptInRange((byte)33, (byte)126) is var bad and >= 0)
            throw new ReadException(MetamathErrorKind.InvalidCharacter, _scanner.Start + bad, 1, "Math symbols are made of printable ASCII.");
        if (Tables.Labels.Find(_scanner.Key, bytes, _scanner.Start, _scanner.Length) is var label and >= 0)
            throw Wrong(MetamathErrorKind.LabelIsSymbol, $"The math symbol {_scanner.Text} is a label too, at {Place(label)}.");
        names.Add(Tables.Names.Add(_scanner.Key, bytes, _scanner.Start, _scanner.Length));
        Tables.Symbols.Add(symbol);
    }

    private void ReadDisjoint()
    {
        var start = Tables.DisjointVariables.Count;
        try
        {
            while (NextSymbol("$d"))
            {
                var symbol = ActiveSymbol(needsType: false);
                if (symbol >= 0)
                    throw Wrong(MetamathErrorKind.MalformedDisjoint, $"{_scanner.Text} in $d is a constant; only variables can be disjoint.");
                if (Tables.DisjointVariables.Span(start, Tables.DisjointVariables.Count - start).Contains(symbol))
                    throw Wrong(MetamathErrorKind.MalformedDisjoint, $"The variable {_scanner.Text} stands in one $d twice.");
                Tables.DisjointVariables.Add(symbol);
            }

            if (Tables.DisjointVariables.Count - start < 2)
                throw Wrong(MetamathErrorKind.MalformedDisjoint, "$d needs two variables or more.");
        }
        catch (ReadException)
        {
            Tables.DisjointVariables.Truncate(start);
            throw;
        }

        _scopes.Disjoint(start, Tables.DisjointVariables.Count - start);
    }

    private void ReadFloating()
    {
        NeedsLabel();
        var start = Tables.Text.Count;
        while (NextSymbol("$f"))
        {
            var symbol = ActiveSymbol(needsType: false);
            var count = Tables.Text.Count - start;
            if (count == 0 ? symbol < 0 : count > 1 || symbol >= 0)
            {
                Tables.Text.Truncate(start);
                throw count == 0
                    ? Wrong(MetamathErrorKind.FirstSymbolNotConstant, $"$f must begin with a constant, not the variable {_scanner.Text}.")
                    : Wrong(MetamathErrorKind.MalformedFloating, "$f must be one constant and one variable.");
            }

            Tables.Text.Add(symbol);
        }

        if (Tables.Text.Count - start != 2)
        {
            Tables.Text.Truncate(start);
            throw Wrong(MetamathErrorKind.MalformedFloating, "$f must be one constant and one variable.");
        }

        var (typecode, variable) = (Tables.Text[start], Tables.Text[start + 1]);
        ref var known = ref Tables.VariableTypes[~variable];
        if (_scopes.IsTyped(variable) || (known >= 0 && known != typecode))
        {
            Tables.Text.Truncate(start);
            var name = Tables.Names.Text(Tables.VariableNames[~variable]);
            throw _scopes.IsTyped(variable)
                ? Wrong(MetamathErrorKind.DuplicateFloating, $"The variable {name} has an active $f already.")
                : Wrong(MetamathErrorKind.TypeChanged, $"The variable {name} has the type {Tables.Names.Text(Tables.ConstantNames[known])} elsewhere; its type is one for the whole database.");
        }

        known = typecode;
        AddStatement(new StatementRecord { Kind = MetamathStatementKind.Floating, SymbolStart = start, SymbolLength = 2, ScopeEnd = int.MaxValue });
        _scopes.Hypothesis(Tables.Statements.Count - 1, variable);
    }

    private void ReadEssential()
    {
        NeedsLabel();
        var start = ReadFormula("$e", out _);
        AddStatement(new StatementRecord { Kind = MetamathStatementKind.Essential, SymbolStart = start, SymbolLength = Tables.Text.Count - start, ScopeEnd = int.MaxValue });
        _scopes.Hypothesis(Tables.Statements.Count - 1, variable: 0);
    }

    private void ReadAssertion(bool theorem)
    {
        NeedsLabel();
        var keyword = theorem ? "$p" : "$a";
        var start = ReadFormula(keyword, out var endsInProof);
        var record = new StatementRecord { Kind = theorem ? MetamathStatementKind.Theorem : MetamathStatementKind.Axiom, SymbolStart = start, SymbolLength = Tables.Text.Count - start };
        if (theorem != endsInProof)
        {
            Tables.Text.Truncate(start);
            throw Wrong(MetamathErrorKind.MisplacedProof, theorem ? "$p needs a proof behind $=; \"$= ? $.\" says that there is none yet." : "$a takes no proof.");
        }

        if (theorem)
        {
            record.ProofStart = _scanner.Position;
            if (!_scanner.SkipProof(out var end))
            {
                Tables.Text.Truncate(start);
                throw Wrong(MetamathErrorKind.StatementNotClosed, "The file ends inside a proof.");
            }

            record.ProofLength = end - record.ProofStart;
        }

        _scopes.Frame(ref record);
        AddStatement(record);
    }

    /// <summary>Reads the symbols of a statement up to <c>$.</c> or <c>$=</c> and gives where they begin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int ReadFormula(string keyword, out bool endsInProof)
    {
        var start = Tables.Text.Count;
        endsInProof = false;
        try
        {
            while (true)
            {
                if (!_scanner.Next())
                    throw Wrong(MetamathErrorKind.StatementNotClosed, $"The file ends inside a {keyword} statement.");
                if (_scanner.Keyword is End or (byte)'=')
                    break;
                Tables.Text.Add(ActiveSymbol(needsType: true));
            }

            endsInProof = _scanner.Keyword == (byte)'=';
            if (endsInProof && keyword == "$e")
                throw Wrong(MetamathErrorKind.MisplacedProof, "$e takes no proof.");
            if (Tables.Text.Count == start)
                throw Wrong(MetamathErrorKind.EmptyStatement, $"{keyword} has no symbol.");
            if (Tables.Text[start] < 0)
                throw Wrong(MetamathErrorKind.FirstSymbolNotConstant, $"{keyword} must begin with a constant.");
            return start;
        }
        catch (ReadException)
        {
            Tables.Text.Truncate(start);
            throw;
        }
    }

    /// <summary>Goes to the next symbol of a declaration; false at <c>$.</c>.</summary>
    private bool NextSymbol(string keyword)
    {
        if (!_scanner.Next())
            throw Wrong(MetamathErrorKind.StatementNotClosed, $"The file ends inside a {keyword} statement.");
        if (_scanner.Keyword == End)
            return false;
        if (_scanner.Keyword != 0)
            throw KeywordInStatement();
        return true;
    }

    private ReadException KeywordInStatement() => _scanner.Keyword switch
    {
        (byte)'[' => Wrong(MetamathErrorKind.MisplacedInclude, "A file may not be included inside a statement."),
        (byte)'=' => Wrong(MetamathErrorKind.MisplacedProof, "$= belongs to $p statements only."),
        (byte)')' => Wrong(MetamathErrorKind.StrayCommentEnd, "$) ends no comment."),
        _ => Wrong(MetamathErrorKind.StatementNotClosed, $"{_scanner.Text} stands inside a statement; was $. forgotten?"),
    };

    private bool FindSymbol(out int symbol)
    {
        var name = Tables.Names.Find(_scanner.Key, _scanner.Source.Bytes, _scanner.Start, _scanner.Length);
        symbol = name < 0 ? 0 : Tables.Symbols[name];
        return name >= 0;
    }

    private int ActiveSymbol(bool needsType)
    {
        var name = Tables.Names.Find(_scanner.Key, _scanner.Source.Bytes, _scanner.Start, _scanner.Length);
        if (name < 0)
            throw UnknownSymbol();
        var symbol = Tables.Symbols[name];
        if (symbol >= 0 || _scopes.IsTyped(symbol))
            return symbol;
        if (!_scopes.IsActive(symbol))
            throw Wrong(MetamathErrorKind.InactiveVariable, $"The variable {_scanner.Text} is not active here: its $v is in a block that is closed.");
        return needsType ? throw Wrong(MetamathErrorKind.UntypedVariable, $"The variable {_scanner.Text} has no active $f.") : symbol;
    }

    private ReadException UnknownSymbol()
    {
        if (_scanner.Keyword != 0)
            return KeywordInStatement();
        var text = _scanner.Text;
        if (text.Contains('$', StringComparison.Ordinal))
            return Wrong(MetamathErrorKind.KeywordNotSeparated, $"\"{text}\" is no math symbol; keywords stand between white space.");
        return text.Any(c => c > 126)
            ? Wrong(MetamathErrorKind.InvalidCharacter, "Math symbols are made of printable ASCII.")
            : Wrong(MetamathErrorKind.UndeclaredSymbol, $"The math symbol {text} is not declared.");
    }

    private void NotEmpty(int count, string keyword)
    {
        if (count == 0)
            throw Wrong(MetamathErrorKind.EmptyStatement, $"{keyword} has no symbol.");
    }

    private void NeedsLabel()
    {
        if (_label < 0)
            throw Wrong(MetamathErrorKind.MissingLabel, $"{_scanner.Text} needs a label before it.");
    }

    private void AddStatement(StatementRecord record)
    {
        record.Source = _sourceIndex;
        record.Offset = _labelStart;
        var bytes = _scanner.Source.Bytes;
        Tables.Labels.Add(TokenTable.Key(bytes, _labelStart, _labelLength), bytes, _labelStart, _labelLength);
        Tables.Statements.Add(record);
        _label = -1;
    }
}
