using Ratchet.Domains.Arithmetic;
using Ratchet.Learning.Policies;
using Ratchet.Systems.EchoChamber;

namespace Ratchet.Systems.Tests.EchoChamber;

public sealed class EchoChecksTests
{
    private static readonly double[] Accuracy = [0.35, 0.25, 0.15];

    [Fact]
    public void A_collapse_in_two_mixes_and_both_algorithms_is_a_collapse_and_in_one_mix_is_none()
    {
        List<EchoArm> arms =
        [
            Arm("ppo", Policy("ppo"), 5), Arm("grpo", Policy("grpo"), 5), Arm("tilt-ppo", Policy("ppo", (0.6, 0.3, 0.1)), 5), Arm("tilt-grpo", Policy("grpo", (0.6, 0.3, 0.1)), 5),
        ];

        Assert.Equal("holds", EchoChecks.Collapse(arms).Verdict);
        Assert.Contains("ppo 5 of 5 (0.40 to 0.90)", EchoChecks.Collapse(arms).Numbers, StringComparison.Ordinal);
        Assert.Equal("does not hold", EchoChecks.Collapse([.. arms.Take(3)]).Verdict);
        Assert.Equal("does not hold", EchoChecks.Collapse([.. arms.Take(3), Arm("tilt-grpo", Policy("grpo", (0.6, 0.3, 0.1)), 5, run => run < 3 ? 0.9 : 0.7)]).Verdict);
        Assert.Equal("not answered", EchoChecks.Collapse([Arm("gold", Policy("ppo") with { Method = PostTraining.Supervised }, 5)]).Verdict);
    }

    [Fact]
    public void The_gain_before_the_collapse_counts()
    {
        Assert.Equal("holds", EchoChecks.Gain([Arm("ppo", Policy("ppo"), 5)]).Verdict);

        // Half of the gain comes after the format has taken over.
        Assert.Equal("does not hold", EchoChecks.Gain([Arm("ppo", Policy("ppo"), 5, last: 0.7)]).Verdict);
    }

    [Fact]
    public void The_minority_share_must_not_fall_as_the_cost_rises()
    {
        EchoArm With(double beta, double end) => Arm($"ppo-{beta}", Policy("ppo") with { Policy = Policy("ppo").Policy with { Ppo = new PpoOptions { KlCoefficient = beta } } }, 5, _ => end);

        Assert.Equal("holds", EchoChecks.Divergence([With(0.1, 0.6), With(0, 0.95), With(0.001, 0.95), With(0.01, 0.9)]).Verdict);
        Assert.Equal("does not hold", EchoChecks.Divergence([With(0, 0.9), With(0.001, 0.95), With(0.1, 0.6)]).Verdict);
        Assert.Equal("not answered", EchoChecks.Divergence([With(0, 0.9), With(0.001, 0.95)]).Verdict);
    }

    [Fact]
    public void A_winner_that_is_neither_most_frequent_nor_most_accurate_is_found()
    {
        var surprising = Arm("rare-ppo", Policy("ppo", (0.02, 0.28, 0.70)), 5, start: [0.02, 0.28, 0.70], winner: 1);
        var plain = Arm("ppo", Policy("ppo"), 5);

        Assert.Equal("holds", EchoChecks.Winner([plain, surprising]).Verdict);
        var (verdict, numbers) = EchoChecks.Winner([plain]);
        Assert.Equal("does not hold", verdict);
        Assert.StartsWith("none was found", numbers, StringComparison.Ordinal);
        Assert.Contains("by the largest start share in 5", numbers, StringComparison.Ordinal);
    }

    [Fact]
    public void Expert_iteration_is_held_against_its_prediction_and_against_ppo()
    {
        EchoArm Expert(string name, Ratchet.Systems.ExpertIteration.LearnFrom from, double end) => Arm(name, Policy("ppo") with { Method = PostTraining.ExpertIteration, Expert = new ExpertRoundSettings { From = from } }, 5, _ => end, rounds: true);

        // w · R^3 gives 0.75 for shares of 0.4 at the start.
        List<EchoArm> arms = [Arm("ppo", Policy("ppo"), 5), Expert("b", Ratchet.Systems.ExpertIteration.LearnFrom.Base, 0.75), Expert("c", Ratchet.Systems.ExpertIteration.LearnFrom.Continue, 0.85)];

        Assert.Equal("holds", EchoChecks.Iteration(arms).Verdict);
        Assert.Equal("does not hold", EchoChecks.Iteration([arms[0], Expert("b", Ratchet.Systems.ExpertIteration.LearnFrom.Base, 0.99), arms[2]]).Verdict);
        Assert.Equal("does not hold", EchoChecks.Iteration([arms[0], arms[1], Expert("c", Ratchet.Systems.ExpertIteration.LearnFrom.Continue, 0.99)]).Verdict);
    }

