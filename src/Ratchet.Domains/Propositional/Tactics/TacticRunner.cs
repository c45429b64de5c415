using Ratchet.Domains.Propositional.Kernel;
using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Tactics;

/// <summary>
/// Runs sentences on a proof state with the behaviour of Coq 8.16's tactics on propositional goals. Nothing here is
/// trusted: a wrong term is caught by the kernel at the end.
/// </summary>
/// <remarks>
/// Where this is stricter than Coq: <c>True</c> and <c>False</c> are no names for hypotheses; surplus names in a conjunctive pattern are
/// refused (Coq warns); <c>destruct (h)</c> with a bare name in parentheses is refused (Coq then keeps <c>h</c>); <c>apply</c> takes a hypothesis or an
/// application of one, or <c>I</c>, not the other constructors; a pattern of <c>intros</c> may not open premises; terms have no <c>fun</c>.
/// Nothing is known to be looser: tests hold cases and mutated proofs against the real Coq.
/// </remarks>
internal static partial class TacticRunner
{
    /// <summary>Runs one sentence.</summary>
    /// <exception cref="TacticException">It does not apply.</exception>
    /// <exception cref="KernelLimitException">A comparison of formulas took too long.</exception>
    public static void Run(ProofState state, Sentence sentence)
    {
        switch (sentence.Kind)
        {
            case SentenceKind.Bullet:
                state.Bullet(sentence.Bullet);
                return;
            case SentenceKind.OpenBrace:
                state.OpenBrace();
                return;
            case SentenceKind.CloseBrace:
                state.CloseBrace();
                return;
        }

        var goal = state.Current;
        state.Replace(sentence.Kind switch
        {
            SentenceKind.Intros => Intros(state, goal, sentence.Patterns),
            SentenceKind.Intro => [Intro(state, goal, sentence.Patterns)],
            SentenceKind.Exact => Exact(state, goal, sentence.Expression!),
            SentenceKind.Apply => Apply(state, goal, sentence.Expression!),
            SentenceKind.Split => Construct(state, goal, 1, 0),
            SentenceKind.Left => Construct(state, goal, 2, 0),
            SentenceKind.Right => Construct(state, goal, 2, 1),
            SentenceKind.Constructor => Construct(state, goal, 0, 0),
            SentenceKind.Destruct => Destruct(state, goal, sentence),
            SentenceKind.Exfalso => Exfalso(goal),
            SentenceKind.Assumption => Assumption(state, goal),
            SentenceKind.Assert => Assert(state, goal, sentence),
            SentenceKind.Contradiction => Contradiction(state, goal),
            _ => throw new InvalidOperationException($"No tactic {sentence.Kind}."),
        });
    }

    private static List<Goal> Intros(ProofState state, Goal goal, IReadOnlyList<Pattern> patterns)
    {
        if (patterns.Count == 0)
            return [IntroVisible(state, goal)];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pattern in patterns)
        {
            if (pattern.Name is not null && !names.Add(pattern.Name))
                throw new TacticException($"{pattern.Name} is used twice.", pattern.Start, pattern.End);
        }

        List<Goal> goals = [goal];
        foreach (var pattern in patterns)
        {
            // A pattern in brackets may leave several goals; the later patterns go to the goals that its branches left, not to
            // the premises that it opened.
            var next = new List<Goal>(goals.Count);
            foreach (var each in goals)
                next.AddRange(IntroPattern(state, each, pattern));
            goals = next;
        }

