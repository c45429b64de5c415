using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Ratchet.Models;
using Ratchet.Models.Merging;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet model show|convert|average|merge-lora|diff</c>.</summary>
internal static class ModelVerb
{
    public static Command Make(CliContext context) => new("model", "Shows, converts, averages, merges and compares models on disk.") { Show(context), ConvertTo(context), Average(context), MergeLora(context), Diff(context) };

    private static Command Show(CliContext context)
    {
        var model = Folder("model");
        var command = new Command("show", "Says what a model consists of.") { model };
        command.SetAction(parsed =>
        {
            var summary = ModelSummary.Read(Given(parsed, model));
            context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.Tensors} tensors, {summary.Parameters} parameters, {summary.Bytes} bytes"));
            foreach (var (type, elements) in summary.Types)
                context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{type,-8} {elements}"));
            context.Out.WriteLine(summary.Shape is { } s
                ? string.Create(CultureInfo.InvariantCulture, $"decoder: {s.Layers} layers, width {s.HiddenSize}, {s.Heads} heads, {s.KeyValueHeads} key-value heads, vocabulary {s.VocabularySize}, {s.MaxPositions} positions; computed by {(s.RunsOnOwnKernels ? "cpu and torch" : "torch")}")
                : $"not computed by Ratchet: {summary.NotComputed}");
            if (summary.Shape is { } shape)
                Cost(context, shape);
            return 0;
        });
        return command;
    }

    private static void Cost(CliContext context, DecoderConfig shape)
    {
        var cost = ModelCost.Of(shape);
        context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"parameters: {cost.Parameters} in all, at most {cost.ActiveParameters} active for a token, {cost.EmbeddingParameters} in embedding and head"));
        if (shape.Mixture is { } m)
            context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"experts: {m.Rounds} round{(m.Rounds == 1 ? "" : "s")} of {m.ExpertsPerToken} of {m.Experts} and {m.SharedExperts} shared, {cost.ExpertEvaluations} evaluations a token and layer; residual {m.Residual}"));
        context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"operations of the forward pass for a token: {cost.FlopsPerToken(1)} FLOP at the first position, {cost.FlopsPerToken(shape.MaxPositions)} FLOP at the last; {2 * cost.FeedForwardMultiplyAdds} FLOP in feed-forward layers"));
    }

    private static Command ConvertTo(CliContext context)
    {
        var model = Folder("model");
        var (output, type, shard) = (Output(), Type(), Shard());
        var command = new Command("convert", "Writes a model with another element type or in other parts.") { model, output, type, shard };
        command.SetAction(parsed =>
        {
            var made = ModelMerge.Convert(Given(parsed, model), parsed.GetRequiredValue(output), Options(parsed.GetValue(type), parsed.GetValue(shard)));
            context.Out.WriteLine($"{made.Folder} {made.WeightsHash}");
            return 0;
        });
        return command;
    }

    private static Command Average(CliContext context)
    {
        var models = new Argument<string[]>("models") { Description = "Model or run folders; with --share or --task the first is the base.", Arity = ArgumentArity.OneOrMore };
        var share = new Option<double?>("--share") { HelpName = "a", Description = "(1 - a) * base + a * tuned, of two models." };
        var task = new Option<string?>("--task") { HelpName = "w,w,...", Description = "base + the sum of weight * (tuned - base), a weight for each model after the base." };
        var greedy = new Option<string?>("--greedy") { HelpName = "problems", Description = "Mean of those models that help: from the best down, each stays where the mean's share of accepted attempts at the problems of this file does not fall." };
        var (output, type, shard) = (Output(), Type(), Shard());
        var domain = Arguments.Domain();
        var draw = new DrawOptions(samples: 8);
        var command = new Command("average", "Makes a model of several: their mean, a weighted sum, or the mean of a choice of them. The options from --domain on are those of 'eval', for --greedy.") { models, share, task, greedy, output, type, shard, domain };
        draw.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] folders = [.. parsed.GetRequiredValue(models).Select(PolicyProbe.FindFolder)];
            var target = parsed.GetRequiredValue(output);
            var options = Options(parsed.GetValue(type), parsed.GetValue(shard));
            if (parsed.GetValue(greedy) is { } problems)
            {
                if (parsed.GetValue(share) is not null || parsed.GetValue(task) is not null)
                    throw new RatchetException("--greedy, --share and --task exclude each other.", "Give one of them.");
                draw.ThrowIfInvalid(parsed);
                return await GreedyAsync(context, parsed, draw, DomainCatalog.Create(parsed.GetRequiredValue(domain)), problems, folders, target, options, cancellationToken);
            }

            var made = (parsed.GetValue(share), parsed.GetValue(task)) switch
            {
                (null, null) => ModelMerge.UniformSoup(folders, target, options),
                ({ } a, null) when folders.Length == 2 => ModelMerge.Interpolate(folders[0], folders[1], a, target, options),
                ({ }, null) => throw new RatchetException($"--share takes two models, not {folders.Length}.", "Give the base and the tuned model."),
                (null, { } weights) => ModelMerge.TaskArithmetic(folders[0], Tasks(folders, weights), target, options),
                _ => throw new RatchetException("--share and --task exclude each other.", "Give one of them."),
            };
            context.Out.WriteLine($"{made.Folder} {made.WeightsHash}");
            return 0;
        });
        return command;
    }

    /// <summary>The greedy soup by attempts that the domain's verifier accepts.</summary>
    private static async Task<int> GreedyAsync(
        CliContext context, ParseResult parsed, DrawOptions draw, IDomain domain, string file, string[] folders, string target, MergeOptions options, CancellationToken cancellationToken)
    {
        var problems = ProblemFile.Read(file, domain).All;
        var (made, score, kept) = await ModelMerge.GreedySoupAsync(folders, ScoreAsync, target, options);
        context.Out.WriteLine($"{Share(score)} mean of {kept.Count} of {folders.Length}, on {problems.Count} problems: {string.Join(", ", kept)}");
        context.Out.WriteLine($"{made.Folder} {made.WeightsHash}");
        return 0;

        async Task<double> ScoreAsync(string folder)
        {
            var judged = await draw.JudgeAsync(parsed, PolicyProbe.Find(folder), domain, problems, cancellationToken);
            var share = judged.Count(a => a.Verdict.IsAccepted) / (double)judged.Count;
            if (folders.Contains(folder))
                context.Out.WriteLine($"{Share(share)} {folder}");
            return share;
        }

        static string Share(double share) => share.ToString("0.000", CultureInfo.InvariantCulture);
    }

    private static Command MergeLora(CliContext context)
    {
        var model = new Argument<string>("base") { Description = "Model that the adapter was trained on." };
        var adapter = new Argument<string>("adapter") { Description = "Adapter folder (adapter_config.json, adapter_model.safetensors)." };
        var (output, type, shard) = (Output(), Type(), Shard());
        var command = new Command("merge-lora", "Works a LoRA or DoRA adapter into its model, tensor by tensor.") { model, adapter, output, type, shard };
        command.SetAction(parsed =>
        {
            var made = ModelMerge.Adapter(Given(parsed, model), Given(parsed, adapter), parsed.GetRequiredValue(output), Options(parsed.GetValue(type), parsed.GetValue(shard)));
            context.Out.WriteLine($"{made.Folder} {made.WeightsHash}");
            return 0;
        });
        return command;
    }

    private static Command Diff(CliContext context)
    {
        var (first, second) = (Folder("first"), Folder("second"));
        var command = new Command("diff", "Compares two models tensor by tensor; exit code 1 where they differ.") { first, second };
        command.SetAction(parsed =>
        {
            var diff = ModelDiff.Compare(Given(parsed, first), Given(parsed, second));
            foreach (var shape in diff.Shapes)
                context.Out.WriteLine(shape);
            var changed = diff.Tensors.Where(t => t.Largest > 0).ToList();
            foreach (var tensor in changed)
                context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{tensor.Name}: largest {tensor.Largest:G4}, relative {tensor.Relative:G4}"));
            context.Out.WriteLine($"{changed.Count} of {diff.Tensors.Count} common tensors differ");
            return changed.Count == 0 && diff.Shapes.Count == 0 ? 0 : 1;
        });
        return command;
    }

    /// <summary>The folder of a model that an argument names.</summary>
    private static string Given(ParseResult parsed, Argument<string> model) => PolicyProbe.FindFolder(parsed.GetRequiredValue(model));

    private static Argument<string> Folder(string name) => new(name) { Description = "Model folder, or a run folder for its last checkpoint." };

    private static Option<string> Output() => new("--output", "-o") { HelpName = "folder", Description = "Folder to write.", Required = true };

    private static Option<WeightsType?> Type() => new("--type") { HelpName = "type", Description = "float32, bfloat16 or float16; default as in the first model." };

    private static Option<long?> Shard() => new("--shard") { HelpName = "bytes", Description = "Most bytes of one weights file; default 5000000000." };

    private static MergeOptions Options(WeightsType? type, long? shard)
    {
        if (shard is < 1)
            throw new RatchetException($"--shard is {shard}.", "Give a number of bytes of at least 1.");
        return new MergeOptions { Type = type, ShardBytes = shard ?? new MergeOptions().ShardBytes };
    }

    private static List<(string Folder, double Weight)> Tasks(string[] folders, string weights)
    {
        var parts = weights.Split(',');
        if (parts.Length != folders.Length - 1)
            throw new RatchetException($"--task has {parts.Length} weights for {folders.Length - 1} models after the base.", "Give one weight a model.");
        return [.. parts.Zip(folders.Skip(1), (text, folder) => (folder, double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) ? weight : throw new RatchetException($"The weight '{text}' of --task is not a number.", "Write it like 0.5.")))];
    }
}
