using System.Diagnostics;
using Ratchet.Rollouts;
using Ratchet.Runs;
using Ratchet.Sampling;

namespace Ratchet.Learning.Policies;

/// <content>Sampling and judging.</content>
internal sealed partial class PolicyRun
{
    /// <summary>Name of the penalty of overlong samples among the components.</summary>
    public const string OverlongName = "overlong";

    private const string VerdictName = "verdict";

    /// <summary>Samples and judges the batch of an update.</summary>
    private async Task<RolloutBatch> CollectAsync(int update, int version, CancellationToken cancellationToken)
    {
        var all = new List<Rollout>();
        var kept = new List<int>();
        double sampling = 0, judging = 0;
        var wanted = _options.Prompts;
        var dynamic = _options.Algorithm == PolicyAlgorithm.Grpo && _options.Grpo.DynamicSampling;
        for (var round = 0; wanted > 0 && round < (dynamic ? _options.Grpo.MaxSamplingRounds : 1); round++)
        {
            var clock = Stopwatch.StartNew();
            var drawn = Draw(update, version, all.Count / _options.Samples, wanted, cancellationToken);
            sampling += clock.Elapsed.TotalSeconds;
            clock.Restart();
            var judged = await JudgeAsync(drawn, cancellationToken).ConfigureAwait(false);
            judging += clock.Elapsed.TotalSeconds;
            for (var start = 0; start < judged.Count; start += _options.Samples)
            {
                var group = judged.GetRange(start, _options.Samples);
                if (!dynamic || IsMixed(group))
                {
                    kept.AddRange(Enumerable.Range(all.Count, group.Count));
                    wanted--;
                }

                all.AddRange(group);
            }
        }

        return new RolloutBatch { Version = version, All = all, Kept = kept, Sampling = sampling, Judging = judging };
    }

    /// <summary>The verifier accepted some of the group and rejected others. A group without verdicts is not judged by this.</summary>
    private static bool IsMixed(List<Rollout> group) =>
        (group.Any(r => r.Outcome == RolloutOutcome.Accepted) && group.Any(r => r.Outcome == RolloutOutcome.Rejected)) || group.All(r => r.Outcome == RolloutOutcome.Unjudged);

    private List<Rollout> Draw(int update, int version, int firstGroup, int count, CancellationToken cancellationToken)
    {
        var best = _options.Algorithm == PolicyAlgorithm.Quark && _options.Quark.RewardTokens.Count > 0 ? (int?)_options.Quark.RewardTokens[0] : null;
        var prompts = new List<PolicyPrompt>(count);
        var requests = new List<SamplePrompt>(count);
        var streams = _request.Stream.Derive("samples").Derive(update);
        for (var i = 0; i < count; i++)
        {
            var prompt = NextPrompt();
            var stream = streams.Derive(firstGroup + i);
            prompts.Add(prompt);
            requests.Add(new SamplePrompt(best is { } id ? [id, .. prompt.Ids] : prompt.Ids, [.. Enumerable.Range(0, _options.Samples).Select(s => stream.Derive(s))]));
        }

        var samples = _sampler.Generate(requests, new SamplingOptions { Temperature = _options.Temperature, MaxNewTokens = _options.MaxNewTokens, MaxBatch = _options.MaxBatch, StopIds = [_tokenizer.EndId] }, cancellationToken);
        var rollouts = new List<Rollout>(samples.Count);
        for (var i = 0; i < samples.Count; i++)
        {
            var (number, sample) = (i / _options.Samples, samples[i]);
            var group = FormattableString.Invariant($"u{update}/{firstGroup + number}/{prompts[number].ProblemId}");
            rollouts.Add(new Rollout
            {
                Id = FormattableString.Invariant($"{group}/{i % _options.Samples}"),
                ProblemId = prompts[number].ProblemId,
                Group = group,
                Ids = [.. requests[number].Ids, .. sample.Ids],
                TargetStart = requests[number].Ids.Count,
                BehaviourLogProbabilities = sample.LogProbabilities,
                PolicyVersion = version,
                Stop = sample.Stop,
            });
        }

        return rollouts;
    }

    /// <summary>Prompts come in shuffled passes: the next one follows from the number of those taken.</summary>
    private PolicyPrompt NextPrompt()
    {
        var count = _request.Prompts.Count;
        var epoch = (int)(_cursor / count);
        if (epoch != _shuffledEpoch)
        {
            _order = [.. Enumerable.Range(0, count)];
            var stream = _request.Stream.Derive("prompts").Derive(epoch);
            stream.Shuffle<int>(_order);
            _shuffledEpoch = epoch;
        }

        return _request.Prompts[_order[(int)(_cursor++ % count)]];
    }

    private async Task<List<Rollout>> JudgeAsync(List<Rollout> rollouts, CancellationToken cancellationToken)
    {
        var judgements = await _judge(rollouts, cancellationToken).ConfigureAwait(false);
        if (judgements.Count != rollouts.Count)
            throw new RatchetException($"The judge gave {judgements.Count} judgements of {rollouts.Count} rollouts.", "Let it give one for each, in their order.");
        var overlong = _options.Algorithm == PolicyAlgorithm.Grpo ? _options.Grpo.Overlong : null;
        for (var i = 0; i < rollouts.Count; i++)
        {
            var (rollout, judgement) = (rollouts[i], judgements[i]);
            var components = new Dictionary<string, double>(judgement.Components, StringComparer.Ordinal);
            if (components.ContainsKey(VerdictName) || components.ContainsKey(OverlongName))
                throw new RatchetException($"The judge calls a component '{VerdictName}' or '{OverlongName}'; these names are taken.", "Give it another name.");
            if (overlong is not null)
                components[OverlongName] = overlong.Of(rollout.Length);
            var reward = RewardGate.Of(_options.Reward, judgement.Outcome, components.Values.Sum());
            if (judgement.Outcome is RolloutOutcome.Accepted or RolloutOutcome.Rejected)
                components[VerdictName] = judgement.Outcome == RolloutOutcome.Accepted ? 1 : 0;
            rollouts[i] = rollout with { Outcome = judgement.Outcome, Reason = judgement.Reason, Components = components, Reward = reward ?? 0 };
        }

        return rollouts;
    }
}
