namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>Reads <c>(define (domain ...) ...)</c>. Goes on after a mistake, so that all are told.</summary>
internal static class DomainReader
{
    private static readonly string[] Sections = [":requirements", ":types", ":constants", ":predicates", ":functions", ":action"];

    private static readonly Dictionary<string, string> Unsupported = new(StringComparer.Ordinal)
    {
        [":durative-action"] = ":durative-actions",
        [":derived"] = ":derived-predicates",
        [":axiom"] = ":domain-axioms",
        [":constraints"] = ":constraints",
        [":process"] = ":time",
        [":event"] = ":time",
        [":method"] = ":hierarchy",
        [":task"] = ":hierarchy",
    };

    public static PddlDomain? Read(ListNode define, SourceText source)
    {
        var name = define.Items[1] is ListNode { Items: [_, WordNode word] } ? word.Text : null;
        if (name is null)
            source.Error(define.Items[1], "(domain NAME) is expected.");
        var sections = new List<ListNode>();
        foreach (var item in define.Items.Skip(2))
        {
            if (item is ListNode { Head: not null } list)
                sections.Add(list);
            else
                source.Error(item, "A section such as (:predicates ...) is expected.");
        }

        foreach (var section in sections.Where(s => s.Head == ":requirements"))
            Requirements.Check(section, source);

        // What an unsupported requirement brings would only give more mistakes with the same cause.
        if (source.HasErrors)
            return null;
        CheckSections(sections, source);

        var types = ReadTypes(sections, source);
        var objects = new Symbols();
        foreach (var section in sections.Where(s => s.Head == ":constants"))
            ReadObjects(section, types, objects, source);
        var predicates = ReadPredicates(sections, types, source);
        var functions = ReadFunctions(sections, types, source);
        var scope = new Scope(types, objects, predicates, functions, source);
        var actions = new List<ActionSchema>();
        foreach (var section in sections.Where(s => s.Head == ":action"))
        {
            if (ActionReader.Read(section, scope) is not { } action)
                continue;
            if (actions.Exists(a => a.Name == action.Name))
                source.Error(section, $"The action {action.Name} is defined twice.");
            actions.Add(action);
        }

        return source.HasErrors ? null : new PddlDomain { Name = name!, Types = types, Objects = objects, Predicates = predicates, Functions = functions, Actions = actions };
    }

    /// <summary>Adds the objects of a <c>:constants</c> or <c>:objects</c> section.</summary>
    public static void ReadObjects(ListNode section, TypeTable types, Symbols objects, SourceText source)
    {
        foreach (var (name, type) in TypedList.Read(section.Items.Skip(1), source, "object"))
        {
            if (name.IsVariable)
                source.Error(name, $"An object cannot be called {NodeReader.Shown(name.Text)}: a question mark starts a variable.");
            else if (!objects.TryAdd(name.Text, TypedList.Types(type, types, source)))
                source.Error(name, $"The object {NodeReader.Shown(name.Text)} is declared twice.");
        }
    }

    private static void CheckSections(List<ListNode> sections, SourceText source)
    {
        foreach (var section in sections)
        {
            if (Unsupported.TryGetValue(section.Head!, out var requirement))
                source.Error(section, $"{section.Head} needs {requirement}, which is not supported.");
            else if (!Sections.Contains(section.Head))
                source.Error(section, $"A domain has no section '{NodeReader.Shown(section.Head!)}'.{Requirements.Nearest(section.Head!, Sections)}");
        }
    }

    private static TypeTable ReadTypes(List<ListNode> sections, SourceText source)
    {
        var types = new TypeTable();
        foreach (var section in sections.Where(s => s.Head == ":types"))
        {
            foreach (var (name, parent) in TypedList.Read(section.Items.Skip(1), source, "type"))
            {
                var type = types.Declare(name.Text);
                var parents = parent switch
                {
                    WordNode word => [word],
                    ListNode { Head: "either" } either => either.Items.Skip(1).OfType<WordNode>(),
                    _ => [],
                };

                // A parent need not be declared on its own.
                foreach (var word in parents)
                    types.AddParent(type, types.Declare(word.Text));
            }

            foreach (var circular in types.Close())
                source.Error(section, $"The type {circular} is above itself.");
        }

        return types;
    }

    private static List<Predicate> ReadPredicates(List<ListNode> sections, TypeTable types, SourceText source)
    {
        var predicates = new List<Predicate>();
        foreach (var item in sections.Where(s => s.Head == ":predicates").SelectMany(s => s.Items.Skip(1)))
        {
            if (item is not ListNode { Head: { } name } list)
                source.Error(item, "A predicate such as (clear ?x) is expected.");
            else if (name is "=" or "and" or "or" or "not" or "imply" or "forall" or "exists" or "when")
                source.Error(item, $"A predicate cannot be called '{name}'.");
            else if (predicates.Exists(p => p.Name == name))
                source.Error(item, $"The predicate {NodeReader.Shown(name)} is declared twice.");
            else
                predicates.Add(new Predicate(name, Parameters(list, types, source)));
        }

        return predicates;
    }

    private static List<CostFunction> ReadFunctions(List<ListNode> sections, TypeTable types, SourceText source)
    {
        var functions = new List<CostFunction>();
        foreach (var section in sections.Where(s => s.Head == ":functions"))
        {
            for (var i = 1; i < section.Items.Count; i++)
            {
                if (section.Items[i] is WordNode { Text: "-" } && i + 1 < section.Items.Count)
                {
                    if (section.Items[++i] is not WordNode { Text: "number" })
                        source.Error(section.Items[i], "Functions that give objects need :object-fluents, which is not supported.");
                }
                else if (section.Items[i] is not ListNode { Head: { } name } list)
                {
                    source.Error(section.Items[i], "A function such as (distance ?from ?to) is expected.");
                }
                else if (functions.Exists(f => f.Name == name))
                {
                    source.Error(list, $"The function {NodeReader.Shown(name)} is declared twice.");
                }
                else
                {
                    functions.Add(new CostFunction(name, Parameters(list, types, source)));
                }
            }
        }

        return functions;
    }

    private static int[][] Parameters(ListNode list, TypeTable types, SourceText source)
    {
        var parameters = TypedList.Read(list.Items.Skip(1), source, "variable");
        foreach (var (name, _) in parameters.Where(p => !p.Name.IsVariable))
            source.Error(name, $"A variable such as ?x is expected, not '{NodeReader.Shown(name.Text)}'.");
        return [.. parameters.Select(p => TypedList.Types(p.Type, types, source))];
    }
}
