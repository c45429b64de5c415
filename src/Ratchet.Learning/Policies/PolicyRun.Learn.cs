using System.Diagnostics;
using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Learning.Preferences;
using Ratchet.Rollouts;

namespace Ratchet.Learning.Policies;

/// <content>One update: from judged rollouts to optimizer steps.</content>
internal sealed partial class PolicyRun
{
    private PolicyUpdate Learn(int update, RolloutBatch batch)
    {
        var clock = Stopwatch.StartNew();
        var numbers = Describe(update, batch);
        List<Rollout> rollouts = [.. batch.Kept.Select(i => batch.All[i]).Where(r => r.Outcome != RolloutOutcome.Unknown && r.Targets > 0)];
        if (rollouts.Count > 0)
        {
            numbers = _options.Algorithm == PolicyAlgorithm.Quark
                ? LearnQuantiles(update, rollouts, Probe(rollouts, update, numbers))
                : LearnSurrogate(update, rollouts, Probe(rollouts, update, numbers));
        }

        return numbers with { Learned = rollouts.Count, Steps = _state.Steps, Times = new PolicyUpdateTimes(batch.Sampling, batch.Judging, clock.Elapsed.TotalSeconds) };
    }

    private PolicyUpdate LearnSurrogate(int update, List<Rollout> rollouts, PolicyUpdate numbers)
    {
        Example[] rows = [.. rollouts.Select(r => r.ToExample())];
        float[][] behaviour = [.. rollouts.Select(r => (float[])[.. r.BehaviourLogProbabilities!.Select(p => float.IsNaN(p) ? 0 : p)])];

        // Probabilities of sampling are those of the present weights unless sampling ran ahead.
        var stale = rollouts.Any(r => r.PolicyVersion != update);
        var proximal = stale && _options.Correction == OffPolicyCorrection.Truncate;
        IReadOnlyList<float[]> old = proximal ? _policy.Forward(rows, TokenQuantities.LogProbability, _options.Temperature).LogProbabilities : behaviour;
        float[][]? importance = null;
        numbers = numbers with { Old = proximal ? OldProbabilities.Proximal : OldProbabilities.Behaviour, KlCoefficient = _state.KlCoefficient };
        if (proximal)
            (importance, numbers) = Importance(rows, old, behaviour, numbers);

        IReadOnlyList<float[]>? reference = null;
        if (NeedsReference())
        {
            reference = Reference().Forward(rows, TokenQuantities.LogProbability, _options.Temperature).LogProbabilities;
            numbers = WithKl(numbers, rows, old, reference);
        }

        var places = Array.ConvertAll(rows, Places);
        IReadOnlyList<float[]>? values = _critic?.Forward(rows, TokenQuantities.Value).Values;
        double[][] advantages, returns = [];
        switch (_options.Algorithm)
        {
            case PolicyAlgorithm.Grpo:
                var one = GroupAdvantages(rollouts, _options.Grpo.NormalizeDeviation);
                advantages = [.. places.Select((p, r) => Enumerable.Repeat(one[r], p.Length).ToArray())];
                break;
            case PolicyAlgorithm.Reinforce:
                var centred = GroupAdvantages(rollouts, normalizeDeviation: false);
                advantages = [.. TokenRewards(places, old, reference, [.. centred], clamp: false).Select(r => Advantages.ToEnd(r))];
                if (_options.Reinforce.WhitenAdvantages)
                    Advantages.Whiten(advantages);
                break;
            default:
                (advantages, returns) = PpoAdvantages(rollouts, places, old, reference, values!);
                numbers = numbers with { ExplainedVariance = Advantages.ExplainedVariance(returns, [.. places.Select((p, r) => p.Select(i => (double)values![r][i]).ToArray())]) };
                break;
        }

        var spread = Spread(rows, places, advantages);
        numbers = Steps(update, rows, numbers, (part, first) => Surrogate(part, spread, old, importance, reference, first), _options.Algorithm == PolicyAlgorithm.Ppo && update < _options.Ppo.CriticWarmupUpdates);
        if (_critic is not null)
            numbers = CriticSteps(update, rows, Spread(rows, places, returns), values!, numbers);
        AdaptCoefficient(numbers);
        return numbers;
    }

    /// <summary>PPO: token rewards, generalized advantages and returns.</summary>
    private (double[][] Advantages, double[][] Returns) PpoAdvantages(List<Rollout> rollouts, int[][] places, IReadOnlyList<float[]> old, IReadOnlyList<float[]>? reference, IReadOnlyList<float[]> values)
    {
        var ppo = _options.Ppo;
        var rewards = TokenRewards(places, old, reference, [.. rollouts.Select(r => r.Reward)], ppo.ClampKl);
        if (ppo.WhitenRewards)
            Advantages.Whiten(rewards, keepMean: true);
        var advantages = new double[places.Length][];
        var returns = new double[places.Length][];
        for (var r = 0; r < places.Length; r++)
            (advantages[r], returns[r]) = Advantages.Generalized(rewards[r], [.. places[r].Select(i => (double)values[r][i])], ppo.Discount, ppo.Lambda);
        if (ppo.WhitenAdvantages)
            Advantages.Whiten(advantages);
        return (advantages, returns);
    }

