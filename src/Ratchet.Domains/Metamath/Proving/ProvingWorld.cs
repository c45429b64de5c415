using System.Collections.Concurrent;
using Ratchet.Domains.Metamath.Syntax;

namespace Ratchet.Domains.Metamath.Proving;

/// <summary>What all proofs of one database share: the grammar, and assertions parsed when first needed.</summary>
internal sealed class ProvingWorld
{
    private readonly IReadOnlySet<string> _withheld;
    private readonly ConcurrentDictionary<int, AssertionPattern?> _patterns = new();

    /// <summary>The <c>$f</c> statements of each variable, in order.</summary>
    private readonly Dictionary<int, List<int>> _floating = [];

    public ProvingWorld(MetamathDatabase database, IReadOnlySet<string> withheld)
    {
        Database = database;
        Grammar = new SyntaxGrammar(database);
        _withheld = withheld;
        for (var i = 0; i < database.Count; i++)
        {
            if (database.Tables.Statements[i].Kind != MetamathStatementKind.Floating)
                continue;
            var variable = database.SymbolsOf(i)[1];
            if (!_floating.TryGetValue(variable, out var list))
                _floating[variable] = list = [];
            list.Add(i);
        }
    }

    public MetamathDatabase Database { get; }

    public SyntaxGrammar Grammar { get; }

    /// <summary>The pattern of an assertion; null where the grammar cannot read it.</summary>
    public AssertionPattern? Pattern(int assertion) => _patterns.GetOrAdd(assertion, a => AssertionPattern.Of(Database, Grammar, a));

    /// <summary>True where a recipe keeps the statement from being used.</summary>
    public bool IsWithheld(int statement) => _withheld.Count > 0 && _withheld.Contains(Database.Tables.Labels.Text(statement));

    /// <summary>The <c>$f</c> of a variable that is active where a theorem stands; null where there is none.</summary>
    public int? FloatingOf(MetamathTheorem theorem, int variable)
    {
        for (var i = 0; i < theorem.Locals.Length; i++)
        {
            if (theorem.Locals[i].IsFloating && theorem.Locals[i].Symbols[1] == variable)
                return ~i;
        }

        foreach (var statement in _floating.GetValueOrDefault(variable) ?? [])
        {
            if (statement < theorem.Limit && Database.Tables.Statements[statement].ScopeEnd > theorem.Limit)
                return statement;
        }

        return null;
    }
}
