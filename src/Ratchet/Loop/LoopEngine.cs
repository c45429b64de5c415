using System.Diagnostics;
using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Evaluation;
using Ratchet.Examples;
using Ratchet.Journal;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Loop;

/// <summary>
/// Runs the stages of <see cref="PlainLoop"/> with a journal, evaluation, progress, and overlap: while one batch of attempts is
/// verified and recorded, the next is sampled.
/// </summary>
/// <remarks>
/// <para>
/// Kill anywhere: whatever the journal holds is done, all else is done again. Every draw comes from a stream named by round, phase,
/// problem and sample, so work done again gives the same rows. Order of records: batches of a stage, checkpoint with its rows, round.
/// </para>
/// <para>An engine runs once.</para>
/// </remarks>
public sealed class LoopEngine
{
    private readonly LoopStages _stages;
    private readonly LoopOptions _options;
    private readonly ProblemSet _problems;
    private readonly IReadOnlyList<Example> _seedExamples;
    private readonly RunFolder _folder;
    private readonly RunJournal _journal;
    private readonly IRunObserver _observer;
    private readonly RandomStream _root;
    private readonly Func<Checkpoint, ProposalRequest, double> _parity;
    private readonly AttemptStage _attempts;
    private readonly RecordClock _clock = new();
    private readonly Dictionary<string, Checkpoint> _checkpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RecordedCheckpoint> _recorded = new(StringComparer.Ordinal);
    private readonly List<JudgedAttempt> _history = [];

    /// <summary>Makes an engine.</summary>
    /// <param name="stages">The four stages.</param>
    /// <param name="options">Numbers of the loop.</param>
    /// <param name="problems">Problems of the run, as the journal holds them.</param>
    /// <param name="seedExamples">Rows made from the seed problems' reference solutions.</param>
    /// <param name="folder">Run folder, held by this process.</param>
    /// <param name="journal">Journal of the folder, open for writing with a session begun.</param>
    /// <param name="root">Master stream of the run.</param>
    /// <param name="budget">Permits that verification works on; the sampler should work on the same.</param>
    /// <param name="observer">Hears about progress.</param>
    /// <param name="parity">
    /// Gives, for a checkpoint and a request for attempts, the largest difference in nats between the log-probabilities of sampler and
    /// learner on a small probe.
    /// </param>
    public LoopEngine(
        LoopStages stages,
        LoopOptions options,
        ProblemSet problems,
        IReadOnlyList<Example> seedExamples,
        RunFolder folder,
        RunJournal journal,
        RandomStream root,
        ThreadBudget budget,
        IRunObserver observer,
        Func<Checkpoint, ProposalRequest, double> parity)
    {
        _stages = stages;
        _options = options;
        _problems = problems;
        _seedExamples = seedExamples;
        _folder = folder;
        _journal = journal;
        _root = root;
        _observer = observer;
        _parity = parity;
        _attempts = new AttemptStage(stages.Proposer, stages.Verifier, problems, journal, budget, observer, options.BatchProblems, options.UnknownLimit, _clock);
    }

    /// <summary>Runs what is left of the run. Round summaries are in the journal afterwards.</summary>
    /// <exception cref="RatchetException">A stage cannot go on: too many unknown verdicts, nothing selected at the start, a full disk.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; all that was recorded stays.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _clock.Start();
        var done = _journal.Rounds();
        foreach (var recorded in _journal.Checkpoints())
        {
            _recorded[recorded.Id] = recorded;
            _checkpoints[recorded.Id] = new Checkpoint(recorded.Id, _folder.CheckpointPath(recorded.Id), recorded.WeightsHash);
        }

        if (_options.StartFrom is { } external)
            _checkpoints[external.Id] = external;

