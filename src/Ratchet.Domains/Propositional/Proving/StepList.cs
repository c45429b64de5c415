using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Domains.Propositional.Tactics;

namespace Ratchet.Domains.Propositional.Proving;

/// <summary>The steps that <see cref="PropositionalEnvironment.Steps"/> offers for a goal.</summary>
internal static class StepList
{
    public static IReadOnlyList<string> Of(Goal goal, IReadOnlyList<string> atoms)
    {
        if (Closing(goal) is { } closing)
            return [closing];
        var names = goal.Context.Select(h => h.Name).ToList();
        var steps = new List<string>();
        var target = goal.Target.Head;
        if (target.Kind == FormulaKind.Implies)
            AddIntros(steps, target, [.. names], atoms);
        foreach (var hypothesis in goal.Context)
            AddCases(steps, hypothesis, names, atoms);
        if (target.Kind == FormulaKind.And)
            steps.Add("split.");
        if (target.Kind == FormulaKind.Or)
            steps.AddRange(["left.", "right."]);
        foreach (var hypothesis in goal.Context)
        {
            if (Leads(hypothesis.Type, goal.Target))
                steps.Add($"apply {hypothesis.Name}.");
        }

        foreach (var hypothesis in goal.Context)
            AddForward(steps, goal, hypothesis, names, atoms);
        if (goal.Target.Kind != FormulaKind.False && Array.Exists(goal.Context, h => Ends(h.Type)))
            steps.Add("exfalso.");
        return steps;
    }

    /// <summary>The sentence that introduces all that can be introduced; null where there is no name left.</summary>
    public static string? Intros(Goal goal, IReadOnlyList<string> atoms)
    {
        var steps = new List<string>();
        AddIntros(steps, goal.Target.Head, [.. goal.Context.Select(h => h.Name)], atoms);
        return steps is [var only] ? only : null;
    }

    /// <summary>The next name of the vocabulary, or the next that no atom has; names are given in order and not again.</summary>
    public static string NextName(List<string> used, IReadOnlyList<string> atoms)
    {
        var next = 0;
        foreach (var name in used)
        {
            if (name.Length > 1 && name[0] == 'h' && int.TryParse(name.AsSpan(1), out var number) && number < int.MaxValue)
                next = Math.Max(next, number + 1);
        }

        while (atoms.Contains($"h{next}"))
            next++;
        return $"h{next}";
    }

    /// <summary>A step that closes the goal at once: nothing else is worth trying.</summary>
    private static string? Closing(Goal goal)
    {
        foreach (var hypothesis in goal.Context)
        {
            if (hypothesis.Type.Equals(goal.Target))
                return $"exact {hypothesis.Name}.";
            if (hypothesis.Type.Kind == FormulaKind.False)
                return $"destruct {hypothesis.Name} as [].";
        }

        return goal.Target.Kind == FormulaKind.True ? "split." : null;
    }

    private static void AddIntros(List<string> steps, Formula target, List<string> names, IReadOnlyList<string> atoms)
    {
        var given = new List<string>();
        for (; target.Kind == FormulaKind.Implies && IsFree(names, atoms, 1); target = target.Right.Head)
        {
            given.Add(NextName(names, atoms));
            names.Add(given[^1]);
        }

        if (given.Count > 0)
            steps.Add($"intros {string.Join(' ', given)}.");
    }

    private static void AddCases(List<string> steps, Hypothesis hypothesis, List<string> names, IReadOnlyList<string> atoms)
    {
        var type = hypothesis.Type.Head;
        if (type.Kind is not (FormulaKind.And or FormulaKind.Or) || !IsFree(names, atoms, type.Kind == FormulaKind.And ? 2 : 1))
            return;
        var first = NextName(names, atoms);
        steps.Add(type.Kind == FormulaKind.Or
            ? $"destruct {hypothesis.Name} as [{first} | {first}]."
            : $"destruct {hypothesis.Name} as [{first} {NextName([.. names, first], atoms)}].");
    }

    /// <summary>What an implication would give, as a lemma; applying the implication then proves it.</summary>
    private static void AddForward(List<string> steps, Goal goal, Hypothesis hypothesis, List<string> names, IReadOnlyList<string> atoms)
    {
        var type = hypothesis.Type.Head;
        if (type.Kind != FormulaKind.Implies || !IsFree(names, atoms, 1))
            return;
        var lemma = type.Right;
        if (lemma.Kind == FormulaKind.False || lemma.Equals(goal.Target) || Array.Exists(goal.Context, h => h.Type.Equals(lemma)))
            return;
        var step = $"assert ({lemma}) as {NextName(names, atoms)}.";
        if (!steps.Contains(step))
            steps.Add(step);
    }

    private static bool IsFree(List<string> names, IReadOnlyList<string> atoms, int count)
    {
        var used = new List<string>(names);
        for (var i = 0; i < count; i++)
            used.Add(NextName(used, atoms));
        return int.Parse(used[^1].AsSpan(1)) < PropositionalTokenizer.HypothesisCount;
    }

    /// <summary>Whether a hypothesis can be applied to a goal.</summary>
    private static bool Leads(Formula hypothesis, Formula goal)
    {
        while (hypothesis.Head.Kind == FormulaKind.Implies)
        {
            hypothesis = hypothesis.Head.Right;
            if (hypothesis.Equals(goal) || hypothesis.Head.Equals(goal.Head))
                return true;
        }

        return false;
    }

    /// <summary>Whether a hypothesis ends in a contradiction.</summary>
    private static bool Ends(Formula hypothesis)
    {
        while (hypothesis.Head.Kind == FormulaKind.Implies)
            hypothesis = hypothesis.Head.Right;
        return hypothesis.Kind == FormulaKind.False;
    }
}
