using System.Collections.Concurrent;
using Ratchet.Domains.Instructions;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Preferences;
using Ratchet.Rollouts;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Tokenization;
using Ratchet.Verifiers.Annotators;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>A response of some policy.</summary>
/// <param name="Ids">Sampled ids, end mark included where there is one.</param>
/// <param name="Text">Its words.</param>
/// <param name="LogProbabilities">Of each id under the distribution that it was drawn from; empty for responses from a file.</param>
internal sealed record FarmResponse(int[] Ids, string Text, float[] LogProbabilities);

/// <summary>What a recipe stands for: instructions, reference responses, annotators, tokenizer, shape and engines. Everything follows from the seed.</summary>
internal sealed class FarmWorld
{
    /// <summary>Most tokens of a prompt: begin mark, a control or style word, a list with two exclusions, the separator.</summary>
    public const int LongestPrompt = 12;

    private readonly ConcurrentDictionary<(string Instruction, string Response), ResponseFeatures> _seen = new();

    public FarmWorld(AlpacaFarmRecipe recipe)
    {
        Recipe = recipe;
        Engine = new FarmEngine(recipe.Device, recipe.Threads);
        Stream = RandomStream.FromSeed(recipe.Seed).Derive("alpaca-farm");
        Shape = recipe.Model.Shape(Tokenizer);
        Shape.ThrowIfInvalid();
        Preference = Draw(InstructionPart.Training, recipe.Data.Pairs, "preference");
        Unlabeled = Draw(InstructionPart.Training, recipe.Data.Unlabeled, "unlabeled");
        Validation = Draw(InstructionPart.Validation, recipe.Data.Validation, "validation");
        Evaluation = Draw(InstructionPart.Evaluation, recipe.Data.Evaluation, "evaluation", different: true);
        if (Evaluation.Count < recipe.Data.Evaluation)
            throw new RatchetException($"There are only {Evaluation.Count} different instructions to evaluate on.", "Make data.evaluation smaller.");
        Audit = Draw(InstructionPart.Validation, recipe.Data.AuditPairs, "audit");
    }

    public AlpacaFarmRecipe Recipe { get; }

    public FarmEngine Engine { get; }

    /// <summary>Parent of all streams.</summary>
    public RandomStream Stream { get; }

    public DecoderConfig Shape { get; }

    public ITokenizer Tokenizer { get; } = new InstructionsDomain().Tokenizer;

    public IReadOnlyList<Instruction> Preference { get; }

    public IReadOnlyList<Instruction> Unlabeled { get; }

    public IReadOnlyList<Instruction> Validation { get; }

    public IReadOnlyList<Instruction> Evaluation { get; }

    public IReadOnlyList<Instruction> Audit { get; }

    /// <summary>Ids behind a prompt that ask for a good response, or for a bad one.</summary>
    public int ControlId(bool good) => Tokenizer.Encode(InstructionsDomain.Control(good))[0];

    /// <summary>Ids of the prompt of an instruction.</summary>
    public int[] Prompt(Instruction instruction) => [Tokenizer.BeginId, .. Tokenizer.Encode(InstructionsDomain.Prompt(instruction.ToString()))];

    /// <summary>The demonstrations: the first <paramref name="count"/> of an endless row.</summary>
    public IReadOnlyList<Example> Demonstrations(int count)
    {
        var stream = Stream.Derive("demonstrations");
        return [.. Draw(InstructionPart.Training, count, "demonstrations").Select((plain, i) =>
        {
            var own = stream.Derive("style").Derive(i);
            var styled = own.NextDouble() < Recipe.Data.Styled;
            var instruction = plain with { Style = !styled ? InstructionStyle.Plain : own.NextDouble() < 0.5 ? InstructionStyle.Verbose : InstructionStyle.Concise };
            var prompt = Prompt(instruction);
            var text = InstructionWriter.Write(instruction, Recipe.Data.Writer, stream.Derive("response").Derive(i));
            return new Example { Id = $"demonstration/{i}", Ids = [.. prompt, .. Tokenizer.Encode(text), Tokenizer.EndId], TargetStart = prompt.Length, ProblemId = $"demonstration/{i}", AttemptIds = [] };
        })];
    }

    /// <summary>The reference's responses: those that win rates are against.</summary>
    public IReadOnlyList<string> References(IReadOnlyList<Instruction> instructions, string name)
    {
        var stream = Stream.Derive("reference").Derive(name);
        return [.. instructions.Select((x, i) => InstructionWriter.Write(x, Recipe.Data.ReferenceWriter, stream.Derive(i)))];
    }

