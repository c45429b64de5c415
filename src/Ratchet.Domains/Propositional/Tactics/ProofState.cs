using Ratchet.Domains.Propositional.Kernel;
using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Tactics;

/// <summary>
/// An unfinished proof: a term with holes and the open goals, focused by bullets and braces with Coq's strict rules. One
/// thread at a time.
/// </summary>
internal sealed class ProofState
{
    private readonly Stack<Frame> _frames = new();
    private readonly Formula _statement;
    private readonly Term.Hole _root = new();
    private int _nextId;

    public ProofState(Formula statement)
    {
        _statement = statement;
        Focused = [new Goal([], statement, _root)];
        var atoms = new List<string>();
        statement.CollectAtoms(atoms);
        Atoms = atoms;
    }

    /// <summary>Goals in focus, the current one first.</summary>
    public List<Goal> Focused { get; private set; }

    /// <summary>Names of the statement's atoms; no hypothesis may be called like one.</summary>
    public IReadOnlyList<string> Atoms { get; }

    /// <summary>The proof term so far.</summary>
    public Term Term => _root;

    /// <summary>Conversion and final check share one step budget.</summary>
    public Checker Checker { get; } = new();

    /// <summary>Number of open goals, focused or not.</summary>
    public int OpenGoals => Focused.Count + _frames.Sum(f => f.Rest.Count);

    /// <summary>True inside a brace that was opened and not closed: Coq refuses to end such a proof.</summary>
    public bool HasOpenBrace => _frames.Any(f => f.Bullet is null);

    /// <summary>All open goals in the order in which sentences meet them.</summary>
    public IEnumerable<Goal> Open => Focused.Concat(_frames.SelectMany(f => f.Rest));

    /// <summary>How the goals are focused: two proofs with equal goals and equal focus take the same sentences.</summary>
    public string Focusing => _frames.Count == 0 ? "" : $"{Focused.Count} {string.Join(' ', _frames.Select(f => $"{f.Bullet ?? "{"}{f.Rest.Count}"))}";

    /// <summary>
    /// The same open goals with holes of their own: sentences on the fork leave this proof alone. The term so far stays behind, so a fork tells which sentences apply and never
    /// that a proof is right.
    /// </summary>
    public ProofState Fork()
    {
        var fork = new ProofState(_statement) { _nextId = _nextId, Focused = Own(Focused) };
        foreach (var frame in _frames.Reverse())
            fork._frames.Push(frame with { Rest = Own(frame.Rest) });
        return fork;
    }

    private static List<Goal> Own(List<Goal> goals) => goals.ConvertAll(g => g with { Hole = new Term.Hole() });

    public int NewId() => _nextId++;

    /// <summary>Puts goals in the place of the current one.</summary>
    public void Replace(IReadOnlyList<Goal> goals)
    {
        Focused.RemoveAt(0);
        Focused.InsertRange(0, goals);
    }

    /// <summary>The goal that a tactic works on.</summary>
    /// <exception cref="TacticException">No goal is in focus.</exception>
    public Goal Current
    {
        get
        {
            if (Focused.Count > 0)
                return Focused[0];
            throw new TacticException("No such goal." + Hint());
        }
    }

    /// <summary>Checks the finished term against the statement with the kernel.</summary>
    public bool KernelAccepts() => Checker.Proves(_root, _statement);

    public void Bullet(string bullet)
    {
        var inScope = false;
        foreach (var frame in _frames)
        {
            if (frame.Bullet is null)
                break;
            inScope |= frame.Bullet == bullet;
        }

        if (inScope)
        {
            while (true)
            {
                var top = _frames.Peek();
                if (Focused.Count > 0)
                    throw new TacticException($"Wrong bullet {bullet}: Current bullet {top.Bullet} is not finished.");
                Focused = _frames.Pop().Rest;
                if (top.Bullet == bullet)
                    break;
            }

            if (Focused.Count == 0)
                throw new TacticException($"Wrong bullet {bullet}: No more goals.");
        }
        else if (Focused.Count == 0)
        {
            var next = Expected();
            throw new TacticException($"Wrong bullet {bullet}: " + (next is null ? "No more goals." : $"Expecting {next}."));
        }

        Focus(bullet);
    }

    public void OpenBrace()
    {
        if (Focused.Count == 0)
            throw new TacticException("No such goal (1).");
        Focus(null);
    }

    public void CloseBrace()
    {
        if (!HasOpenBrace)
            throw new TacticException("The proof is not focused");
        while (true)
        {
            if (Focused.Count > 0)
                throw new TacticException("This proof is focused, but cannot be unfocused this way");
            var top = _frames.Pop();
            Focused = top.Rest;
            if (top.Bullet is null)
                return;
        }
    }

    private void Focus(string? bullet)
    {
        var rest = Focused.GetRange(1, Focused.Count - 1);
        Focused = [Focused[0]];
        _frames.Push(new Frame(bullet, rest));
    }

    /// <summary>The bullet that would bring the next goal into focus, or null.</summary>
    private string? Expected()
    {
        foreach (var frame in _frames)
        {
            if (frame.Bullet is null)
                return null;
            if (frame.Rest.Count > 0)
                return frame.Bullet;
        }

        return null;
    }

    private string Hint() => Expected() is { } bullet ? $" Focus next goal with bullet {bullet}."
        : HasOpenBrace ? " Try unfocusing with \"}\"."
        : "";

    private sealed record Frame(string? Bullet, List<Goal> Rest);
}
