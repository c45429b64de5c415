using System.Text;
using System.Text.Json;
using Ratchet.Domains.Instructions;
using Ratchet.Evaluation;
using Ratchet.Models;
using Ratchet.Preferences;
using Ratchet.Runs;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>One response of the evaluation, as <c>outputs.jsonl</c> holds it. Documented in <c>docs/systems/alpaca-farm.md</c>; version 1.</summary>
internal sealed record FarmOutput
{
    /// <summary>Version of this row.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>Number of the instruction in the evaluation.</summary>
    public required int Id { get; init; }

    public required string Kind { get; init; }

    public required string Instruction { get; init; }

    public required string Output { get; init; }

    public required string Reference { get; init; }

    /// <summary>Gold utility.</summary>
    public required double Gold { get; init; }

    public required double Task { get; init; }

    public required double Format { get; init; }

    /// <summary>Words.</summary>
    public required int Length { get; init; }

    public required double ReferenceGold { get; init; }

    public required int ReferenceLength { get; init; }

    /// <summary>Mean preference of the simulated judge for the output over the reference, in [1, 2].</summary>
    public required double Simulated { get; init; }

    /// <summary>The same of the people.</summary>
    public required double Human { get; init; }
}

/// <summary>Evaluates a policy: its responses to the evaluation instructions, their gold utility, and what both judges prefer.</summary>
/// <param name="world">World.</param>
/// <param name="stages">Shared results.</param>
/// <param name="run">Folder of the run.</param>
/// <param name="report">Hears of samples.</param>
internal sealed class FarmEvaluation(FarmWorld world, FarmStages stages, RunFolder run, FarmProgress report)
{
    /// <summary>File of the responses.</summary>
    public const string OutputsFile = "outputs.jsonl";

    /// <summary>Responses of the recipe's policy, and numbers about it beside them.</summary>
    public async Task<IReadOnlyList<string>> RespondAsync(FarmPolicy policy, int[] between, SortedDictionary<string, double> measures, CancellationToken cancellationToken)
    {
        report.Begin("evaluate", world.Evaluation.Count);
        if (world.Recipe.Method == FarmMethod.BestOfN)
            return await BestOfNAsync(measures, cancellationToken);
        using var sampler = world.Engine.Sampler(CheckpointStore.LoadWeights(policy.Policy.Folder));
        int[][] prompts = [.. world.Evaluation.Select(x => (int[])[.. world.Prompt(x), .. between])];
        var drawn = world.Sample(sampler, prompts, 1, world.Recipe.Evaluate.Temperature, world.Stream.Derive("evaluation"), cancellationToken);
        report.Sampled(drawn.Sum(d => (long)d[0].Ids.Length));
        var start = await stages.StartAsync(cancellationToken);
        using var startSampler = world.Engine.Sampler(CheckpointStore.LoadWeights(start.Folder));
        var plain = world.Sample(sampler, prompts, 1, 1, world.Stream.Derive("divergence"), cancellationToken);
        measures["kl"] = FarmMethods.Divergence(startSampler, prompts, plain);
        return [.. drawn.Select(d => d[0].Text)];
    }

    /// <summary>Grades and judges responses, writes <c>outputs.jsonl</c> and gives the numbers of the run.</summary>
    public async Task JudgeAsync(IReadOnlyList<string> outputs, SortedDictionary<string, double> measures, CancellationToken cancellationToken)
    {
        var references = world.References(world.Evaluation, "evaluation");
        var simulated = await world.PreferAsync(world.Judge(human: false), "evaluation", world.Evaluation, references, outputs, cancellationToken);
        var human = await world.PreferAsync(world.Judge(human: true), "evaluation", world.Evaluation, references, outputs, cancellationToken);
        var grades = world.Evaluation.Select((x, i) => FarmWorld.Grade(x, outputs[i])).ToList();
        var given = world.Evaluation.Select((x, i) => FarmWorld.Grade(x, references[i])).ToList();
        var rows = world.Evaluation.Select((x, i) => new FarmOutput
        {
            Id = i, Kind = x.Kind.ToString().ToLowerInvariant(), Instruction = x.ToString(), Output = outputs[i], Reference = references[i], Gold = grades[i].Utility, Task = grades[i].Task, Format = grades[i].Format,
            Length = grades[i].Length, ReferenceGold = given[i].Utility, ReferenceLength = given[i].Length, Simulated = simulated[i], Human = human[i],
        }).ToList();
        var text = new StringBuilder();
        foreach (var row in rows)
            text.Append(JsonSerializer.Serialize(row, FarmStages.RowJson)).Append('\n');
        RunFolder.WriteAtomically(Path.Combine(run.Root, OutputsFile), text.ToString());

        measures["gold"] = grades.Average(g => g.Utility);
        measures["gold_error"] = StandardError([.. grades.Select(g => g.Utility)]);
        measures["task"] = grades.Average(g => g.Task);
        measures["right"] = grades.Average(g => g.Task == 1 ? 1 : 0);
        measures["format"] = grades.Average(g => g.Format);
        measures["length"] = grades.Average(g => g.Length);
        measures["repeats"] = grades.Average(g => g.Repeats);
        measures["reference_gold"] = given.Average(g => g.Utility);
        measures["reference_length"] = given.Average(g => g.Length);

        // Responses dealt to the next instruction: what one would reach without reading what is asked.
        measures["task_by_chance"] = world.Evaluation.Select((x, i) => FarmWorld.Grade(x, outputs[(i + 1) % outputs.Count]).Task).Average();
        foreach (var (name, preferences) in new[] { ("simulated", simulated), ("human", human) })
        {
            var control = LengthControl.Fit([.. preferences.Select((p, i) => new ComparedLengths(p, grades[i].Length, given[i].Length))], [], world.Stream.Derive("length control").Derive(name));
            measures[$"win_{name}"] = control.Raw.Value;
            measures[$"win_{name}_error"] = control.Raw.StandardError;
            measures[$"lc_{name}"] = control.Value;
        }
    }

