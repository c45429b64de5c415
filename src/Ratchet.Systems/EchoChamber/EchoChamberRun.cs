using System.Diagnostics;
using Ratchet.Domains.Arithmetic;
using Ratchet.Journal;
using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.EchoChamber;

/// <summary>
/// Runs an Echo Chamber recipe in a run folder: base model, training, evaluations along the way, records, report. A run that is killed at any instant and resumed ends with the same
/// weights and records.
/// </summary>
public static class EchoChamberRun
{
    private const string BaseId = "round-0";

    /// <summary>Starts a run in a new folder and works until it is done.</summary>
    /// <param name="recipe">Recipe, read and checked.</param>
    /// <param name="folder">Folder to make; it must not hold a run.</param>
    /// <param name="observer">Hears about progress.</param>
    /// <param name="cancellationToken">Stops the run; it can be resumed.</param>
    /// <returns>The summary, as written to <c>summary.json</c>; its results are <see cref="RunSummary.Measures"/>.</returns>
    /// <exception cref="RatchetException">The run cannot begin or cannot go on.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public static async Task<RunSummary> StartAsync(EchoChamberRecipe recipe, string folder, IRunObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var world = new EchoChamberWorld(recipe);
        return await RunSession.StartAsync(recipe, folder, (run, journal) => WorkAsync(world, run, journal, observer, cancellationToken));
    }

    /// <summary>Continues a run that was stopped or killed; a run that is done only gets its summary and report written again.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public static Task<RunSummary> ResumeAsync(string folder, IRunObserver observer, CancellationToken cancellationToken) => RunSession.ResumeAsync<EchoChamberRecipe>(
        folder, EchoChamberRecipe.SystemName, (recipe, run, journal) => WorkAsync(new EchoChamberWorld(recipe), run, journal, observer, cancellationToken));

    private static async Task<RunSummary> WorkAsync(EchoChamberWorld world, RunFolder run, RunJournal journal, IRunObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(observer);
        journal.BeginSession(TimeProvider.System.GetUtcNow());
        RunIdentity.Hold(run, journal, world.Recipe);
        if (journal.Problems() is null)
            journal.AddProblems(world.Problems);
        using var work = new EchoChamberWork(world, run, journal, observer);
        return await RunSession.WorkAsync(run, (status, message) => Summary(work, status, message, null), async () =>
        {
            run.WriteSummary(Summary(work, "running", null, null));
            await work.MakeBaseAsync(BaseId, cancellationToken);
            await (world.Recipe.Method switch
            {
                PostTraining.Policy => work.LearnFromRewardsAsync(cancellationToken),
                PostTraining.ExpertIteration => work.IterateAsync(cancellationToken),
                PostTraining.Supervised => work.LearnReferencesAsync(cancellationToken),
                _ => Task.CompletedTask,
            });
            var results = work.Collect();
            var summary = Summary(work, "completed", null, EchoMeasures.Of(results));
            ReportSection.Write(run.Root, EchoSections.Of(results));
            run.WriteSummary(summary);
            RunReport.Write(run.Root);
            return summary;
        });
    }

    private static RunSummary Summary(EchoChamberWork work, string status, string? message, SortedDictionary<string, double>? measures)
    {
        var (world, journal) = (work.World, work.Journal);
        var times = journal.Times();
        var totals = journal.Totals();
        long Evaluated(Func<EchoRecord, double> of) => work.Records.Sum(r => (long)Math.Round(of(r)));
        var calls = totals.Calls + work.Counts.Sum(c => (long)c.Total) + Evaluated(r => (double)r.Problems * r.Samples);
        var accepted = totals.Accepted + work.Counts.Sum(c => (long)c.Accepted.Values.Sum()) + Evaluated(r => r.Pass1 * (((double)r.Problems * r.Samples) - r.Unknown));
        var unknown = totals.Unknown.Values.Sum() + work.Counts.Sum(c => (long)c.Unknown) + Evaluated(r => r.Unknown);
        var checkpoints = journal.Checkpoints();
        return new RunSummary
        {
            Status = status,
            Message = message,
            Recipe = world.Recipe.Name,
            Seed = world.Recipe.Seed,
            WallSeconds = Math.Round(times.WallSeconds, 3),
            Sessions = times.Sessions,
            Parameters = world.Shape.ParameterCount,
            Rounds = [],
            TokensSampled = totals.TokensSampled + work.Updates.Sum(u => u.SampledTokens) + Evaluated(r => r.LenMean * r.Problems * r.Samples),
            TokensTrained = totals.TokensTrained,
            Verifier = new VerifierSummary(
                calls, totals.Cached, accepted, calls - accepted - unknown, unknown == 0 ? new Dictionary<string, long>() : new Dictionary<string, long> { ["resource_limit"] = unknown }),
            Speed = new SpeedSummary(RunSummaries.Rate(times.SampledTokens, times.SampleSeconds), RunSummaries.Rate(times.TrainedTokens, times.LearnSeconds), RunSummaries.Rate(times.Checks, times.VerifySeconds)),
            Parity = new ParitySummary(work.Parity),
            Removed = new SortedDictionary<string, int>(world.Problems.Removed.ToDictionary(r => r.Key, r => r.Value), StringComparer.Ordinal),
            WeightsHash = checkpoints is [.., var last] ? last.WeightsHash : null,
            Measures = measures,
            Environment = RunSummaries.Environment(world.Budget.Threads, world.Recipe.Device, ("sampler", world.Pretraining.Name), ("learner", world.Pretraining.Name)),
        };
    }
}
