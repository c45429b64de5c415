using System.Globalization;

namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>A problem that was read without mistakes.</summary>
internal sealed class PddlProblem
{
    public required string Name { get; init; }

    /// <summary>The domain's constants, then the problem's objects.</summary>
    public required Symbols Objects { get; init; }

    public required IReadOnlyList<(int Predicate, int[] Terms)> Initial { get; init; }

    public required IReadOnlyList<(int Function, int[] Terms, decimal Value)> Values { get; init; }

    public required Condition Goal { get; init; }

    /// <summary>Slots of the goal's variables.</summary>
    public required int GoalSlots { get; init; }

    /// <summary>True where the metric asks for the smallest total cost; else every action costs 1.</summary>
    public required bool HasCosts { get; init; }
}

/// <summary>Reads <c>(define (problem ...) ...)</c>. Goes on after a mistake, so that all are told.</summary>
internal sealed class ProblemReader
{
    private static readonly string[] Sections = [":domain", ":requirements", ":objects", ":init", ":goal", ":metric"];

    private readonly SourceText _source;
    private readonly Scope _scope;
    private readonly List<(int, int[])> _initial = [];
    private readonly List<(int, int[], decimal)> _values = [];

    private ProblemReader(PddlDomain domain, SourceText source)
    {
        _source = source;
        _scope = new Scope(domain.Types, new Symbols(domain.Objects), domain.Predicates, domain.Functions, source);
    }

    public static PddlProblem? Read(ListNode define, PddlDomain domain, SourceText source) => new ProblemReader(domain, source).Read(define, domain);

    private PddlProblem? Read(ListNode define, PddlDomain domain)
    {
        var name = define.Items[1] is ListNode { Items: [_, WordNode word] } ? word.Text : null;
        if (name is null)
            _source.Error(define.Items[1], "(problem NAME) is expected.");
        var sections = new Dictionary<string, ListNode>(StringComparer.Ordinal);
        foreach (var item in define.Items.Skip(2))
        {
            if (item is not ListNode { Head: { } head } list)
                _source.Error(item, "A section such as (:init ...) is expected.");
            else if (head is ":constraints" or ":htn")
                _source.Error(item, $"{head} is not supported.");
            else if (!Sections.Contains(head))
                _source.Error(item, $"A problem has no section '{NodeReader.Shown(head)}'.{Requirements.Nearest(head, Sections)}");
            else if (!sections.TryAdd(head, list))
                _source.Error(item, $"The section {head} stands twice.");
        }

        if (sections.GetValueOrDefault(":requirements") is { } requirements)
            Requirements.Check(requirements, _source);
        CheckDomain(define, sections, domain);
        if (sections.GetValueOrDefault(":objects") is { } objects)
            DomainReader.ReadObjects(objects, _scope.Types, _scope.Objects, _source);
        foreach (var item in (sections.GetValueOrDefault(":init")?.Items ?? []).Skip(1))
            Fact(item);
        var goal = Goal(define, sections.GetValueOrDefault(":goal"));
        var hasCosts = Metric(sections.GetValueOrDefault(":metric"));
        return _source.HasErrors ? null : new PddlProblem
        {
            Name = name!,
            Objects = _scope.Objects,
            Initial = _initial,
            Values = _values,
            Goal = goal,
            GoalSlots = _scope.Slots,
            HasCosts = hasCosts,
        };
    }

    private void CheckDomain(ListNode define, Dictionary<string, ListNode> sections, PddlDomain domain)
    {
        if (!sections.TryGetValue(":domain", out var section))
            _source.Error(define, "(:domain NAME) is missing.");
        else if (section.Items is not [_, WordNode named])
            _source.Error(section, "(:domain NAME) is expected.");
        else if (named.Text != domain.Name)
            _source.Error(named, $"The problem is for the domain '{NodeReader.Shown(named.Text)}'; the domain given is '{NodeReader.Shown(domain.Name)}'.");
    }

    private void Fact(Node node)
    {
        switch (node)
        {
            case ListNode { Head: "=" } list:
                Value(list);
                break;
            case ListNode { Head: "not", Items: [_, ListNode inner] }:
                // Closed world: what is not listed is false anyway. The atom must still be one.
                _ = _scope.AtomOf(inner);
                break;
            case ListNode { Head: "oneof" or "unknown" or "or" or "probabilistic" } list:
                _source.Error(list, $"'{list.Head}' in :init needs :contingent or :non-deterministic, which are not supported.");
                break;
            case ListNode { Head: "at", Items: [_, WordNode, ListNode] } list:
                _source.Error(list, "Facts with a time need :timed-initial-literals, which is not supported.");
                break;
            case ListNode list:
                if (_scope.AtomOf(list) is { } atom)
                    _initial.Add(atom);
                break;
            default:
                _source.Error(node, $"A fact in parentheses is expected, not '{NodeReader.Shown(node.ToString()!)}'.");
                break;
        }
    }

    private void Value(ListNode list)
    {
        if (list.Items is not [_, ListNode call, WordNode number])
            _source.Error(list, "(= (FUNCTION ...) NUMBER) is expected.");
        else if (_scope.Function(call) is not (>= 0 and var function))
            _source.Error(call, $"There is no function '{NodeReader.Shown(call.Head ?? "")}'.");
        else if (!decimal.TryParse(number.Text, NumberStyles.Number | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value))
            _source.Error(number, $"'{NodeReader.Shown(number.Text)}' is no number.");
        else if (_scope.FunctionArguments(call, function) is { } terms)
            _values.Add((function, terms, value));
    }

    private Condition Goal(ListNode define, ListNode? section)
    {
        if (section is null)
            _source.Error(define, "(:goal ...) is missing.");
        else if (section.Items.Count != 2)
            _source.Error(section, "The goal is one condition; join several with 'and'.");
        else
            return ConditionReader.Read(section.Items[1], _scope);
        return Condition.True;
    }

    private bool Metric(ListNode? section)
    {
        if (section is null)
            return false;
        switch (section.Items)
        {
            case [_, WordNode { Text: "minimize" }, ListNode { Head: "total-cost", Items.Count: 1 }]:
                return true;

            // Each step takes one unit of time in a plan without durations.
            case [_, WordNode { Text: "minimize" }, ListNode { Head: "total-time", Items.Count: 1 } or WordNode { Text: "total-time" }]:
                return false;
            default:
                _source.Error(section, "Of the metrics, only (:metric minimize (total-cost)) and total-time are supported.");
                return false;
        }
    }
}
