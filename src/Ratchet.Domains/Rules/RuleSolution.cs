namespace Ratchet.Domains.Rules;

/// <summary>What follows from a theory.</summary>
/// <remarks>
/// A rule applies when its whole body is established. A literal is established when it is a fact, or when its opposite is no fact, a rule for it
/// applies, and each opposing rule that may apply is less preferred than some rule for it that applies (defeasible logic with team defeat, ambiguity
/// blocking: Antoniou, Billington, Governatori, Maher 2001). Where preferences have no circle this is: the sign of a rule whose body holds, unless an
/// opposing rule whose body holds is preferred; two that oppose each other without preference establish neither. Circles among rules are read by
/// the well-founded semantics, computed as an alternating fixpoint: a circle supports nothing on its own.
/// </remarks>
internal sealed class RuleSolution
{
    private readonly RuleTheory _theory;
    private readonly bool[] _facts;
    private readonly ILookup<int, int> _rulesFor;
    private readonly bool[] _possible;

    public RuleSolution(RuleTheory theory)
    {
        _theory = theory;
        _facts = new bool[theory.Atoms.Length * 2];
        foreach (var fact in theory.Facts)
            _facts[fact] = true;
        _rulesFor = Enumerable.Range(0, theory.Rules.Length).ToLookup(r => theory.Rules[r].Head);
        Established = new bool[_facts.Length];
        bool[] before;
        do
        {
            before = Established;
            _possible = Close(opposing: before);
            Established = Close(opposing: _possible);
        }
        while (!before.AsSpan().SequenceEqual(Established));
    }

    /// <summary>By literal.</summary>
    public bool[] Established { get; private set; }

    /// <summary>By established literal: the rule that gives it, or -1 for a fact. Following bodies from here never goes in a circle.</summary>
    public int[] Reasons { get; private set; } = [];

    /// <summary><c>proved</c>, <c>disproved</c> or <c>unknown</c>.</summary>
    public RulesAnswer Answer => Established[_theory.Query] ? RulesAnswer.Proved : Established[_theory.Query ^ 1] ? RulesAnswer.Disproved : RulesAnswer.Unknown;

    /// <summary>True where the body of a rule is established.</summary>
    public bool Applies(int rule) => Array.TrueForAll(_theory.Rules[rule].Body, l => Established[l]);

    /// <summary>True where the body of a rule is not ruled out. Differs from <see cref="Applies"/> only within circles of rules.</summary>
    public bool MayApply(int rule) => Array.TrueForAll(_theory.Rules[rule].Body, l => _possible[l]);

    public IEnumerable<int> RulesFor(int literal) => _rulesFor[literal];

    /// <summary>Rules against the head of a rule that may apply and are preferred over it.</summary>
    public IEnumerable<int> Winners(int rule) => _rulesFor[_theory.Rules[rule].Head ^ 1].Where(o => MayApply(o) && _theory.IsPreferred(o, rule));

    /// <summary>Rules against a literal that may apply and that no applying rule for it beats.</summary>
    public IEnumerable<int> Unbeaten(int literal) =>
        _rulesFor[literal ^ 1].Where(o => MayApply(o) && !_rulesFor[literal].Any(r => Applies(r) && _theory.IsPreferred(r, o)));

    /// <summary>The literals that follow when the literals in <paramref name="opposing"/> are those that opposing rules may use.</summary>
    private bool[] Close(bool[] opposing)
    {
        var holds = (bool[])_facts.Clone();
        var reasons = new int[holds.Length];
        Array.Fill(reasons, -1);
        for (var changed = true; changed;)
        {
            changed = false;

            // In stages, so that a reason rests on literals of earlier stages only.
            var before = (bool[])holds.Clone();
            for (var rule = 0; rule < _theory.Rules.Length; rule++)
            {
                var head = _theory.Rules[rule].Head;
                if (before[head] || _facts[head ^ 1] || !Array.TrueForAll(_theory.Rules[rule].Body, l => before[l]) || !Prevails(head, before, opposing))
                    continue;
                if (!holds[head] || IsBeaten(reasons[head], opposing))
                    reasons[head] = rule;
                holds[head] = changed = true;
            }
        }

        Reasons = reasons;
        return holds;
    }

    private bool Prevails(int head, bool[] holds, bool[] opposing) => _rulesFor[head ^ 1].All(o =>
        !Array.TrueForAll(_theory.Rules[o].Body, l => opposing[l])
        || _rulesFor[head].Any(r => _theory.IsPreferred(r, o) && Array.TrueForAll(_theory.Rules[r].Body, l => holds[l])));

    /// <summary>True for a rule that an opposing one beats; its head holds because another rule beats that one.</summary>
    private bool IsBeaten(int rule, bool[] opposing) =>
        rule >= 0 && _rulesFor[_theory.Rules[rule].Head ^ 1].Any(o => _theory.IsPreferred(o, rule) && Array.TrueForAll(_theory.Rules[o].Body, l => opposing[l]));
}
