using System.Globalization;
using Ratchet.Attempts;
using Ratchet.Domains.Arithmetic;
using Ratchet.Evaluation;
using Ratchet.Examples;
using Ratchet.Learning;
using Ratchet.Learning.Objectives;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Problems;
using Ratchet.Rollouts;
using Ratchet.Sampling;

namespace Ratchet.Systems.EchoChamber;

/// <summary>Where a training is when its policy is evaluated.</summary>
/// <param name="Rollout">Updates, rounds or steps so far.</param>
/// <param name="Episode">Passes over the training problems so far.</param>
/// <param name="Sampled">Samples drawn so far.</param>
/// <param name="IsMilestone">Beginning, middle or end: more samples.</param>
/// <param name="IsEnd">Beginning or end: problems for transfer too.</param>
internal sealed record EvaluationPoint(int Rollout, double Episode, long Sampled, bool IsMilestone, bool IsEnd);

/// <summary>Evaluates a policy: greedy and sampled answers to the same held-out problems each time, with shares and accuracies by format, entropy and divergence from the base model.</summary>
internal sealed class FormatEvaluator : IDisposable
{
    private readonly EchoChamberWorld _world;
    private readonly FormatJudge _judge;
    private readonly IDecoderTrainer _base;

    /// <summary>Makes an evaluator.</summary>
    /// <param name="world">Run.</param>
    /// <param name="baseModel">Folder of the base model.</param>
    public FormatEvaluator(EchoChamberWorld world, string baseModel)
    {
        _world = world;
        _judge = new FormatJudge(world);
        _base = world.Pretraining.Open(CheckpointStore.LoadWeights(baseModel), new AdamWOptions());
    }

    /// <summary>Evaluates; the same policy at the same point gives the same records.</summary>
    /// <param name="sampler">Draws from the policy.</param>
    /// <param name="policy">The policy, for entropies.</param>
    /// <param name="point">Where the training is.</param>
    public IReadOnlyList<EchoRecord> Evaluate(ISampler sampler, IDecoderTrainer policy, EvaluationPoint point)
    {
        var records = new List<EchoRecord>();
        foreach (var (task, problems) in Tasks(point.IsEnd))
        {
            var stream = _world.Root.Derive("evaluate").Derive(task).Derive(point.Rollout);
            var (entropy, divergence) = Probe(sampler, policy, problems, stream.Derive("probe"));
            var watch = _world.Recipe.Evaluate;
            var samples = point.IsMilestone ? watch.MilestoneSamples : watch.Samples;
            records.Add(Record(task, "greedy", problems, Draw(sampler, problems, 1, 0, 1, stream.Derive("greedy")), point) with { Entropy = entropy, KlRef = divergence });
            var name = string.Create(CultureInfo.InvariantCulture, $"t{watch.Temperature}");
            records.Add(Record(task, name, problems, Draw(sampler, problems, samples, watch.Temperature, watch.TopP, stream.Derive("sampled")), point) with { Entropy = entropy, KlRef = divergence });
        }

        return records;
    }

    /// <inheritdoc/>
    public void Dispose() => _base.Dispose();

    private IEnumerable<(string Task, IReadOnlyList<Problem> Problems)> Tasks(bool withTransfer)
    {
        yield return (EchoRecord.Heldout, _world.Heldout);
        foreach (var stratum in withTransfer ? _world.Transfer.GroupBy(p => p.Stratum, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal) : Enumerable.Empty<IGrouping<string, Problem>>())
            yield return (EchoRecord.TransferPrefix + stratum.Key.Split(' ')[0], [.. stratum]);
    }

    private List<(JudgedAnswer Answer, Sample Sample)[]> Draw(ISampler sampler, IReadOnlyList<Problem> problems, int count, double temperature, double topP, RandomStream stream)
    {
        var samples = sampler.Generate(Prompts(problems, count, stream), Options(temperature, topP));
        return [.. problems.Select((p, i) => Enumerable.Range(i * count, count).Select(j => (_judge.Judge(p, samples[j].Ids, samples[j].Stop), samples[j])).ToArray())];
    }

    private List<SamplePrompt> Prompts(IReadOnlyList<Problem> problems, int count, RandomStream stream) =>
        [.. problems.Select(p => new SamplePrompt(_world.Prompt(p), [.. Enumerable.Range(0, count).Select(i => stream.Derive(p.Id).Derive(i))]))];

    private SamplingOptions Options(double temperature, double topP) => new()
    {
        Temperature = temperature, TopP = topP, MaxNewTokens = _world.Recipe.Evaluate.MaxNewTokens, StopIds = [_world.Tokenizer.EndId], MaxBatch = _world.Pretraining.Name == "torch" ? 128 : 32,
    };

