using CsCheck;
using Ratchet.Attempts;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Selection;
using Ratchet.Tests.Evaluation;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Selection;

public sealed class VerifiedSelectorTests
{
    private static readonly Problem P = Judged.Problem("p");
    private static readonly Problem Q = Judged.Problem("q");

    [Fact]
    public void What_a_tool_wrote_in_an_attempt_is_masked_in_its_row()
    {
        var attempt = Judged.Attempt(P, 1, 3, Judged.Accepted(), [5, 6, 7, 8]);
        attempt = attempt with { Attempt = attempt.Attempt with { LogProbabilities = [-1, float.NaN, float.NaN, -2, -3] } };
        var row = Select(new() { IncludeSeed = false }, attempt).Rows[0];
        Assert.Equal([new IdSpan(3, 5)], row.Masked);
        Assert.Equal((5, 3), (row.Ids.Count - row.TargetStart, row.Targets));
        Assert.Equal([2, 5, 6], Enumerable.Range(0, row.Ids.Count).Where(row.IsTarget));
    }

    [Fact]
    public void An_accepted_attempt_becomes_a_row_with_its_lineage()
    {
        var (rows, report) = Select(new() { IncludeSeed = false }, Judged.Attempt(P, 1, 3, Judged.Accepted(), [5, 6]));

        var row = Assert.Single(rows);
        Assert.Equal([1, 9, 5, 6, Judged.EndId], row.Ids);
        Assert.Equal(2, row.TargetStart);
        Assert.Equal("r1/train/p/3", row.Id);
        Assert.Equal(["r1/train/p/3"], row.AttemptIds);
        Assert.Equal("p", row.ProblemId);
        Assert.Equal(1f, row.Weight);
        Assert.Equal((1, 1, 1, 1, 0, 3L), (report.Judged, report.Selected, report.Problems, report.Rows, report.SeedRows, report.TargetTokens));
    }

    [Fact]
    public void What_may_not_be_learned_is_left_out_and_counted_by_reason()
    {
        var (rows, report) = Select(
            new() { IncludeSeed = false },
            Judged.Attempt(P, 1, 0, Judged.Rejected(), [5]),
            Judged.Attempt(P, 1, 1, Judged.Unknown(), [6]),
            Judged.Attempt(P, 1, 2, Judged.Accepted(TrustLevel.Guide), [7]),
            Judged.Attempt(P, 1, 3, Judged.Accepted(), [8], cut: true),
            Judged.Attempt(P, 1, 4, Judged.Accepted(), [], cut: true));

        Assert.Empty(rows);
        Assert.Equal(
            [(DropReason.Unknown, 1), (DropReason.NotFullyChecked, 1), (DropReason.NotEnded, 2), (DropReason.Rejected, 1)],
            report.Dropped.Select(d => (d.Key, d.Value)));
    }

    [Fact]
    public void The_same_proof_of_a_problem_is_kept_once_across_rounds_and_the_earliest_stays()
    {
        var (rows, report) = Select(
            new() { IncludeSeed = false },
            Judged.Attempt(P, 1, 2, Judged.Accepted(), [5]),
            Judged.Attempt(P, 1, 7, Judged.Accepted(), [5]),
            Judged.Attempt(Q, 1, 0, Judged.Accepted(), [5]),
            Judged.Attempt(P, 2, 0, Judged.Accepted(), [5]));

        Assert.Equal(["r1/train/p/2", "r1/train/q/0"], rows.Select(r => r.Id));
        Assert.Equal(2, report.Dropped[DropReason.Duplicate]);
    }

    [Fact]
    public void One_text_in_two_divisions_into_tokens_is_one_proof()
    {
        var other = Judged.Attempt(P, 1, 1, Judged.Accepted(), [6, 7]);

        var (rows, report) = Select(
            new() { IncludeSeed = false }, Judged.Attempt(P, 1, 0, Judged.Accepted(), [5]), other with { Attempt = other.Attempt with { Text = "5" } });

        Assert.Equal(["r1/train/p/0"], rows.Select(r => r.Id));
        Assert.Equal(1, report.Dropped[DropReason.Duplicate]);
    }

    [Fact]
    public void The_shortest_proofs_are_preferred_and_ties_go_to_the_earlier_attempt()
    {
        var (rows, report) = Select(
            new() { IncludeSeed = false, PerProblem = 2 },
            Judged.Attempt(P, 1, 0, Judged.Accepted(), [5, 5, 5]),
            Judged.Attempt(P, 1, 1, Judged.Accepted(), [5, 6]),
            Judged.Attempt(P, 2, 0, Judged.Accepted(), [7]),
            Judged.Attempt(P, 2, 1, Judged.Accepted(), [6, 5]));

        Assert.Equal(["r1/train/p/1", "r2/train/p/0"], rows.Select(r => r.Id));
        Assert.Equal(2, report.Dropped[DropReason.OverLimit]);
    }

