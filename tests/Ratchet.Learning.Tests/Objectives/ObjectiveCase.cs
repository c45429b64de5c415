using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Learning.Policies;
using Ratchet.Learning.Preferences;
using Ratchet.Learning.Tests.Cpu;
using Ratchet.Loop;
using Ratchet.Models;

namespace Ratchet.Learning.Tests.Objectives;

/// <summary>An objective with rows and a model to try it on. One row has masked places.</summary>
internal sealed record ObjectiveCase(DecoderWeights Weights, Example[] Rows, ITokenObjective Objective)
{
    public static string[] Names { get; } =
    [
        "likelihood", "pairwise reward", "listwise reward", "critic", "dpo", "dpo with likelihood", "ipo", "ppo", "grpo k3", "grpo k2 by sequences", "grpo by constant length, tempered",
        "entropy", "quark", "importance weights", "only k2", "only k3", "only exact divergence",
    ];

    public static ObjectiveCase Make(string name)
    {
        var scalar = name is "pairwise reward" or "listwise reward" or "critic";
        var config = Tiny.Config with { ScalarHead = scalar };
        var weights = Tiny.Weights(config);
        var rows = Tiny.Rows(6, config.VocabularySize, longest: 9);
        rows[1] = Tiny.Row("masked", [1, 5, 3, 7, 2, 9, 4, 6, 8], 2) with { Masked = [new IdSpan(3, 5), new IdSpan(6, 7)] };
        if (name is "pairwise reward" or "listwise reward")
            rows = [.. rows.Select(r => RewardModel.Row(r.Id, r.Ids))];
        var stream = RandomStream.FromSeed(77);
        float[][] Noise(double scale, double centre = 0) =>
            [.. rows.Select(r => Enumerable.Range(0, r.Ids.Count - r.TargetStart).Select(_ => (float)(centre + (scale * stream.NextNormal()))).ToArray())];
        var numbers = ReferenceNumbers.Batch(new ReferenceDecoder(weights), config, rows, scalar ? TokenQuantities.Value : TokenQuantities.LogProbability, 1, null);
        float[][] Near(float[][] values, double scale) => [.. values.Zip(Noise(scale), (v, n) => v.Zip(n, (a, b) => a + b).ToArray())];

        // Old probabilities so far away that some targets lie beyond the clip.
        ClippedSurrogate Surrogate(double kl, KlEstimator estimator, TokenAggregation aggregation, double temperature = 1, double bonus = 0, double advantage = 1, bool importance = false) => new()
        {
            Advantages = Noise(advantage),
            Old = Near(numbers.LogProbabilities, 0.3),
            Importance = importance ? Noise(0.2, 1) : null,
            Reference = Near(numbers.LogProbabilities, 0.5),
            ClipLow = 0.2,
            ClipHigh = 0.28,
            Aggregation = aggregation,
            LargestLength = 12,
            KlCoefficient = kl,
            KlLoss = estimator,
            EntropyBonus = bonus,
            Temperature = temperature,
        };

        PairTerm[] Pairs() => [new(1, 1, -9, -8.2), new(0, 0.5, -7.7, -9.4), new(0.8, 2, -10, -9.1)];
        float[][] Distributions() => [.. rows.Select(r => Enumerable.Range(0, r.Ids.Count - r.TargetStart).SelectMany(_ => Distribution()).ToArray())];
        float[] Distribution()
        {
            var logits = Enumerable.Range(0, config.VocabularySize).Select(_ => stream.NextNormal()).ToArray();
            var sum = Math.Log(logits.Sum(Math.Exp));
            return [.. logits.Select(l => (float)(l - sum))];
        }

        ITokenObjective objective = name switch
        {
            "likelihood" => new WeightedLikelihood(),
            "pairwise reward" => new PairwiseReward([(1, 1), (0.3, 0.5), (0, 2)], centering: 0.1),
            "listwise reward" => new ListwiseReward([[true, false, false], [false, true, true]], centering: 0.1),
            "critic" => new ClippedValue(Near(numbers.Values, 0.5), Near(numbers.Values, 0.3), 0.2),
            "dpo" => new DirectPreference(Pairs(), new DpoOptions { Beta = 0.3 }),
            "dpo with likelihood" => new DirectPreference(Pairs(), new DpoOptions { LikelihoodWeight = 0.4 }),
            "ipo" => new DirectPreference(Pairs(), new DpoOptions { Loss = PreferenceLoss.Ipo, Beta = 0.3 }),
            "ppo" => Surrogate(0, KlEstimator.K3, TokenAggregation.TokenMean),
            "grpo k3" => Surrogate(0.3, KlEstimator.K3, TokenAggregation.TokenMean),
            "grpo k2 by sequences" => Surrogate(0.3, KlEstimator.K2, TokenAggregation.SequenceMean),
            "grpo by constant length, tempered" => Surrogate(0.3, KlEstimator.K3, TokenAggregation.SequenceSum, temperature: 0.7),
            "entropy" => Surrogate(0, KlEstimator.K3, TokenAggregation.TokenMean, bonus: 0.5, temperature: 1.3),
            "quark" => new DivergenceLikelihood(Distributions(), 0.5, 0.2, 0.8),
            "importance weights" => Surrogate(0.1, KlEstimator.K2, TokenAggregation.TokenMean, importance: true),
            "only k2" => Surrogate(1, KlEstimator.K2, TokenAggregation.TokenMean, advantage: 0),
            "only k3" => Surrogate(1, KlEstimator.K3, TokenAggregation.TokenMean, advantage: 0),
            "only exact divergence" => new OnlyDivergence(Distributions()),
            _ => throw new ArgumentException(name),
        };
        return new ObjectiveCase(weights, rows, objective);
    }

