using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Rollouts;

namespace Ratchet.Learning.Preferences;

/// <summary>
/// Rows for <see cref="SupervisedLearner"/> from rollouts and preferences: the methods that learn by imitation and differ in what they imitate. Expert iteration from the base and
/// onwards differ in the checkpoint that <see cref="LearningRequest.From"/> names.
/// </summary>
public static class ImitationRows
{
    /// <summary>
    /// Rejection-sampling fine-tuning (Yuan et al. 2023): the accepted rollouts, exact duplicates of a problem left out, at most so many a problem in the order given.
    /// Unknown and unjudged ones are left out.
    /// </summary>
    /// <param name="rollouts">Rollouts.</param>
    /// <param name="perProblem">Most rows of a problem; null for all.</param>
    public static IReadOnlyList<Example> Accepted(IEnumerable<Rollout> rollouts, int? perProblem = null)
    {
        ArgumentNullException.ThrowIfNull(rollouts);
        var rows = new List<Example>();
        foreach (var problem in rollouts.Where(r => r.Outcome == RolloutOutcome.Accepted).GroupBy(r => r.ProblemId, StringComparer.Ordinal))
            rows.AddRange(Distinct(problem).Take(perProblem ?? int.MaxValue).Select(r => r.ToExample()));
        return rows;
    }

    /// <summary>
    /// Best-of-n distillation (AlpacaFarm's expert iteration): of each group the rollout with the highest reward, the first among equals. Rollouts of unknown outcome are left out, and
    /// the gate that made the rewards keeps a rejected one from being best beside an accepted one.
    /// </summary>
    public static IReadOnlyList<Example> BestOfGroup(IEnumerable<Rollout> rollouts)
    {
        ArgumentNullException.ThrowIfNull(rollouts);
        return [.. rollouts.Where(r => r.Outcome != RolloutOutcome.Unknown).GroupBy(r => r.Group, StringComparer.Ordinal).Select(g => g.MaxBy(r => r.Reward)!.ToExample())];
    }

    /// <summary>Binary FeedME (AlpacaFarm): the preferred response of each pair. Ties are left out.</summary>
    public static IReadOnlyList<Example> Preferred(IEnumerable<PreferencePair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return [.. pairs.Where(p => p.Preference != 0.5).Select(p => Row(p, p.Preferred, "preferred", []))];
    }

    /// <summary>
    /// Binary reward conditioning (AlpacaFarm): both responses of each pair, with an id in front of the prompt that says which was preferred. Sampling then asks for the good one. Ties
    /// are left out.
    /// </summary>
    /// <param name="pairs">Pairs.</param>
    /// <param name="goodId">Id in front of prompts with the preferred response.</param>
    /// <param name="badId">Id in front of prompts with the other.</param>
    public static IReadOnlyList<Example> Conditioned(IEnumerable<PreferencePair> pairs, int goodId, int badId)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return [.. pairs.Where(p => p.Preference != 0.5).SelectMany(p => (Example[])[Row(p, p.Preferred, "good", [goodId]), Row(p, p.Other, "bad", [badId])])];
    }

    /// <summary>
    /// Quantiles of reward (Lu et al. 2022): every rollout with the id of its quantile in front of the prompt, the best quantile's id first. Without ids the best quantile alone. Quantiles are of all rollouts
    /// given; among equal rewards the earlier counts as better. Rollouts of unknown outcome are left out.
    /// </summary>
    /// <param name="rollouts">Rollouts.</param>
    /// <param name="quantiles">Number of quantiles.</param>
    /// <param name="rewardTokens">One id a quantile, or none.</param>
    public static IReadOnlyList<Example> Quantiles(IEnumerable<Rollout> rollouts, int quantiles, IReadOnlyList<int> rewardTokens)
    {
        ArgumentNullException.ThrowIfNull(rollouts);
        ArgumentNullException.ThrowIfNull(rewardTokens);
        var sorted = rollouts.Where(r => r.Outcome != RolloutOutcome.Unknown).OrderByDescending(r => r.Reward).ToList();
        var rows = new List<Example>();
        for (var i = 0; i < sorted.Count; i++)
        {
            var quantile = (int)((long)i * quantiles / sorted.Count);
            if (rewardTokens.Count == 0 && quantile > 0)
                break;
            rows.Add(rewardTokens.Count == 0 ? sorted[i].ToExample() : With(rewardTokens[quantile], sorted[i]));
        }

        return rows;
    }

    /// <summary>A row without its first id, the token in front; its targets stay.</summary>
    internal static Example WithoutFirst(Example row) => row with
    {
        Ids = [.. row.Ids.Skip(1)],
        TargetStart = row.TargetStart - 1,
        Masked = [.. row.Masked.Select(s => new IdSpan(s.Start - 1, s.End - 1))],
    };

    private static IEnumerable<Rollout> Distinct(IEnumerable<Rollout> rollouts)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return rollouts.Where(r => seen.Add(string.Join(' ', r.Ids)));
    }

    private static Example Row(PreferencePair pair, IReadOnlyList<int> response, string role, int[] front) => new()
    {
        Id = $"{pair.Id}/{role}",
        Ids = [.. front, .. pair.Prompt, .. response],
        TargetStart = front.Length + pair.Prompt.Count,
        Weight = (float)pair.Weight,
        ProblemId = pair.ProblemId,
        AttemptIds = [],
    };

    /// <summary>The row of a rollout with one more id in front.</summary>
    private static Example With(int id, Rollout rollout) => rollout.ToExample() with
    {
        Ids = [id, .. rollout.Ids],
        TargetStart = rollout.TargetStart + 1,
        Masked = [.. rollout.Masked.Select(s => new IdSpan(s.Start + 1, s.End + 1))],
    };
}
