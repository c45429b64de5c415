namespace Ratchet.Domains.Rules;

/// <summary>The closed lists of names, and the renaming of a user's theory into them.</summary>
internal static class RulesVocabulary
{
    public static IReadOnlyList<string> Animals { get; } =
        ["badger", "hare", "heron", "ibis", "lynx", "marten", "mole", "newt", "otter", "quail", "raven", "stoat", "swan", "tapir", "toad", "vole"];

    public static IReadOnlyList<string> Verbs { get; } =
        ["chases", "feeds", "follows", "greets", "guards", "helps", "teaches", "thanks", "trusts", "visits", "warns", "watches"];

    public static IReadOnlyList<string> RuleIds { get; } = [.. Enumerable.Range(1, 24).Select(i => $"r{i}")];

    /// <summary>How to rename a theory into the vocabulary: each list stays where it fits, else names are taken in order of appearance.</summary>
    /// <returns>The maps, or what does not fit.</returns>
    public static (RulesNames? Names, string? Mistake) Close(RuleTheory theory)
    {
        var animals = Map(theory.Atoms.SelectMany(a => new[] { a.Subject, a.Object }), Animals);
        var verbs = Map(theory.Atoms.Select(a => a.Verb), Verbs);
        var rules = Map(theory.Rules.Select(r => r.Id), RuleIds);
        if (animals is null || verbs is null || rules is null)
        {
            var (what, most) = animals is null ? ("names", Animals.Count) : verbs is null ? ("verbs", Verbs.Count) : ("rules", RuleIds.Count);
            return (null, $"The statement has more than {most} {what}; the vocabulary has no more.");
        }

        return (new RulesNames(animals, verbs, rules), null);
    }

    private static Dictionary<string, string>? Map(IEnumerable<string> used, IReadOnlyList<string> list)
    {
        var names = used.Distinct(StringComparer.Ordinal).ToArray();
        if (Array.TrueForAll(names, list.Contains))
            return names.ToDictionary(n => n, n => n, StringComparer.Ordinal);
        return names.Length > list.Count ? null : names.Zip(list).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
    }
}

/// <summary>New names for animals, verbs and rules; what is not listed keeps its name.</summary>
internal sealed record RulesNames(Dictionary<string, string> Animals, Dictionary<string, string> Verbs, Dictionary<string, string> Rules)
{
    public RuleAtom Atom(RuleAtom atom) => new(Of(Animals, atom.Subject), Of(Verbs, atom.Verb), Of(Animals, atom.Object));

    public string Rule(string id) => Of(Rules, id);

    public RuleTheory Theory(RuleTheory theory) =>
        theory with { Atoms = [.. theory.Atoms.Select(Atom)], Rules = [.. theory.Rules.Select(r => r with { Id = Rule(r.Id) })] };

    /// <summary>The proof in normal form with new names.</summary>
    public string Proof(RulesProof proof)
    {
        var lines = proof.Steps.ConvertAll(s => $"{RulesProofReader.Words[(int)s.Kind]} {Rule(s.Rule)} : "
            + (s.Other is not null ? Rule(s.Other) : (s.Holds ? "" : "not ") + Atom(s.Atom!)));
        if (proof.Answer is { } answer)
            lines.Add($"{RulesProofReader.AnswerWord} {RulesProofReader.Answers[(int)answer]}");
        return string.Join('\n', lines);
    }

    private static string Of(Dictionary<string, string> map, string name) => map.GetValueOrDefault(name, name);
}
