using CsCheck;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests;

public sealed class StepPlanTests
{
    [Fact]
    public void Every_row_is_in_exactly_one_step_of_an_epoch_and_steps_are_about_equal()
    {
        Gen.Select(Gen.Int[1, 120], Gen.Int[1, 300], Gen.ULong).Sample((count, batch, seed) =>
        {
            var rows = Tiny.Rows(count, 11, seed);
            var plan = new StepPlan(rows, 2, batch, RandomStream.FromSeed(seed));
            foreach (var epoch in plan.Steps.GroupBy(s => s.Epoch))
            {
                Assert.Equal(Enumerable.Range(0, count), epoch.SelectMany(s => s.Rows).Order());
                var longest = rows.Max(r => r.Ids.Count);
                Assert.All(epoch, step => Assert.InRange(step.Rows.Sum(i => rows[i].Ids.Count), 1, batch + longest));
            }
        });
    }

    [Fact]
    public void Epochs_have_different_orders_and_the_same_stream_gives_the_same_plan()
    {
        var rows = Tiny.Rows(30, 11);
        var plan = new StepPlan(rows, 2, 1000, RandomStream.FromSeed(4));
        var again = new StepPlan(rows, 2, 1000, RandomStream.FromSeed(4));

        Assert.Equal(2, plan.Steps.Count);
        Assert.NotEqual(plan.Steps[0].Rows, plan.Steps[1].Rows);
        Assert.Equal(plan.Steps.SelectMany(s => s.Rows), again.Steps.SelectMany(s => s.Rows));
    }

    [Theory]
    [InlineData(0.5, 20)]
    [InlineData(1.25, 50)]
    [InlineData(0.001, 1)]
    [InlineData(3, 120)]
    public void A_fractional_epoch_takes_its_share_of_the_rows(double epochs, int rows)
    {
        var plan = new StepPlan(Tiny.Rows(40, 11), epochs, 50, RandomStream.FromSeed(4));

        Assert.Equal(rows, plan.Steps.Sum(s => s.Rows.Length));
    }

    [Theory]
    [InlineData(LearningRateDecay.Constant, 0.25, 0.5, 1.0, 1.0, 1.0)]
    [InlineData(LearningRateDecay.Linear, 0.25, 0.5, 1.0, 0.6, 0.2)]
    [InlineData(LearningRateDecay.Cosine, 0.25, 0.5, 1.0, 0.6, 0.2)]
    public void The_learning_rate_rises_along_a_line_and_falls_to_its_share_at_the_last_step(LearningRateDecay decay, double first, double second, double top, double middle, double last)
    {
        var schedule = new LearningRateSchedule(new LearningOptions { LearningRate = 1, WarmupSteps = 4, Decay = decay, FinalFraction = 0.2 }, 25);

        Assert.Equal([first, second, top, top, middle, last], new[] { 0, 1, 3, 4, 14, 24 }.Select(s => Math.Round(schedule.At(s), 12)));
    }

    [Fact]
    public void A_training_of_one_step_uses_the_highest_rate()
    {
        Assert.Equal(0.5, new LearningRateSchedule(new LearningOptions { LearningRate = 0.5 }, 1).At(0));
        Assert.Equal(0.5, new LearningRateSchedule(new LearningOptions { LearningRate = 0.5, WarmupSteps = 9 }, 1).At(0));
    }

    [Fact]
    public void The_defaults_of_learning_are_these()
    {
        var o = new LearningOptions();
        Assert.Equal((4096, 1e-3, 0.05, (int?)null, LearningRateDecay.Cosine, 0.1, false, 100), (o.BatchTokens, o.LearningRate, o.WarmupFraction, o.WarmupSteps, o.Decay, o.FinalFraction, o.KeepOptimizer, o.SnapshotInterval));
        Assert.Equal((0.9, 0.95, 1e-8, 0.1, 1.0), (o.AdamW.Beta1, o.AdamW.Beta2, o.AdamW.Epsilon, o.AdamW.WeightDecay, o.AdamW.ClipNorm));
        Assert.Equal((1, 4, 512), (o.Cpu.Threads, o.Cpu.Shards, o.Cpu.ChunkTokens));
        Assert.Empty(o.Validate());
    }

    [Fact]
    public void All_mistakes_in_learning_options_are_told_at_once()
    {
        var options = new LearningOptions { BatchTokens = 0, LearningRate = 0, WarmupFraction = 2, FinalFraction = -1, SnapshotInterval = -1, Decay = (LearningRateDecay)7, Cpu = new CpuTrainerOptions { ChunkTokens = 0 } };

        var e = Assert.Throws<RatchetException>(() => new SupervisedLearner(Tiny.Config, new DigitTokenizer(), options));

        Assert.Equal(
            "The learning options are invalid: BatchTokens must be at least 1, not 0. LearningRate must be above 0, not 0. WarmupFraction must lie in [0, 1], not be 2. "
            + "Decay must be one of Constant, Linear, Cosine, not 7. FinalFraction must lie in [0, 1], not be -1. SnapshotInterval must be 0 (no snapshots) or more, not -1. ChunkTokens must be at least 1, not 0.",
            e.Message);
        Assert.Equal("Correct the learning section of the recipe.", e.Remedy);
    }
}