    /// <summary>-β (log π - log π_ref) on every target, and a rollout's own number on its last.</summary>
    private double[][] TokenRewards(int[][] places, IReadOnlyList<float[]> old, IReadOnlyList<float[]>? reference, double[] last, bool clamp)
    {
        var rewards = new double[places.Length][];
        for (var r = 0; r < places.Length; r++)
        {
            rewards[r] = new double[places[r].Length];
            for (var i = 0; reference is not null && i < places[r].Length; i++)
            {
                double s = old[r][places[r][i]] - reference[r][places[r][i]];
                rewards[r][i] = -_state.KlCoefficient * (clamp ? Math.Max(0, s) : s);
            }

            rewards[r][^1] += last[r];
        }

        return rewards;
    }

    private static double[] GroupAdvantages(List<Rollout> rollouts, bool normalizeDeviation)
    {
        var result = new double[rollouts.Count];
        foreach (var group in Enumerable.Range(0, rollouts.Count).GroupBy(i => rollouts[i].Group, StringComparer.Ordinal))
        {
            int[] members = [.. group];
            var advantages = Advantages.OfGroup([.. members.Select(i => rollouts[i].Reward)], normalizeDeviation);
            for (var m = 0; m < members.Length; m++)
                result[members[m]] = advantages[m];
        }

        return result;
    }

    private ClippedSurrogate Surrogate(int[] part, float[][] advantages, IReadOnlyList<float[]> old, float[][]? importance, IReadOnlyList<float[]>? reference, bool first)
    {
        var grpo = _options.Algorithm == PolicyAlgorithm.Grpo ? _options.Grpo : null;
        var (low, high, bonus) = _options.Algorithm switch
        {
            PolicyAlgorithm.Ppo => (_options.Ppo.ClipLow, _options.Ppo.ClipHigh, _options.Ppo.EntropyBonus),
            PolicyAlgorithm.Reinforce => (_options.Reinforce.ClipLow, _options.Reinforce.ClipHigh, _options.Reinforce.EntropyBonus),
            _ => (_options.Grpo.ClipLow, _options.Grpo.ClipHigh, _options.Grpo.EntropyBonus),
        };
        return new ClippedSurrogate
        {
            Advantages = Pick(advantages),
            Old = Pick(old),
            Importance = importance is null ? null : Pick(importance),
            Reference = grpo is { KlCoefficient: > 0 } ? Pick(reference!) : null,
            ClipLow = low,
            ClipHigh = high,
            Aggregation = grpo?.Aggregation ?? TokenAggregation.TokenMean,
            LargestLength = _options.MaxNewTokens,
            KlCoefficient = grpo?.KlCoefficient ?? 0,
            KlLoss = grpo?.KlLoss ?? KlEstimator.K3,
            EntropyBonus = bonus,
            ReportEntropy = first,
            Temperature = _options.Temperature,
        };

        float[][] Pick(IReadOnlyList<float[]> all) => Array.ConvertAll(part, i => all[i]);
    }

    private PolicyUpdate LearnQuantiles(int update, List<Rollout> rollouts, PolicyUpdate numbers)
    {
        var quark = _options.Quark;

        // The token that was asked for gives way to the one that was earned.
        if (quark.RewardTokens.Count > 0)
            rollouts = rollouts.ConvertAll(r => r with { Ids = [.. r.Ids.Skip(1)], TargetStart = r.TargetStart - 1 });
        Example[] rows = [.. ImitationRows.Quantiles(rollouts, quark.Quantiles, quark.RewardTokens)];
        numbers = numbers with { KlCoefficient = quark.KlCoefficient };
        return Steps(
            update, rows, numbers,
            (part, _) => new DivergenceLikelihood(
                quark.KlCoefficient > 0 ? Reference().Distributions(ForReference(Array.ConvertAll(part, i => rows[i])), _options.Temperature) : null, quark.KlCoefficient, quark.EntropyBonus, _options.Temperature),
            skip: false);
    }

    /// <summary>Rows as the reference sees them: it knows no reward tokens.</summary>
    private Example[] ForReference(Example[] rows) =>
        _options.Algorithm == PolicyAlgorithm.Quark && _options.Quark.RewardTokens.Count > 0 ? Array.ConvertAll(rows, ImitationRows.WithoutFirst) : rows;

