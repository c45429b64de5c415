namespace Ratchet.Learning.Tests.Policies;

/// <summary>
/// Every learner comes from a start of at most 0.1 (bandit) or 0.35 (sums) to a stated accuracy in a stated number of optimizer steps, and with shuffled rewards none does. One seed, and of
/// the sums a few learners, by default; with RATCHET_LONG_TESTS=1 everything over three seeds.
/// </summary>
public sealed class LearnerGridTests(ITestOutputHelper output)
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";

    private static readonly ulong[] s_seeds = Long ? [1, 2, 3] : [1];

    public static TheoryData<string> OnBandit => [.. LearnerGrid.Online, .. LearnerGrid.Offline];

    public static TheoryData<string> OnSums => Long ? AllOnSums : ["grpo", "dpo", "feedme"];

    public static TheoryData<string> OnShuffledBandit => Long ? OnBandit : ["grpo", "quark", "dpo"];

    public static TheoryData<string> OnShuffledSums => Long ? AllOnSums : ["grpo"];

    private static TheoryData<string> AllOnSums => [.. ((string[])[.. LearnerGrid.Online, .. LearnerGrid.Offline]).Where(l => l != LearnerGrid.RewardModelName)];

    [Theory]
    [MemberData(nameof(OnBandit))]
    public Task A_learner_solves_the_bandit(string learner) => Check(LearningTask.Bandit, learner, shuffled: false, LearnerGrid.Updates(learner, LearningTask.Bandit, Long));

    [Theory]
    [MemberData(nameof(OnSums))]
    public Task A_learner_solves_three_steps_of_arithmetic(string learner) => Check(LearningTask.Sums, learner, shuffled: false, LearnerGrid.Updates(learner, LearningTask.Sums, Long));

    [Theory]
    [MemberData(nameof(OnShuffledBandit))]
    public Task With_shuffled_rewards_no_learner_solves_the_bandit(string learner) => Check(LearningTask.Bandit, learner, shuffled: true, LearnerGrid.Updates(learner, LearningTask.Bandit, Long));

    [Theory]
    [MemberData(nameof(OnShuffledSums))]
    public Task With_shuffled_rewards_no_learner_solves_arithmetic(string learner) => Check(LearningTask.Sums, learner, shuffled: true, LearnerGrid.Updates(learner, LearningTask.Sums, Long));

    [Fact]
    public async Task A_reward_model_of_arithmetic_ranks_fresh_samples_and_its_best_of_n_gains_and_from_shuffled_verdicts_neither()
    {
        Assert.SkipUnless(Long, "Takes minutes; set RATCHET_LONG_TESTS=1.");
        foreach (var seed in s_seeds)
        {
            var (ranked, accuracy, steps) = await LearnerGrid.RewardModelOnSums(seed, shuffled: false);
            var (control, unmoved, _) = await LearnerGrid.RewardModelOnSums(seed, shuffled: true);
            output.WriteLine($"sums | reward model, then best of 16 | seed {seed} | ranks {ranked:F3}, shuffled {control:F3}; solves {accuracy:F3}, shuffled {unmoved:F3}; in {steps} steps");
            Assert.True(ranked >= 0.8, $"seed {seed}: {ranked:F3} of the pairs in order");
            Assert.True(accuracy >= 0.4, $"seed {seed}: {accuracy:F3} of the sums right");
            Assert.InRange(control, 0.35, 0.6);
            Assert.True(unmoved <= 0.35, $"seed {seed}: {unmoved:F3} of the sums right from shuffled verdicts");
        }
    }

    private async Task Check(LearningTask task, string learner, bool shuffled, int size)
    {
        foreach (var seed in s_seeds)
        {
            var start = task.Accuracy(task.Start(seed));
            Assert.True(start <= (task.Prompts.Length == 1 ? 0.12 : 0.35), $"the start policy of seed {seed} is right {start:P0} of the time");
            var (accuracy, steps) = await LearnerGrid.Run(learner, task, seed, size, shuffled);
            output.WriteLine($"{(task.Prompts.Length == 1 ? "bandit" : "sums")} | {learner} | seed {seed} | {(shuffled ? "shuffled" : "true")} | {start:F3} to {accuracy:F3} in {steps} steps");
            var (goal, most) = LearnerGrid.Goal(learner, task, Long);
            if (shuffled)
                Assert.True(accuracy < goal - 0.15, $"{learner}, seed {seed}: {accuracy:F3} from shuffled rewards");
            else
                Assert.True(accuracy >= goal && steps <= most, $"{learner}, seed {seed}: {accuracy:F3} in {steps} steps, not {goal} in {most}");
        }
    }
}