    /// <summary>Exact entropy and divergence from the base model, over the whole vocabulary, at the places of one plain sample a problem.</summary>
    private (double Entropy, double Divergence) Probe(ISampler sampler, IDecoderTrainer policy, IReadOnlyList<Problem> problems, RandomStream stream)
    {
        var prompts = Prompts(problems, 1, stream);
        var samples = sampler.Generate(prompts, Options(1, 1));
        List<Example> rows = [.. samples.Select((s, i) => new Example { Id = problems[i].Id, Ids = [.. prompts[i].Ids, .. s.Ids], TargetStart = prompts[i].Ids.Count, ProblemId = problems[i].Id, AttemptIds = [] })];
        var batch = policy.Forward(rows, TokenQuantities.Entropy | TokenQuantities.Divergence, references: _base.Distributions(rows));
        return (batch.Entropies.Sum(r => r.Sum(v => (double)v)) / batch.Targets, batch.Divergences.Sum(r => r.Sum(v => (double)v)) / batch.Targets);
    }

    private EchoRecord Record(string task, string decode, IReadOnlyList<Problem> problems, List<(JudgedAnswer Answer, Sample Sample)[]> answers, EvaluationPoint point)
    {
        var all = answers.SelectMany(a => a).ToList();
        var known = all.Where(a => a.Answer.Outcome != RolloutOutcome.Unknown).ToList();
        var samples = answers[0].Length;
        var ks = decode == "greedy" ? [] : _world.Recipe.Evaluate.K.Where(k => k <= samples).Distinct().Order().ToList();
        return new EchoRecord
        {
            Run = _world.Recipe.Name,
            Seed = _world.Recipe.Seed,
            Mix = _world.Recipe.Mixture.Label,
            Size = _world.Shape.ParameterCount,
            Algo = _world.Recipe.Algorithm,
            Beta = _world.Recipe.Beta,
            Episode = point.Episode,
            Rollout = point.Rollout,
            Sampled = point.Sampled,
            Task = task,
            Decode = decode,
            Problems = problems.Count,
            Samples = samples,
            Share = ArithmeticReading.Labels.ToDictionary(l => l, l => (double)all.Count(a => a.Answer.Label == l) / all.Count),
            Acc = ArithmeticReading.Labels.Where(l => known.Exists(a => a.Answer.Label == l))
                .ToDictionary(l => l, l => known.Where(a => a.Answer.Label == l).Average(a => a.Answer.Outcome == RolloutOutcome.Accepted ? 1.0 : 0)),
            Pass1 = known.Count == 0 ? 0 : known.Average(a => a.Answer.Outcome == RolloutOutcome.Accepted ? 1.0 : 0),
            Passk = ks.ToDictionary(k => k.ToString(CultureInfo.InvariantCulture), k => PassAt(answers, k)),
            Majk = ks.ToDictionary(k => k.ToString(CultureInfo.InvariantCulture), k => answers.Average(a => IsMajorityRight(a.AsSpan(0, k)) ? 1.0 : 0)),
            DistinctAnswers = answers.Average(a => (double)a.Where(x => x.Answer.Number is not null).Select(x => x.Answer.Number).Distinct().Count()),
            Entropy = 0,
            KlRef = 0,
            LenMean = all.Average(a => a.Sample.Ids.Length),
            EosRate = all.Average(a => a.Sample.Stop == StopReason.EndToken ? 1.0 : 0),
            Unknown = all.Count - known.Count,
        };
    }

    /// <summary>Unbiased pass@k over the problems that have k answers with a verdict; 0 where none has.</summary>
    private static double PassAt(List<(JudgedAnswer Answer, Sample Sample)[]> answers, int k)
    {
        var values = answers.Select(a => (Known: a.Count(x => x.Answer.Outcome != RolloutOutcome.Unknown), Right: a.Count(x => x.Answer.Outcome == RolloutOutcome.Accepted)))
            .Where(c => c.Known >= k).Select(c => PassAtK.Estimate(c.Known, c.Right, k)).ToList();
        return values.Count == 0 ? 0 : values.Average();
    }

    /// <summary>Whether the most frequent number is right; the first one among equals. Answers without a number have no vote.</summary>
    private static bool IsMajorityRight(ReadOnlySpan<(JudgedAnswer Answer, Sample Sample)> answers)
    {
        var votes = new Dictionary<long, (int Votes, int First)>();
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i].Answer.Number is { } number)
                votes[number] = votes.TryGetValue(number, out var so) ? (so.Votes + 1, so.First) : (1, i);
        }

        if (votes.Count == 0)
            return false;
        var most = votes.Values.OrderByDescending(v => v.Votes).ThenBy(v => v.First).First();
        return answers[most.First].Answer.Outcome == RolloutOutcome.Accepted;
    }
}