    /// <summary>Optimizer steps of the policy over the epochs and minibatches of a batch.</summary>
    private PolicyUpdate Steps(int update, Example[] rows, PolicyUpdate numbers, Func<int[], bool, ITokenObjective> objective, bool skip)
    {
        if (skip)
            return numbers;
        int done = 0, targets = 0, cut = 0;
        double loss = 0, kl = 0, norm = 0, ratio = 0, largest = double.NegativeInfinity, rate = 0;
        long tokens = 0;
        foreach (var part in Parts(update, rows.Length))
        {
            var o = objective(part, done == 0);
            rate = _schedule.At(Math.Min((update * StepsOfUpdate(critic: false)) + done, _schedule.Steps - 1));
            var step = _policy.Step(Array.ConvertAll(part, i => rows[i]), o, rate);
            loss += step.Loss;
            norm += step.GradientNorm;
            tokens += step.Tokens;
            if (o is ClippedSurrogate { Numbers: var s })
            {
                (targets, cut, ratio, largest, kl) = (targets + s.Targets, cut + s.Cut, ratio + s.RatioSum, Math.Max(largest, s.RatioMax), kl + s.KlLoss);
                if (done == 0)
                    numbers = numbers with { Entropy = s.EntropySum / s.Targets, Parity = numbers.Old == OldProbabilities.Behaviour && numbers.PolicyVersion == update ? Larger(numbers.Parity, s.LargestChange) : numbers.Parity };
            }
            else if (o is DivergenceLikelihood likelihood)
            {
                kl += likelihood.KlLoss;
                if (done == 0)
                    numbers = numbers with { Entropy = likelihood.MeanEntropy };
            }

            done++;
        }

        _state = _state with { Steps = _state.Steps + done };
        return numbers with
        {
            Loss = loss / done,
            KlLoss = kl / done,
            GradientNorm = norm / done,
            RatioMean = targets == 0 ? double.NaN : ratio / targets,
            RatioMax = targets == 0 ? double.NaN : largest,
            ClipShare = targets == 0 ? double.NaN : (double)cut / targets,
            LearningRate = rate,
            LearnedTokens = tokens,
        };
    }

    private PolicyUpdate CriticSteps(int update, Example[] rows, float[][] returns, IReadOnlyList<float[]> old, PolicyUpdate numbers)
    {
        var done = 0;
        double loss = 0, norm = 0;
        foreach (var part in Parts(update, rows.Length))
        {
            var objective = new ClippedValue(Array.ConvertAll(part, i => returns[i]), Array.ConvertAll(part, i => old[i]), _options.Ppo.ValueClip);
            var rate = _criticSchedule!.At(Math.Min((update * StepsOfUpdate(critic: true)) + done, _criticSchedule.Steps - 1));
            var step = _critic!.Step(Array.ConvertAll(part, i => rows[i]), objective, rate);
            (loss, norm, done) = (loss + step.Loss, norm + step.GradientNorm, done + 1);
        }

        return numbers with { ValueLoss = loss / done, CriticGradientNorm = norm / done };
    }

    /// <summary>Minibatches of all epochs over a batch.</summary>
    private IEnumerable<int[]> Parts(int update, int rows)
    {
        var size = _options.Minibatch == 0 ? rows : _options.Minibatch;
        for (var epoch = 0; epoch < _options.Epochs; epoch++)
        {
            int[] order = [.. Enumerable.Range(0, rows)];
            if (size < rows)
            {
                var stream = _request.Stream.Derive("minibatches").Derive(update).Derive(epoch);
                stream.Shuffle<int>(order);
            }

            foreach (var part in Minibatches.Cut(order, size))
                yield return part;
        }
    }

    private bool NeedsReference() => _options.Algorithm switch
    {
        PolicyAlgorithm.Ppo => _options.Ppo.KlCoefficient > 0 || _options.Ppo.AdaptiveKl is not null,
        PolicyAlgorithm.Reinforce => _options.Reinforce.KlCoefficient > 0 || _options.Reinforce.AdaptiveKl is not null,
        _ => _options.Grpo.KlCoefficient > 0,
    };

    private void AdaptCoefficient(PolicyUpdate numbers)
    {
        var adaptive = _options.Algorithm switch { PolicyAlgorithm.Ppo => _options.Ppo.AdaptiveKl, PolicyAlgorithm.Reinforce => _options.Reinforce.AdaptiveKl, _ => null };
        if (adaptive is not null)
            _state = _state with { KlCoefficient = KlEstimates.Adapt(_state.KlCoefficient, adaptive, numbers.KlSequence) };
    }

    /// <summary>Places of a row that are targets.</summary>
    private static int[] Places(Example row) => [.. Enumerable.Range(0, row.Ids.Count - row.TargetStart).Where(i => row.IsTarget(row.TargetStart + i))];

    /// <summary>From numbers of targets to arrays by place, 0 where masked.</summary>
    private static float[][] Spread(Example[] rows, int[][] places, double[][] numbers)
    {
        var result = new float[rows.Length][];
        for (var r = 0; r < rows.Length; r++)
        {
            result[r] = new float[rows[r].Ids.Count - rows[r].TargetStart];
            for (var i = 0; i < places[r].Length; i++)
                result[r][places[r][i]] = (float)numbers[r][i];
        }

        return result;
    }
}