        for (var round = 0; round <= _options.Rounds; round++)
        {
            if (round < done.Count)
            {
                _history.AddRange(_journal.Attempts(new AttemptQuery { Round = round, Phase = Phase.Train }));
                continue;
            }

            await RunRoundAsync(round, cancellationToken);
        }
    }

    private async Task RunRoundAsync(int round, CancellationToken cancellationToken)
    {
        TrainSummary train;
        IReadOnlyList<Example> examples = _seedExamples;
        if (round == 0)
        {
            train = new TrainSummary(_seedExamples.Select(e => e.ProblemId).Distinct().Count(), _seedExamples.Count, _seedExamples.Count, 0, _seedExamples.Count);
        }
        else
        {
            var attempts = await _attempts.RunAsync(ProposalRequests.Train(_options, _problems, round, _root), Policy(round - 1), "propose", cancellationToken);
            _history.AddRange(attempts);
            train = Summarize(attempts);
            (examples, var report) = _stages.Selector.Select(new SelectionInput
            {
                Round = round,
                History = _history,
                SeedExamples = _seedExamples,
                Stream = _root.Derive("select"),
            });
            _journal.AddSelection(report);
        }

        var recorded = await LearnAsync(round, examples, cancellationToken);
        var policy = Policy(round);
        var heldout = new EvaluationSummary { Problems = 0, Attempts = 0, PassAtK = new Dictionary<int, Estimate>() };
        var last = round == _options.Rounds;
        if (round == 0 || last || round % _options.EvaluateEvery == 0)
            heldout = await EvaluateAsync(round, policy, cancellationToken);
        var parity = _parity(policy, ProposalRequests.Heldout(_options, _problems, round, _root));
        var summary = new RoundSummary
        {
            Round = round,
            Train = train,
            Heldout = heldout,
            Examples = recorded is null ? 0 : examples.Count,
            Steps = recorded?.Steps ?? 0,
            Loss = recorded?.Loss ?? 0,
            Checkpoint = policy.Id,
        };
        _journal.AddRound(summary, parity, new StageTiming("round", _clock.SinceLast()));
        _observer.OnEvent(new RunEvent.RoundDone { Round = round, Summary = summary, Rounds = _options.Rounds, WallSeconds = _journal.Times().WallSeconds });
    }

    /// <summary>The policy that a round ended with: its own checkpoint, or the one before where nothing was selected.</summary>
    private Checkpoint Policy(int round)
    {
        for (var r = round; r >= 0; r--)
        {
            if (_checkpoints.TryGetValue(LearningRequests.CheckpointId(r), out var checkpoint))
                return checkpoint;
        }

        return _options.StartFrom ?? throw new InvalidOperationException("The loop has no start model.");
    }

    private async Task<RecordedCheckpoint?> LearnAsync(int round, IReadOnlyList<Example> examples, CancellationToken cancellationToken)
    {
        var id = LearningRequests.CheckpointId(round);
        if (_recorded.TryGetValue(id, out var recorded))
            return recorded;
        if (!_options.Learns || (round == 0 && _options.StartEpochs == 0 && _options.StartFrom is not null))
            return null;
        if (examples.Count == 0)
        {
            if (round == 0)
            {
                throw new RatchetException(
                    "There is nothing to train the start model on: no seed problem has a reference solution.",
                    "Give problems with solutions, or start from a checkpoint with --model.");
            }

            _observer.OnEvent(new RunEvent.Note { Round = round, Message = $"Round {round} selected no row: the policy stays as it is." });
            return null;
        }

        var request = round == 0
            ? LearningRequests.Start(_options, examples, _root, _folder.CheckpointPath)
            : LearningRequests.Round(_options, round, _options.LearnFrom == LearnFrom.Base ? Policy(0) : Policy(round - 1), examples, _root, _folder.CheckpointPath);
        _observer.OnEvent(new RunEvent.StageStarted { Round = round, Stage = "learn", Items = examples.Count });
        var begin = Stopwatch.GetTimestamp();
        var result = await (round == 0 ? _stages.StartLearner : _stages.Learner).LearnAsync(
            request, new DirectProgress(step => _observer.OnEvent(new RunEvent.Learned { Round = round, Step = step })), cancellationToken);
        var row = new RecordedCheckpoint(id, round, request.From?.Id, result.Checkpoint.WeightsHash, result.Steps, result.Tokens, result.FinalLoss);
        var timing = new StageTiming("learn", _clock.SinceLast())
        {
            LearnSeconds = Stopwatch.GetElapsedTime(begin).TotalSeconds,
            TrainedTokens = result.Tokens,
        };
        _journal.AddCheckpoint(row, examples, timing, result.Curve);
        _checkpoints[id] = result.Checkpoint;
        return row;
    }

    private async Task<EvaluationSummary> EvaluateAsync(int round, Checkpoint policy, CancellationToken cancellationToken)
    {
        var sampled = await _attempts.RunAsync(ProposalRequests.Heldout(_options, _problems, round, _root), policy, "evaluate", cancellationToken);
        IReadOnlyList<JudgedAttempt> greedy = [];
        if (_options.Greedy)
            greedy = await _attempts.RunAsync(ProposalRequests.Greedy(_problems, round, _root), policy, "evaluate", cancellationToken);
        return Evaluator.Summarize(sampled, greedy, [.. _options.PassAt], _options.Bootstrap, _root.Derive("bootstrap").Derive(round));
    }

    private static TrainSummary Summarize(IReadOnlyList<JudgedAttempt> attempts) => new(
        attempts.Select(a => a.Problem.Id).Distinct(StringComparer.Ordinal).Count(),
        attempts.Count,
        attempts.Count(a => a.Verdict.IsAccepted),
        attempts.Count(a => a.Verdict.IsUnknown),
        attempts.Where(a => a.Verdict.IsAccepted).Select(a => a.Problem.Id).Distinct(StringComparer.Ordinal).Count());

    /// <summary>Reports on the caller's thread: <see cref="Progress{T}"/> would post to the pool and could report out of order.</summary>
    private sealed class DirectProgress(Action<LearningStep> report) : IProgress<LearningStep>
    {
        public void Report(LearningStep value) => report(value);
    }
}
