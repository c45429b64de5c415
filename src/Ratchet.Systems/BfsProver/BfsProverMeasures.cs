using Ratchet.Checkpoints;
using Ratchet.Domains.Propositional;
using Ratchet.Evaluation;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Search;
using Ratchet.Search.Journal;
using Ratchet.Search.Planning;
using Ratchet.Search.Policies;

namespace Ratchet.Systems.BfsProver;

/// <summary>The numbers that a run of a step prover ends with.</summary>
internal sealed class BfsProverMeasures(BfsProverWorld world, RunFolder run, SearchJournal searches, CorpusSearch search, IRunObserver observer)
{
    private const int ParitySteps = 64;
    private const string PromptEnd = " Proof. ";

    /// <summary>Shares of problems proved, with intervals, in all and by stratum.</summary>
    public static EvaluationSummary Evaluation(IReadOnlyList<Problem> problems, IReadOnlyList<SearchOutcome> outcomes, int resamples, RandomStream stream)
    {
        var all = Enumerable.Range(0, problems.Count).ToList();
        return Of(all, stream) with
        {
            ByStratum = new SortedDictionary<string, EvaluationSummary>(
                all.GroupBy(i => problems[i].Stratum).ToDictionary(g => g.Key, g => Of([.. g], stream.Derive(g.Key))), StringComparer.Ordinal),
        };

        EvaluationSummary Of(List<int> items, RandomStream draws) => new()
        {
            Problems = items.Count,
            Attempts = items.Count,
            PassAtK = items.Count == 0 ? new Dictionary<int, Estimate>() : new Dictionary<int, Estimate> { [1] = Intervals.Bootstrap([.. items.Select(i => outcomes[i].IsProved ? 1.0 : 0)], resamples, draws) },
            Tokens = items.Sum(i => outcomes[i].Tokens),
            VerifierCalls = items.Sum(i => (long)outcomes[i].VerifierCalls),
        };
    }

    /// <summary>Largest difference between the mean log-likelihood that the search recorded for a step and the one by the learner's full forward pass.</summary>
    public static double Parity(BfsProverWorld world, Checkpoint checkpoint, IReadOnlyList<SearchOutcome> outcomes)
    {
        var pairs = outcomes.SelectMany(o => o.Pairs).Take(ParitySteps).ToList();
        var rows = pairs.Select(p => (Pair: p, Row: world.Row("parity", p.ProblemId, p.Prompt, p.Step))).Where(r => r.Row is not null).ToList();
        if (rows.Count == 0)
            return 0;
        using var trainer = world.Trainer(checkpoint);
        var scores = trainer.Score([.. rows.Select(r => r.Row!.Ids)]);
        return rows.Select((r, i) => Math.Abs(r.Pair.MeanNll + scores[i].Skip(r.Row!.TargetStart - 1).Average(l => (double)l))).Max();
    }

    /// <summary>The shortest proof of each problem that a search found one for, by the problem's identifier.</summary>
    public static SortedDictionary<string, SearchRecord> Shortest(IEnumerable<SearchRecord> records)
    {
        var found = new SortedDictionary<string, SearchRecord>(StringComparer.Ordinal);
        foreach (var record in records.Where(r => r.Proof is not null))
        {
            if (!found.TryGetValue(record.ProblemId, out var known) || record.Path.Count < known.Path.Count)
                found[record.ProblemId] = record;
        }

        return found;
    }

    public async Task<SortedDictionary<string, double>> MeasureAsync(Checkpoint last, int preferences, CancellationToken cancellationToken)
    {
        var recipe = world.Recipe;
        var heldout = world.Corpus.Problems.In(Split.Heldout);
        var measures = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["preference_pairs"] = preferences };
        for (var round = 0; round <= recipe.Rounds; round++)
        {
            if (Recorded(round, heldout) is { } outcomes)
                measures[$"solved_round_{round}"] = Share(outcomes);
        }

        var final = Recorded(recipe.Rounds, heldout)!;
        Add(measures, "", heldout, final);
        var reports = Enumerable.Range(1, recipe.Rounds).Select(r => searches.FindItem<StepFilterReport>("filter", $"r{r}")).OfType<StepFilterReport>().ToList();
        if (reports.Count > 0)
        {
            measures["filter_pairs"] = reports.Sum(r => (double)r.Pairs);
            measures["filter_kept"] = reports.Sum(r => (double)r.Kept);
            measures["filter_share_first"] = reports[0].Share;
            measures["filter_share_last"] = reports[^1].Share;
        }

