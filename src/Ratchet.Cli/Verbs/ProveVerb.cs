using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Ratchet.Cli.Progress;
using Ratchet.Loop;
using Ratchet.Models.Cpu;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Search;
using Ratchet.Search.Journal;
using Ratchet.Search.Planning;
using Ratchet.Search.Policies;
using Ratchet.Search.Trees;
using Ratchet.Systems;
using Ratchet.Systems.Proving;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet prove GOAL|FILE</c>.</summary>
internal sealed class ProveVerb
{
    private readonly Argument<string> _goal = new("goal") { Description = "Statement to prove, or a file: .jsonl with a goal a line (a string, or an object with \"goal\" or \"statement\"), any other file is one statement." };
    private readonly Option<string> _with = new("--with") { HelpName = "world", Description = "What proofs are made in: propositional, coq, metamath (--database) or lean (--tool repl).", DefaultValueFactory = _ => "propositional" };
    private readonly Option<string?> _model = new("--model", "-m") { HelpName = "folder", Description = "Model that proposes steps: a checkpoint, or a run (its last checkpoint). Without one, every step of the world's list is equally likely." };
    private readonly Option<bool> _whole = new("--whole-proofs") { Description = "The model writes whole proofs, as models of expert-iteration do, and not single steps." };
    private readonly Option<int> _list = new("--list") { HelpName = "n", Description = "Most steps of the world's list that --rank ranks, the first ones.", DefaultValueFactory = _ => 64 };
    private readonly Option<bool> _rank = new("--rank") { Description = "The model ranks the world's list of steps and writes none of its own: slower, and misses nothing that the list has." };
    private readonly Option<SearchStrategy> _search = new("--search")
    {
        HelpName = "best-first|beam|greedy|sample|mcts", Description = "How the search chooses what to try.", DefaultValueFactory = _ => SearchStrategy.BestFirst,
        CustomParser = result => Strategy(result),
    };
    private readonly Option<double?> _alpha = new("--alpha") { HelpName = "x", Description = "Length normalisation of best-first; larger goes deeper. Default 1 with a model, 0 without." };
    private readonly Option<int?> _width = new("--width") { HelpName = "n", Description = "Steps tried in a state. Default 8 with a model, 64 without." };
    private readonly Option<int> _beam = new("--beam") { HelpName = "n", Description = "States kept of a level (beam), walks side by side (sample).", DefaultValueFactory = _ => 8 };
    private readonly Option<int> _depth = new("--depth") { HelpName = "n", Description = "Most steps of a proof.", DefaultValueFactory = _ => 40 };
    private readonly Option<int> _expansions = new("--expansions", "-n") { HelpName = "n", Description = "Budget: states in which steps are tried, of each goal.", DefaultValueFactory = _ => 2_000 };
    private readonly Option<long?> _tokens = new("--tokens") { HelpName = "n", Description = "Budget: tokens that the model draws, of each goal." };
    private readonly Option<double?> _seconds = new("--seconds") { HelpName = "s", Description = "Budget: wall time of each goal; with it results depend on the machine." };
    private readonly Option<double> _temperature = new("--temperature") { HelpName = "t", Description = "Divides the model's logits.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _maxNewTokens = new("--max-new-tokens") { HelpName = "n", Description = "Limit on the tokens of a step.", DefaultValueFactory = _ => 64 };
    private readonly Option<ulong> _seed = new("--seed") { HelpName = "n", Description = "Seed of the draws.", DefaultValueFactory = _ => 1UL };
    private readonly Option<string> _planner = new("--planner") { HelpName = "none|oracle|random", Description = "Cuts the goal into subgoals first (propositional).", DefaultValueFactory = _ => "none" };
    private readonly Option<bool> _noRefuter = new("--no-refuter") { Description = "Does not ask first whether the goal can be proved at all." };
    private readonly Option<string?> _journal = new("--journal") { HelpName = "file", Description = "Keeps searches, their stories and proofs of subgoals there; what is known is used again." };
    private readonly Option<string?> _report = new("--report") { HelpName = "file", Description = "Draws the search trees on a page of their own." };
    private readonly Option<bool> _watch = new("--watch") { Description = "Shows the goals and the steps that the policy likes best, and asks which to take." };
    private readonly Option<string> _device = Arguments.Device();
    private readonly Option<WeightPrecision> _precision = Arguments.WeightsType();
    private readonly Option<bool> _json = Arguments.Json();
    private readonly VerifierArguments _verifier = new();
    private readonly CliContext _context;

    private ProveVerb(CliContext context) => _context = context;

    public static Command Make(CliContext context)
    {
        var verb = new ProveVerb(context);
        verb._planner.AcceptOnlyFromAmong("none", "oracle", "random");
        var command = new Command("prove", "Searches for a proof of a goal, step by step; exit code 1 when a goal stays open.")
        {
            verb._goal, verb._with, verb._model, verb._whole, verb._rank, verb._list, verb._search, verb._alpha, verb._width, verb._beam, verb._depth, verb._expansions, verb._tokens, verb._seconds, verb._temperature,
            verb._maxNewTokens, verb._seed, verb._planner, verb._noRefuter, verb._journal, verb._report, verb._watch, verb._device, verb._precision, verb._json,
        };
        verb._verifier.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = Options(parsed);
        var settings = _verifier.Read(parsed);
        var world = await ProverWorld.OpenAsync(parsed.GetRequiredValue(_with), settings, cancellationToken);
        await using (world)
        {
            var problems = Problems(parsed.GetRequiredValue(_goal), world);
            var model = parsed.GetValue(_model) is { } path ? PolicyProbe.Find(path) : null;
            IStepPolicy policy = model is null
                ? new UniformPolicy(world.Steps, options.Strategy == SearchStrategy.Sample ? UniformOrder.Random : UniformOrder.Listed)
                : ProverPolicy.Open(model, world, parsed.GetValue(_whole), parsed.GetValue(_temperature), parsed.GetValue(_maxNewTokens), new SamplerSettings { Threads = settings.Threads, Device = parsed.GetRequiredValue(_device), Precision = parsed.GetValue(_precision) }, parsed.GetValue(_rank) ? parsed.GetValue(_list) : 0);
            using var owned = policy as IDisposable;
            var stream = RandomStream.FromSeed(parsed.GetValue(_seed)).Derive("prove");
            if (parsed.GetValue(_watch))
                return await new ProofWatch(_context, world, policy, options, stream).RunAsync(problems[0], cancellationToken);

            var engine = new SearchEngine(world.Environment, world.Verifier, policy, new SearchEngineOptions
            {
                Workers = world.HasProcesses ? settings.Threads : 1,
                Refuter = parsed.GetValue(_noRefuter) ? null : world.Refuter,
            });
            using var journal = parsed.GetValue(_journal) is { } file ? SearchJournal.Open(file) : null;
            var results = await SearchAsync(parsed, engine, world, problems, options, stream, journal, cancellationToken);
            var prefix = $"prove/{Guid.NewGuid():N}/";
            var records = results.Select(r => TreeRecorder.Record(prefix + r.Problem.Id, r, engine, options)).ToList();
            foreach (var record in records)
                journal?.Add(record);
            if (parsed.GetValue(_report) is { } page)
                SearchReport.Write(page, problems.Count == 1 ? $"Search for a proof of {Short(problems[0].Statement)}" : $"Searches for proofs of {problems.Count} goals", records);
            foreach (var record in records)
                Write(parsed, world, record);
            if (problems.Count > 1 && !parsed.GetValue(_json))
                _context.Out.WriteLine($"{results.Count(r => r.Status == SearchStatus.Proved)} of {results.Count} proved");
            cancellationToken.ThrowIfCancellationRequested();
            return results.All(r => r.Status == SearchStatus.Proved) ? 0 : 1;
        }
    }

    private async Task<IReadOnlyList<SearchResult>> SearchAsync(
        ParseResult parsed, SearchEngine engine, ProverWorld world, IReadOnlyList<Problem> problems, SearchOptions options, RandomStream stream, SearchJournal? journal, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_planner) is var planner && planner != "none")
        {
            if (world.Environment is not Domains.Propositional.PropositionalEnvironment propositional)
                throw new RatchetException($"There is no {planner} planner for the world '{world.Name}'.", "Use --with propositional, or no planner.") { ExitCode = CommandLine.UsageError };
            IPlanner plans = planner == "oracle" ? new FunctionPlanner("oracle", r => propositional.OracleCuts(r.State)) : FunctionPlanner.Random(propositional.Parts, 3);
            var planned = new PlanSearch(engine, propositional, plans, new ProofCache(world.Environment, journal), new PlanOptions { Refuter = world.Refuter }, journal);
            var found = new List<SearchResult>();
            foreach (var problem in problems)
                found.Add((await planned.ProveAsync(problem.Id, problem, options, stream.Derive(problem.Id), cancellationToken)).Search);
            return found;
        }

