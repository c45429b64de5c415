using System.Text.Json;
using Ratchet.Attempts;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Evaluation;

/// <summary>
/// Lets a proposer attempt problems outside a run, judges the attempts and records both in a journal of its own. Stopped at any moment and
/// started again with the same journal it goes on, to the same result.
/// </summary>
public static class EvaluationRun
{
    private const string IdentityKey = "evaluation";

    // What a killed evaluation loses at most.
    private const int BatchProblems = 32;

    /// <summary>Makes and judges the attempts, in the order of the problems.</summary>
    /// <param name="proposer">Proposer. Of a model, its checkpoint is loaded already.</param>
    /// <param name="verifier">Judge.</param>
    /// <param name="problems">Problems with their references.</param>
    /// <param name="items">Problems to attempt, each with the number of attempts.</param>
    /// <param name="settings">What else the attempts depend on, in words (proposer, seed, temperature ...): a journal of other settings is refused.</param>
    /// <param name="stream">Parent of the proposer's streams.</param>
    /// <param name="journal">Journal, new or of the same evaluation; open for writing.</param>
    /// <param name="budget">Permits that verification works on.</param>
    /// <param name="observer">Hears about progress.</param>
    /// <param name="cancellationToken">Stops the work; what was recorded stays.</param>
    /// <exception cref="RatchetException">The journal holds another evaluation.</exception>
    public static async Task<IReadOnlyList<JudgedAttempt>> RunAsync(
        IProposer proposer,
        IVerifier verifier,
        ProblemSet problems,
        IReadOnlyList<ProposalItem> items,
        IReadOnlyDictionary<string, string> settings,
        RandomStream stream,
        RunJournal journal,
        ThreadBudget budget,
        IRunObserver observer,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proposer);
        ArgumentNullException.ThrowIfNull(verifier);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(observer);
        var identity = Identity(verifier, problems, items, settings);
        var recorded = journal.Meta(IdentityKey);
        if (recorded is null)
        {
            journal.AddMeta(IdentityKey, identity);
        }
        else if (recorded != identity)
        {
            throw new RatchetException(
                $"The folder holds another evaluation. There: {recorded}. Now: {identity}.",
                journal.Attempts(new AttemptQuery { Limit = 1 }).Count == 0
                    ? "No attempt is recorded in it: delete it, or choose another folder with --out."
                    : "Choose another folder with --out, or repeat the evaluation with its own problems and settings.");
        }

        if (journal.Problems() is null)
            journal.AddProblems(problems);
        journal.BeginSession(DateTimeOffset.UtcNow);
        var clock = new RecordClock();
        clock.Start();
        var stage = new AttemptStage(proposer, verifier, problems, journal, budget, observer, BatchProblems, unknownLimit: 1, clock);
        var request = new ProposalRequest { Round = 0, Phase = Phase.Heldout, Items = items, Stream = stream };
        return await stage.RunAsync(request, policy: null, "evaluate", cancellationToken);
    }

    private static string Identity(IVerifier verifier, ProblemSet problems, IReadOnlyList<ProposalItem> items, IReadOnlyDictionary<string, string> settings)
    {
        var parts = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["verifier"] = $"{verifier.Name} {verifier.Version}",
            ["problems"] = ContentHash.Of(problems.All.SelectMany(p => (string[])[p.Id, p.Statement, problems.References.GetValueOrDefault(p.Id, "")])),
            ["attempts"] = ContentHash.Of(items.SelectMany(i => (string[])[i.Problem.Id, $"{i.FirstSample}+{i.Count}"])),
        };
        foreach (var (key, value) in settings)
            parts[key] = value;
        return JsonSerializer.Serialize(parts);
    }
}
