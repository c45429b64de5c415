using System.Text.Json;
using CsCheck;
using Ratchet.Attempts;
using Ratchet.Evaluation;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Tests.Evaluation;

public sealed class EvaluatorTests
{
    private static readonly RandomStream Stream = RandomStream.FromSeed(5).Derive("bootstrap");

    [Fact]
    public void Pass_at_k_is_the_mean_over_problems()
    {
        JudgedAttempt[] sampled = [.. Judged.Heldout("p1", "arrr"), .. Judged.Heldout("p2", "rrrr"), .. Judged.Heldout("p3", "aarr")];

        var summary = Evaluator.Summarize(sampled, [], [1, 2, 4], 500, Stream);

        Assert.Equal((0.25 + 0 + 0.5) / 3, summary.PassAtK[1].Value, 12);
        Assert.Equal((0.5 + 0 + (5.0 / 6)) / 3, summary.PassAtK[2].Value, 12);
        Assert.Equal(2.0 / 3, summary.PassAtK[4].Value, 12);
        Assert.Equal((3, 12, 0), (summary.Problems, summary.Attempts, summary.Unknown));
        Assert.Null(summary.Greedy);
        Assert.Equal((24L, 12L), (summary.Tokens, summary.VerifierCalls));
    }

    [Fact]
    public void Unknown_verdicts_leave_n_and_are_counted()
    {
        JudgedAttempt[] sampled = [.. Judged.Heldout("p1", "aruu")];

        var summary = Evaluator.Summarize(sampled, [], [1, 2], 100, Stream);

        Assert.Equal(0.5, summary.PassAtK[1].Value, 12);
        Assert.Equal(1.0, summary.PassAtK[2].Value, 12);
        Assert.Equal(2, summary.Unknown);
    }

    [Fact]
    public void A_problem_with_too_few_known_attempts_is_left_out_of_that_k_and_counted()
    {
        JudgedAttempt[] sampled = [.. Judged.Heldout("p1", "aruu"), .. Judged.Heldout("p2", "rrrr"), .. Judged.Heldout("p3", "uuuu")];

        var summary = Evaluator.Summarize(sampled, [], [1, 4, 8], 100, Stream);

        Assert.Equal(0.25, summary.PassAtK[1].Value, 12);
        Assert.Equal(0, summary.PassAtK[4].Value);
        Assert.False(summary.PassAtK.ContainsKey(8));
        Assert.Equal([(1, 1), (4, 2), (8, 3)], summary.Excluded.Select(e => (e.Key, e.Value)));
        Assert.Equal(3, summary.Problems);
    }

    [Fact]
    public void Strata_are_summarised_by_themselves()
    {
        JudgedAttempt[] sampled = [.. Judged.Heldout("p1", "aa", "depth 1"), .. Judged.Heldout("p2", "rr", "depth 2"), .. Judged.Heldout("p3", "ar", "depth 2")];

        var summary = Evaluator.Summarize(sampled, [], [1], 100, Stream);

        Assert.Equal(["depth 1", "depth 2"], summary.ByStratum.Keys);
        Assert.Equal(1, summary.ByStratum["depth 1"].PassAtK[1].Value);
        Assert.Equal(0.25, summary.ByStratum["depth 2"].PassAtK[1].Value, 12);
        Assert.Equal(2, summary.ByStratum["depth 2"].Problems);
        Assert.Empty(summary.ByStratum["depth 2"].ByStratum);
    }

    [Fact]
    public void The_greedy_share_leaves_out_unknown_verdicts_and_has_Wilsons_interval()
    {
        JudgedAttempt[] greedy =
        [
            .. Judged.Heldout("p1", "a", phase: Phase.Greedy), .. Judged.Heldout("p2", "r", phase: Phase.Greedy), .. Judged.Heldout("p3", "u", phase: Phase.Greedy),
        ];

        var summary = Evaluator.Summarize([], greedy, [1], 100, Stream);

        Assert.Equal(Intervals.Wilson(1, 2), summary.Greedy);
        Assert.Equal(3, summary.VerifierCalls);
        Assert.Equal((0, 3), (summary.Attempts, summary.Problems));
    }

    [Fact]
    public void Two_greedy_attempts_at_a_problem_are_refused()
    {
        JudgedAttempt[] greedy = [.. Judged.Heldout("p1", "ar", phase: Phase.Greedy)];

        Assert.Contains("'p1'", Assert.Throws<ArgumentException>(() => Evaluator.Summarize([], greedy, [1], 10, Stream)).Message);
    }

    [Fact]
    public void The_order_of_attempts_does_not_matter() =>
        Gen.Select(Gen.String["aru"].Array[1, 12], Gen.Int).Sample((problems, seed) =>
        {
            var sampled = problems.SelectMany((outcomes, i) => Judged.Heldout($"p{i}", outcomes.Length == 0 ? "r" : outcomes, $"s{i % 2}")).ToArray();
            var expected = JsonSerializer.Serialize(Evaluator.Summarize(sampled, [], [1, 2], 50, Stream), RunSummary.JsonOptions);
            new Random(seed).Shuffle(sampled);
            return expected == JsonSerializer.Serialize(Evaluator.Summarize(sampled, [], [1, 2], 50, Stream), RunSummary.JsonOptions);
        }, iter: 50);

    [Fact]
    public void A_summary_survives_json_with_its_excluded_counts()
    {
        JudgedAttempt[] sampled = [.. Judged.Heldout("p1", "aruu", "x"), .. Judged.Heldout("p2", "rrrr", "y")];
        var summary = Evaluator.Summarize(sampled, [], [1, 4], 100, Stream);

        var json = JsonSerializer.Serialize(summary, RunSummary.JsonOptions);
        var back = JsonSerializer.Deserialize<EvaluationSummary>(json, RunSummary.JsonOptions)!;

        Assert.Contains("\"pass@4\"", json);
        Assert.Equal(1, back.Excluded[4]);
        Assert.Equal(json, JsonSerializer.Serialize(back, RunSummary.JsonOptions));
    }
}
