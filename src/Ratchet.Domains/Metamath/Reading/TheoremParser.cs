using Ratchet.Problems;

namespace Ratchet.Domains.Metamath.Reading;

/// <summary>Reads the text of a theorem: see <see cref="MetamathTheorem.Parse"/>.</summary>
internal sealed class TheoremParser
{
    private readonly MetamathDatabase _database;
    private readonly DatabaseTables _tables;
    private readonly string _text;
    private readonly TokenScanner _scanner;
    private readonly List<LocalHypothesis> _locals = [];
    private readonly List<int[]> _disjoint = [];
    private readonly Dictionary<string, int> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _positions = [];

    public TheoremParser(MetamathDatabase database, string text)
    {
        _database = database;
        _tables = database.Tables;
        _text = text;
        _scanner = new TokenScanner(SourceFile.Of("theorem", text));
    }

    public MetamathTheorem Parse()
    {
        try
        {
            return ParseText();
        }
        catch (ReadException e)
        {
            throw new StatementException(e.Message, e.Start);
        }
    }

    private MetamathTheorem ParseText()
    {
        var trimmed = _text.Trim();
        if (!trimmed.Any(c => c == '$' || char.IsWhiteSpace(c)))
            return ByLabel(trimmed);
        while (true)
        {
            if (!_scanner.Next())
                throw Wrong("The text ends without a statement \"label $p ... $.\".");
            if (_scanner.Keyword == (byte)'d')
            {
                ReadDisjoint();
                continue;
            }

            var (label, start) = ReadLabel();
            var keyword = _scanner.Next() ? _scanner.Keyword : (byte)0;
            switch (keyword)
            {
                case (byte)'e':
                    AddLocal(new LocalHypothesis(label, ReadSymbols(), IsFloating: false), start);
                    break;
                case (byte)'f':
                    AddLocal(new LocalHypothesis(label, ReadSymbols(), IsFloating: true), start);
                    break;
                case (byte)'p':
                    var conclusion = ReadSymbols();
                    if (_scanner.Next())
                        throw Wrong($"The theorem must be the last statement; behind it stands \"{_scanner.Text}\".");
                    return Finish(label, start, conclusion);
                default:
                    throw Wrong($"Behind the label {label} one of $e, $f and $p is expected.");
            }
        }
    }

    private MetamathTheorem ByLabel(string label)
    {
        var index = label.Length == 0 ? -1 : _tables.Labels.Find(label);
        return index >= 0 && _tables.Statements[index].Kind == MetamathStatementKind.Theorem
            ? new MetamathTheorem(_database, index)
            : throw new StatementException(label.Length == 0 ? "The text is empty." : $"The database has no theorem {label}.", 0);
    }

    private (string Label, int Start) ReadLabel()
    {
        var bytes = _scanner.Source.Bytes.AsSpan(_scanner.Start, _scanner.Length);
        foreach (var b in bytes)
        {
            if (!DatabaseReader.IsLabelByte(b))
                throw Wrong(_scanner.Keyword != 0 ? $"{_scanner.Text} is not allowed here: the text is made of $d, $e, $f and one $p." : $"\"{_scanner.Text}\" is no label.");
        }

        return (_scanner.Text, _scanner.Start);
    }

    private void AddLocal(LocalHypothesis hypothesis, int start)
    {
        if (hypothesis.IsFloating && (hypothesis.Symbols.Length != 2 || hypothesis.Symbols[1] >= 0))
            throw Wrong("$f must be one constant and one variable.");
        if (!_labels.TryAdd(hypothesis.Label, ~_locals.Count))
            throw new StatementException($"The label {hypothesis.Label} stands twice.", start);
        if (_tables.Names.Find(hypothesis.Label) >= 0)
            throw new StatementException($"The label {hypothesis.Label} is a math symbol of the database.", start);
        _positions[_locals.Count] = start;
        _locals.Add(hypothesis);
    }

    private void ReadDisjoint()
    {
        var variables = new List<int>();
        while (NextSymbol(out var symbol))
        {
            if (symbol >= 0 || variables.Contains(symbol))
                throw Wrong("$d takes variables, each once.");
            variables.Add(symbol);
        }

        if (variables.Count < 2)
            throw Wrong("$d needs two variables or more.");
        _disjoint.Add([.. variables]);
    }

    private int[] ReadSymbols()
    {
        var symbols = new List<int>();
        while (NextSymbol(out var symbol))
        {
            if (symbols.Count == 0 && symbol < 0)
                throw Wrong("A statement begins with a constant.");
            symbols.Add(symbol);
        }

        return symbols.Count > 0 ? [.. symbols] : throw Wrong("The statement has no symbol.");
    }

    private bool NextSymbol(out int symbol)
    {
        symbol = 0;
        if (!_scanner.Next())
            throw Wrong("The text ends inside a statement; $. is missing.");
        if (_scanner.Keyword == (byte)'.')
            return false;
        if (_scanner.Keyword == (byte)'=')
            throw Wrong("The proof does not belong to the statement: end it with $. in place of $=.");
        var name = _tables.Names.Find(_scanner.Key, _scanner.Source.Bytes, _scanner.Start, _scanner.Length);
        if (name < 0)
            throw Wrong($"The database declares no math symbol {_scanner.Text}.");
        symbol = _tables.Symbols[name];
        return true;
    }

