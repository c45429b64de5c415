using Ratchet.Attempts;
using Ratchet.Domains.Arithmetic;
using Ratchet.Learning.Policies;
using Ratchet.Problems;
using Ratchet.Rollouts;
using Ratchet.Verdicts;

namespace Ratchet.Systems.EchoChamber;

/// <summary>An answer as it was judged.</summary>
/// <param name="Label">Format; an answer that was cut off is malformed.</param>
/// <param name="Outcome">Verdict; an answer that was cut off is rejected.</param>
/// <param name="Reason">Why.</param>
/// <param name="Number">What it comes to, or null.</param>
internal readonly record struct JudgedAnswer(string Label, RolloutOutcome Outcome, VerdictReason Reason, long? Number);

/// <summary>Judges answers and says which format they have. Only an answer that the model ended itself counts: one that runs on can meet the right number by chance.</summary>
internal sealed class FormatJudge(EchoChamberWorld world)
{
    private static readonly string Malformed = ArithmeticReading.LabelOf(null);

    public JudgedAnswer Judge(Problem problem, ReadOnlySpan<int> ids, StopReason stop)
    {
        if (stop != StopReason.EndToken)
            return new JudgedAnswer(Malformed, RolloutOutcome.Rejected, VerdictReason.CutOff, null);
        var text = world.Tokenizer.Decode(ids);
        var verdict = world.Domain.ArithmeticVerifier.Verify(problem.Statement, text);
        var reading = ArithmeticClassifier.Read(text);
        return new JudgedAnswer(reading.Label, verdict.IsAccepted ? RolloutOutcome.Accepted : verdict.IsUnknown ? RolloutOutcome.Unknown : RolloutOutcome.Rejected, verdict.Reason, reading.Answer);
    }

    public JudgedAnswer Judge(Rollout rollout) => Judge(world.Problems[rollout.ProblemId], [.. rollout.Ids.Skip(rollout.TargetStart)], rollout.Stop);

    /// <summary>Judges the rollouts of a batch for learning.</summary>
    public Task<IReadOnlyList<RolloutJudgement>> JudgeAsync(IReadOnlyList<Rollout> rollouts, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RolloutJudgement[] judgements = [.. rollouts.Select(r => Judge(r)).Select(a => new RolloutJudgement(a.Outcome) { Reason = a.Reason })];
        if (world.Recipe.Reward == RewardSource.Shuffled)
        {
            // The same verdicts, dealt out anew: the order follows from the batch alone.
            var stream = world.Root.Derive("shuffled").Derive(rollouts[0].Id);
            stream.Shuffle(judgements.AsSpan());
        }

        return Task.FromResult<IReadOnlyList<RolloutJudgement>>(judgements);
    }

    /// <summary>Counts of a batch by format, whatever it was rewarded for.</summary>
    public FormatCounts Count(int update, IReadOnlyList<Rollout> rollouts)
    {
        var answers = rollouts.Select(r => Judge(r)).ToList();
        return new FormatCounts
        {
            Update = update,
            Count = ArithmeticReading.Labels.ToDictionary(l => l, l => answers.Count(a => a.Label == l)),
            Accepted = ArithmeticReading.Labels.ToDictionary(l => l, l => answers.Count(a => a.Label == l && a.Outcome == RolloutOutcome.Accepted)),
            Unknown = answers.Count(a => a.Outcome == RolloutOutcome.Unknown),
        };
    }
}
