using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Rollouts;

namespace Ratchet.Learning.Policies;

/// <content>Numbers of an update.</content>
internal sealed partial class PolicyRun
{
    /// <summary>Most numbers of the probe's distributions.</summary>
    private const long ProbeNumbers = 16L << 20;

    /// <summary>What is known of a batch before anything is learned from it.</summary>
    private PolicyUpdate Describe(int update, RolloutBatch batch)
    {
        var all = batch.All;
        List<Rollout> known = [.. all.Where(r => r.Outcome != RolloutOutcome.Unknown)];
        var asked = all.Count(r => r.Outcome != RolloutOutcome.Unjudged);
        var answered = all.Count(r => r.Outcome is RolloutOutcome.Accepted or RolloutOutcome.Rejected);
        var groups = known.GroupBy(r => r.Group, StringComparer.Ordinal).ToList();
        var names = all.SelectMany(r => r.Components.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new PolicyUpdate
        {
            Update = update,
            Updates = _options.Updates,
            PolicyVersion = batch.Version,
            Sampled = all.Count,
            Learned = 0,
            SampledTokens = all.Sum(r => (long)r.Targets),
            Acceptance = Share(all.Count(r => r.Outcome == RolloutOutcome.Accepted), answered),
            UnknownShare = Share(asked - answered, asked),
            Reward = known.Count == 0 ? double.NaN : known.Average(r => r.Reward),
            Components = names.ToDictionary(n => n, n => all.Where(r => r.Components.ContainsKey(n)).Average(r => r.Components[n]), StringComparer.Ordinal),
            DeadGroupShare = Share(groups.Count(g => Advantages.IsDead([.. g.Select(r => r.Reward)])), groups.Count),
            Length = all.Average(r => (double)r.Length),
            EndShare = Share(all.Count(r => r.IsEnded), all.Count),
            CutShare = Share(all.Count(r => r.IsCut), all.Count),
        };
    }

    /// <summary>The exact divergence from the reference on the first rollouts, with the estimates on the same, and the difference between sampler and learner.</summary>
    private PolicyUpdate Probe(List<Rollout> rollouts, int update, PolicyUpdate numbers)
    {
        var room = ProbeNumbers;
        Example[] rows = [.. rollouts.Take(_options.ProbeRollouts).TakeWhile(r => (room -= (long)r.Length * _weights.Config.VocabularySize) >= 0).Select(r => r.ToExample())];
        if (rows.Length == 0)
            return numbers;
        var reference = Reference().Distributions(ForReference(rows), _options.Temperature);
        var batch = _policy.Forward(rows, TokenQuantities.LogProbability | TokenQuantities.Divergence, _options.Temperature, reference);
        var chosen = new float[rows.Length][];
        double parity = 0, divergence = 0;
        for (var r = 0; r < rows.Length; r++)
        {
            chosen[r] = new float[batch.LogProbabilities[r].Length];
            for (var i = 0; i < chosen[r].Length; i++)
            {
                if (!batch.IsTarget(r, i))
                    continue;
                chosen[r][i] = reference[r][((long)i * _weights.Config.VocabularySize) + rows[r].Ids[rows[r].TargetStart + i]];
                divergence += batch.Divergences[r][i];
                parity = Math.Max(parity, Math.Abs(batch.LogProbabilities[r][i] - rollouts[r].BehaviourLogProbabilities![i]));
            }
        }

        numbers = numbers with { KlExact = divergence / batch.Targets, Parity = numbers.PolicyVersion == update ? parity : double.NaN };
        return WithKl(numbers, rows, batch.LogProbabilities, chosen);
    }

    /// <summary>The estimates of the divergence from the reference.</summary>
    private static PolicyUpdate WithKl(PolicyUpdate numbers, Example[] rows, IReadOnlyList<float[]> policy, IReadOnlyList<float[]> reference)
    {
        double k1 = 0, k2 = 0, k3 = 0;
        var targets = 0;
        for (var r = 0; r < rows.Length; r++)
        {
            for (var i = 0; i < policy[r].Length; i++)
            {
                if (!rows[r].IsTarget(rows[r].TargetStart + i))
                    continue;
                double s = policy[r][i] - reference[r][i];
                k1 += s;
                k2 += KlEstimates.Of(KlEstimator.K2, s);
                k3 += KlEstimates.Of(KlEstimator.K3, s);
                targets++;
            }
        }

        return numbers with { KlK1 = k1 / targets, KlK2 = k2 / targets, KlK3 = k3 / targets, KlSequence = k1 / rows.Length };
    }

    /// <summary>Truncated importance weights of targets: min(cap, proximal / behaviour).</summary>
    private (float[][] Weights, PolicyUpdate Numbers) Importance(Example[] rows, IReadOnlyList<float[]> proximal, float[][] behaviour, PolicyUpdate numbers)
    {
        var weights = new float[rows.Length][];
        var sum = 0.0;
        int targets = 0, truncated = 0;
        for (var r = 0; r < rows.Length; r++)
        {
            weights[r] = new float[behaviour[r].Length];
            for (var i = 0; i < weights[r].Length; i++)
            {
                if (!rows[r].IsTarget(rows[r].TargetStart + i))
                    continue;
                var weight = Math.Exp((double)proximal[r][i] - behaviour[r][i]);
                truncated += weight > _options.ImportanceCap ? 1 : 0;
                weights[r][i] = (float)Math.Min(weight, _options.ImportanceCap);
                sum += weights[r][i];
                targets++;
            }
        }

        return (weights, numbers with { ImportanceMean = sum / targets, TruncatedShare = (double)truncated / targets });
    }

    private static double Share(int part, int whole) => whole == 0 ? double.NaN : (double)part / whole;

    private static double Larger(double a, double b) => double.IsNaN(a) ? b : Math.Max(a, b);
}
