using Ratchet.Domains.Metamath.Syntax;

namespace Ratchet.Domains.Metamath.Proving;

/// <summary>
/// Assertions by the shape of their conclusion: its head and the heads below it. A goal is compared in full only with those whose shape fits.
/// </summary>
/// <remarks>Built in segments of the database when first asked for, so that work on the first theorems does not parse the whole.</remarks>
internal sealed class AssertionIndex
{
    private const int SegmentLength = 4096;
    private const int Any = int.MinValue;
    private readonly ProvingWorld _world;
    private readonly Lazy<Segment>[] _segments;

    public AssertionIndex(ProvingWorld world)
    {
        _world = world;
        _segments = new Lazy<Segment>[(world.Database.Count + SegmentLength - 1) / SegmentLength];
        for (var i = 0; i < _segments.Length; i++)
        {
            var first = i * SegmentLength;
            _segments[i] = new Lazy<Segment>(() => Build(first));
        }
    }

    /// <summary>The assertions before a statement whose conclusion matches a goal, in order, each with what the match fixes.</summary>
    public List<(AssertionPattern Pattern, Term?[] Substitution)> Matches(Statement goal, int limit)
    {
        var result = new List<(AssertionPattern, Term?[])>();
        for (var i = 0; i < _segments.Length && i * SegmentLength < limit; i++)
        {
            var before = result.Count;
            var segment = _segments[i].Value;
            Collect(segment, (goal.Typecode, goal.Body.Head), goal, limit, result);
            Collect(segment, (goal.Typecode, Any), goal, limit, result);
            result.Sort(before, result.Count - before, Comparer<(AssertionPattern Pattern, Term?[])>.Create((a, b) => a.Pattern.Assertion.CompareTo(b.Pattern.Assertion)));
        }

        return result;
    }

    private void Collect(Segment segment, (int Typecode, int Head) key, Statement goal, int limit, List<(AssertionPattern, Term?[])> result)
    {
        foreach (var (shape, patterns) in segment.Groups.GetValueOrDefault(key) ?? [])
        {
            if (key.Head != Any && !Fits(shape, goal.Body))
                continue;
            foreach (var pattern in patterns)
            {
                if (pattern.Assertion >= limit)
                    break;
                var substitution = new Term?[pattern.Variables.Length];
                if (pattern.Match(_world.Grammar, pattern.Conclusion.Body, goal.Body, substitution))
                    result.Add((pattern, substitution));
            }
        }
    }

    private static bool Fits(int[] shape, Term term)
    {
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] != Any && shape[i] != term.Arguments[i].Head)
                return false;
        }

        return true;
    }

    private Segment Build(int first)
    {
        var segment = new Segment();
        for (var i = first; i < Math.Min(first + SegmentLength, _world.Database.Count); i++)
        {
            if (!_world.Database.Tables.Statements[i].IsAssertion || _world.IsWithheld(i) || _world.Pattern(i) is not { } pattern)
                continue;
            var body = pattern.Conclusion.Body;
            var shape = Array.ConvertAll(body.Arguments, a => Shape(a.Head));
            segment.Add((pattern.Conclusion.Typecode, Shape(body.Head)), shape, pattern);
        }

        return segment;
    }

    private static int Shape(int head) => head < 0 ? Any : head;

    private sealed class Segment
    {
        public Dictionary<(int Typecode, int Head), List<(int[] Shape, List<AssertionPattern> Patterns)>> Groups { get; } = [];

        public void Add((int, int) key, int[] shape, AssertionPattern pattern)
        {
            if (!Groups.TryGetValue(key, out var groups))
                Groups[key] = groups = [];
            var found = groups.FindIndex(g => g.Shape.AsSpan().SequenceEqual(shape));
            if (found < 0)
                groups.Add((shape, [pattern]));
            else
                groups[found].Patterns.Add(pattern);
        }
    }
}
