using Ratchet.Domains.Metamath.Reading;
using Ratchet.Runs;

namespace Ratchet.Domains.Metamath.Syntax;

/// <summary>The grammar that a database's syntax axioms spell: one rule for each <c>$a</c> with a type code of expressions.</summary>
/// <remarks>An axiom with <c>$e</c> hypotheses, or with a variable twice, is no rule of a context-free grammar and is left out.</remarks>
internal sealed class SyntaxGrammar
{
    private const int Samples = 20;
    private readonly MetamathDatabase _database;
    private readonly DatabaseTables _tables;
    private readonly Dictionary<(int Type, int Constant), List<SyntaxRule>> _byConstant = [];
    private readonly Dictionary<int, List<SyntaxRule>> _byExpression = [];
    private readonly Dictionary<int, List<SyntaxRule>> _leftRecursive = [];
    private readonly Dictionary<int, SyntaxRule> _byAxiom = [];

    /// <exception cref="RatchetException">The rules are left-recursive through several types.</exception>
    public SyntaxGrammar(MetamathDatabase database)
    {
        _database = database;
        _tables = database.Tables;
        for (var i = 0; i < database.Count; i++)
        {
            if (_tables.Statements[i].Kind == MetamathStatementKind.Axiom && database.IsSyntaxType(database.SymbolsOf(i)[0]))
                Add(i);
        }

        RefuseCycles();
        BodyTypes = new Lazy<Dictionary<int, int>>(FindBodyTypes);
    }

    /// <summary>For each type code, the type that its statements' bodies have: itself where variables can have it, else found by parsing.</summary>
    public Lazy<Dictionary<int, int>> BodyTypes { get; }

    public IReadOnlyList<SyntaxRule> ByConstant(int type, int constant) => _byConstant.GetValueOrDefault((type, constant)) ?? [];

    /// <summary>The rules of a type that begin with an expression of another type, or are empty.</summary>
    public IReadOnlyList<SyntaxRule> ByExpression(int type) => _byExpression.GetValueOrDefault(type) ?? [];

    /// <summary>The rules of a type that begin with an expression of that type.</summary>
    public IReadOnlyList<SyntaxRule> LeftRecursive(int type) => _leftRecursive.GetValueOrDefault(type) ?? [];

    public SyntaxRule? RuleOf(int axiom) => _byAxiom.GetValueOrDefault(axiom);

    public int TypeOf(Term term) => term.Head < 0 ? _tables.VariableTypes[~term.Head] : _database.SymbolsOf(term.Head)[0];

    /// <summary>Parses a statement with its type code; null where it is none of the grammar, or nested too deeply.</summary>
    /// <param name="symbols">Statement.</param>
    /// <param name="limit">Syntax axioms before this statement may be used.</param>
    public Statement? Parse(ReadOnlySpan<int> symbols, int limit)
    {
        if (!BodyTypes.Value.TryGetValue(symbols[0], out var type))
            return null;
        return ParseBody(symbols[1..], type, limit) is { } body ? new Statement(symbols[0], body) : null;
    }

    /// <summary>Parses an expression of a type; null where it is none, or nested too deeply.</summary>
    public Term? ParseBody(ReadOnlySpan<int> symbols, int type, int limit) => new SyntaxParser(this, symbols.ToArray(), limit).Parse(type);

    /// <summary>The symbols of a term with single spaces between them.</summary>
    public string Text(Term term) => _database.SymbolsText(Symbols(term).ToArray());

    public string Text(Statement statement)
    {
        var body = Text(statement.Body);
        return body.Length == 0 ? _database.SymbolText(statement.Typecode) : $"{_database.SymbolText(statement.Typecode)} {body}";
    }

    public List<int> Symbols(Term term)
    {
        var symbols = new List<int>();
        Append(term, symbols);
        return symbols;
    }

    private void Append(Term term, List<int> symbols)
    {
        if (term.Head < 0)
        {
            symbols.Add(term.Head);
            return;
        }

        foreach (var item in _byAxiom[term.Head].Items)
        {
            if (item.Constant >= 0)
                symbols.Add(item.Constant);
            else
                Append(term.Arguments[item.Argument], symbols);
        }
    }