    /// <summary>How often the reward model agrees with labels and with the gold utility on pairs that it was not trained on; 0.5 is chance.</summary>
    public async Task AccuracyAsync(SortedDictionary<string, double> measures, CancellationToken cancellationToken)
    {
        var samples = await stages.AuditPairsAsync(cancellationToken);
        using var scorer = new FarmScorer(world, await stages.RewardModelAsync(cancellationToken));
        var scores = scorer.Score([.. world.Audit.Select(world.Prompt)], samples);
        var pairs = await world.LabelAsync(world.Labeller(world.Recipe.Labels), "accuracy", world.Audit, samples, cancellationToken);
        List<(double Label, double Gold)> right = [];
        for (var i = 0; i < pairs.Count; i++)
        {
            var difference = FarmWorld.Grade(world.Audit[i], samples[i][0].Text).Utility - FarmWorld.Grade(world.Audit[i], samples[i][1].Text).Utility;
            if (difference == 0 || pairs[i].Preference == 0.5)
                continue;
            var first = scores[i][0] > scores[i][1];
            right.Add((first == pairs[i].Preference > 0.5 ? 1 : 0, first == difference > 0 ? 1 : 0));
        }

        measures["reward_accuracy_labels"] = right.Average(r => r.Label);
        measures["reward_accuracy_gold"] = right.Average(r => r.Gold);
        measures["reward_accuracy_pairs"] = right.Count;
    }

    /// <summary>Standard error of a mean; 0 for one value.</summary>
    public static double StandardError(IReadOnlyList<double> values)
    {
        if (values.Count < 2)
            return 0;
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) / values.Count);
    }

    /// <summary>Reads the responses of a run; empty where it has none.</summary>
    public static IReadOnlyList<FarmOutput> Read(string folder)
    {
        var path = Path.Combine(folder, OutputsFile);
        return File.Exists(path) ? [.. File.ReadLines(path).Select(l => JsonSerializer.Deserialize<FarmOutput>(l, FarmStages.RowJson)!)] : [];
    }

    private async Task<IReadOnlyList<string>> BestOfNAsync(SortedDictionary<string, double> measures, CancellationToken cancellationToken)
    {
        var settings = world.Recipe.BestOfN;
        var samples = (await stages.EvaluationSamplesAsync(cancellationToken)).Select(s => s[..settings.N]).ToList();
        IReadOnlyList<double[]> scores;
        if (settings.Pick == SamplePick.Reward)
        {
            using var scorer = new FarmScorer(world, await stages.RewardModelAsync(cancellationToken));
            scores = scorer.Score([.. world.Evaluation.Select(world.Prompt)], samples);
        }
        else
        {
            scores = [.. samples.Select((group, i) => group.Select((r, k) => settings.Pick switch
            {
                SamplePick.Longest => FarmWorld.Grade(world.Evaluation[i], r.Text).Length,
                SamplePick.Oracle => FarmWorld.Grade(world.Evaluation[i], r.Text).Utility,
                _ => (double)-k,
            }).ToArray())];
        }

        measures["best_of"] = settings.N;
        if (settings.Pick != SamplePick.Random)
            measures["kl"] = BestOfN.Kl(settings.N);
        var picked = samples.Select((group, i) => Enumerable.Range(0, group.Length).MaxBy(k => scores[i][k])).ToList();
        if (settings.Pick == SamplePick.Reward)
            measures["proxy"] = picked.Select((k, i) => scores[i][k]).Average();
        return [.. picked.Select((k, i) => samples[i][k].Text)];
    }
}