    private MetamathTheorem Finish(string label, int start, int[] conclusion)
    {
        var known = _tables.Labels.Find(label);
        if (known >= 0 && _tables.Statements[known].Kind == MetamathStatementKind.Theorem)
            return Known(known, start, conclusion);
        if (known >= 0)
            throw new StatementException($"The label {label} belongs to a statement of the database that is no theorem.", start);
        if (_labels.ContainsKey(label))
            throw new StatementException($"The label {label} is that of a hypothesis too.", start);
        if (_tables.Names.Find(label) >= 0)
            throw new StatementException($"The label {label} is a math symbol of the database.", start);
        foreach (var (name, local) in _labels)
        {
            if (_tables.Labels.Find(name) >= 0)
                throw new StatementException($"The label {name} is used in the database already.", _positions[~local]);
        }

        var mandatory = Mandatory(conclusion);
        var variables = mandatory.Select(VariableOf).Where(v => v < 0).ToHashSet();
        return new MetamathTheorem(_database, label, conclusion, mandatory, [.. _locals], [.. _disjoint], Pairs(variables));
    }

    /// <summary>A text under a label of the database must say what the database says.</summary>
    private MetamathTheorem Known(int index, int start, int[] conclusion)
    {
        var theorem = new MetamathTheorem(_database, index);
        var essentials = new List<(string, string)>();
        foreach (var hypothesis in theorem.Mandatory)
        {
            if (!theorem.IsFloating(hypothesis))
                essentials.Add((theorem.LabelOf(hypothesis), _database.SymbolsText(theorem.SymbolsOf(hypothesis))));
        }

        var given = _locals.Where(l => !l.IsFloating).Select(l => (l.Label, _database.SymbolsText(l.Symbols)));
        var variables = new HashSet<int>();
        foreach (var hypothesis in theorem.Mandatory)
        {
            if (theorem.IsFloating(hypothesis))
                variables.Add(theorem.SymbolsOf(hypothesis)[1]);
        }

        if (!theorem.Conclusion.SequenceEqual(conclusion) || !essentials.SequenceEqual(given) || !PairSet(theorem.Pairs).SetEquals(PairSet(GroupPairs(_disjoint, variables))))
        {
            throw new StatementException(
                $"The database has a theorem {theorem.Label} that says something else. Give this one another label, or say what the database says:\n{theorem.Text}", start);
        }

        return theorem;
    }

    private int VariableOf(int reference)
    {
        var symbols = reference >= 0 ? _database.SymbolsOf(reference) : _locals[~reference].Symbols;
        return (reference >= 0 ? _tables.Statements[reference].Kind == MetamathStatementKind.Floating : _locals[~reference].IsFloating) ? symbols[1] : 0;
    }

    private int[] Mandatory(int[] conclusion)
    {
        var floating = new Dictionary<int, int>();
        var essentials = new List<int>();
        foreach (var hypothesis in _tables.EndHypotheses)
        {
            if (VariableOf(hypothesis) is var variable and < 0)
                floating[variable] = hypothesis;
            else
                essentials.Add(hypothesis);
        }

        for (var i = 0; i < _locals.Count; i++)
        {
            if (_locals[i].IsFloating)
                AddFloating(floating, i);
            else
                essentials.Add(~i);
        }

        var needed = new HashSet<int>();
        foreach (var symbol in essentials.SelectMany(e => e >= 0 ? _database.SymbolsOf(e).ToArray() : _locals[~e].Symbols).Concat(conclusion).Where(s => s < 0))
        {
            if (!floating.TryGetValue(symbol, out var hypothesis))
                throw new StatementException($"The variable {_database.SymbolText(symbol)} has no $f that is active at the end of the database; give it one: \"label $f type {_database.SymbolText(symbol)} $.\".", 0);
            needed.Add(hypothesis);
        }

        // Order of appearance: the database first, then the text.
        return [.. needed.Concat(essentials).OrderBy(r => r >= 0 ? r : int.MaxValue / 2 + ~r)];
    }

    private void AddFloating(Dictionary<int, int> floating, int local)
    {
        var (typecode, variable) = (_locals[local].Symbols[0], _locals[local].Symbols[1]);
        var known = _tables.VariableTypes[~variable];
        if (!floating.TryAdd(variable, ~local))
            throw new StatementException($"The variable {_database.SymbolText(variable)} has an active $f already.", _positions[local]);
        if (known >= 0 && known != typecode)
            throw new StatementException($"The variable {_database.SymbolText(variable)} has the type {_database.SymbolText(known)} in the database.", _positions[local]);
    }

    private int[] Pairs(HashSet<int> variables)
    {
        var groups = new List<int[]>();
        for (var d = _tables.EndDisjoint; d >= 0; d = _tables.Disjoints[d].Previous)
            groups.Add(_tables.DisjointVariables.Span(_tables.Disjoints[d].Start, _tables.Disjoints[d].Length).ToArray());
        return GroupPairs(groups.Concat(_disjoint), variables);
    }

    private static int[] GroupPairs(IEnumerable<int[]> groups, HashSet<int> variables)
    {
        var pairs = new List<int>();
        foreach (var group in groups)
        {
            var kept = group.Where(variables.Contains).ToArray();
            for (var i = 0; i < kept.Length; i++)
            {
                for (var j = i + 1; j < kept.Length; j++)
                    pairs.AddRange([kept[i], kept[j]]);
            }
        }

        return [.. pairs];
    }

    private static HashSet<(int, int)> PairSet(ReadOnlySpan<int> pairs)
    {
        var set = new HashSet<(int, int)>();
        for (var i = 0; i < pairs.Length; i += 2)
            set.Add(MetamathTheorem.Ordered(pairs[i], pairs[i + 1]));
        return set;
    }

    private StatementException Wrong(string message) => new(message, Math.Min(_scanner.Start, _text.Length));
}
