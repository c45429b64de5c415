using Ratchet.Recipes;

namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>The requirement flags of PDDL: what is supported and what is refused by name.</summary>
internal static class Requirements
{
    private static readonly string[] Supported =
    [
        ":strips", ":typing", ":negative-preconditions", ":disjunctive-preconditions", ":equality", ":existential-preconditions",
        ":universal-preconditions", ":quantified-preconditions", ":conditional-effects", ":adl", ":action-costs",
    ];

    // Old and new flags for numbers are declared by many domains that use nothing but action costs; what needs more is refused where it stands.
    private static readonly string[] Tolerated = [":fluents", ":numeric-fluents"];

    private static readonly string[] Refused =
    [
        ":durative-actions", ":duration-inequalities", ":continuous-effects", ":object-fluents", ":derived-predicates", ":timed-initial-literals",
        ":timed-initial-fluents", ":preferences", ":constraints", ":time", ":contingent", ":non-deterministic", ":probabilistic-effects", ":multi-agent",
        ":unfactored-privacy", ":factored-privacy", ":domain-axioms", ":goal-utilities", ":hierarchy", ":method-preconditions", ":negation", ":processes",
    ];

    public static void Check(ListNode section, SourceText source)
    {
        foreach (var item in section.Items.Skip(1))
        {
            if (item is not WordNode { Text: var flag })
                source.Error(item, "A requirement such as :typing is expected.");
            else if (Refused.Contains(flag))
                source.Error(item, $"The requirement {flag} is not supported. Supported: {string.Join(' ', Supported)}.");
            else if (!Supported.Contains(flag) && !Tolerated.Contains(flag))
                source.Error(item, $"There is no requirement '{NodeReader.Shown(flag)}'.{Nearest(flag, Supported)}");
        }
    }

    /// <summary>" Did you mean 'x'?", or nothing.</summary>
    public static string Nearest(string name, IEnumerable<string> names) =>
        name.Length <= 60 && NearestName.Find(name, names) is { } near ? $" Did you mean '{near}'?" : "";
}
