using System.CommandLine;
using System.CommandLine.Parsing;
using Ratchet.Cli.Progress;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems;
using Ratchet.Systems.Evaluation;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Verification;
using Ratchet.Verifiers.Answers;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet eval PROPOSER --problems FILE</c>.</summary>
internal sealed class EvalVerb
{
    private const string Portfolio = "coq-portfolio";

    private readonly Argument<string?> _proposer = new("proposer") { Description = $"Checkpoint folder, run folder (its last checkpoint), a file of responses, or '{Portfolio}' (fixed tactic scripts); none with --endpoint.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _problems = new("--problems") { HelpName = "file", Description = "Problems, one JSON object a line; all of the file's problems are evaluated.", Required = true };
    private readonly Option<string?> _with = new("--with") { HelpName = "verifier", Description = "Verifier, see 'ratchet list verifiers'. For a model: kernel (default) or coq." };
    private readonly Option<int[]> _k = new("--k") { HelpName = "k", Description = "k of pass@k; repeatable. Default 1 and the number of samples.", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _out = new("--out", "-o") { HelpName = "folder", Description = "Keeps attempts, verdicts and result there; an evaluation that was stopped goes on." };
    private readonly Option<string> _domain = Arguments.Domain();
    private readonly Option<bool> _json = Arguments.Json();
    private readonly DrawOptions _draw = new(samples: 8);
    private readonly BenchmarkOptions _fields = new("--response", "Field of the responses in a file of them, a text or a list; default: response, completion, proof, solution or code.");
    private readonly EndpointArguments _endpoint = new();
    private readonly VerifierArguments _verifier = new(threads: false);
    private readonly CliContext _context;

    private EvalVerb(CliContext context) => _context = context;

    public static Command Make(CliContext context)
    {
        var verb = new EvalVerb(context);
        var command = new Command("eval", "Evaluates a model, a file of responses or a portfolio on problems: pass@k and maj@k with intervals.")
        {
            verb._proposer, verb._problems, verb._with, verb._k, verb._out, verb._domain, verb._json,
        };
        verb._draw.AddTo(command);
        verb._fields.AddTo(command);
        verb._endpoint.AddTo(command);
        verb._verifier.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        _draw.ThrowIfInvalid(parsed);
        var who = parsed.GetValue(_proposer);
        if (_endpoint.IsGiven(parsed) == who is not null)
            throw new RatchetException(who is null ? "Nobody is evaluated." : "With --endpoint nobody else is evaluated.", "Give a model, a file of responses, or --endpoint URL --model NAME.") { ExitCode = CommandLine.UsageError };
        var report = who is null ? await WithEndpoint(parsed, cancellationToken)
            : who == Portfolio || File.Exists(who)
            ? await WithFixedTexts(parsed, who, cancellationToken)
            : await WithModel(parsed, who, cancellationToken);
        if (parsed.GetValue(_json))
            _context.Out.WriteLine(report.ToJson());
        else
            Write(report);
        return 0;
    }

    /// <summary>A model attempts the problems of its domain.</summary>
    private async Task<EvaluationReport> WithModel(ParseResult parsed, string model, CancellationToken cancellationToken)
    {
        var domain = DomainCatalog.Create(parsed.GetRequiredValue(_domain));
        if (!Enum.TryParse<VerifierChoice>(parsed.GetValue(_with) ?? nameof(VerifierChoice.Kernel), ignoreCase: true, out var choice))
            throw new RatchetException($"A model is judged with kernel (its domain's own verifier) or coq, not with '{parsed.GetValue(_with)}'.") { ExitCode = CommandLine.UsageError };
        var problems = ProblemFile.Read(parsed.GetRequiredValue(_problems), domain);
        RequireK(parsed, _draw.Samples(parsed));
        var checkpoint = PolicyProbe.Find(model);
        using var verifier = DomainVerifier.Open(domain, choice, Threads(parsed));
        using var tool = _draw.OpenTool(parsed);
        using var proposer = _draw.Open(parsed, checkpoint, domain, tool);
        return await FollowAsync(parsed, new EvaluationPlan
        {
            ProposerName = checkpoint.Folder,
            Proposer = proposer,
            Verifier = verifier.Verifier,
            Problems = problems,
            Items = [.. problems.All.Select(p => new ProposalItem(p, _draw.Samples(parsed)))],
            K = Ks(parsed),
            Settings = _draw.Settings(parsed, checkpoint, tool),
            Seed = _draw.Seed(parsed),
            Threads = Threads(parsed),
        }, cancellationToken);
    }

    /// <summary>A model elsewhere attempts the problems of a benchmark file.</summary>
    private async Task<EvaluationReport> WithEndpoint(ParseResult parsed, CancellationToken cancellationToken)
    {
        var entry = VerifierCatalog.Find(parsed.GetValue(_with) ?? throw new RatchetException("The attempts need a verifier.", "Give it with --with.") { ExitCode = CommandLine.UsageError });
        RequireK(parsed, _draw.Samples(parsed));
        var settings = _verifier.Read(parsed) with { Threads = Threads(parsed) };
        await using var verifier = await entry.OpenAsync(settings, cancellationToken);
        var problems = BenchmarkFile.Read(parsed.GetRequiredValue(_problems), _fields.Read(parsed), verifier);
        using var open = _endpoint.Open(parsed, _draw, entry, DomainCatalog.Names.Contains(entry.Name) ? DomainCatalog.Create(entry.Name).Prompt : static p => p.Statement);
        var report = await FollowAsync(parsed, new EvaluationPlan
        {
            ProposerName = open.Name,
            Proposer = open.Proposer,
            Verifier = verifier.Verifier,
            Problems = problems,
            Items = [.. problems.All.Select(p => new ProposalItem(p, _draw.Samples(parsed)))],
            K = Ks(parsed),
            Settings = open.Settings,
            Votes = Voting(entry, settings),
            Seed = _draw.Seed(parsed),
            Threads = settings.Threads,
        }, cancellationToken);
        _context.Error.WriteLine(open.Bill);
        return report;
    }

    private static AnswerProfile? Voting(VerifierEntry entry, VerifierOptions settings) => entry.Name == "answers" ? AnswerProfiles.Find(settings.Profile ?? AnswerProfiles.Strict.Name) : null;

    /// <summary>Texts that are there already are judged: responses of a file, or the scripts of a portfolio.</summary>
    private async Task<EvaluationReport> WithFixedTexts(ParseResult parsed, string who, CancellationToken cancellationToken)
    {
        var scripted = who == Portfolio;
        var entry = VerifierCatalog.Find(parsed.GetValue(_with) ?? (scripted ? "coq" : throw new RatchetException("Responses need a verifier.", "Give it with --with.") { ExitCode = CommandLine.UsageError }));
        if (scripted && entry.Name != "coq")
            throw new RatchetException($"The scripts of '{Portfolio}' are judged by coq, not by '{entry.Name}'.") { ExitCode = CommandLine.UsageError };
        var settings = _verifier.Read(parsed) with { Threads = Threads(parsed), Imports = scripted ? CoqPortfolio.Imports : [] };
        await using var verifier = await entry.OpenAsync(settings, cancellationToken);
        var fields = _fields.Read(parsed);
        var problems = BenchmarkFile.Read(parsed.GetRequiredValue(_problems), fields, verifier);
        var asked = parsed.GetResult(_draw.SamplesOption) is OptionResult { Implicit: false } ? _draw.Samples(parsed) : 0;
        IProposer proposer;
        IReadOnlyList<ProposalItem> items;
        if (scripted)
        {
            proposer = new CoqPortfolio();
            items = [.. problems.All.Select(p => new ProposalItem(p, asked > 0 ? asked : CoqPortfolio.Scripts.Count))];
        }
        else
        {
            var responses = ResponseFile.Read(who, new BenchmarkFields { Id = fields.Id, Proof = fields.Proof });
            (proposer, items) = (responses, responses.Items(problems.All, asked));
        }

        RequireK(parsed, items.Min(i => i.Count));
        return await FollowAsync(parsed, new EvaluationPlan
        {
            ProposerName = who,
            Proposer = proposer,
            Verifier = verifier.Verifier,
            Problems = problems,
            Items = items,
            K = Ks(parsed),
            Settings = new Dictionary<string, string> { ["proposer"] = scripted ? who : ResponseFile.Hash(who) },
            Votes = Voting(entry, settings),
            Seed = _draw.Seed(parsed),
            Threads = settings.Threads,
        }, cancellationToken);
    }

    private async Task<EvaluationReport> FollowAsync(ParseResult parsed, EvaluationPlan plan, CancellationToken cancellationToken)
    {
        IRunProgress progress = parsed.GetValue(_json) || !_context.Interactive ? new QuietProgress() : new LiveProgress(_context.Error, _context.Clock);
        await using (progress)
            return await plan.RunAsync(parsed.GetValue(_out), progress, cancellationToken);
    }

    private int Threads(ParseResult parsed) => _draw.Threads(parsed) is var threads and > 0 ? threads : Environment.ProcessorCount;

    private int[] Ks(ParseResult parsed) => parsed.GetValue(_k)!;

    private void RequireK(ParseResult parsed, int samples)
    {
        if (Ks(parsed).Any(x => x < 1 || x > samples))
            throw new RatchetException($"Each --k must be from 1 to the number of samples ({samples}).") { ExitCode = CommandLine.UsageError };
    }

    private void Write(EvaluationReport report)
    {
        var summary = report.Summary;
        _context.Out.WriteLine($"{report.Proposer} on {summary.Problems} problems, {summary.Attempts} attempts, {summary.Unknown} unknown; judged by {report.Verifier} {report.VerifierVersion}");
        _context.Out.WriteLine($"  {"all",-16} {ProgressText.PassAtK(summary)}");
        foreach (var (stratum, part) in summary.ByStratum.Where(s => summary.ByStratum.Count > 1))
            _context.Out.WriteLine($"  {stratum,-16} {ProgressText.PassAtK(part)}  ({part.Problems})");
        if (report.Majority is { } majority)
            _context.Out.WriteLine($"  {"majority",-16} maj@{report.Voters} {ProgressText.Estimate(majority)}");
    }
}