    /// <summary>The mean exact divergence.</summary>
    private sealed class OnlyDivergence(float[][] references) : ITokenObjective
    {
        public TokenQuantities Quantities => TokenQuantities.Divergence;

        public IReadOnlyList<float[]> References => references;

        public double Evaluate(TokenBatch batch)
        {
            var sum = 0.0;
            for (var r = 0; r < batch.Rows.Count; r++)
            {
                for (var i = 0; i < batch.Divergences[r].Length; i++)
                {
                    if (!batch.IsTarget(r, i))
                        continue;
                    sum += batch.Divergences[r][i];
                    batch.DivergenceGradients[r][i] = 1f / batch.Targets;
                }
            }

            return sum / batch.Targets;
        }
    }
}

/// <summary>The numbers of a batch by the slow reference.</summary>
internal static class ReferenceNumbers
{
    public static TokenBatch Batch(ReferenceDecoder decoder, DecoderConfig config, IReadOnlyList<Example> rows, TokenQuantities quantities, double temperature, IReadOnlyList<float[]>? references)
    {
        var batch = new TokenBatch(rows, quantities);
        for (var r = 0; r < rows.Count; r++)
        {
            var outputs = decoder.Outputs(rows[r].Ids);
            for (var i = 0; i < rows[r].Ids.Count - rows[r].TargetStart; i++)
            {
                if (!batch.IsTarget(r, i))
                    continue;
                var output = outputs[rows[r].TargetStart + i - 1];
                if (config.ScalarHead)
                {
                    batch.Values[r][i] = (float)output[0];
                    continue;
                }

                double[] z = [.. output.Select(x => x / temperature)];
                var sum = z.Max() + Math.Log(z.Sum(x => Math.Exp(x - z.Max())));
                double[] log = [.. z.Select(x => x - sum)];
                if (batch.LogProbabilities.Length > 0)
                    batch.LogProbabilities[r][i] = (float)log[rows[r].Ids[rows[r].TargetStart + i]];
                if (batch.Entropies.Length > 0)
                    batch.Entropies[r][i] = (float)-log.Sum(l => Math.Exp(l) * l);
                if (batch.Divergences.Length > 0)
                    batch.Divergences[r][i] = (float)log.Select((l, v) => Math.Exp(l) * (l - references![r][(i * log.Length) + v])).Sum();
            }
        }

        return batch;
    }

    /// <summary>Central difference of an objective in one weight.</summary>
    public static double Slope(ObjectiveCase c, ReferenceDecoder decoder, string name, int index, double step = 2e-3)
    {
        var values = decoder.Weight(name);
        var kept = values[index];
        double At(double change)
        {
            values[index] = kept + change;
            return c.Objective.Evaluate(Batch(decoder, c.Weights.Config, c.Rows, c.Objective.Quantities, c.Objective.Temperature, c.Objective.References));
        }

        var slope = (At(step) - At(-step)) / (2 * step);
        values[index] = kept;
        return slope;
    }
}