        return goals;
    }

    private static List<Goal> IntroPattern(ProofState state, Goal goal, Pattern pattern)
    {
        var head = goal.Target.Head;
        if (head.Kind != FormulaKind.Implies)
            throw new TacticException("No product even after head-reduction.", pattern.Start, pattern.End);
        if (pattern.Name is not null)
            return [IntroAs(state, goal, NewName(state, goal.Context, pattern.Name, pattern.Start, pattern.End))];
        var id = state.NewId();
        var hole = new Term.Hole();
        goal.Hole.Value = new Term.Lambda(id, head.Left, hole);
        var inner = goal with { Target = head.Right, Hole = hole };
        var (premises, branches) = Match(state, inner, new Term.Variable(id), head.Left, pattern);
        if (premises.Count > 0)
            throw new TacticException("This pattern would leave the hypothesis's premises as goals; introduce it by a name first.", pattern.Start, pattern.End);
        return branches;
    }

    private static Goal Intro(ProofState state, Goal goal, IReadOnlyList<Pattern> patterns)
    {
        if (goal.Target.Head.Kind != FormulaKind.Implies)
            throw new TacticException("No product even after head-reduction.");
        return IntroAs(state, goal, patterns.Count == 0
            ? FreshName(state, goal.Context)
            : NewName(state, goal.Context, patterns[0].Name!, patterns[0].Start, patterns[0].End));
    }

    /// <summary>Introduces what is visibly an implication, without unfolding <c>~</c>, under names that Coq would choose.</summary>
    private static Goal IntroVisible(ProofState state, Goal goal)
    {
        while (goal.Target.Kind == FormulaKind.Implies)
            goal = IntroAs(state, goal, FreshName(state, goal.Context));
        return goal;
    }

    private static Goal IntroAs(ProofState state, Goal goal, string name)
    {
        var head = goal.Target.Head;
        var id = state.NewId();
        var hole = new Term.Hole();
        goal.Hole.Value = new Term.Lambda(id, head.Left, hole);
        return new Goal([.. goal.Context, new Hypothesis(name, head.Left, id)], head.Right, hole);
    }

    private static string NewName(ProofState state, Hypothesis[] context, string name, int start, int end)
    {
        if (name is "True" or "False")
            throw new TacticException($"{name} cannot name a hypothesis here.", start, end);
        if (IsUsed(state, context, name))
            throw new TacticException($"{name} is already used.", start, end);
        return name;
    }

    private static string FreshName(ProofState state, Hypothesis[] context)
    {
        if (!IsUsed(state, context, "H"))
            return "H";
        var index = 0;
        while (IsUsed(state, context, $"H{index}"))
            index++;
        return $"H{index}";
    }

    private static bool IsUsed(ProofState state, Hypothesis[] context, string name)
    {
        foreach (var hypothesis in context)
        {
            if (hypothesis.Name == name)
                return true;
        }

        return state.Atoms.Contains(name);
    }

    private static List<Goal> Exfalso(Goal goal)
    {
        var hole = new Term.Hole();
        goal.Hole.Value = new Term.Absurd(hole, goal.Target);
        return [goal with { Target = Formula.False, Hole = hole }];
    }

    private static List<Goal> Assumption(ProofState state, Goal goal)
    {
        for (var i = goal.Context.Length - 1; i >= 0; i--)
        {
            if (!state.Checker.Convertible(goal.Context[i].Type, goal.Target))
                continue;
            goal.Hole.Value = new Term.Variable(goal.Context[i].Id);
            return [];
        }

        throw new TacticException("No such assumption.");
    }

    private static List<Goal> Assert(ProofState state, Goal goal, Sentence sentence)
    {
        var formula = sentence.Formula!;
        var lemma = new Term.Hole();
        var rest = new Term.Hole();
        var id = state.NewId();
        goal.Hole.Value = new Term.Application(new Term.Lambda(id, formula, rest), lemma);
        var first = goal with { Target = formula, Hole = lemma };
        var pattern = sentence.Patterns.Count > 0 ? sentence.Patterns[0] : null;
        var name = pattern is null ? FreshName(state, goal.Context)
            : pattern.Name is null ? null
            : NewName(state, goal.Context, pattern.Name, pattern.Start, pattern.End);
        if (name is not null)
            return [first, new Goal([.. goal.Context, new Hypothesis(name, formula, id)], goal.Target, rest)];
        var (premises, branches) = Match(state, goal with { Hole = rest }, new Term.Variable(id), formula, pattern);
        return [first, .. premises, .. branches];
    }

    /// <summary><c>split</c>, <c>left</c>, <c>right</c>, <c>constructor</c>: introduces what stands before the goal's last part, then applies its constructor.</summary>
    /// <param name="state">Proof.</param>
    /// <param name="goal">Current goal.</param>
    /// <param name="constructors">How many constructors the connective must have, or 0 for any number.</param>
    /// <param name="index">Which of them.</param>
    private static List<Goal> Construct(ProofState state, Goal goal, int constructors, int index)
    {
        var last = goal.Target.Head;
        while (last.Kind == FormulaKind.Implies)
            last = last.Right.Head;
        var count = last.Kind switch
        {
            FormulaKind.And or FormulaKind.True => 1,
            FormulaKind.Or => 2,
            FormulaKind.False => 0,
            _ => throw new TacticException("Not an inductive product."),
        };
        if (constructors != 0 && count != constructors)
            throw new TacticException($"Not an inductive goal with {constructors} constructor{(constructors == 1 ? "" : "s")}.");
        if (count == 0)
            throw new TacticException("The type has no constructors.");

        while (goal.Target.Head.Kind == FormulaKind.Implies)
            goal = IntroAs(state, goal, FreshName(state, goal.Context));
        if (last.Kind == FormulaKind.True)
        {
            goal.Hole.Value = Term.Trivial.Instance;
            return [];
        }

        var hole = new Term.Hole();
        if (last.Kind == FormulaKind.Or)
        {
            goal.Hole.Value = new Term.Inject(index == 0, hole, index == 0 ? last.Right : last.Left);
            return [goal with { Target = index == 0 ? last.Left : last.Right, Hole = hole }];
        }

        var second = new Term.Hole();
        goal.Hole.Value = new Term.Pair(hole, second);
        return [goal with { Target = last.Left, Hole = hole }, goal with { Target = last.Right, Hole = second }];
    }

    /// <summary>Finds <c>False</c>, <c>~ True</c>, or a pair <c>A</c>, <c>~ A</c> among the hypotheses.</summary>
    private static List<Goal> Contradiction(ProofState state, Goal goal)
    {
        goal = IntroVisible(state, goal);
        for (var i = goal.Context.Length - 1; i >= 0; i--)
        {
            var hypothesis = goal.Context[i];
            var head = hypothesis.Type.Head;
            Term proof = new Term.Variable(hypothesis.Id);
            if (head.Kind == FormulaKind.False)
            {
                goal.Hole.Value = new Term.Absurd(proof, goal.Target);
                return [];
            }

            if (head.Kind != FormulaKind.Implies || head.Right.Kind != FormulaKind.False)
                continue;
            var other = head.Left.Kind == FormulaKind.True ? Term.Trivial.Instance
                : Array.FindLast(goal.Context, h => state.Checker.Convertible(h.Type, head.Left)) is { } found ? new Term.Variable(found.Id)
                : (Term?)null;
            if (other is null)
                continue;
            goal.Hole.Value = new Term.Absurd(new Term.Application(proof, other), goal.Target);
            return [];
        }

        throw new TacticException("No such contradiction");
    }
}