    [Fact]
    public void A_single_answer_in_a_format_that_was_never_shown_is_noticed()
    {
        var control = Policy("ppo", (0, 1, 1));

        Assert.Equal("holds", EchoChecks.Absent([Arm("control", control, 2, start: [0, 0.6, 0.4], winner: 1)]).Verdict);
        Assert.Equal("does not hold", EchoChecks.Absent([Arm("control", control, 2, start: [0.001, 0.6, 0.399], winner: 1)]).Verdict);
    }

    [Fact]
    public void Shuffled_verdicts_that_move_a_format_in_every_seed_are_noticed()
    {
        var shuffled = Policy("ppo") with { Reward = RewardSource.Shuffled };

        Assert.Equal("holds", EchoChecks.Shuffled([Arm("s", shuffled, 5, run => run % 2 == 0 ? 0.43 : 0.37, last: 0.4, gain: 0)]).Verdict);
        Assert.Equal("does not hold", EchoChecks.Shuffled([Arm("s", shuffled, 5, _ => 0.9, last: 0.4, gain: 0)]).Verdict);
    }

    [Fact]
    public void The_section_answers_every_point_and_its_page_has_the_null_model()
    {
        var sections = EchoStudy.Sections([Arm("ppo", Policy("ppo"), 5)]);

        Assert.Equal(["Pre-registered checks", "Shares and the null model", "Early stopping at equal divergence", "Curves"], sections.Select(s => s.Title));
        Assert.Equal(9, sections[0].Rows.Count);
        Assert.Contains("policy gradient on formats: ", sections[1].Rows[0][^1], StringComparison.Ordinal);
        Assert.Equal(2, sections[3].Charts.Count);
        Assert.Empty(EchoStudy.Sections([]));
    }

    private static EchoChamberRecipe Policy(string algorithm, (double F, double T, double P)? mix = null)
    {
        var (f, t, p) = mix ?? (1, 1, 1);
        return TinyEcho.Recipe with
        {
            Mixture = new MixtureSettings { Function = f, Tagged = t, Prose = p },
            Policy = TinyEcho.Recipe.Policy with { Algorithm = algorithm == "ppo" ? PolicyAlgorithm.Ppo : PolicyAlgorithm.Grpo },
        };
    }

    /// <summary>Runs that are evaluated at the beginning, in the middle of the only pass, when the first format (or another winner) has its end share, and at the end.</summary>
    private static EchoArm Arm(string name, EchoChamberRecipe recipe, int seeds, Func<int, double>? end = null, double[]? start = null, int winner = 0, double last = 0.5, double gain = 0.2, bool rounds = false)
    {
        start ??= [0.4, 0.35, 0.25];
        return new EchoArm(name, recipe, [.. Enumerable.Range(0, seeds).Select(seed =>
        {
            var share = end?.Invoke(seed) ?? 0.9;
            var shares = start.Select((s, i) => i == winner ? share : s * (1 - share) / (1 - start[winner])).ToArray();
            var points = new[] { (0, start, 0.3), (rounds ? 1 : 50, shares, 0.3 + gain), (rounds ? 3 : 100, shares, gain == 0 ? 0.3 : last) };
            return new EchoStudyRun((ulong)seed, new EchoSeries([.. points.SelectMany((p, i) => new[] { "greedy", "t0.7" }.Select(decode => Record(recipe, decode, p.Item1, p.Item2, p.Item3, i)))]));
        })]);
    }

    private static EchoRecord Record(EchoChamberRecipe recipe, string decode, int rollout, double[] shares, double pass, int place) => new()
    {
        Run = "r", Seed = 1, Mix = recipe.Mixture.Label, Size = 1000, Algo = recipe.Algorithm, Beta = recipe.Beta, Episode = rollout / 100.0, Rollout = rollout, Sampled = rollout * 256L, Task = "heldout",
        Decode = decode, Problems = 10, Samples = 64,
        Share = ArithmeticReading.Labels.Select((l, i) => (l, i)).ToDictionary(x => x.l, x => x.i < 3 ? shares[x.i] : 0),
        Acc = EchoSeries.Formats.Select((l, i) => (l, i)).ToDictionary(x => x.l, x => Accuracy[x.i]),
        Pass1 = pass,
        Passk = new Dictionary<string, double> { ["64"] = 0.9 - (0.1 * place) },
        Majk = new Dictionary<string, double> { ["64"] = 0.4 + (0.1 * place) },
        Entropy = 1, KlRef = 0.1 * place, LenMean = 10, EosRate = 1,
    };
}
