using System.Collections.Concurrent;
using Ratchet.Verifiers.Pddl.Syntax;

namespace Ratchet.Verifiers.Pddl;

/// <summary>A planning problem with its domain, read and checked. Immutable; safe to use from many threads.</summary>
/// <remarks>
/// The language is PDDL 2.1 level 1 with action costs (Fox and Long 2003; costs as in IPC 2008): <c>:strips</c>, <c>:typing</c>,
/// <c>:negative-preconditions</c>, <c>:disjunctive-preconditions</c>, <c>:equality</c>, quantified preconditions, <c>:conditional-effects</c>,
/// <c>:action-costs</c>. A feature may be used without its requirement being declared. What else there is in PDDL is refused by name.
/// </remarks>
public sealed class PddlTask
{
    private readonly ConcurrentDictionary<int[], int[]> _instances = new();

    private PddlTask(PddlDomain domain, PddlProblem problem, AtomCodes codes)
    {
        Domain = domain;
        Problem = problem;
        Codes = codes;
        Initial = [.. problem.Initial.Select(f => codes.Encode(f.Predicate, f.Terms)).Distinct()];
        foreach (var (function, terms, value) in problem.Values)
            Values[codes.EncodeFunction(function, terms)] = value;
    }

    /// <summary>Name of the domain, in lower case.</summary>
    public string DomainName => Domain.Name;

    /// <summary>Name of the problem, in lower case.</summary>
    public string ProblemName => Problem.Name;

    /// <summary>Names of the actions, in the domain's order and in lower case.</summary>
    public IReadOnlyList<string> Actions => [.. Domain.Actions.Select(a => a.Name)];

    /// <summary>Names of the domain's constants and the problem's objects, in lower case.</summary>
    public IReadOnlyList<string> Objects => Problem.Objects.Names;

    /// <summary>True where the problem asks for the smallest total cost; else each action costs 1.</summary>
    public bool HasCosts => Problem.HasCosts;

    internal PddlDomain Domain { get; }

    internal PddlProblem Problem { get; }

    internal AtomCodes Codes { get; }

    /// <summary>Codes of the facts that hold at the start.</summary>
    internal IReadOnlyList<long> Initial { get; }

    /// <summary>Values of cost functions by the code of the call.</summary>
    internal Dictionary<long, decimal> Values { get; } = [];

    /// <summary>Reads a domain and a problem.</summary>
    /// <param name="domain">Text of a domain, at most 8,388,608 characters.</param>
    /// <param name="problem">Text of a problem, at most as long.</param>
    /// <exception cref="PddlException">There are mistakes: all that were found, those of the domain first. A problem is read only when its domain has none.</exception>
    public static PddlTask Parse(string domain, string problem)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(problem);
        var domainSource = new SourceText("domain", domain);
        var problemSource = new SourceText("problem", problem);
        return Make(Define(NodeReader.Read(domainSource), "domain", domainSource), domainSource, Define(NodeReader.Read(problemSource), "problem", problemSource), problemSource);
    }

    /// <summary>Reads one text that holds a domain and a problem, in any order.</summary>
    /// <param name="statement">The text, at most 8,388,608 characters.</param>
    /// <exception cref="PddlException">There are mistakes.</exception>
    public static PddlTask Parse(string statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var source = new SourceText("statement", statement);
        var nodes = NodeReader.Read(source);
        return Make(Define(nodes, "domain", source), source, Define(nodes, "problem", source), source);
    }

    /// <summary>The objects that belong to one of some types, in order.</summary>
    internal int[] Instances(int[] types) => _instances.GetOrAdd(types, static (set, task) =>
        [.. Enumerable.Range(0, task.Problem.Objects.Count).Where(o => task.Domain.Types.IsAny(task.Problem.Objects.Types(o), set))], this);

    private static ListNode? Define(List<ListNode> nodes, string what, SourceText source)
    {
        var found = nodes.FindAll(n => n is { Head: "define" } && n.Items is [_, ListNode { Head: var head }, ..] && head == what);
        if (found.Count == 0 && !source.HasErrors)
            source.Error(nodes.Count > 0 ? nodes[0].Start : 0, $"(define ({what} NAME) ...) is missing.");
        else if (found.Count > 1)
            source.Error(found[1], $"There is more than one {what}.");
        return found.FirstOrDefault();
    }

    private static PddlTask Make(ListNode? domainNode, SourceText domainSource, ListNode? problemNode, SourceText problemSource)
    {
        domainSource.ThrowIfWrong();
        problemSource.ThrowIfWrong();
        var domain = DomainReader.Read(domainNode!, domainSource);
        domainSource.ThrowIfWrong();
        var problem = ProblemReader.Read(problemNode!, domain!, problemSource);
        problemSource.ThrowIfWrong();
        if (AtomCodes.TryMake(domain!, problem!.Objects.Count) is not { } codes)
            problemSource.Error(problemNode!, $"{problem.Objects.Count} objects with the predicates of this domain give more atoms than can be numbered (2^62).");
        else
            return new PddlTask(domain!, problem, codes);
        problemSource.ThrowIfWrong();
        throw new InvalidOperationException("A mistake was recorded and not thrown.");
    }
}
