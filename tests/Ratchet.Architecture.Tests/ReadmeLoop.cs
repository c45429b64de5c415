using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems;

namespace Ratchet.Architecture.Tests;

/// <summary>The code of the README, so that it cannot stop compiling unseen. A test holds the two texts together.</summary>
internal static class ReadmeLoop
{
    public static async Task<Checkpoint> Loop(
        LoopStages stages, ProblemSet problems, IReadOnlyList<Example> seedRows, Checkpoint policy, int rounds, RandomStream root,
        Func<int, ProposalRequest> ask, Func<int, IReadOnlyList<Example>, LearningRequest> train, CancellationToken stop)
    {
        var history = new List<JudgedAttempt>();

        // README: loop
        for (var round = 1; round <= rounds; round++)
        {
            stages.Proposer.Load(policy);
            foreach (var attempt in await stages.Proposer.ProposeAsync(ask(round), stop))
            {
                var problem = problems[attempt.Id.ProblemId];
                history.Add(new JudgedAttempt(problem, attempt, await stages.Verifier.VerifyAsync(problem, attempt.Text, stop)));
            }

            var rows = stages.Selector.Select(new SelectionInput { Round = round, History = history, SeedExamples = seedRows, Stream = root.Derive("select") }).Examples;
            policy = (await stages.Learner.LearnAsync(train(round, rows), null, stop)).Checkpoint;
        }

        // README: end
        return policy;
    }

    public static async Task<RunSummary> Library(IRunObserver observer, CancellationToken stop)
    {
        // README: library
        var recipe = SystemRecipes.Catalog.ReadFile("recipes/first-proofs.yaml").ThrowIfWrong();
        var summary = await new SystemRuns().StartAsync(recipe, "runs/mine", observer, stop);
        Console.WriteLine(summary.Rounds[^1].Heldout.PassAtK[8].Value);

        // README: end
        return summary;
    }
}
