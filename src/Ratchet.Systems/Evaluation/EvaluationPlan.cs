using Ratchet.Evaluation;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Systems.Evaluation;

/// <summary>What is evaluated, on what, and how.</summary>
public sealed record EvaluationPlan
{
    /// <summary>Name of the proposer in the result.</summary>
    public required string ProposerName { get; init; }

    /// <summary>Proposer, ready to propose. Not owned.</summary>
    public required IProposer Proposer { get; init; }

    /// <summary>Judge. Not owned.</summary>
    public required IVerifier Verifier { get; init; }

    /// <summary>Problems with their references.</summary>
    public required ProblemSet Problems { get; init; }

    /// <summary>Problems to attempt, each with the number of attempts.</summary>
    public required IReadOnlyList<ProposalItem> Items { get; init; }

    /// <summary>The k of pass@k; empty for 1 and the largest number that every problem has attempts for.</summary>
    public IReadOnlyList<int> K { get; init; } = [];

    /// <summary>What else the attempts depend on, in words.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Profile by which answers vote; null for verifiers that do not compare answers.</summary>
    public AnswerProfile? Votes { get; init; }

    /// <summary>Seed of the proposer's streams and of the bootstrap.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Threads that verification works on, at least 1.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Runs the evaluation.</summary>
    /// <param name="folder">Folder of the journal and of <c>evaluation.json</c>, made where it is not there; an evaluation that was stopped goes on. Null keeps nothing.</param>
    /// <param name="observer">Hears about progress.</param>
    /// <param name="cancellationToken">Stops the work; what was recorded stays.</param>
    /// <exception cref="RatchetException">The folder holds another evaluation or cannot be written.</exception>
    public async Task<EvaluationReport> RunAsync(string? folder, IRunObserver observer, CancellationToken cancellationToken)
    {
        var place = folder ?? Directory.CreateTempSubdirectory("ratchet-eval-").FullName;
        try
        {
            Make(place);
            using var journal = RunJournal.Open(Path.Combine(place, "journal.db"));
            var root = RandomStream.FromSeed(Seed);
            var attempts = await EvaluationRun.RunAsync(
                Proposer, Verifier, Problems, Items, Settings, root.Derive("probe").Derive(Attempts.Phase.Heldout.ToString()), journal, new ThreadBudget(Threads), observer, cancellationToken);
            var fewest = Items.Min(i => i.Count);
            var ks = K.Count > 0 ? K : [.. new[] { 1, fewest }.Distinct()];
            var report = new EvaluationReport
            {
                Proposer = ProposerName,
                Verifier = Verifier.Name,
                VerifierVersion = Verifier.Version,
                Summary = Evaluator.Summarize(attempts, [], [.. ks], 2000, root.Derive("bootstrap")),
                Voters = fewest,
                Majority = Votes is null ? null : MajorityVote.Of(attempts, fewest, Votes),
            };
            if (folder is not null)
                await File.WriteAllTextAsync(Path.Combine(folder, "evaluation.json"), report.ToJson() + "\n", cancellationToken);
            return report;
        }
        finally
        {
            if (folder is null)
                Directory.Delete(place, recursive: true);
        }
    }

    private static void Make(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The folder {folder} cannot be made: {e.Message}", "Choose another place with --out.", e);
        }
    }
}
