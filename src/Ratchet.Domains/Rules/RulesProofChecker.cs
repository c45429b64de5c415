namespace Ratchet.Domains.Rules;

/// <summary>Checks the steps of a proof one after the other against a solved theory.</summary>
internal sealed class RulesProofChecker(RuleTheory theory, RuleSolution solution)
{
    private readonly bool[] _derived = Facts(theory);
    private readonly bool[] _excused = new bool[theory.Rules.Length];

    /// <summary>What is wrong with a step, or null. Right steps count for those after them.</summary>
    public string? Check(RulesStep step)
    {
        var rule = theory.FindRule(step.Rule);
        if (rule < 0)
            return $"There is no rule {step.Rule}.";
        var mistake = step.Kind switch
        {
            RulesStepKind.Use => CheckUse(step, rule),
            RulesStepKind.Fail => CheckFail(step, rule),
            _ => CheckOpposition(step, rule),
        };
        if (mistake is null && step.Kind == RulesStepKind.Use)
            _derived[theory.Rules[rule].Head] = true;
        else if (mistake is null)
            _excused[rule] = true;
        return mistake;
    }

    /// <summary>What the steps lack for an answer that is right, or null.</summary>
    public string? Missing(RulesAnswer answer)
    {
        if (answer != RulesAnswer.Unknown)
        {
            var literal = answer == RulesAnswer.Proved ? theory.Query : theory.Query ^ 1;
            return _derived[literal] ? null : $"No step derives '{theory.Print(literal)}'.";
        }

        var silent = Enumerable.Range(0, theory.Rules.Length).FirstOrDefault(r => theory.Rules[r].Head >> 1 == theory.Query >> 1 && !_excused[r], -1);
        return silent < 0 ? null : $"No step says why {theory.Rules[silent].Id} does not decide the question.";
    }

    private string? CheckUse(RulesStep step, int rule)
    {
        var (body, head) = (theory.Rules[rule].Body, theory.Rules[rule].Head);
        if (Literal(step) != head)
            return $"The rule {step.Rule} concludes '{theory.Print(head)}'.";
        if (Array.FindIndex(body, l => !_derived[l]) is >= 0 and var index)
            return $"'{theory.Print(body[index])}' is neither a fact nor derived before.";
        if (solution.Established[head])
            return null;
        return theory.Facts.Contains(head ^ 1)
            ? $"'{theory.Print(head ^ 1)}' is a fact."
            : $"The rule {theory.Rules[solution.Unbeaten(head).First()].Id} stands against it, and no rule that applies is preferred over that.";
    }

    private string? CheckFail(RulesStep step, int rule)
    {
        var literal = Literal(step);
        if (!theory.Rules[rule].Body.Contains(literal))
            return $"The rule {step.Rule} has no such condition.";
        return solution.Established[literal] ? $"'{theory.Print(literal)}' is established." : null;
    }

    private string? CheckOpposition(RulesStep step, int rule)
    {
        var other = theory.FindRule(step.Other!);
        if (other < 0)
            return $"There is no rule {step.Other}.";
        var head = theory.Rules[rule].Head;
        if (theory.Rules[other].Head != (head ^ 1))
            return $"The rules {step.Rule} and {step.Other} do not oppose each other.";
        if (!solution.MayApply(other))
            return $"The rule {step.Other} does not apply.";
        if (step.Kind == RulesStepKind.Lose)
            return theory.IsPreferred(other, rule) ? null : $"The rule {step.Other} is not preferred over {step.Rule}.";
        if (theory.IsPreferred(other, rule))
            return $"The rule {step.Other} is preferred over {step.Rule}.";
        return solution.Unbeaten(head).Contains(other) ? null : $"A rule that applies is preferred over {step.Other}.";
    }

    /// <summary>The literal of a step, or -1 for an atom that the theory does not have.</summary>
    private int Literal(RulesStep step)
    {
        var atom = Array.IndexOf(theory.Atoms, step.Atom);
        return atom < 0 ? -1 : (atom << 1) | (step.Holds ? 0 : 1);
    }

    private static bool[] Facts(RuleTheory theory)
    {
        var facts = new bool[theory.Atoms.Length * 2];
        foreach (var fact in theory.Facts)
            facts[fact] = true;
        return facts;
    }
}