    [Fact]
    public void First_takes_the_earliest_and_no_limit_takes_all()
    {
        JudgedAttempt[] history =
        [
            Judged.Attempt(P, 1, 0, Judged.Accepted(), [5, 5, 5]), Judged.Attempt(P, 1, 1, Judged.Accepted(), [5, 6]), Judged.Attempt(P, 2, 0, Judged.Accepted(), [7]),
        ];

        Assert.Equal(["r1/train/p/0"], Select(new() { IncludeSeed = false, PerProblem = 1, Prefer = ProofPreference.First }, history).Rows.Select(r => r.Id));
        Assert.Equal(3, Select(new() { IncludeSeed = false, PerProblem = 0 }, history).Rows.Count);
    }

    [Fact]
    public void Random_choice_is_uniform_and_repeats_with_its_stream()
    {
        JudgedAttempt[] history = [.. Enumerable.Range(0, 4).Select(i => Judged.Attempt(P, 1, i, Judged.Accepted(), [5 + i]))];
        var counts = new int[4];
        for (var i = 0; i < 2000; i++)
        {
            var selector = new VerifiedSelector(new() { IncludeSeed = false, PerProblem = 1, Prefer = ProofPreference.Random }, Judged.EndId);
            var input = Input(history) with { Stream = RandomStream.FromSeed(1).Derive(i) };
            var row = Assert.Single(selector.Select(input).Examples);
            Assert.Equal(row.Id, Assert.Single(selector.Select(input).Examples).Id);
            counts[row.Id[^1] - '0']++;
        }

        // 500 each; five standard deviations are 97.
        Assert.All(counts, c => Assert.InRange(c, 403, 597));
    }

    [Fact]
    public void Problems_outside_the_pass_rate_window_are_left_out_for_that_round_only()
    {
        var options = new SelectionOptions { IncludeSeed = false, MinPassRate = 0.3, MaxPassRate = 0.7 };
        var (rows, report) = Select(
            options,
            Judged.Attempt(P, 1, 0, Judged.Accepted(), [5]),
            Judged.Attempt(P, 1, 1, Judged.Accepted(), [6]),
            Judged.Attempt(P, 2, 0, Judged.Accepted(), [7]),
            Judged.Attempt(P, 2, 1, Judged.Rejected(), [8]),
            Judged.Attempt(Q, 2, 0, Judged.Accepted(), [7]),
            Judged.Attempt(Q, 2, 1, Judged.Rejected(), [7]),
            Judged.Attempt(Q, 2, 2, Judged.Rejected(), [7]),
            Judged.Attempt(Q, 2, 3, Judged.Rejected(), [7]));

        Assert.Equal(["r2/train/p/0"], rows.Select(r => r.Id));
        Assert.Equal(3, report.Dropped[DropReason.OutsidePassRate]);
    }

    [Fact]
    public void Unknown_verdicts_are_no_part_of_the_pass_rate()
    {
        // One accepted, one rejected, two unknown: the rate is a half and not a quarter.
        var (rows, _) = Select(
            new() { IncludeSeed = false, MinPassRate = 0.5, MaxPassRate = 0.5 },
            Judged.Attempt(P, 1, 0, Judged.Accepted(), [5]),
            Judged.Attempt(P, 1, 1, Judged.Rejected(), [6]),
            Judged.Attempt(P, 1, 2, Judged.Unknown(), [7]),
            Judged.Attempt(P, 1, 3, Judged.Unknown(), [8]));

        Assert.Single(rows);
    }

    [Theory]
    [InlineData(-1, new[] { "r1/train/p/0", "r2/train/p/0", "r3/train/p/0" })]
    [InlineData(0, new[] { "r3/train/p/0" })]
    [InlineData(1, new[] { "r2/train/p/0", "r3/train/p/0" })]
    public void Replay_uses_earlier_rounds_as_far_as_it_is_told(int replay, string[] expected)
    {
        var (rows, _) = Select(
            new() { IncludeSeed = false, ReplayRounds = replay },
            Judged.Attempt(P, 1, 0, Judged.Accepted(), [5]),
            Judged.Attempt(P, 2, 0, Judged.Accepted(), [6]),
            Judged.Attempt(P, 3, 0, Judged.Accepted(), [7]));

        Assert.Equal(expected, rows.Select(r => r.Id));
    }