    private void Add(int axiom)
    {
        var frame = _database.FrameOf(axiom);
        var symbols = _database.SymbolsOf(axiom);
        var items = new SyntaxItem[symbols.Length - 1];
        var used = new HashSet<int>();
        for (var i = 0; i < items.Length; i++)
        {
            var symbol = symbols[i + 1];
            if (symbol < 0 && !used.Add(symbol))
                return;
            items[i] = symbol >= 0 ? new SyntaxItem(symbol, -1, -1) : new SyntaxItem(-1, _tables.VariableTypes[~symbol], ArgumentOf(frame, symbol));
        }

        // Every mandatory hypothesis must be the type of a variable in the text.
        if (used.Count != frame.Length)
            return;
        var rule = new SyntaxRule(axiom, items, items.Length - used.Count);
        _byAxiom.Add(axiom, rule);
        if (items.Length > 0 && items[0].Constant >= 0)
            Put(_byConstant, (symbols[0], items[0].Constant), rule);
        else
            Put(items.Length > 0 && items[0].Type == symbols[0] ? _leftRecursive : _byExpression, symbols[0], rule);
    }

    private int ArgumentOf(ReadOnlySpan<int> frame, int variable)
    {
        for (var i = 0; i < frame.Length; i++)
        {
            var hypothesis = _database.SymbolsOf(frame[i]);
            if (_tables.Statements[frame[i]].Kind == MetamathStatementKind.Floating && hypothesis[1] == variable)
                return i;
        }

        throw new InvalidOperationException("A variable of an assertion has no mandatory hypothesis.");
    }

    private static void Put<TKey>(Dictionary<TKey, List<SyntaxRule>> rules, TKey key, SyntaxRule rule)
        where TKey : notnull
    {
        if (!rules.TryGetValue(key, out var list))
            rules[key] = list = [];
        list.Add(rule);
    }

    /// <summary>The parser follows left recursion inside one type; through several it would not end.</summary>
    private void RefuseCycles()
    {
        var nullable = _byExpression.Where(r => r.Value.Any(rule => rule.Items.Length == 0)).Select(r => r.Key).ToHashSet();
        var corners = new Dictionary<int, HashSet<int>>();
        foreach (var (type, rules) in _byExpression.Concat(_leftRecursive))
        {
            foreach (var item in rules.SelectMany(r => r.Items.TakeWhile((item, i) => i == 0 || (r.Items[i - 1].Constant < 0 && nullable.Contains(r.Items[i - 1].Type)))))
            {
                if (item.Constant < 0 && item.Type != type)
                    (corners.TryGetValue(type, out var set) ? set : corners[type] = []).Add(item.Type);
            }
        }

        foreach (var type in corners.Keys)
        {
            if (Reaches(corners, type, type))
            {
                throw new RatchetException(
                    $"The grammar of {_database.Path} cannot be read: an expression of type {_database.SymbolText(type)} can begin with one of another type that begins with the first again.",
                    "Proofs of this database can be verified, but not made step by step.");
            }
        }
    }

    private static bool Reaches(Dictionary<int, HashSet<int>> edges, int from, int to)
    {
        var seen = new HashSet<int>();
        var open = new Stack<int>(edges[from]);
        while (open.TryPop(out var type))
        {
            if (type == to)
                return true;
            if (seen.Add(type) && edges.TryGetValue(type, out var next))
            {
                foreach (var other in next)
                    open.Push(other);
            }
        }

        return false;
    }

    private Dictionary<int, int> FindBodyTypes()
    {
        var samples = new Dictionary<int, List<int>>();
        for (var i = 0; i < _database.Count; i++)
        {
            var typecode = _database.SymbolsOf(i)[0];
            if (!_tables.Statements[i].IsAssertion || _database.IsSyntaxType(typecode))
                continue;
            if (!samples.TryGetValue(typecode, out var list))
                samples[typecode] = list = [];
            if (list.Count < Samples)
                list.Add(i);
        }

        var types = _tables.SyntaxTypes.Order().ToDictionary(t => t);
        foreach (var (typecode, statements) in samples)
        {
            foreach (var type in _tables.SyntaxTypes.Order())
            {
                if (statements.TrueForAll(s => ParseBody(_database.SymbolsOf(s)[1..], type, s) is not null))
                {
                    types[typecode] = type;
                    break;
                }
            }
        }

        return types;
    }
}
