using System.Text;
using Ratchet.Domains.Metamath.Syntax;
using Ratchet.Runs;

namespace Ratchet.Domains.Metamath.Proving;

/// <summary>Writes a partial or finished proof as Metamath writes it; an open goal becomes <c>?</c>.</summary>
internal sealed class ProofWriter
{
    private const int MaxTokens = 1 << 22;

    /// <summary>Stands for an open goal.</summary>
    private const int Gap = int.MaxValue;

    /// <summary>A step: a statement, local hypothesis (below 0) or <see cref="Gap"/>, and the steps that it takes, each at a lower place.</summary>
    private readonly record struct Node(int Reference, int[] Children);

    private readonly ProofSession _session;
    private readonly MetamathTheorem _theorem;
    private readonly IReadOnlyDictionary<Statement, AppliedAssertion> _steps;
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<Term, int> _syntax = [];
    private readonly Dictionary<Statement, int> _proofs = [];
    private readonly int _root;

    public ProofWriter(ProofSession session)
    {
        _session = session;
        _theorem = session.Theorem.Theorem;
        _steps = session.Steps();
        _root = AddProof(session.Theorem.Goal);
    }

    /// <summary>Labels with single spaces between them.</summary>
    /// <exception cref="RatchetException">The proof has more than some four million steps without abbreviation.</exception>
    public string Normal()
    {
        var text = new StringBuilder();
        var tokens = 0;
        Walk(_root, node =>
        {
            if (++tokens > MaxTokens)
                throw new RatchetException($"The proof of {_theorem.Label} has more than {MaxTokens} steps in normal form.", "Write it in compressed form.");
            text.Append(text.Length == 0 ? "" : " ").Append(Label(_nodes[node].Reference));
        });
        return text.ToString();
    }

    /// <summary><c>( labels ) letters</c>; a step with hypotheses that is used again is written once.</summary>
    public string Compressed()
    {
        var uses = new int[_nodes.Count];
        foreach (var node in Reachable())
        {
            foreach (var child in _nodes[node].Children)
                uses[child]++;
        }

        var labels = new List<int>();
        var numbers = new Dictionary<int, int>();
        var mandatory = _theorem.Mandatory.ToArray();
        for (var i = 0; i < mandatory.Length; i++)
            numbers[mandatory[i]] = i + 1;
        foreach (var node in Reachable())
        {
            var reference = _nodes[node].Reference;
            if (reference != Gap && numbers.TryAdd(reference, mandatory.Length + labels.Count + 1))
                labels.Add(reference);
        }

        var letters = new StringBuilder();
        var saved = new Dictionary<int, int>();
        Walk(
            _root,
            node =>
            {
                AppendNumber(letters, _nodes[node].Reference == Gap ? 0 : numbers[_nodes[node].Reference]);
                if (uses[node] > 1 && _nodes[node].Children.Length > 0)
                {
                    saved[node] = mandatory.Length + labels.Count + saved.Count + 1;
                    letters.Append('Z');
                }
            },
            node =>
            {
                if (!saved.TryGetValue(node, out var number))
                    return false;
                AppendNumber(letters, number);
                return true;
            });
        return $"( {string.Concat(labels.Select(l => Label(l) + " "))}) {letters}";
    }

    internal static void AppendNumber(StringBuilder text, int number)
    {
        if (number == 0)
        {
            text.Append('?');
            return;
        }

        number--;
        var last = (char)('A' + (number % 20));
        var high = new List<char>();
        for (number /= 20; number > 0; number = (number - 1) / 5)
            high.Add((char)('U' + ((number - 1) % 5)));
        for (var i = high.Count - 1; i >= 0; i--)
            text.Append(high[i]);
        text.Append(last);
    }

    /// <summary>The steps that the root takes in the end, in the order in which a proof first comes to them.</summary>
    private List<int> Reachable()
    {
        var order = new List<int>();
        var seen = new bool[_nodes.Count];
        Walk(
            _root,
            node =>
            {
                seen[node] = true;
                order.Add(node);
            },
            node => seen[node]);
        return order;
    }

    /// <summary>Visits steps in the order of a proof: hypotheses first. A step that <paramref name="skip"/> takes care of is not entered.</summary>
    private void Walk(int root, Action<int> visit, Func<int, bool>? skip = null)
    {
        var stack = new Stack<(int Node, int Child)>();
        if (skip?.Invoke(root) != true)
            stack.Push((root, 0));
        while (stack.TryPop(out var top))
        {
            var children = _nodes[top.Node].Children;
            if (top.Child == children.Length)
            {
                visit(top.Node);
                continue;
            }

            stack.Push((top.Node, top.Child + 1));
            if (skip?.Invoke(children[top.Child]) != true)
                stack.Push((children[top.Child], 0));
        }
    }

    /// <summary>Adds the proof of a statement with all that it needs. A loop and not a recursion, since proofs can be thousands of steps deep.</summary>
    private int AddProof(Statement root)
    {
        var stack = new Stack<Statement>();
        stack.Push(root);
        while (stack.TryPeek(out var statement))
        {
            if (_proofs.ContainsKey(statement))
            {
                stack.Pop();
                continue;
            }

            if (_steps.TryGetValue(statement, out var applied) && _session.Theorem.HypothesisFor(statement) is null)
            {
                var missing = applied.Goals.Where(g => !_proofs.ContainsKey(g)).ToArray();
                if (missing.Length > 0)
                {
                    foreach (var goal in missing)
                        stack.Push(goal);
                    continue;
                }

                _proofs[statement] = AddApplied(applied);
            }
            else
            {
                _proofs[statement] = AddLeaf(statement);
            }

            stack.Pop();
        }

        return _proofs[root];
    }

    private int AddLeaf(Statement statement)
    {
        if (_session.Theorem.HypothesisFor(statement) is { } hypothesis)
            return Add(hypothesis, []);
        return _theorem.Database.IsSyntaxType(statement.Typecode) && !_session.Goals.Contains(statement) ? AddSyntax(statement.Body) : Add(Gap, []);
    }

    private int AddApplied(AppliedAssertion applied)
    {
        var database = _theorem.Database;
        var frame = database.FrameOf(applied.Pattern.Assertion);
        var children = new int[frame.Length];
        var (variable, essential) = (0, 0);
        for (var i = 0; i < frame.Length; i++)
        {
            children[i] = database.Tables.Statements[frame[i]].Kind == MetamathStatementKind.Floating
                ? AddSyntax(applied.Substitution[variable++])
                : _proofs[applied.Goals[essential++]];
        }

        return Add(applied.Pattern.Assertion, children);
    }

    private int AddSyntax(Term term)
    {
        if (_syntax.TryGetValue(term, out var known))
            return known;
        return _syntax[term] = term.Head < 0
            ? Add(_session.Theorem.World.FloatingOf(_theorem, term.Head)!.Value, [])
            : Add(term.Head, Array.ConvertAll(term.Arguments, AddSyntax));
    }

    private int Add(int reference, int[] children)
    {
        _nodes.Add(new Node(reference, children));
        return _nodes.Count - 1;
    }

    private string Label(int reference) => reference == Gap ? "?" : _theorem.LabelOf(reference);
}
