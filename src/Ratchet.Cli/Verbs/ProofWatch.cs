using System.Globalization;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Search;
using Ratchet.Search.Policies;
using Ratchet.Systems.Proving;
using Ratchet.Verdicts;

namespace Ratchet.Cli.Verbs;

/// <summary>A proof made by hand with the policy's suggestions: goals, steps that the policy likes, and the user's choice.</summary>
internal sealed class ProofWatch(CliContext context, ProverWorld world, IStepPolicy policy, SearchOptions options, RandomStream stream)
{
    private const int Shown = 9;
    private int _asked;

    public async Task<int> RunAsync(Problem problem, CancellationToken cancellationToken)
    {
        if (await world.Environment.OpenAsync(problem, cancellationToken) is not StepOutcome.Moved opened)
            throw new Runs.RatchetException("The goal cannot be opened.") { ExitCode = CommandLine.UsageError };
        var states = new Stack<ProofState>([opened.State]);
        context.Out.WriteLine("A number takes a step; a step of your own is tried; s searches from here, u goes back, q leaves.");
        while (true)
        {
            var state = states.Peek();
            var offers = await OffersAsync(state, cancellationToken);
            Show(state, offers);
            context.Out.Write("> ");
            context.Out.Flush();
            switch ((await context.In.ReadLineAsync(cancellationToken))?.Trim())
            {
                case null or "q":
                    return 1;
                case "":
                    break;
                case "u":
                    if (states.Count > 1)
                        states.Pop();
                    break;
                case "s":
                    var engine = new SearchEngine(world.Environment, world.Verifier, policy);
                    var found = (await engine.RunAsync([new SearchTask { Problem = problem, Start = state, Stream = stream.Derive("search").Derive(_asked) }], options, cancellationToken: cancellationToken))[0];
                    if (found.Status == SearchStatus.Proved)
                        return await FinishAsync(problem, found.Path, cancellationToken);
                    context.Out.WriteLine($"not found from here: {found.Message}");
                    break;
                case var typed:
                    var step = int.TryParse(typed, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= offers.Count ? offers[number - 1].Step : typed;
                    switch (await world.Environment.RunAsync(state, step, cancellationToken))
                    {
                        case StepOutcome.Moved moved:
                            states.Push(moved.State);
                            break;
                        case StepOutcome.Finished finished:
                            return await FinishAsync(problem, finished.Path, cancellationToken);
                        case StepOutcome.Failed failed:
                            context.Out.Write(Carets.Render(step, [failed.Feedback]));
                            break;
                        case StepOutcome.GaveUp gaveUp:
                            context.Out.WriteLine($"a hole: {gaveUp.Feedback.Message}");
                            break;
                        case StepOutcome.Unknown unknown:
                            context.Out.WriteLine($"unknown ({InspectVerb.Word(unknown.Reason)}): {unknown.Feedback.Message}");
                            break;
                    }

                    break;
            }
        }
    }

    /// <summary>The steps that the policy likes best and that apply, each with what it leads to.</summary>
    private async Task<List<(string Step, double LogProbability, string Leads)>> OffersAsync(ProofState state, CancellationToken cancellationToken)
    {
        var proposals = await policy.ProposeAsync([new PolicyQuery(state, Math.Max(options.Width, Shown), stream.Derive("watch").Derive(_asked++))], cancellationToken);
        var offers = new List<(string, double, string)>();
        foreach (var proposal in proposals[0].Steps.DistinctBy(p => p.Step).OrderByDescending(p => p.LogProbability))
        {
            var leads = await world.Environment.RunAsync(state, proposal.Step, cancellationToken) switch
            {
                StepOutcome.Finished => "finishes",
                StepOutcome.Moved moved => moved.State.Goals.Count == 1 ? moved.State.Goals[0].Split('\n')[^1] : $"{moved.State.Goals.Count} goals",
                _ => null,
            };
            if (leads is not null)
                offers.Add((proposal.Step, proposal.LogProbability, leads));
            if (offers.Count == Shown)
                break;
        }

        return offers;
    }

    private void Show(ProofState state, List<(string Step, double LogProbability, string Leads)> offers)
    {
        context.Out.WriteLine();
        for (var i = 0; i < state.Goals.Count; i++)
            context.Out.WriteLine(i == 0 ? state.Goals[0] : $"  and: {state.Goals[i].Split('\n')[^1]}");
        for (var i = 0; i < offers.Count; i++)
            context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {i + 1}  {offers[i].Step,-40} {Math.Exp(offers[i].LogProbability) * 100,5:0.0} %  -> {offers[i].Leads}"));
        if (offers.Count == 0)
            context.Out.WriteLine("  no step of the policy's applies here");
    }

    private async Task<int> FinishAsync(Problem problem, IReadOnlyList<string> path, CancellationToken cancellationToken)
    {
        var verdict = await ProofReplay.ValidateAsync(world.Environment, world.Verifier, problem, path, cancellationToken);
        foreach (var line in path)
            context.Out.WriteLine($"  {line}");
        context.Out.WriteLine(verdict.IsAccepted
            ? $"proved in {path.Count} steps, accepted by {world.Verifier.Name} {world.Verifier.Version}"
            : $"the full check says {verdict.Outcome} ({InspectVerb.Word(verdict.Reason)}){(verdict.Feedback is [Feedback first, ..] ? $": {first.Message}" : "")}");
        return verdict.IsAccepted ? 0 : 1;
    }
}
