using System.Text;
using Ratchet.Loop;

namespace Ratchet.Verifiers.Tests.Pddl;

/// <summary>Small random domains with every construct of the language, for comparing the planner with brute force.</summary>
internal sealed class RandomDomains
{
    private static readonly string[] Predicates = ["(p ?x)", "(q ?x)", "(r ?x ?y)", "(s)"];

    private RandomStream _stream;

    private RandomDomains(RandomStream stream) => _stream = stream;

    public static (string Domain, string Problem) Draw(RandomStream stream) => new RandomDomains(stream).Draw();

    private (string Domain, string Problem) Draw()
    {
        var domain = new StringBuilder("(define (domain d) (:types t u - object) (:predicates (p ?x) (q ?x) (r ?x ?y) (s)) (:functions (price ?x) (total-cost))\n");
        for (var i = 0; i < 3; i++)
        {
            var cost = _stream.NextInt(3) switch { 0 => "(price ?x)", 1 => "0", _ => "2" };
            domain.Append($"(:action a{i} :parameters (?x - {Pick("t", "object")} ?y) :precondition {Condition(2)}\n  :effect (and {Effect()} {Effect()} {Effect()} (increase (total-cost) {cost})))\n");
        }

        var objects = new[] { "a", "b", "c" };
        var init = new StringBuilder();
        foreach (var x in objects)
        {
            init.Append($"(= (price {x}) {1 + _stream.NextInt(3)}) ");
            foreach (var atom in new[] { $"(p {x})", $"(q {x})", $"(r {x} {objects[_stream.NextInt(3)]})" })
                init.Append(_stream.NextInt(3) == 0 ? atom : "");
        }

        var metric = _stream.NextInt(3) == 0 ? "" : "(:metric minimize (total-cost))";
        var goal = $"(and {Ground(Condition(1))} {Ground(Condition(1))} {(_stream.NextInt(3) == 0 ? Ground(Condition(2)) : "")})";
        return (domain.Append(')').ToString(), $"(define (problem e) (:domain d) (:objects a b - t c - u) (:init {init}) (:goal {goal}) {metric})");
    }

    private string Condition(int depth) => depth == 0 ? Literal() : _stream.NextInt(9) switch
    {
        0 => $"(or {Condition(depth - 1)} {Condition(depth - 1)})",
        1 => $"(not {Condition(depth - 1)})",
        2 => $"(imply {Condition(depth - 1)} {Condition(depth - 1)})",
        3 => $"(exists (?z - {Pick("t", "u", "object")}) (and {Literal("?z")} {Literal()}))",
        4 => $"(forall (?z - {Pick("t", "u")}) (or {Literal("?z")} {Literal()}))",
        5 => "(not (= ?x ?y))",
        _ => $"(and {Condition(depth - 1)} {Literal()})",
    };

    private string Effect() => _stream.NextInt(5) switch
    {
        0 => $"(when {Condition(1)} {Literal()})",
        1 => $"(forall (?z - {Pick("t", "object")}) (when {Literal("?z")} {Literal("?z")}))",
        _ => Literal(),
    };

    private string Literal(string? first = null)
    {
        var atom = Predicates[_stream.NextInt(Predicates.Length)];
        if (_stream.NextInt(2) == 0)
            atom = atom.Replace("?x", "?w", StringComparison.Ordinal).Replace("?y", "?x", StringComparison.Ordinal).Replace("?w", "?y", StringComparison.Ordinal);
        if (first is not null)
            atom = atom.Replace("?x", first, StringComparison.Ordinal);
        return _stream.NextInt(3) == 0 ? $"(not {atom})" : atom;
    }

    private string Ground(string condition) => condition.Replace("?x", Pick("a", "b", "c"), StringComparison.Ordinal).Replace("?y", Pick("a", "b", "c"), StringComparison.Ordinal);

    private string Pick(params string[] items) => items[_stream.NextInt(items.Length)];
}
