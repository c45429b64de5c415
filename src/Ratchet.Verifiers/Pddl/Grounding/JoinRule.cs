using Ratchet.Verifiers.Pddl.Syntax;

namespace Ratchet.Verifiers.Pddl.Grounding;

/// <summary>An action with the atoms that must hold for it whatever else does: they are matched against reached facts.</summary>
internal sealed class JoinRule
{
    /// <summary>Atoms matched are marked in one word; those beyond are checked afterwards.</summary>
    private const int MaxAtoms = 64;

    public JoinRule(ActionSchema action)
    {
        Action = action;
        var atoms = new List<Condition.Atom>();
        Collect(action.Precondition, atoms);
        Atoms = [.. atoms.Take(MaxAtoms)];
        HasOnlyAtoms = atoms.Count <= MaxAtoms && IsConjunctionOfAtoms(action.Precondition);
    }

    public ActionSchema Action { get; }

    public Condition.Atom[] Atoms { get; }

    /// <summary>True where nothing is left to check once the atoms are matched.</summary>
    public bool HasOnlyAtoms { get; }

    private static void Collect(Condition condition, List<Condition.Atom> atoms)
    {
        if (condition is Condition.Atom atom)
        {
            atoms.Add(atom);
        }
        else if (condition is Condition.And and)
        {
            foreach (var item in and.Items)
                Collect(item, atoms);
        }
    }

    private static bool IsConjunctionOfAtoms(Condition condition) =>
        condition is Condition.Atom || (condition is Condition.And and && and.Items.All(IsConjunctionOfAtoms));
}
