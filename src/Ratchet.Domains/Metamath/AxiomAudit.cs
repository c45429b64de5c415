using Ratchet.Domains.Metamath.Verification;

namespace Ratchet.Domains.Metamath;

/// <summary>Finds the axioms that theorems rest on, through all theorems between.</summary>
/// <remarks>
/// Every label that a proof names counts, also one in the list of a compressed proof that no letter uses. Safe to use from many threads.
/// </remarks>
public sealed class AxiomAudit
{
    private readonly MetamathDatabase _database;
    private readonly HashSet<int> _unproved = [];
    private readonly int[]?[] _direct;

    /// <summary>Makes an audit.</summary>
    /// <param name="database">Database.</param>
    /// <param name="report">Outcome of <see cref="MetamathDatabase.VerifyAll"/>, which tells which theorems are unproved; null to take all proofs for right.</param>
    public AxiomAudit(MetamathDatabase database, MetamathReport? report = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _direct = new int[]?[database.Count];
        foreach (var error in report?.Errors ?? [])
            _unproved.Add(database.Tables.Labels.Find(error.Label));
    }

    /// <summary>What a statement of the database rests on: an axiom on itself, a theorem on what its proof names, and so on.</summary>
    /// <param name="label">Label of a <c>$a</c> or <c>$p</c> statement.</param>
    /// <exception cref="ArgumentException">The database has no such assertion.</exception>
    public AxiomReport Of(string label)
    {
        var index = _database.Find(label)?.Index ?? -1;
        return index >= 0 && _database.Tables.Statements[index].IsAssertion ? Of([index]) : throw new ArgumentException($"{_database.Path} has no axiom or theorem {label}.", nameof(label));
    }

    /// <summary>What a new proof rests on.</summary>
    /// <param name="assertions">The assertions that it names, by <see cref="MetamathStatement.Index"/>: see <see cref="MetamathProofResult.Assertions"/>.</param>
    public AxiomReport Of(IEnumerable<int> assertions)
    {
        ArgumentNullException.ThrowIfNull(assertions);
        var seen = new HashSet<int>();
        var open = new Stack<int>();
        foreach (var assertion in assertions)
        {
            if (seen.Add(assertion))
                open.Push(assertion);
        }

        while (open.TryPop(out var statement))
        {
            foreach (var next in Direct(statement))
            {
                if (seen.Add(next))
                    open.Push(next);
            }
        }

        List<string> axioms = [], definitions = [], syntax = [], unproved = [];
        foreach (var statement in seen.Order())
        {
            if (_database.Tables.Statements[statement].Kind == MetamathStatementKind.Axiom)
                (IsSyntax(statement) ? syntax : IsDefinition(statement) ? definitions : axioms).Add(Label(statement));
            else if (_unproved.Contains(statement))
                unproved.Add(Label(statement));
        }

        return new AxiomReport(axioms, definitions, syntax, unproved);
    }

    /// <summary>For each statement, whether it and all that it rests on is proved or an axiom that is let pass.</summary>
    internal bool[] Sound(Func<string, bool> allows, bool allowsDefinitions)
    {
        var sound = new bool[_database.Count];
        for (var i = 0; i < sound.Length; i++)
        {
            sound[i] = _database.Tables.Statements[i].Kind switch
            {
                MetamathStatementKind.Axiom => IsSyntax(i) || (allowsDefinitions && IsDefinition(i)) || allows(Label(i)),
                MetamathStatementKind.Theorem => !_unproved.Contains(i) && Array.TrueForAll(Direct(i), d => sound[d]),
                _ => true,
            };
        }

        return sound;
    }

    private int[] Direct(int statement)
    {
        if (_database.Tables.Statements[statement].Kind != MetamathStatementKind.Theorem)
            return [];
        return _direct[statement] ??= [.. NamedLabels.Of(_database, statement).Where(i => _database.Tables.Statements[i].IsAssertion && i < statement).Distinct()];
    }

    private bool IsSyntax(int statement) => _database.IsSyntaxType(_database.SymbolsOf(statement)[0]);

    private bool IsDefinition(int statement) => _database.Tables.Labels.Name(statement).StartsWith("df-"u8);

    private string Label(int statement) => _database.Tables.Labels.Text(statement);
}