    [Fact]
    public void Seed_rows_come_first_with_their_weight()
    {
        var (rows, report) = Select(new() { SeedWeight = 0.5f }, Judged.Attempt(P, 1, 0, Judged.Accepted(), [5]));

        Assert.Equal(["seed/s0", "seed/s1", "seed/s2", "r1/train/p/0"], rows.Select(r => r.Id));
        Assert.Equal([0.5f, 0.5f, 0.5f, 1f], rows.Select(r => r.Weight));
        Assert.Equal((3, 4, 1), (report.SeedRows, report.Rows, report.Selected));
    }

    [Fact]
    public void The_seed_only_control_trains_on_as_many_rows_of_the_seed_alone()
    {
        JudgedAttempt[] history = [.. Enumerable.Range(0, 5).Select(i => Judged.Attempt(P, 1, i, Judged.Accepted(), [5 + i]))];

        var meant = Select(new() { PerProblem = 0 }, history);
        var (rows, report) = Select(new() { PerProblem = 0, SeedOnly = true }, history);

        Assert.Equal(meant.Rows.Count, rows.Count);
        Assert.All(rows, r => Assert.Empty(r.AttemptIds));
        Assert.Equal(rows.Count, rows.Select(r => r.Id).Distinct().Count());
        Assert.Equal(["seed/s0", "seed/s1", "seed/s2"], rows.Take(3).Select(r => r.Id));
        var uses = rows.GroupBy(r => r.ProblemId).Select(g => g.Count()).Order();
        Assert.Equal([2, 3, 3], uses);
        Assert.Equal((0, 8, 5, "seed only"), (report.Selected, report.SeedRows, report.Dropped[DropReason.SeedOnly], report.Control));
    }

    [Fact]
    public void The_shuffle_control_accepts_as_many_attempts_but_not_because_they_are_right()
    {
        // Given 400 attempts of which 100 are right.
        JudgedAttempt[] history =
        [
            .. Enumerable.Range(0, 400).Select(i => Judged.Attempt(Judged.Problem($"p{i:000}"), 1, 0, i < 100 ? Judged.Accepted() : Judged.Rejected(), [5 + i])),
        ];
        var before = history.Select(a => a.Verdict).ToList();

        var (rows, report) = Select(new() { IncludeSeed = false, ShuffleVerdicts = true }, history);

        Assert.Equal(100, rows.Count);
        var right = rows.Count(r => int.Parse(r.ProblemId[1..]) < 100);
        Assert.InRange(right, 10, 42); // hypergeometric: 25 expected, standard deviation 3.8
        Assert.Equal(before, history.Select(a => a.Verdict));
        Assert.Equal("shuffled verdicts", report.Control);
    }

    [Fact]
    public void A_shuffled_round_keeps_its_labels_when_it_is_replayed()
    {
        JudgedAttempt[] first = [.. Enumerable.Range(0, 40).Select(i => Judged.Attempt(Judged.Problem($"p{i:00}"), 1, 0, i < 10 ? Judged.Accepted() : Judged.Rejected(), [5]))];
        JudgedAttempt[] second = [.. Enumerable.Range(0, 40).Select(i => Judged.Attempt(Judged.Problem($"p{i:00}"), 2, 0, i < 20 ? Judged.Accepted() : Judged.Rejected(), [6]))];
        var options = new SelectionOptions { IncludeSeed = false, ShuffleVerdicts = true };

        var after1 = Select(options, first).Rows.Select(r => r.Id);
        var after2 = Select(options, [.. first, .. second]).Rows.Select(r => r.Id).ToList();

        Assert.Equal(after1, after2.Where(id => id.StartsWith("r1", StringComparison.Ordinal)));
        Assert.Equal(30, after2.Count);
    }

    [Fact]
    public void Held_out_attempts_are_refused()
    {
        var heldout = Judged.Attempt(Judged.Problem("h", split: Split.Heldout), 1, 0, Judged.Accepted(), [5]);
        var evaluation = Judged.Attempt(P, 1, 0, Judged.Accepted(), [5], phase: Phase.Greedy);

        Assert.Contains("r1/train/h/0", Assert.Throws<ArgumentException>(() => Select(new(), heldout)).Message);
        Assert.Contains("r1/greedy/p/0", Assert.Throws<ArgumentException>(() => Select(new(), evaluation)).Message);
    }