    /// <summary>Draws responses: sample k of instruction i from <c>stream.Derive(i).Derive(k)</c>.</summary>
    /// <param name="sampler">Policy.</param>
    /// <param name="prompts">Ids of prompts.</param>
    /// <param name="samples">Responses a prompt.</param>
    /// <param name="temperature">Divides the logits.</param>
    /// <param name="stream">Parent of the streams.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public IReadOnlyList<FarmResponse[]> Sample(ISampler sampler, IReadOnlyList<int[]> prompts, int samples, double temperature, RandomStream stream, CancellationToken cancellationToken)
    {
        var options = new SamplingOptions { Temperature = temperature, MaxNewTokens = Recipe.Evaluate.MaxNewTokens, StopIds = [Tokenizer.EndId], MaxBatch = 64 };
        var drawn = sampler.Generate([.. prompts.Select((p, i) => new SamplePrompt(p, [.. Enumerable.Range(0, samples).Select(k => stream.Derive(i).Derive(k))]))], options, cancellationToken);
        return [.. drawn.Select(s => new FarmResponse(s.Ids, Tokenizer.Decode(s.Ids), s.LogProbabilities)).Chunk(samples)];
    }

    /// <summary>What a response is worth; the instruction's style does not count.</summary>
    public static InstructionGrade Grade(Instruction instruction, string response) => InstructionGrader.Grade(instruction, response);

    /// <summary>What annotators see of a response.</summary>
    public ResponseFeatures Read(string instruction, string response) => _seen.GetOrAdd((instruction, response), static pair =>
    {
        var grade = InstructionGrader.Grade(Instruction.Parse(pair.Instruction), pair.Response);
        return new ResponseFeatures(grade.Task, grade.Format, grade.Length, grade.IsList);
    });

    /// <summary>Annotators that label training pairs.</summary>
    public AnnotatorPool Labeller(LabelSource source) => source switch
    {
        LabelSource.Human => AnnotatorPopulations.Humans(Read, Recipe.Seed),
        LabelSource.Clean => AnnotatorPopulations.Clean(Read, Recipe.Seed),
        LabelSource.Majority => AnnotatorPopulations.Majority(Read, Recipe.Seed),
        _ => AnnotatorPopulations.Simulated(Read, Recipe.Seed, Recipe.Annotators.FlipRate),
    };

    /// <summary>The judge that evaluates: people for people's labels, the simulator without flips for all others.</summary>
    public AnnotatorPool Judge(bool human) => human ? AnnotatorPopulations.Humans(Read, Recipe.Seed + 1) : AnnotatorPopulations.SimulatedJudge(Read, Recipe.Seed + 1);

    /// <summary>Mean preference of a judge for the second responses over the first, one number an instruction, in [1, 2].</summary>
    public async Task<double[]> PreferAsync(IAnnotator judge, string set, IReadOnlyList<Instruction> instructions, IReadOnlyList<string> first, IReadOnlyList<string> second, CancellationToken cancellationToken)
    {
        var replicates = Recipe.Annotators.Replicates;
        var requests = instructions.SelectMany((x, i) => Enumerable.Range(0, replicates).Select(r =>
            new AnnotationRequest(new ResponsePair { Id = $"{set}/{i}", Instruction = x.ToString(), First = first[i], Second = second[i] }, r))).ToList();
        var labels = await judge.AnnotateAsync(requests, cancellationToken);
        return [.. labels.Chunk(replicates).Select(c => c.Average(a => a.Preference!.Value))];
    }

    /// <summary>Labels pairs of samples.</summary>
    public async Task<IReadOnlyList<PreferencePair>> LabelAsync(IAnnotator labeller, string set, IReadOnlyList<Instruction> instructions, IReadOnlyList<FarmResponse[]> samples, CancellationToken cancellationToken)
    {
        var requests = instructions.Select((x, i) => new AnnotationRequest(new ResponsePair { Id = $"{set}/{i}", Instruction = x.ToString(), First = samples[i][0].Text, Second = samples[i][1].Text })).ToList();
        var labels = await labeller.AnnotateAsync(requests, cancellationToken);
        return [.. labels.Select((label, i) => new PreferencePair
        {
            Id = $"{set}/{i}", ProblemId = $"{set}/{i}", Prompt = Prompt(instructions[i]), First = samples[i][0].Ids, Second = samples[i][1].Ids, Preference = 2 - label.Preference!.Value, Annotator = label.Annotator,
        })];
    }

    private IReadOnlyList<Instruction> Draw(InstructionPart part, int count, string name, bool different = false) => InstructionGenerator.Draw(part, count, Stream.Derive("instructions").Derive(name), different);
}
