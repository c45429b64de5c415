using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Problems;

namespace Ratchet.Loop;

/// <summary>
/// Expert iteration in plain code: propose, verify, select, learn, repeat. Read this first. <see cref="LoopEngine"/> runs the same stages to
/// the same weights with overlap, a journal, evaluation and kill-and-resume; a test holds the two together.
/// </summary>
public static class PlainLoop
{
    /// <summary>Runs the loop and gives the last checkpoint.</summary>
    /// <param name="stages">The four stages.</param>
    /// <param name="problems">Problems; only the train split is attempted.</param>
    /// <param name="seedExamples">Rows that train the start model.</param>
    /// <param name="options">Numbers of the loop; those of evaluation and of the engine are not used.</param>
    /// <param name="root">Master stream of the run.</param>
    /// <param name="checkpointFolder">Folder of a checkpoint by its identifier.</param>
    /// <param name="cancellationToken">Ends the loop between two stages.</param>
    public static async Task<Checkpoint> RunAsync(
        LoopStages stages,
        ProblemSet problems,
        IReadOnlyList<Example> seedExamples,
        LoopOptions options,
        RandomStream root,
        Func<string, string> checkpointFolder,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stages);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(checkpointFolder);
        var history = new List<JudgedAttempt>();

        // Round 0: a weak start model, supervised on a few reference solutions (or the user's own checkpoint).
        var start = options.StartFrom;
        if (options.StartEpochs > 0)
        {
            var request = LearningRequests.Start(options, seedExamples, root, checkpointFolder);
            start = (await stages.StartLearner.LearnAsync(request, null, cancellationToken)).Checkpoint;
        }

        var policy = start ?? throw new ArgumentException("The loop needs a start: seed rows to train on, or a checkpoint.", nameof(options));

        for (var round = 1; round <= options.Rounds; round++)
        {
            // Propose: sample attempts from the current policy.
            stages.Proposer.Load(policy);
            var request = ProposalRequests.Train(options, problems, round, root);
            var attempts = await stages.Proposer.ProposeAsync(request, cancellationToken);

            // Verify: judge every attempt against its problem's statement.
            foreach (var attempt in attempts)
            {
                var problem = problems[attempt.Id.ProblemId];
                history.Add(new JudgedAttempt(problem, attempt, await stages.Verifier.VerifyAsync(problem, attempt.Text, cancellationToken)));
            }

            // Select: accepted attempts become rows.
            var examples = stages.Selector.Select(new SelectionInput
            {
                Round = round,
                History = history,
                SeedExamples = seedExamples,
                Stream = root.Derive("select"),
            }).Examples;

            // Learn: a better policy from the rows. Repeat.
            if (examples.Count > 0)
            {
                var from = options.LearnFrom == LearnFrom.Base ? start : policy;
                policy = (await stages.Learner.LearnAsync(
                    LearningRequests.Round(options, round, from, examples, root, checkpointFolder), null, cancellationToken)).Checkpoint;
            }
        }

        return policy;
    }
}
