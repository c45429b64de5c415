using Ratchet.Runs;

namespace Ratchet.Attempts;

/// <summary>Guards computations that take attempts for samples of the policy (policy gradients, importance weights, entropies).</summary>
public static class OnPolicy
{
    /// <summary>Refuses attempts that the policy did not sample.</summary>
    /// <param name="attempts">Attempts.</param>
    /// <param name="policy">Identifier of the checkpoint that they must come from; null takes any that gives log-probabilities.</param>
    /// <param name="purpose">What they are needed for, as it stands in the message, for example <c>policy gradients</c>.</param>
    /// <exception cref="RatchetException">Some are off-policy, or of another policy: how many, and from where.</exception>
    public static void Require(IEnumerable<Attempt> attempts, string? policy, string purpose)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        var (all, wrong) = (0, new List<Attempt>());
        foreach (var attempt in attempts)
        {
            all++;
            if (attempt.IsOffPolicy || (policy is not null && attempt.Policy != policy))
                wrong.Add(attempt);
        }

        if (wrong.Count == 0)
            return;
        var from = string.Join(", ", wrong.Select(a => a.Policy).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(3));
        throw new RatchetException(
            $"{wrong.Count} of {all} attempts cannot be used for {purpose}: the policy{(policy is null ? "" : $" '{policy}'")} did not sample them ({from}).",
            "Let the policy itself propose, or learn from verified texts by supervised training, which needs no log-probabilities.");
    }
}
