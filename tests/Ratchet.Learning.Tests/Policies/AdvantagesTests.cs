using Ratchet.Learning.Policies;
using Ratchet.Loop;
using Ratchet.Rollouts;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests.Policies;

public sealed class AdvantagesTests
{
    [Fact]
    public void Generalized_advantages_are_those_computed_by_hand()
    {
        // γ 0.9, λ 0.5. δ: 1 + 0.9·2 - 1 = 1.8; 0 + 0.9·3 - 2 = 0.7; 2 + 0 - 3 = -1. A: -1; 0.7 - 0.45 = 0.25; 1.8 + 0.45·0.25 = 1.9125.
        var (advantages, returns) = Advantages.Generalized([1, 0, 2], [1, 2, 3], 0.9, 0.5);
        Close([1.9125, 0.25, -1], advantages);
        Close([2.9125, 2.25, 2], returns);
    }

    [Fact]
    public void With_discount_and_lambda_one_a_return_is_the_sum_to_the_end()
    {
        var (_, returns) = Advantages.Generalized([1, -2, 4], [0.3, -5, 7], 1, 1);
        Close([3, 2, 4], returns);
        Close([3, 2, 4], Advantages.ToEnd([1, -2, 4]));
    }

    [Fact]
    public void Advantages_of_a_group_are_those_computed_by_hand()
    {
        // Mean 0.5, sample deviation sqrt(4 · 0.25 / 3) = 0.57735.
        Close([0.866025, -0.866025, -0.866025, 0.866025], Advantages.OfGroup([1, 0, 0, 1], normalizeDeviation: true));
        Close([0.5, -0.5, -0.5, 0.5], Advantages.OfGroup([1, 0, 0, 1], normalizeDeviation: false));
        Close([0, 0, 0], Advantages.OfGroup([0.7, 0.7, 0.7], normalizeDeviation: true));
        Close([0], Advantages.OfGroup([3], normalizeDeviation: true));
    }

    [Fact]
    public void Whitening_counts_every_token_once_and_keeps_the_mean_where_asked()
    {
        double[][] rows = [[1, 2], [3], [6]];
        Advantages.Whiten(rows);

        // Mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5.
        Close([-2 / Math.Sqrt(3.5), -1 / Math.Sqrt(3.5)], rows[0]);
        Close([3 / Math.Sqrt(3.5)], rows[2]);
        double[][] kept = [[1, 2], [3], [6]];
        Advantages.Whiten(kept, keepMean: true);
        Close([3 - (2 / Math.Sqrt(3.5)), 3 - (1 / Math.Sqrt(3.5))], kept[0]);
    }

    [Fact]
    public void Estimates_of_the_divergence_and_their_slopes_are_those_computed_by_hand()
    {
        const double S = 0.5;
        Assert.Equal(0.5, KlEstimates.Of(KlEstimator.K1, S));
        Assert.Equal(0.125, KlEstimates.Of(KlEstimator.K2, S));
        Assert.Equal(0.106531, KlEstimates.Of(KlEstimator.K3, S), 1e-6);
        Assert.Equal(0.5, KlEstimates.Slope(KlEstimator.K2, S));
        Assert.Equal(0.393469, KlEstimates.Slope(KlEstimator.K3, S), 1e-6);
        Assert.True(KlEstimates.Of(KlEstimator.K1, -S) < 0);
        Assert.True(KlEstimates.Of(KlEstimator.K3, -S) > 0);
    }