    [Fact]
    public void Rejected_and_unknown_attempts_are_never_selected_and_every_attempt_is_accounted_for() =>
        Gen.Select(
            Gen.Select(Gen.Int[0, 4], Gen.Int[1, 3], Gen.Int[0, 3], Gen.Bool, Gen.Int[3, 6].Array[0, 3]).Array[0, 40],
            Gen.Int[0, 3],
            Gen.Int[-1, 2],
            Gen.Enum<ProofPreference>(),
            Gen.Double[0, 0.5]).Sample((drawn, limit, replay, prefer, low) =>
        {
            var history = drawn.Select((d, i) => Judged.Attempt(
                Judged.Problem($"p{d.Item1}"),
                d.Item2,
                i,
                d.Item3 switch { 0 => Judged.Accepted(), 1 => Judged.Rejected(), 2 => Judged.Unknown(), _ => Judged.Accepted(TrustLevel.Guide) },
                d.Item5,
                d.Item4)).OrderBy(a => a.Attempt.Id.Round).ThenBy(a => a.Problem.Id, StringComparer.Ordinal).ToArray();
            var options = new SelectionOptions { PerProblem = limit, ReplayRounds = replay, Prefer = prefer, MinPassRate = low };
            var byId = history.ToDictionary(a => a.Attempt.Id.ToString());

            var (rows, report) = Select(options, history);
            var (again, _) = Select(options, history.AsEnumerable().Reverse().ToArray());

            var learned = rows.Where(r => r.AttemptIds.Count > 0).ToList();
            Assert.Equal(rows.Select(r => r.Id), again.Select(r => r.Id));
            Assert.Equal(report.Judged, report.Selected + report.Dropped.Values.Sum());
            Assert.Equal(learned.Count, learned.Select(r => (r.ProblemId, string.Join(',', r.Ids))).Distinct().Count());
            Assert.All(learned, r =>
            {
                var source = byId[Assert.Single(r.AttemptIds)];
                Assert.True(source.Verdict is { IsAccepted: true, Trust: TrustLevel.Full });
                Assert.Equal(Judged.EndId, r.Ids[^1]);
                Assert.Equal(source.Attempt.TokenIds, r.Ids.Skip(r.TargetStart));
            });
            Assert.All(learned.GroupBy(r => r.ProblemId), g => Assert.True(limit == 0 || g.Count() <= limit));
        }, iter: 300);

    [Fact]
    public void Defaults_are_these() => Assert.Equal(
        new SelectionOptions
        {
            PerProblem = 4, Prefer = ProofPreference.Shortest, MinPassRate = 0, MaxPassRate = 1, ReplayRounds = -1,
            IncludeSeed = true, SeedWeight = 1, ShuffleVerdicts = false, SeedOnly = false,
        },
        new SelectionOptions());

    [Fact]
    public void All_mistakes_in_the_settings_are_told_at_once()
    {
        var options = new SelectionOptions
        {
            PerProblem = -2, Prefer = (ProofPreference)9, MinPassRate = 0.9, MaxPassRate = 0.2, ReplayRounds = -3, SeedWeight = float.NaN, ShuffleVerdicts = true, SeedOnly = true,
        };

        var error = Assert.Throws<RatchetException>(() => new VerifiedSelector(options, Judged.EndId));

        Assert.Equal(
            [
                "selection.per_problem is -2; it must be 0 (no limit) or more.",
                "selection.prefer is 9; it must be shortest, first or random.",
                "selection.min_pass_rate (0.9) is above selection.max_pass_rate (0.2); no problem could pass.",
                "selection.replay_rounds is -3; it must be -1 (all rounds), 0 (this round only) or a number of rounds.",
                "selection.seed_weight is NaN; it must be 0 or more.",
                "selection.shuffle_verdicts and selection.seed_only are two different controls; set one of them.",
            ],
            error.Message.Split(Environment.NewLine));
    }

    private static (IReadOnlyList<Example> Rows, SelectionReport Report) Select(SelectionOptions options, params JudgedAttempt[] history) =>
        new VerifiedSelector(options, Judged.EndId).Select(Input(history));

    private static SelectionInput Input(JudgedAttempt[] history) => new()
    {
        Round = history.Length == 0 ? 1 : history.Max(a => a.Attempt.Id.Round),
        History = history,
        SeedExamples =
        [
            .. Enumerable.Range(0, 3).Select(i => new Example { Id = $"seed/s{i}", Ids = [1, 9, 4, Judged.EndId], TargetStart = 2, ProblemId = $"s{i}", AttemptIds = [] }),
        ],
        Stream = RandomStream.FromSeed(1).Derive("selection"),
    };
}
