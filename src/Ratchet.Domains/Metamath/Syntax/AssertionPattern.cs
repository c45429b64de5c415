namespace Ratchet.Domains.Metamath.Syntax;

/// <summary>An axiom or theorem with its parsed statements: what a proof step can apply.</summary>
internal sealed class AssertionPattern
{
    private AssertionPattern(int assertion, int[] variables, Statement conclusion, Statement[] essentials)
    {
        Assertion = assertion;
        Variables = variables;
        Conclusion = conclusion;
        Essentials = essentials;
        var fixedOnes = new HashSet<int>();
        conclusion.Body.CollectVariables(fixedOnes);
        Free = [.. variables.Where(v => !fixedOnes.Contains(v))];
    }

    /// <summary>Statement of the database.</summary>
    public int Assertion { get; }

    /// <summary>Mandatory variables in the order of their hypotheses.</summary>
    public int[] Variables { get; }

    public Statement Conclusion { get; }

    /// <summary>The <c>$e</c> hypotheses in order.</summary>
    public Statement[] Essentials { get; }

    /// <summary>The variables that the conclusion does not have.</summary>
    public int[] Free { get; }

    /// <summary>The pattern of an assertion, or null where the grammar cannot read it.</summary>
    public static AssertionPattern? Of(MetamathDatabase database, SyntaxGrammar grammar, int assertion)
    {
        var variables = new List<int>();
        var essentials = new List<Statement>();
        foreach (var hypothesis in database.FrameOf(assertion))
        {
            var symbols = database.SymbolsOf(hypothesis);
            if (database.Tables.Statements[hypothesis].Kind == MetamathStatementKind.Floating)
            {
                variables.Add(symbols[1]);
                continue;
            }

            if (grammar.Parse(symbols, assertion) is not { } essential)
                return null;
            essentials.Add(essential);
        }

        var conclusion = grammar.RuleOf(assertion) is { } rule
            ? new Statement(database.SymbolsOf(assertion)[0], Term.Node(assertion, rule.Constants, [.. variables.Select(Term.Variable)]))
            : grammar.Parse(database.SymbolsOf(assertion), assertion);
        return conclusion is { } parsed ? new AssertionPattern(assertion, [.. variables], parsed, [.. essentials]) : null;
    }

    /// <summary>Finds what must stand for the variables so that a part of the pattern becomes a term; false where nothing does.</summary>
    public bool Match(SyntaxGrammar grammar, Term pattern, Term term, Term?[] substitution)
    {
        if (pattern.Head < 0)
        {
            ref var bound = ref substitution[Array.IndexOf(Variables, pattern.Head)];
            if (bound is not null)
                return bound.Equals(term);
            if (grammar.TypeOf(pattern) != grammar.TypeOf(term))
                return false;
            bound = term;
            return true;
        }

        if (pattern.Head != term.Head)
            return false;
        for (var i = 0; i < pattern.Arguments.Length; i++)
        {
            if (!Match(grammar, pattern.Arguments[i], term.Arguments[i], substitution))
                return false;
        }

        return true;
    }

    public Statement Substitute(Statement statement, Term[] substitution) => statement with { Body = Substitute(statement.Body, substitution) };

    private Term Substitute(Term term, Term[] substitution) =>
        term.Head < 0 ? substitution[Array.IndexOf(Variables, term.Head)]
        : term.Arguments.Length == 0 ? term
        : term.With(Array.ConvertAll(term.Arguments, a => Substitute(a, substitution)));
}