        var tasks = problems.Select(p => new SearchTask { Problem = p, Stream = stream.Derive(p.Id) }).ToList();
        if (!_context.Interactive || parsed.GetValue(_json))
            return await engine.RunAsync(tasks, options, cancellationToken: cancellationToken);
        return await ProofProgress.ShowAsync(_context.Error, _context.Clock, show => engine.RunAsync(tasks, options, show, cancellationToken: cancellationToken));
    }

    private void Write(ParseResult parsed, ProverWorld world, SearchRecord record)
    {
        if (parsed.GetValue(_json))
        {
            _context.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    id = record.ProblemId, goal = record.Statement, status = record.Status, message = record.Message, steps = record.Path, proof = record.Proof, verifier = $"{world.Verifier.Name} {world.Verifier.Version}",
                    policy = record.Policy, settings = record.Settings, expansions = record.Expansions, states = record.Nodes, verifier_calls = record.VerifierCalls, tokens = record.Tokens, wall_seconds = Math.Round(record.WallSeconds, 3), story = record.Story,
                },
                JsonLines.Options));
            return;
        }

        var spent = FormattableString.Invariant($"{record.Expansions} expansions, {record.Nodes} states, {record.VerifierCalls} verifier calls{(record.Tokens > 0 ? $", {record.Tokens} tokens" : "")}, {record.WallSeconds:0.00} s");
        switch (record.Status)
        {
            case "proved":
                _context.Out.WriteLine($"proved: {Short(record.Statement)}");
                foreach (var line in record.Path)
                    _context.Out.WriteLine($"  {line}");
                if (world.Name == "metamath")
                    _context.Out.WriteLine($"  proof: {record.Proof}");
                _context.Out.WriteLine($"{record.Path.Count} steps, accepted by {world.Verifier.Name} {world.Verifier.Version}; {spent}");
                break;
            case "refuted":
                _context.Out.WriteLine($"refuted: {Short(record.Statement)}\n  {record.Message}");
                break;
            default:
                _context.Out.WriteLine($"not proved: {Short(record.Statement)}\n  {record.Message}. This does not say that there is no proof.\n{spent}");
                foreach (var line in record.Story.Where(l => l.StartsWith("step unknown", StringComparison.Ordinal)).Take(5))
                    _context.Out.WriteLine($"  {line}");
                break;
        }
    }

    private SearchOptions Options(ParseResult parsed)
    {
        var model = parsed.GetValue(_model) is not null;
        var options = new SearchOptions
        {
            Strategy = parsed.GetValue(_search),
            Alpha = parsed.GetValue(_alpha) ?? (model ? 1 : 0),
            Width = parsed.GetValue(_width) ?? (model && !parsed.GetValue(_rank) ? 8 : 64),
            Beam = parsed.GetValue(_beam),
            MaxDepth = parsed.GetValue(_depth),
            NodesPerCall = model && parsed.GetValue(_search) is SearchStrategy.BestFirst or SearchStrategy.Mcts ? 4 : 1,
            Budget = new SearchBudget
            {
                Expansions = parsed.GetValue(_expansions),
                Tokens = parsed.GetValue(_tokens),
                Wall = parsed.GetValue(_seconds) is { } seconds ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9)) : null,
            },
        };
        var errors = options.Validate().ToList();
        if (parsed.GetValue(_temperature) is not (>= 0 and <= 10))
            errors.Add("--temperature must be from 0 to 10.");
        if (parsed.GetValue(_maxNewTokens) < 1)
            errors.Add("--max-new-tokens must be at least 1.");
        if (parsed.GetValue(_whole) && !model)
            errors.Add("--whole-proofs needs a model: --model FOLDER.");
        if (parsed.GetValue(_rank) && (!model || parsed.GetValue(_whole)))
            errors.Add("--rank needs a model that writes steps: --model FOLDER, without --whole-proofs.");
        if (parsed.GetValue(_list) is < 1 or > 10_000)
            errors.Add("--list must be from 1 to 10000.");
        return errors.Count == 0 ? options : throw new RatchetException(string.Join('\n', errors)) { ExitCode = CommandLine.UsageError };
    }

    /// <summary>The goals that an argument names; a mistake is shown under a caret.</summary>
    private static List<Problem> Problems(string argument, ProverWorld world)
    {
        if (!File.Exists(argument))
            return [Read(world, "goal", argument)];
        string text;
        try
        {
            text = File.ReadAllText(argument);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"'{argument}' cannot be read: {e.Message}", inner: e) { ExitCode = CommandLine.UsageError };
        }

        if (!argument.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))
            return [Read(world, "goal", text)];
        var problems = new List<Problem>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                using var json = JsonDocument.Parse(line);
                var root = json.RootElement;
                var goal = root.ValueKind == JsonValueKind.String ? root.GetString()
                    : root.ValueKind == JsonValueKind.Object && (root.TryGetProperty("goal", out var field) || root.TryGetProperty("statement", out field)) ? field.GetString() : null;
                var id = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("id", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : $"line{number}";
                problems.Add(Read(world, id, goal ?? throw new JsonException("there is no \"goal\"")));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or RatchetException)
            {
                throw new RatchetException($"{argument}:{number}: {e.Message}", (e as RatchetException)?.Remedy ?? "Write one JSON object with \"goal\" on each line.", e) { ExitCode = CommandLine.UsageError };
            }
        }

        return problems.Count > 0 ? problems : throw new RatchetException($"{argument} holds no goal.", "Write one JSON object with \"goal\" on each line.") { ExitCode = CommandLine.UsageError };
    }

    private static Problem Read(ProverWorld world, string id, string statement)
    {
        try
        {
            return world.Read(id, statement);
        }
        catch (StatementException e)
        {
            var end = Math.Min(e.Position + 1, Math.Max(statement.Length, e.Position));
            throw new RatchetException($"This is no statement of {world.Name}:\n{Carets.Render(statement, [new(e.Position, end, e.Message)]).TrimEnd()}", "Correct the statement.", e) { ExitCode = CommandLine.UsageError };
        }
    }

    private static SearchStrategy Strategy(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var names = Enum.GetValues<SearchStrategy>().ToDictionary(s => JsonNamingPolicy.KebabCaseLower.ConvertName(s.ToString()), s => s);
        if (names.TryGetValue(text, out var strategy))
            return strategy;
        var near = NearestName.Find(text, [.. names.Keys]);
        result.AddError($"There is no search '{text}'.{(near is null ? "" : $" Did you mean '{near}'?")} Use one of: {string.Join(", ", names.Keys)}.");
        return default;
    }

    private static string Short(string statement)
    {
        var line = statement.ReplaceLineEndings(" ").Trim();
        return line.Length <= 160 ? line : line[..157] + "...";
    }
}
