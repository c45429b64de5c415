using System.Runtime.InteropServices;

namespace Ratchet.Verifiers.Pddl.Grounding;

/// <summary>Reached facts by predicate, and by predicate, place and object, in order of arrival.</summary>
internal sealed class FactIndex(int predicates)
{
    private static readonly List<int> None = [];

    private readonly List<int[]>[] _facts = [.. Enumerable.Range(0, predicates).Select(_ => new List<int[]>())];
    private readonly Dictionary<(int Predicate, int Place, int Object), List<int>> _byArgument = [];

    public int[] Fact(int predicate, int number) => _facts[predicate][number];

    public int Count(int predicate) => _facts[predicate].Count;

    /// <summary>Adds a fact and gives its number among those of its predicate.</summary>
    public int Add(int predicate, int[] objects)
    {
        var number = _facts[predicate].Count;
        _facts[predicate].Add(objects);
        for (var place = 0; place < objects.Length; place++)
        {
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(_byArgument, (predicate, place, objects[place]), out _);
            (list ??= []).Add(number);
        }

        return number;
    }

    /// <summary>Numbers of the facts with an object at a place.</summary>
    public List<int> With(int predicate, int place, int argument) => _byArgument.GetValueOrDefault((predicate, place, argument), None);
}
