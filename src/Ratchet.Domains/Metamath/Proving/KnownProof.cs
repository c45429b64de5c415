using Ratchet.Domains.Metamath.Reading;
using Ratchet.Domains.Metamath.Syntax;
using Ratchet.Domains.Metamath.Verification;
using Ratchet.Runs;

namespace Ratchet.Domains.Metamath.Proving;

/// <summary>Turns the proof of a theorem of the database into steps of the environment.</summary>
internal sealed class KnownProof
{
    private readonly ProvingWorld _world;
    private readonly MetamathTheorem _theorem;
    private readonly List<Statement> _stack = [];
    private readonly List<Statement> _saved = [];

    /// <summary>How each statement on the way is first proved.</summary>
    private readonly Dictionary<Statement, (AssertionPattern Pattern, Term[] Substitution)> _steps = [];

    private KnownProof(ProvingWorld world, MetamathTheorem theorem)
    {
        _world = world;
        _theorem = theorem;
    }

    /// <summary>The steps that lead from the open theorem to its end.</summary>
    /// <exception cref="RatchetException">The proof is wrong or incomplete, or the grammar cannot read one of its statements.</exception>
    public static IReadOnlyList<string> Steps(OpenTheorem open)
    {
        var known = new KnownProof(open.World, open.Theorem);
        known.Run();
        var path = new List<string>();
        for (var session = ProofSession.Open(open); !session.IsFinished;)
        {
            var step = known.StepFor(session);
            session = session.Run(StepText.Parse(step));
            path.Add(step);
        }

        return path;
    }

    private string StepFor(ProofSession session)
    {
        if (!_steps.TryGetValue(session.Goal, out var found))
            return session.Theorem.HypothesisFor(session.Goal) is { } hypothesis ? _theorem.LabelOf(hypothesis) : throw Unreadable($"the grammar reads \"{_world.Grammar.Text(session.Goal)}\" in more than one way");
        var (pattern, substitution) = found;
        var label = _theorem.LabelOf(pattern.Assertion);
        if (pattern.Free.Length == 0)
            return label;
        var bindings = pattern.Free.Select(v => $"{_theorem.Database.SymbolText(v)} {StepText.Assign} {_world.Grammar.Text(substitution[Array.IndexOf(pattern.Variables, v)])} ");
        return $"{label} {{ {string.Concat(bindings)}}}";
    }

    private void Run()
    {
        var database = _theorem.Database;
        var record = database.Tables.Statements[_theorem.Index];
        var proof = database.Tables.Sources[record.Source];
        if (database.Verify(_theorem, NamedLabels.ProofText(database, _theorem.Index)).Fault is { } fault)
            throw Unreadable(fault.Message);
        var scanner = new TokenScanner(proof) { Position = record.ProofStart };
        var end = record.ProofStart + record.ProofLength;
        scanner.Next();
        if (proof.Bytes[scanner.Start] == (byte)'(' && scanner.Length == 1)
        {
            RunCompressed(scanner, end);
            return;
        }

        do
            Step(database.Tables.Labels.Find(scanner.Text));
        while (scanner.Next() && scanner.Start < end);
    }

    private void RunCompressed(TokenScanner scanner, int end)
    {
        var references = _theorem.Mandatory.ToArray().ToList();
        while (scanner.Next() && scanner.Text != ")")
            references.Add(_theorem.Database.Tables.Labels.Find(scanner.Text));
        var high = 0;
        while (scanner.Next() && scanner.Start < end)
        {
            foreach (var letter in scanner.Text)
            {
                if (letter == 'Z')
                {
                    _saved.Add(_stack[^1]);
                }
                else if (letter >= 'U')
                {
                    high = (high * 5) + letter - 'T';
                }
                else
                {
                    var number = (high * 20) + letter - 'A';
                    high = 0;
                    if (number < references.Count)
                        Step(references[number]);
                    else
                        _stack.Add(_saved[number - references.Count]);
                }
            }
        }
    }

    private void Step(int statement)
    {
        var database = _theorem.Database;
        if (!database.Tables.Statements[statement].IsAssertion)
        {
            _stack.Add(_world.Grammar.Parse(database.SymbolsOf(statement), _theorem.Limit) ?? throw Unreadable($"the grammar cannot read {database.Tables.Labels.Text(statement)}"));
            return;
        }

        var pattern = _world.Pattern(statement) ?? throw Unreadable($"the grammar cannot read {database.Tables.Labels.Text(statement)}");
        var frame = database.FrameOf(statement);
        var bottom = _stack.Count - frame.Length;
        var substitution = new List<Term>();
        for (var i = 0; i < frame.Length; i++)
        {
            if (database.Tables.Statements[frame[i]].Kind == MetamathStatementKind.Floating)
                substitution.Add(_stack[bottom + i].Body);
        }

        Term[] terms = [.. substitution];
        var conclusion = pattern.Substitute(pattern.Conclusion, terms);
        _stack.RemoveRange(bottom, frame.Length);
        _stack.Add(conclusion);
        _steps.TryAdd(conclusion, (pattern, terms));
    }

    private RatchetException Unreadable(string why) => new($"The proof of {_theorem.Label} cannot be made into steps: {why}.");
}