        using var policy = world.Drawing(last);
        measures["tactic_entropy"] = await EntropyAsync(policy, heldout, cancellationToken);
        Checkpoint? planner = recipe.Planner is { } settings ? await TrainPlannerAsync(settings, last, cancellationToken) : null;
        if (recipe.Planner is not null)
            measures["planner_rows"] = searches.FindItem<int>("planner", "rows");
        foreach (var line in recipe.Evaluate.Compare)
        {
            // The recipe was checked when it was read.
            var compared = ComparedSearch.TryParse(line, out var parsed, out var wrong) ? parsed! : throw world.Recipe.Wrong(wrong!);
            if (compared.Plan == "model" && planner is null)
                continue;
            Add(measures, "." + compared.Name, heldout, await CompareAsync(compared, policy, last, planner, heldout, cancellationToken));
        }

        var lengths = world.Corpus.KnownLengths;
        if (lengths.Count > 0)
            measures["shorter_than_database"] = Shortest(searches.Searches()).Values.Count(r => lengths.TryGetValue(r.ProblemId, out var steps) && r.Path.Count < steps);

        return measures;
    }

    private async Task<IReadOnlyList<SearchOutcome>> CompareAsync(ComparedSearch compared, ModelPolicy model, Checkpoint last, Checkpoint? planner, IReadOnlyList<Problem> heldout, CancellationToken cancellationToken)
    {
        var recipe = world.Recipe;
        var options = compared.Options(recipe.SearchOptions() with { Budget = new() { Expansions = recipe.Evaluate.Expansions } });
        var phase = $"heldout.{compared.Name}";
        using var ranked = compared.Policy == ComparedPolicy.Ranked || (compared.Policy == ComparedPolicy.Own && recipe.Search.Rank && options.Strategy != SearchStrategy.Sample) ? world.Ranked(last) : null;
        using var whole = compared.Policy == ComparedPolicy.Whole ? world.WholeProofs(await TrainWholeAsync(cancellationToken)) : null;
        IStepPolicy policy = compared.Policy switch
        {
            ComparedPolicy.Uniform => new UniformPolicy(world.World.Steps, options.Strategy == SearchStrategy.Sample ? UniformOrder.Random : UniformOrder.Listed),
            ComparedPolicy.UniformRandom => new UniformPolicy(world.World.Steps, UniformOrder.Random),
            ComparedPolicy.Whole => whole!,
            _ => ranked is not null ? ranked : model,
        };
        if (whole is not null)
        {
            // A draw is one expansion here and many tokens: tokens are what is made equal.
            var spent = Recorded(recipe.Rounds, heldout)!.Where(o => !o.IsProved).Select(o => (double)o.Tokens).DefaultIfEmpty(1).Average();
            options = options with { Strategy = SearchStrategy.Sample, Budget = new() { Expansions = 1_000_000, Tokens = (long)Math.Ceiling(spent) } };
        }

        if (compared.Plan is null)
            return await search.RunAsync(recipe.Rounds, phase, heldout, () => new Borrowed(policy), options, "evaluate", 0, cancellationToken);
        var propositional = (PropositionalEnvironment)world.World.Environment;
        using var sampler = compared.Plan == "model" ? world.Sampler(planner!) : null;
        IPlanner plans = compared.Plan switch
        {
            "oracle" => new FunctionPlanner("oracle", r => propositional.OracleCuts(r.State)),
            "random" => FunctionPlanner.Random(propositional.Parts, recipe.Planner?.MostSteps ?? 4),
            "none" => new FunctionPlanner("none", _ => []),
            _ => new ModelPlanner("model", sampler!, world.Tokenizer, propositional, PropositionalEnvironment.Prompt, world.Shape.MaxPositions, new SamplingOptions { Temperature = 0.7, MaxNewTokens = 120 }),
        };
        if (compared.Lies > 0)
            plans = new LyingPlanner(plans, propositional, compared.Lies);
        var plan = new PlanOptions
        {
            SubgoalExpansions = recipe.Planner?.SubgoalExpansions ?? 16, GoalExpansions = Math.Max(1, recipe.Evaluate.Expansions / 2), Replans = compared.Replans ?? recipe.Planner?.Replans ?? 2, MostSteps = recipe.Planner?.MostSteps ?? 4,
            Provers = compared.Provers, Parallelism = compared.Parallelism, Refuter = compared.Refute ? propositional : null,
        };
        return await search.RunPlannedAsync(recipe.Rounds, phase, heldout, policy, plans, plan, options, compared.Independent, cancellationToken);
    }

    /// <summary>A model of whole proofs: fresh weights, the same shape, trained on the proofs of the seed and of all rounds' searches, the shortest of each problem.</summary>
    private async Task<Checkpoint> TrainWholeAsync(CancellationToken cancellationToken)
    {
        var problems = world.Corpus.Problems;
        var proofs = new SortedDictionary<string, string>(problems.In(Split.Seed).ToDictionary(p => p.Id, p => problems.References[p.Id]), StringComparer.Ordinal);
        foreach (var problem in problems.In(Split.Train))
        {
            var found = Enumerable.Range(1, world.Recipe.Rounds).Select(r => searches.FindItem<SearchOutcome>("outcome", $"r{r}/train/{problem.Id}")).OfType<SearchOutcome>().Where(o => o.IsProved);
            if (found.MinBy(o => o.Pairs.Count) is { Proof: { } proof })
                proofs[problem.Id] = proof;
        }

        var rows = new List<Example>();
        foreach (var (id, proof) in proofs)
        {
            if (await world.World.Environment.OpenAsync(problems[id], cancellationToken) is StepOutcome.Moved opened && world.Row($"whole/{id}", id, world.World.WholeProofs!.Prompt(opened.State), proof) is { } row)
                rows.Add(row);
        }

        return await LearnAsync("whole", null, rows, world.Recipe.Start.Epochs, cancellationToken);
    }

    /// <summary>The planner's checkpoint, trained on the cuts of the proofs that the run found.</summary>
    private async Task<Checkpoint?> TrainPlannerAsync(PlannerSettings settings, Checkpoint from, CancellationToken cancellationToken)
    {
        var rows = await PlannerRowsAsync(settings, cancellationToken);
        searches.AddItem("planner", "rows", rows.Count);
        if (rows.Count == 0)
        {
            observer.OnEvent(new RunEvent.Note { Round = world.Recipe.Rounds, Message = "no found proof holds a cut that the planner could learn from; comparisons with it are left out" });
            return null;
        }

        return await LearnAsync("planner", from, rows, settings.Epochs, cancellationToken);
    }

    /// <summary>Trains a model beside the run's own, from a checkpoint or from fresh weights.</summary>
    private async Task<Checkpoint> LearnAsync(string id, Checkpoint? from, IReadOnlyList<Example> rows, double epochs, CancellationToken cancellationToken)
    {
        observer.OnEvent(new RunEvent.StageStarted { Round = world.Recipe.Rounds, Stage = "learn", Items = rows.Count });
        var result = await world.Learner(from is null).LearnAsync(
            new LearningRequest { Round = world.Recipe.Rounds, From = from, Examples = rows, Epochs = epochs, Stream = world.Root.Derive("learn").Derive(id), Folder = run.CheckpointPath(id) }, null, cancellationToken);
        return result.Checkpoint;
    }

    private async Task<List<Example>> PlannerRowsAsync(PlannerSettings settings, CancellationToken cancellationToken)
    {
        var environment = (PropositionalEnvironment)world.World.Environment;
        var train = world.Corpus.Problems.In(Split.Train).ToDictionary(p => p.Id);
        var rows = new List<Example>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var round = world.Recipe.Rounds; round >= 1; round--)
        {
            foreach (var problem in train.Values)
            {
                if (seen.Contains(problem.Id) || searches.FindItem<SearchOutcome>("outcome", $"r{round}/train/{problem.Id}") is not { IsProved: true } outcome)
                    continue;
                seen.Add(problem.Id);
                if (await environment.OpenAsync(problem, cancellationToken) is not StepOutcome.Moved opened)
                    continue;
                var state = opened.State;
                if (environment.Opening(state) is { } opening && await environment.RunAsync(state, opening, cancellationToken) is StepOutcome.Moved named)
                    state = named.State;

                // Goals that were met under the hypotheses of the start, the deepest first: each was proved there, so each is a true subgoal, and what needs it comes behind it.
                var prompt = PropositionalEnvironment.Prompt(state);
                var context = Context(prompt);
                var goals = outcome.Pairs.Where(p => p.Prompt != prompt && Context(p.Prompt) == context).Select(p => p.Prompt[context.Length..^PromptEnd.Length]).Distinct(StringComparer.Ordinal).Reverse().ToList();
                var cuts = goals.Count <= settings.MostSteps ? goals : [.. Enumerable.Range(0, settings.MostSteps).Select(i => goals[i * goals.Count / settings.MostSteps])];
                if (cuts.Count > 0 && world.Row($"plan/{problem.Id}", problem.Id, prompt, string.Join(' ', cuts.Select(c => $"assert ({c})."))) is { } row)
                    rows.Add(row);
            }
        }

        return rows;
    }

    /// <summary>The part of a prompt that shows hypotheses; what follows it is the goal and <see cref="PromptEnd"/>.</summary>
    private static string Context(string prompt)
    {
        var last = prompt[..^PromptEnd.Length].LastIndexOf(". ", StringComparison.Ordinal);
        return last < 0 ? "" : prompt[..(last + 2)];
    }

    /// <summary>Entropy of the policy in the start states, nats a step: the mean negative log-likelihood of steps drawn at temperature 1 or the recipe's.</summary>
    private async Task<double> EntropyAsync(ModelPolicy policy, IReadOnlyList<Problem> problems, CancellationToken cancellationToken)
    {
        var queries = new List<PolicyQuery>();
        foreach (var problem in problems.Take(200))
        {
            if (await world.World.Environment.OpenAsync(problem, cancellationToken) is StepOutcome.Moved moved)
                queries.Add(new PolicyQuery(moved.State, 8, world.Root.Derive("entropy").Derive(problem.Id)));
        }

        var steps = (await policy.ProposeAsync(queries, cancellationToken)).SelectMany(p => p.Steps).ToList();
        return steps.Count == 0 ? 0 : -steps.Average(s => s.LogProbability);
    }

    private List<SearchOutcome>? Recorded(int round, IReadOnlyList<Problem> problems)
    {
        var outcomes = new List<SearchOutcome>();
        foreach (var problem in problems)
        {
            if (searches.FindItem<SearchOutcome>("outcome", $"r{round}/heldout/{problem.Id}") is not { } outcome)
                return null;
            outcomes.Add(outcome);
        }

        return outcomes;
    }

    private static void Add(SortedDictionary<string, double> measures, string suffix, IReadOnlyList<Problem> problems, IReadOnlyList<SearchOutcome> outcomes)
    {
        measures[$"solved{suffix}"] = Share(outcomes);
        foreach (var stratum in Enumerable.Range(0, problems.Count).GroupBy(i => problems[i].Stratum).OrderBy(g => g.Key, StringComparer.Ordinal))
            measures[$"solved_{stratum.Key.Replace(' ', '_').Replace('-', '_')}{suffix}"] = Share([.. stratum.Select(i => outcomes[i])]);
        var proved = outcomes.Where(o => o.IsProved).ToList();
        measures[$"expansions{suffix}"] = outcomes.Average(o => o.Expansions);
        measures[$"verifier_calls{suffix}"] = outcomes.Average(o => o.VerifierCalls);
        measures[$"tokens{suffix}"] = outcomes.Average(o => o.Tokens);
        if (proved.Count > 0)
            measures[$"proof_steps{suffix}"] = proved.Average(o => o.Pairs.Count > 0 ? o.Pairs.Count : PropositionalEnvironment.Sentences(o.Proof ?? "").Count);
        if (outcomes.Any(o => o.Plans > 0))
            measures[$"plans{suffix}"] = outcomes.Average(o => o.Plans);
    }

    private static double Share(IReadOnlyList<SearchOutcome> outcomes) => outcomes.Count == 0 ? 0 : (double)outcomes.Count(o => o.IsProved) / outcomes.Count;

    /// <summary>A policy that its user does not own.</summary>
    private sealed class Borrowed(IStepPolicy policy) : IStepPolicy
    {
        public string Name => policy.Name;

        public bool IsExhaustive => policy.IsExhaustive;

        public Task<IReadOnlyList<StepProposals>> ProposeAsync(IReadOnlyList<PolicyQuery> queries, CancellationToken cancellationToken) => policy.ProposeAsync(queries, cancellationToken);
    }
}