    [Fact]
    public void Estimates_agree_with_the_exact_divergence_in_the_mean_and_k1_has_no_gradient_in_expectation()
    {
        double[] p = [0.5, 0.3, 0.2], q = [0.2, 0.3, 0.5];
        double Mean(Func<double, double> of) => p.Select((w, i) => w * of(Math.Log(w / q[i]))).Sum();
        var exact = p.Select((w, i) => w * Math.Log(w / q[i])).Sum();
        Assert.Equal(exact, Mean(s => KlEstimates.Of(KlEstimator.K1, s)), 1e-12);
        Assert.Equal(exact, Mean(s => KlEstimates.Of(KlEstimator.K3, s)), 1e-12);

        // The expected gradient by the first logit is Σ p · slope · (1[i = 0] - p_0); that of KL(p || q) is p_0 (s_0 - KL).
        double Gradient(KlEstimator estimator) => p.Select((w, i) => w * KlEstimates.Slope(estimator, Math.Log(w / q[i])) * ((i == 0 ? 1 : 0) - p[0])).Sum();
        Assert.Equal(0, Gradient(KlEstimator.K1), 1e-12);
        Assert.Equal(p[0] * (Math.Log(p[0] / q[0]) - exact), Gradient(KlEstimator.K2), 1e-12);

        // k3's is that of KL(q || p): p_0 - q_0.
        Assert.Equal(p[0] - q[0], Gradient(KlEstimator.K3), 1e-12);
    }

    [Fact]
    public void The_controller_moves_the_coefficient_as_computed_by_hand()
    {
        var options = new AdaptiveKlOptions { Target = 6 };
        Assert.Equal(0.0102, KlEstimates.Adapt(0.01, options, 60), 1e-12);
        Assert.Equal(0.0098, KlEstimates.Adapt(0.01, options, 0), 1e-12);
        Assert.Equal(0.01 * (1 + (0.1 * 0.1)), KlEstimates.Adapt(0.01, options, 6.6), 1e-12);
    }

    [Fact]
    public void Explained_variance_is_one_for_a_perfect_critic_and_zero_for_a_constant_one()
    {
        double[][] returns = [[1, 2], [4]];
        Assert.Equal(1, Advantages.ExplainedVariance(returns, [[1, 2], [4]]), 1e-12);
        Assert.Equal(0, Advantages.ExplainedVariance(returns, [[3, 3], [3]]), 1e-12);
        Assert.True(double.IsNaN(Advantages.ExplainedVariance([[1], [1]], [[0], [2]])));
    }

    [Theory]
    [InlineData(RewardForm.Verdict)]
    [InlineData(RewardForm.Bounded)]
    [InlineData(RewardForm.Sigmoid)]
    public void No_shaping_lifts_a_rejected_rollout_above_an_accepted_one(RewardForm form)
    {
        var options = new RewardOptions { Form = form };
        var stream = RandomStream.FromSeed(3);
        for (var i = 0; i < 2000; i++)
        {
            double a = 20 * stream.NextNormal(), b = 20 * stream.NextNormal();
            var (accepted, rejected) = (RewardGate.Of(options, RolloutOutcome.Accepted, a), RewardGate.Of(options, RolloutOutcome.Rejected, b));
            Assert.True(accepted >= rejected, $"accepted with shaping {a} has {accepted}, rejected with {b} has {rejected}");
            Assert.Null(RewardGate.Of(options, RolloutOutcome.Unknown, a));
        }
    }

    [Fact]
    public void The_sigmoid_form_is_that_of_Qwen_and_orders_inside_each_class()
    {
        var options = new RewardOptions { Form = RewardForm.Sigmoid };
        Assert.Equal(0.5, RewardGate.Of(options, RolloutOutcome.Accepted, 0)!.Value, 1e-12);
        Assert.Equal((1 / (1 + Math.Exp(-1))) - 1, RewardGate.Of(options, RolloutOutcome.Rejected, 2)!.Value, 1e-12);
        Assert.True(RewardGate.Of(options, RolloutOutcome.Accepted, 1) > RewardGate.Of(options, RolloutOutcome.Accepted, 0));
        Assert.Equal(10, RewardGate.Of(options, RolloutOutcome.Unjudged, 50));
        Assert.Throws<RatchetException>(() => RewardGate.Of(options, RolloutOutcome.Accepted, double.NaN));
    }

    [Fact]
    public void The_overlong_penalty_grows_along_a_line_and_stays()
    {
        var overlong = new OverlongOptions { Limit = 20, Buffer = 4, Factor = 1 };
        Assert.Equal([0, 0, -0.25, -0.75, -1, -1], new[] { 3, 16, 17, 19, 20, 50 }.Select(overlong.Of));
    }

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) < 1e-5, $"[{i}] expected {expected[i]}, actual {actual[i]}");
    }
}
