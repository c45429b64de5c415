using System.Text.RegularExpressions;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Runs;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>Runs an expert-iteration recipe in a run folder: start, resume, summary, report.</summary>
public static partial class ExpertIterationRun
{
    /// <summary>Starts a run in a new folder and works until it is done.</summary>
    /// <param name="recipe">Recipe, read and checked.</param>
    /// <param name="folder">Folder to make; it must not hold a run.</param>
    /// <param name="observer">Hears about progress.</param>
    /// <param name="cancellationToken">Stops the run; it can be resumed.</param>
    /// <returns>The summary, as written to <c>summary.json</c>.</returns>
    /// <exception cref="RatchetException">The run cannot begin or cannot go on.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public static async Task<RunSummary> StartAsync(
        ExpertIterationRecipe recipe, string folder, IRunObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        // All that can be wrong with problems and model is found before the folder is made.
        var world = ExpertIterationWorld.Create(recipe);
        return await RunSession.StartAsync(recipe, folder, (run, journal) => WorkAsync(world, run, journal, observer, cancellationToken));
    }

    /// <summary>Continues a run that was stopped or killed; a run that is done only gets its summary and report written again.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public static Task<RunSummary> ResumeAsync(string folder, IRunObserver observer, CancellationToken cancellationToken) => RunSession.ResumeAsync<ExpertIterationRecipe>(
        folder, ExpertIterationRecipe.SystemName, (recipe, run, journal) => WorkAsync(ExpertIterationWorld.Create(recipe, journal.Problems()), run, journal, observer, cancellationToken));

    private static async Task<RunSummary> WorkAsync(
        ExpertIterationWorld world, RunFolder run, RunJournal journal, IRunObserver observer, CancellationToken cancellationToken)
    {
        journal.BeginSession(TimeProvider.System.GetUtcNow());
        // What an endpoint may cost is no part of what is computed: a run that its budget stopped goes on with a higher one.
        RunIdentity.Hold(run, journal, world.Recipe, text => world.Recipe.Propose.Endpoint is null ? text : Budget().Replace(text, "$1 0"), ("start_sha256", world.StartFrom?.WeightsHash ?? ""));
        if (world.StartFrom is { } start && journal.Meta("start_sha256") != start.WeightsHash)
        {
            throw new RatchetException(
                $"The model '{start.Folder}' was changed since the run began.", "Put its files back as they were, or start a new run with the changed model.");
        }

        if (journal.Problems() is null)
            journal.AddProblems(world.Problems);
        if (journal.Rounds().Count <= world.Options.Rounds)
            RequireCheckpoints(run, journal);

        using var endpoint = RunEndpoint.Open(world.Recipe, run.Root);
        world.Endpoint = endpoint;
        var notes = world.Notes;
        foreach (var note in notes)
            observer.OnEvent(new RunEvent.Note { Round = 0, Message = note });
        var observing = new SummaryWriter(observer, () => run.WriteSummary(RunSummaries.Make(world, journal, "running", null)));
        await RunSession.WorkAsync(run, (status, message) => RunSummaries.Make(world, journal, status, message), async () =>
        {
            using var stages = world.Stages(journal);
            var engine = new LoopEngine(
                stages.Loop, world.Options, world.Problems, world.SeedExamples, run, journal, world.Root, world.Budget, observing, stages.Parity);
            await engine.RunAsync(cancellationToken);
        });

        var summary = RunSummaries.Make(world, journal, "completed", null);
        run.WriteSummary(summary);
        RunReport.Write(run.Root);
        return summary;
    }

    /// <summary>Refuses to go on from weights that are not those that the journal names. Rounds go on from the first or the last.</summary>
    private static void RequireCheckpoints(RunFolder run, RunJournal journal)
    {
        var checkpoints = journal.Checkpoints();
        foreach (var recorded in checkpoints.Take(1).Concat(checkpoints.TakeLast(1)))
        {
            if (CheckpointStore.Open(run.CheckpointPath(recorded.Id), recorded.Id).WeightsHash != recorded.WeightsHash)
            {
                throw new RatchetException(
                    $"The checkpoint '{run.CheckpointPath(recorded.Id)}' is not the one that the run made: its weights were changed.",
                    "Put its files back as they were, or start a new run.");
            }
        }
    }

    [GeneratedRegex(@"^(    budget:).*$", RegexOptions.Multiline)]
    private static partial Regex Budget();

    /// <summary>Passes events on, and writes the summary whenever a round is done.</summary>
    private sealed class SummaryWriter(IRunObserver inner, Action write) : IRunObserver
    {
        public void OnEvent(RunEvent e)
        {
            if (e is RunEvent.RoundDone)
                write();
            inner.OnEvent(e);
        }
    }
}
