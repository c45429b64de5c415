using System.Text.Json;
using Ratchet.Domains.Instructions;
using Ratchet.Models;
using Ratchet.Preferences;
using Ratchet.Runs;
using Ratchet.Verifiers.Annotators;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>Audits the annotators on pairs of the start model's samples, and shows what length and position do to a judge.</summary>
internal sealed class FarmAudit(FarmWorld world, FarmStages stages, RunFolder run)
{
    /// <summary>File of the table of judges.</summary>
    public const string AuditFile = "audit.json";

    /// <summary>Labels of each pair, of people and of each judge.</summary>
    private const int Labels = 4;

    /// <summary>Lengths count as different when they are more words than this apart; the paper has 30 characters.</summary>
    private const double LengthLimit = 3;

    /// <summary>Writes <c>audit.json</c> and adds the numbers that checks are made on.</summary>
    public async Task RunAsync(SortedDictionary<string, double> measures, CancellationToken cancellationToken)
    {
        var samples = await stages.AuditPairsAsync(cancellationToken);
        var rows = await TableAsync(samples, cancellationToken);
        RunFolder.WriteAtomically(Path.Combine(run.Root, AuditFile), JsonSerializer.Serialize(rows, RunSummary.JsonOptions) + "\n");
        foreach (var row in rows)
            measures[$"agreement_{row.Name}"] = row.Agreement.Value;
        measures["audit_pairs"] = rows[0].Pairs;
        measures["first_shuffled"] = rows.Single(r => r.Name == "simulated").First;
        foreach (var (name, shuffle) in new[] { ("first_biased_shuffled", true), ("first_biased_unshuffled", false) })
        {
            var biased = new AnnotatorPool("biased", AnnotatorPopulations.Members([.. AnnotatorPopulations.SimulatedTastes.Where(t => t.Position == AnnotatorPopulations.SimulatedTastes.Max(m => m.Position))], world.Read, world.Recipe.Seed),
                new AnnotatorPoolOptions { Shuffle = shuffle, Seed = world.Recipe.Seed });
            measures[name] = (await AskAsync(biased, samples, cancellationToken)).Average(l => l.Average(p => 2 - p));
        }

        await StylesAsync(measures, cancellationToken);
    }

    /// <summary>Rows of the table: people, the simulators, the controls, and the longest response.</summary>
    private async Task<List<JudgeAudit>> TableAsync(IReadOnlyList<FarmResponse[]> samples, CancellationToken cancellationToken)
    {
        var stream = world.Stream.Derive("audit");
        var people = await AskAsync(world.Labeller(LabelSource.Human), samples, cancellationToken);
        var differ = Enumerable.Range(0, samples.Count).Where(i => samples[i][0].Text != samples[i][1].Text).ToList();
        List<AuditedPair> Pairs(IReadOnlyList<double[]> judge) => [.. differ.Select(i =>
        {
            var (first, second) = (FarmWorld.Grade(world.Audit[i], samples[i][0].Text), FarmWorld.Grade(world.Audit[i], samples[i][1].Text));
            return new AuditedPair { Human = people[i], Judge = judge[i], FirstLength = first.Length, SecondLength = second.Length, FirstIsList = first.IsList, SecondIsList = second.IsList };
        })];
        var rows = new List<JudgeAudit> { JudgeAudit.OfHumans("human", Pairs(people), LengthLimit, stream.Derive("human")) };
        foreach (var (name, judge) in new (string, IAnnotator)[]
        {
            ("simulated", world.Labeller(LabelSource.Simulated)), ("simulated-judge", world.Judge(human: false)), ("clean", world.Labeller(LabelSource.Clean)), ("majority", world.Labeller(LabelSource.Majority)),
        })
        {
            rows.Add(JudgeAudit.Of(name, Pairs(await AskAsync(judge, samples, cancellationToken)), LengthLimit, stream.Derive(name)));
        }

        rows.Add(JudgeAudit.OfLongest(Pairs(people), LengthLimit, stream.Derive("longest")));
        return rows;
    }

    /// <summary>The start model asked for verbose and for concise responses, against itself asked plainly: raw and length-controlled, with the exact properties of the latter.</summary>
    private async Task StylesAsync(SortedDictionary<string, double> measures, CancellationToken cancellationToken)
    {
        var start = await stages.StartAsync(cancellationToken);
        using var sampler = world.Engine.Sampler(CheckpointStore.LoadWeights(start.Folder));
        List<string> Responses(InstructionStyle style) => [.. world.Sample(
            sampler, [.. world.Evaluation.Select(x => world.Prompt(x with { Style = style }))], 1, world.Recipe.Evaluate.Temperature, world.Stream.Derive("styles").Derive(style.ToString()), cancellationToken).Select(d => d[0].Text)];
        var plain = Responses(InstructionStyle.Plain);
        var judge = world.Judge(human: false);
        var exact = true;
        foreach (var (name, style) in new[] { ("verbose", InstructionStyle.Verbose), ("concise", InstructionStyle.Concise) })
        {
            var styled = Responses(style);
            var preferences = await world.PreferAsync(judge, $"styles/{name}", world.Evaluation, plain, styled, cancellationToken);
            List<ComparedLengths> rows = [.. world.Evaluation.Select((x, i) => new ComparedLengths(preferences[i], FarmWorld.Grade(x, styled[i]).Length, FarmWorld.Grade(x, plain[i]).Length))];
            var control = LengthControl.Fit(rows, [], default, 0);
            (measures[$"{name}_raw"], measures[$"{name}_lc"], measures[$"{name}_length"]) = (control.Raw.Value, control.Value, rows.Average(r => r.ModelLength));
            measures["plain_length"] = rows.Average(r => r.ReferenceLength);
            exact &= control.Value + LengthControl.Fit([.. rows.Select(r => r.Swapped())], [], default, 0).Value == 1;
            var same = await world.PreferAsync(judge, $"styles/{name}", world.Evaluation, styled, styled, cancellationToken);
            exact &= LengthControl.Fit([.. rows.Select((r, i) => new ComparedLengths(same[i], r.ModelLength, r.ModelLength))], [], default, 0).Value == 0.5;
        }

        measures["lc_exact"] = exact ? 1 : 0;
    }

    /// <summary>Labels of each pair in the order in which it is written.</summary>
    private async Task<IReadOnlyList<double[]>> AskAsync(IAnnotator judge, IReadOnlyList<FarmResponse[]> samples, CancellationToken cancellationToken)
    {
        var requests = world.Audit.SelectMany((x, i) => Enumerable.Range(0, Labels).Select(r =>
            new AnnotationRequest(new ResponsePair { Id = $"audit/{i}", Instruction = x.ToString(), First = samples[i][0].Text, Second = samples[i][1].Text }, r))).ToList();
        return [.. (await judge.AnnotateAsync(requests, cancellationToken)).Select(a => a.Preference!.Value).Chunk(Labels)];
    }
}
