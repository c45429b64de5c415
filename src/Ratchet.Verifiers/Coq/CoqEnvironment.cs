using System.Security.Cryptography;
using System.Text;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Coq;

/// <summary>Coq proofs made sentence by sentence: a step is one tactic sentence, bullet or brace.</summary>
/// <remarks>
/// A worker holds one line of states. To run a step it goes back to where its line and the state's path part, and executes the rest of the
/// path again (about a millisecond a sentence), so states may be used in any order, on any worker.
/// </remarks>
public sealed class CoqEnvironment : IProofEnvironment
{
    private const string Client = "steps";

    private readonly CoqPool _pool;

    internal CoqEnvironment(CoqPool pool, string version)
    {
        _pool = pool;
        Version = version;
    }

    /// <inheritdoc/>
    public string Name => "coq";

    /// <inheritdoc/>
    public string Version { get; }

    /// <inheritdoc/>
    public async ValueTask<StepOutcome> OpenAsync(Problem problem, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return await OnWorkerAsync(problem, (worker, deadline) =>
        {
            _ = worker.Rewind([], deadline);
            return Where(worker, problem, [], deadline);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<StepOutcome> RunAsync(ProofState state, string step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(step);
        List<CoqSentence> sentences;
        try
        {
            sentences = CoqSplitter.Split(step);
        }
        catch (CoqSyntaxException e)
        {
            return new StepOutcome.Failed(VerdictReason.Syntax, new Feedback(e.Start, e.End, e.Message));
        }

        if (sentences.Count != 1)
            return new StepOutcome.Failed(VerdictReason.Syntax, new Feedback(0, step.Length, $"A step is one sentence; here are {sentences.Count}."));
        if (CoqFilter.Check(sentences, mayClose: false) is { } forbidden)
            return new StepOutcome.Failed(VerdictReason.Cheat, forbidden);
        return await OnWorkerAsync(state.Problem, (worker, deadline) => Run(worker, state, sentences[0], step, deadline), cancellationToken);
    }

    /// <inheritdoc/>
    public string ProofText(Problem problem, IReadOnlyList<string> path) => $"Proof.\n{string.Join('\n', path)}\nQed.";

    private static StepOutcome Run(CoqWorker worker, ProofState state, CoqSentence sentence, string step, Deadline deadline)
    {
        string[] line = [.. state.Path.Select(s => CoqSplitter.Split(s)[0].Text)];
        for (var i = worker.Rewind(line, deadline); i < line.Length; i++)
        {
            var replayed = worker.Step(line[i], deadline);
            if (replayed.Outcome == CoqOutcome.Done)
                continue;
            var why = CoqRefusal.For(replayed, new CoqSentence(-1, ""));
            return new StepOutcome.Unknown(why.IsRejection ? VerdictReason.Unavailable : why.Reason, new Feedback(-1, -1, $"Step {i + 1} of the path did not go through again: {replayed.Message}"));
        }

        var reply = worker.Step(sentence.Text, deadline);
        if (reply.Outcome == CoqOutcome.Done)
            return Where(worker, state.Problem, [.. state.Path, step], deadline);
        var refusal = CoqRefusal.For(reply, sentence);
        return refusal.IsRejection ? new StepOutcome.Failed(refusal.Reason, refusal.Feedback) : new StepOutcome.Unknown(refusal.Reason, refusal.Feedback);
    }

    private static StepOutcome Where(CoqWorker worker, Problem problem, IReadOnlyList<string> path, Deadline deadline)
    {
        var goals = worker.Goals(deadline) ?? throw new FormatException("No proof is open.");
        if (goals.GivenUp.Count > 0)
            return new StepOutcome.GaveUp(new Feedback(-1, -1, $"The step gives up {goals.GivenUp.Count} goal(s)."));
        if (goals.Count == 0)
            return Finish(worker, path, deadline);
        string[] open = [.. goals.Focused.Concat(goals.Background).Concat(goals.Shelved).Select(g => g.ToString())];

        // Where a goal stands matters to the next step, so it is part of the key.
        var parts = $"{goals.Focused.Count}/{goals.Background.Count}/{goals.Shelved.Count}\n{string.Join('\n', open)}";
        return new StepOutcome.Moved(new ProofState { Problem = problem, Path = path, Goals = open, Key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts)).AsSpan(0, 16)) });
    }

    /// <summary>No goal is left; the kernel has the last word.</summary>
    private static StepOutcome Finish(CoqWorker worker, IReadOnlyList<string> path, Deadline deadline)
    {
        var closed = worker.Step("Qed.", deadline);
        if (closed.Outcome == CoqOutcome.Done)
        {
            worker.StepBack(deadline);
            return new StepOutcome.Finished(path);
        }

        var refusal = CoqRefusal.For(closed with { Start = -1, End = -1 }, new CoqSentence(-1, ""));
        return refusal.IsRejection ? new StepOutcome.Failed(VerdictReason.StepFailed, refusal.Feedback) : new StepOutcome.Unknown(refusal.Reason, refusal.Feedback);
    }

    private async ValueTask<StepOutcome> OnWorkerAsync(Problem problem, Func<CoqWorker, Deadline, StepOutcome> job, CancellationToken cancellationToken)
    {
        CoqStatement statement;
        try
        {
            statement = CoqStatement.Parse(problem.Statement, problem.Provenance == Provenance.Given);
        }
        catch (StatementException e)
        {
            return new StepOutcome.Failed(VerdictReason.Syntax, new Feedback(-1, -1, $"The statement cannot be read: {e.Message}"));
        }

        try
        {
            return await _pool.RunAsync(Client, statement, OpenThen, cancellationToken);
        }
        catch (ChildFailureException e)
        {
            return new StepOutcome.Unknown(e.Reason, new Feedback(-1, -1, e.Message));
        }

        StepOutcome OpenThen(CoqWorker worker, Deadline deadline)
        {
            if (worker.HeaderError is { } error)
                return new StepOutcome.Unknown(VerdictReason.Unavailable, new Feedback(-1, -1, error));
            return worker.Resume(statement, deadline) is { } reply
                ? new StepOutcome.Failed(VerdictReason.StepFailed, new Feedback(-1, -1, $"The statement does not load: {reply.Message}"))
                : job(worker, deadline);
        }
    }
}
