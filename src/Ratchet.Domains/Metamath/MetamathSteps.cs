using Ratchet.Proving;

namespace Ratchet.Domains.Metamath;

/// <summary>Metamath steps for a goal without a model: every assertion whose conclusion matches and that leaves nothing to choose, the newest first.</summary>
/// <remarks>
/// With <paramref name="fill"/> also assertions with one free variable, filled with expressions that stand in the goal's hypotheses: modus ponens and syllogism over what is known. Newest first, because a theorem is
/// mostly proved by what was proved just before it.
/// </remarks>
/// <param name="environment">World of the goals.</param>
/// <param name="fill">Most expressions that a free variable is filled with; 0 for none.</param>
public sealed class MetamathSteps(MetamathEnvironment environment, int fill = 0) : IStepEnumerator
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Steps(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var (sure, open) = (new List<string>(), new List<string>());
        var candidates = environment.Candidates(state);
        var terms = fill > 0 ? environment.Terms(state) : new Dictionary<string, IReadOnlyList<string>>();
        for (var i = candidates.Count - 1; i >= 0; i--)
        {
            var candidate = candidates[i];
            if (candidate.Free.Count == 0)
                sure.Add(candidate.Label);
            else if (candidate.Free is [var (variable, type)] && terms.TryGetValue(type, out var list))
                open.AddRange(list.Take(fill).Select(term => $"{candidate.Label} {{ {variable} := {term} }}"));
        }

        return [.. sure, .. open];
    }
}
