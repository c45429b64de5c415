namespace Ratchet.Problems;

/// <summary>The problems of a run by split, with the reference solutions kept apart from them.</summary>
public sealed class ProblemSet
{
    private readonly Dictionary<string, Problem> _byId;

    /// <summary>Makes a set.</summary>
    /// <param name="problems">All problems; identifiers must be unique.</param>
    /// <param name="references">Reference solutions by problem identifier: needed for the seed split, optional elsewhere.</param>
    /// <param name="removed">How many candidate problems were left out, by reason, for the report.</param>
    /// <exception cref="ArgumentException">Two problems share an identifier, or a reference names no problem.</exception>
    public ProblemSet(IReadOnlyList<Problem> problems, IReadOnlyDictionary<string, string> references, IReadOnlyDictionary<string, int>? removed = null)
    {
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentNullException.ThrowIfNull(references);
        _byId = new Dictionary<string, Problem>(problems.Count, StringComparer.Ordinal);
        foreach (var problem in problems)
        {
            if (!_byId.TryAdd(problem.Id, problem))
                throw new ArgumentException($"Two problems have the identifier '{problem.Id}'.", nameof(problems));
        }

        foreach (var id in references.Keys)
        {
            if (!_byId.ContainsKey(id))
                throw new ArgumentException($"A reference solution names the problem '{id}', which is not in the set.", nameof(references));
        }

        All = problems;
        References = references;
        Removed = removed ?? new Dictionary<string, int>();
    }

    /// <summary>All problems in a fixed order.</summary>
    public IReadOnlyList<Problem> All { get; }

    /// <summary>Reference solutions by problem identifier. Never handed to a proposer.</summary>
    public IReadOnlyDictionary<string, string> References { get; }

    /// <summary>Candidates left out, by reason (for example <c>same canonical hash as a held-out problem</c>).</summary>
    public IReadOnlyDictionary<string, int> Removed { get; }

    /// <summary>The problems of one split, in the order of <see cref="All"/>.</summary>
    public IReadOnlyList<Problem> In(Split split) => [.. All.Where(p => p.Split == split)];

    /// <summary>The problem with an identifier.</summary>
    /// <exception cref="KeyNotFoundException">No problem has it.</exception>
    public Problem this[string id] => _byId[id];
}
