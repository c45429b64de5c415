using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Ratchet.Preferences;
using Ratchet.Runs;
using Ratchet.Sampling.Annotators;
using Ratchet.Verifiers.Annotators;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet annotate OUTPUTS --reference FILE --annotators PACK --endpoint URL</c>, or <c>ratchet annotate --annotations FILE</c>.</summary>
internal sealed class AnnotateVerb
{
    private readonly Argument<string[]> _outputs = new("outputs") { Description = "Responses of models in AlpacaEval's JSON format, one file a model.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _reference = new("--reference") { HelpName = "file", Description = "Responses that all are compared with, in the same format." };
    private readonly Option<string?> _pack = new("--annotators") { HelpName = "file", Description = "Pack of prompted annotators (JSON); recipes/annotators holds some. 'longest' prefers the longer response and asks nobody." };
    private readonly Option<string[]> _annotations = new("--annotations") { HelpName = "file", Description = "Judged pairs that are there already; repeatable.", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _out = new("--out", "-o") { HelpName = "file", Description = "Writes the judged pairs there." };
    private readonly Option<string?> _leaderboard = new("--leaderboard") { HelpName = "file", Description = "Writes the leaderboard there (CSV in AlpacaEval's columns)." };
    private readonly Option<double> _flips = new("--flip-rate") { HelpName = "share", Description = "Share of labels that a coin decides against the judgement, 0 to 0.5, as for simulated training labels.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _noShuffle = new("--no-shuffle") { Description = "Shows the reference first always; only to see a position bias." };
    private readonly Option<bool> _noNull = new("--no-null-model") { Description = "Leaves out the model that gives one empty-handed answer to everything, which shows what a judge can be talked into." };
    private readonly Option<ulong> _seed = new("--seed") { HelpName = "n", Description = "Seed of annotator, order and noise.", DefaultValueFactory = _ => 0UL };
    private readonly EndpointArguments _endpoint = new();
    private readonly CliContext _context;

    private AnnotateVerb(CliContext context) => _context = context;

    public static Command Make(CliContext context)
    {
        var verb = new AnnotateVerb(context);
        var command = new Command("annotate", "Lets annotators compare models' responses with a reference's: win rates, length-controlled ones, and a leaderboard.")
        {
            verb._outputs, verb._reference, verb._pack, verb._annotations, verb._out, verb._leaderboard, verb._flips, verb._noShuffle, verb._noNull, verb._seed,
        };
        verb._endpoint.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var files = parsed.GetValue(_outputs)!;
        var rows = parsed.GetValue(_annotations)!.SelectMany(AlpacaEvalFile.ReadAnnotations).ToList();
        if (files.Length > 0)
            rows.AddRange(await JudgeAsync(parsed, files, cancellationToken));
        if (rows.Count == 0)
            throw Usage("Nothing is compared: give files of responses, or judged pairs with --annotations.");
        if (parsed.GetValue(_out) is { } path)
            AlpacaEvalFile.WriteAnnotations(path, rows);
        var board = Leaderboard.Of(rows, parsed.GetValue(_seed));
        if (parsed.GetValue(_leaderboard) is { } table)
            RunFolder.WriteAtomically(table, Leaderboard.Csv(board));
        Write(board, rows[0].Generator1);
        return 0;
    }

    private async Task<IReadOnlyList<AlpacaEvalAnnotation>> JudgeAsync(ParseResult parsed, string[] files, CancellationToken cancellationToken)
    {
        var reference = AlpacaEvalFile.ReadOutputs(parsed.GetValue(_reference) ?? throw Usage("The responses need something to be compared with: --reference FILE."));
        var models = files.Select(f => (IReadOnlyList<AlpacaEvalOutput>)AlpacaEvalFile.ReadOutputs(f)).ToList();
        if (!parsed.GetValue(_noNull))
            models.Add(AlpacaEvalComparison.NullModel(reference));
        if (parsed.GetValue(_flips) is not (>= 0 and <= 0.5))
            throw Usage("--flip-rate must be from 0 to 0.5.");
        var options = new AnnotatorPoolOptions { FlipRate = parsed.GetValue(_flips), Shuffle = !parsed.GetValue(_noShuffle), Seed = parsed.GetValue(_seed) };
        var which = parsed.GetValue(_pack) ?? throw Usage("Nobody judges: give a pack of annotators with --annotators FILE.");
        if (which == "longest")
            return await CompareAsync(new AnnotatorPool("longest", [new LongestAnnotator(t => t.Length)], options), models, reference, cancellationToken);
        var pack = AnnotatorPack.Read(which);
        if (!_endpoint.IsGiven(parsed))
            throw Usage("The annotators are prompts and need a model: --endpoint URL --model NAME.");
        using var open = _endpoint.OpenModel(parsed);
        var members = pack.Annotators.Select(a => new PromptedAnnotator(open.Model, pack, a, open.ModelName, options.Seed, open.Concurrency)).ToList();
        var rows = await CompareAsync(new AnnotatorPool($"{pack.Name}-{pack.Version}", members, options), models, reference, cancellationToken);
        _context.Error.WriteLine(open.Bill);
        foreach (var member in members.Where(m => m.Unread > 0))
            _context.Error.WriteLine($"{member.Name}: {member.Unread} comparisons without a readable verdict, left out");
        return rows;
    }

    private static async Task<IReadOnlyList<AlpacaEvalAnnotation>> CompareAsync(IAnnotator annotator, List<IReadOnlyList<AlpacaEvalOutput>> models, IReadOnlyList<AlpacaEvalOutput> reference, CancellationToken cancellationToken)
    {
        var rows = new List<AlpacaEvalAnnotation>();
        foreach (var model in models)
            rows.AddRange(await AlpacaEvalComparison.JudgeAsync(annotator, model, reference, cancellationToken));
        return rows;
    }

    private void Write(IReadOnlyList<LeaderboardRow> board, string reference)
    {
        _context.Out.WriteLine($"against {reference}");
        _context.Out.WriteLine($"  {"model",-32} {"LC win rate",22} {"win rate",16} {"judged",8} {"words' worth",0}".TrimEnd().Replace(" words' worth", "   length  prefers longer", StringComparison.Ordinal));
        foreach (var row in board)
        {
            var lc = row.LengthControl is { } c ? string.Create(CultureInfo.InvariantCulture, $"{100 * c.Value:0.0} ({100 * c.Low:0.0} to {100 * c.High:0.0})") : "none";
            var longer = row.Longer is { } l ? string.Create(CultureInfo.InvariantCulture, $"{100 * l:0} %") : "none";
            var warning = row.LengthControl?.IsExtremeChange == true ? "  length decides: raw and controlled are far apart" : "";
            _context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {row.Name,-32} {lc,22} {100 * row.WinRate.Value,8:0.0} ± {100 * row.WinRate.StandardError,-5:0.0} {row.WinRate.Total,8} {row.AverageLength,8:0} {longer,15}{warning}"));
        }

        if (board.Sum(r => r.Unjudged) is > 0 and var unjudged)
            _context.Out.WriteLine($"{unjudged} pairs have no judgement and are left out.");
    }

    private static RatchetException Usage(string message) => new(message) { ExitCode = CommandLine.UsageError };
}
