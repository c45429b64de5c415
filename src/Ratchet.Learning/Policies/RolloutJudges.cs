using Ratchet.Learning.Preferences;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Rollouts;
using Ratchet.Runs;
using Ratchet.Tokenization;
using Ratchet.Verdicts;

namespace Ratchet.Learning.Policies;

/// <summary>Judges made from what is there already.</summary>
public static class RolloutJudges
{
    /// <summary>Judges by a verifier: the decoded sample against the problem's statement.</summary>
    /// <param name="verifier">Verifier; called from many threads.</param>
    /// <param name="problems">Problems of the prompts.</param>
    /// <param name="tokenizer">Decodes samples.</param>
    /// <param name="requireEnd">Rejects samples without the end mark before the verifier sees them: a text that was cut off must not be credited for what it happens to contain.</param>
    /// <param name="threads">Most calls at a time, at least 1.</param>
    public static RolloutJudge Verifier(IVerifier verifier, IEnumerable<Problem> problems, ITokenizer tokenizer, bool requireEnd = true, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var byId = problems.ToDictionary(p => p.Id, StringComparer.Ordinal);
        return async (rollouts, cancellationToken) =>
        {
            var judgements = new RolloutJudgement[rollouts.Count];
            await Parallel.ForAsync(0, rollouts.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, async (i, token) =>
            {
                var rollout = rollouts[i];
                if (!byId.TryGetValue(rollout.ProblemId, out var problem))
                    throw new RatchetException($"The judge does not know the problem '{rollout.ProblemId}'.", "Give it the problems that the prompts were made from.");
                judgements[i] = requireEnd && !rollout.IsEnded
                    ? new RolloutJudgement(RolloutOutcome.Rejected) { Reason = VerdictReason.CutOff }
                    : Of(await verifier.VerifyAsync(problem, tokenizer.Decode([.. rollout.Ids.Skip(rollout.TargetStart)]), token).ConfigureAwait(false));
            }).ConfigureAwait(false);
            return judgements;
        };
    }

    /// <summary>Judges by a reward model: its score of prompt and sample is a component, beside what another judge says.</summary>
    /// <param name="model">Reward model; not owned. It needs one position more than the longest sample.</param>
    /// <param name="name">Name of the component.</param>
    /// <param name="other">Gives outcome and further components, a verifier for example; null for none: the score alone is the reward then, cut to <see cref="RewardOptions.Clip"/>.</param>
    public static RolloutJudge Model(RewardModel model, string name = "reward_model", RolloutJudge? other = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return async (rollouts, cancellationToken) =>
        {
            var judged = other is null ? [.. rollouts.Select(_ => new RolloutJudgement(RolloutOutcome.Unjudged))] : await other(rollouts, cancellationToken).ConfigureAwait(false);
            var scores = model.Score([.. rollouts.Select(r => r.Ids)]);
            return [.. judged.Select((j, i) => j with { Components = new Dictionary<string, double>(j.Components, StringComparer.Ordinal) { [name] = scores[i] } })];
        };
    }

    /// <summary>A verdict as a judgement.</summary>
    public static RolloutJudgement Of(Verdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return new RolloutJudgement(verdict switch { Verdict.Accepted => RolloutOutcome.Accepted, Verdict.Rejected => RolloutOutcome.Rejected, _ => RolloutOutcome.Unknown }) { Reason = verdict.Reason };
    }
}
