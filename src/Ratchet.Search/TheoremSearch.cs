using System.Diagnostics;
using Ratchet.Proving;
using Ratchet.Search.Policies;
using Ratchet.Search.Strategies;
using Ratchet.Search.Trees;
using Ratchet.Verdicts;

namespace Ratchet.Search;

/// <summary>The search for one theorem: its tree, its table of states, its budget. Told what to do by the engine; one thread at a time.</summary>
internal sealed class TheoremSearch
{
    private const int MostEvents = 1_000;

    private readonly SearchTask _task;
    private readonly Frontier _frontier;
    private readonly Dictionary<string, SearchNode> _table = new(StringComparer.Ordinal);
    private readonly List<SearchNode> _nodes = [];
    private List<SearchEvent> _story = [];
    private SortedDictionary<VerdictReason, int> _unknown = [];
    private long _started = Stopwatch.GetTimestamp();
    private readonly IStepPolicy _policy;
    private IReadOnlyList<string> _otherGoals = [];
    private SearchResult? _result;
    private int _expansions;
    private int _calls;
    private int _restarts;
    private int _newSinceRestart;
    private long _tokens;

    /// <summary>What earlier calls took; results have the rest.</summary>
    private (int Expansions, int Calls, long Tokens, int Nodes) _before;

    public TheoremSearch(SearchTask task, SearchOptions options, IStepPolicy policy)
    {
        (_task, Options, _policy) = (task, task.Options ?? options, policy);
        _frontier = Frontier.Of(Options);
    }

    public SearchOptions Options { get; private set; }

    public SearchTask Task => _task;

    public SearchResult? Result => _result;

    public IReadOnlyList<SearchNode> Nodes => _nodes;

    public int Expansions => _expansions;

    /// <summary>Begins at the outcome of opening, or at the task's own state.</summary>
    public void Begin(StepOutcome opened)
    {
        if (_task.Start is null)
            _calls++;
        switch (opened)
        {
            case StepOutcome.Moved moved:
                Tell(SearchEventKind.Began, 0, null, $"{Options.Strategy} with the policy {_policy.Name}");
                if (_task.FirstGoalOnly)
                    _otherGoals = [.. moved.State.Goals.Skip(1)];
                var root = new SearchNode(0, moved.State, null, null, 0, 0, 0);
                _nodes.Add(root);
                _table[root.State.Key] = root;
                _frontier.Begin(root);
                return;
            case StepOutcome.Failed failed:
                End(SearchStatus.NotOpened, failed.Feedback.Message);
                return;
            case StepOutcome.Unknown unknown:
                CountUnknown(unknown.Reason);
                End(SearchStatus.NotOpened, $"{unknown.Reason}: {unknown.Feedback.Message}");
                return;
            default:
                End(SearchStatus.NotOpened, "the environment calls the statement proved before the first step");
                return;
        }
    }

    /// <summary>Goes on after <see cref="SearchStatus.OutOfBudget"/> as if the budget had been larger by so many expansions from the beginning.</summary>
    public void Continue(int expansions)
    {
        if (_result is not { Status: SearchStatus.OutOfBudget })
            throw new InvalidOperationException("Only a search that used its budget up can go on.");
        Options = Options with { Budget = Options.Budget with { Expansions = _expansions + expansions } };
        (_result, _story, _unknown, _started) = (null, [], [], Stopwatch.GetTimestamp());
        _before = (_expansions, _calls, _tokens, _nodes.Count);
        Tell(SearchEventKind.Began, 0, null, $"goes on after {_expansions} expansions");
    }

    /// <summary>The nodes to expand next; empty when the search has ended.</summary>
    public IReadOnlyList<SearchNode> Take()
    {
        while (_result is null)
        {
            if (LimitReached() is { } limit)
            {
                End(SearchStatus.OutOfBudget, limit);
                break;
            }

            var taken = _frontier.Take(Options.Budget.Expansions - _expansions);
            if (taken.Count > 0)
                return taken;

            // With new draws a policy may find what it did not find before; when a whole pass over the tree gave no new state, more of the same is unlikely to.
            if (_policy.IsExhaustive || _restarts >= Options.Restarts || !_frontier.Restart(_nodes))
            {
                End(SearchStatus.Exhausted, _restarts == 0 ? "no node is left to expand" : $"no node is left to expand after {_restarts} restarts");
                break;
            }

            _restarts++;
            Tell(SearchEventKind.Restarted, -1, null, $"restart {_restarts}: {_newSinceRestart} states since the last beginning");
            _newSinceRestart = 0;
        }

        return [];
    }

    /// <summary>The question to the policy about the n-th expansion from now.</summary>
    public PolicyQuery Query(SearchNode node, int ahead) =>
        new(node.State, _frontier.Width ?? Options.Width, _task.Stream.Derive("expand").Derive(_expansions + ahead), _frontier.Greedy);

    /// <summary>A proposal is worth running: it was not tried at the node before. Independent draws pay for a step each time.</summary>
    public bool IsNew(SearchNode node, StepProposal proposal) => Options.Strategy == SearchStrategy.Sample || proposal.Then.Count > 0 || !node.HasTried(proposal.Step);

    /// <summary>Takes what the expansion of a node gave. False when the search has ended with it.</summary>
    public bool Absorb(SearchNode node, StepProposals proposals, IEnumerable<(StepProposal Proposal, IReadOnlyList<StepRun> Runs)> tried)
    {
        _expansions++;
        node.Expansions++;
        _tokens += proposals.Tokens;
        var edges = new List<SearchEdge>();
        foreach (var (proposal, runs) in tried)
        {
            var at = node;
            for (var i = 0; i < runs.Count && at is not null; i++)
            {
                // The probability of a whole text cannot be told apart step by step: it counts for the first, and the others are certain given it.
                var share = i == 0 ? proposal : new StepProposal(proposal.Then[i - 1], 0);
                var edge = Edge(at, share, runs[i]);
                if (!at.HasTried(edge.Step) || edge.Kind is EdgeKind.Proved)
                    at.Add(edge);
                edges.Add(edge);
                if (_result is not null)
                    return false;
                at = edge.To;
            }
        }

        _frontier.Expanded(node, edges);
        return true;
    }

    public void Cancel(string why)
    {
        if (_result is null)
            End(SearchStatus.Cancelled, why);
    }

    public void Refuted(string why) => End(SearchStatus.Refuted, why);

    /// <summary>Whether an outcome ends the search well.</summary>
    public bool IsGoal(StepOutcome outcome) => outcome is StepOutcome.Finished
        ? !_task.FirstGoalOnly || _otherGoals.Count == 0
        : _task.FirstGoalOnly && outcome is StepOutcome.Moved moved && moved.State.Goals.Count == _otherGoals.Count && moved.State.Goals.SequenceEqual(_otherGoals);

    private SearchEdge Edge(SearchNode node, StepProposal proposal, StepRun run)
    {
        _calls += run.Verdict is null ? 1 : 2;
        var made = new SearchEdge(proposal.Step, proposal.LogProbability, proposal.Tokens, EdgeKind.Failed) { MeanLogProbability = proposal.MeanLogProbability };
        switch (run.Outcome)
        {
            case StepOutcome.Finished finished when !_task.FirstGoalOnly && run.Verdict is not { IsAccepted: true, Trust: TrustLevel.Full }:
                var why = run.Verdict is { } v ? $"{v.Outcome} ({v.Reason}){(v.Feedback is [var f, ..] ? $": {f.Message}" : v.IsAccepted ? ": a quick check only" : "")}" : "not checked";
                Tell(SearchEventKind.ProofRefused, node.Id, proposal.Step, $"the environment calls the path finished, and the full check says: {why}");
                if (run.Verdict is Verdict.Unknown notKnown)
                    CountUnknown(notKnown.Reason);
                return made with { Kind = EdgeKind.Refused, Reason = run.Verdict?.Reason, Message = why };
            case StepOutcome.Finished finished:
                var proved = made with { Kind = EdgeKind.Proved };
                Win(node, proved, finished.Path, run.Verdict, null);
                return proved;
            case StepOutcome.Moved moved when IsGoal(moved):
                var closed = made with { Kind = EdgeKind.Proved };
                Win(node, closed, moved.State.Path, null, moved.State);
                return closed;
            case StepOutcome.Moved moved:
                return Reached(node, proposal, moved.State, made);
            case StepOutcome.GaveUp gaveUp:
                return made with { Kind = EdgeKind.GaveUp, Reason = VerdictReason.Incomplete, Message = gaveUp.Feedback.Message };
            case StepOutcome.Failed failed:
                return made with { Reason = failed.Reason, Message = failed.Feedback.Message };
            case StepOutcome.Unknown unknown:
                CountUnknown(unknown.Reason);
                Tell(SearchEventKind.StepUnknown, node.Id, proposal.Step, $"{unknown.Reason}: {unknown.Feedback.Message}");
                return made with { Kind = EdgeKind.Unknown, Reason = unknown.Reason, Message = unknown.Feedback.Message };
            default:
                throw new InvalidOperationException($"No outcome {run.Outcome}.");
        }
    }

    private SearchEdge Reached(SearchNode node, StepProposal proposal, ProofState state, SearchEdge made)
    {
        if (_table.TryGetValue(state.Key, out var known))
            return made with { Kind = node.IsOnPath(state.Key) ? EdgeKind.Cycle : EdgeKind.Known, To = node.IsOnPath(state.Key) ? null : known };
        if (node.Depth + 1 > Options.MaxDepth)
            return made with { Kind = EdgeKind.TooDeep };
        var step = Options.MeanOfTokens ? proposal.MeanLogProbability : proposal.LogProbability;
        var sum = node.PathLogProbability + step;
        var child = new SearchNode(_nodes.Count, state, node, proposal.Step, step, sum, sum / Math.Pow(node.Depth + 1, Options.Alpha));
        _table[state.Key] = child;
        _nodes.Add(child);
        _newSinceRestart++;
        return made with { Kind = EdgeKind.New, To = child };
    }

    private string? LimitReached()
    {
        var budget = Options.Budget;
        return _expansions >= budget.Expansions ? $"the budget of {budget.Expansions} expansions is used up"
            : _tokens >= budget.Tokens ? $"the budget of {budget.Tokens} tokens is used up"
            : _nodes.Count >= budget.Nodes ? $"the budget of {budget.Nodes} states is used up"
            : Stopwatch.GetElapsedTime(_started) >= budget.Wall ? $"the budget of {budget.Wall.Value.TotalSeconds:0.###} s is used up"
            : null;
    }

    private void Win(SearchNode last, SearchEdge edge, IReadOnlyList<string> path, Verdict? verdict, ProofState? end)
    {
        var steps = new List<ProvedStep>();
        for (var (node, taken) = (last, edge); ;)
        {
            steps.Add(new ProvedStep(node.State, taken, [.. node.Edges.Where(e => e.Kind == EdgeKind.Failed)]));
            if (node.Parent is not { } parent)
                break;
            taken = parent.Edges.First(e => e.To == node);
            node = parent;
        }

        steps.Reverse();
        End(_task.FirstGoalOnly ? SearchStatus.GoalClosed : SearchStatus.Proved, $"{steps.Count} steps after {_expansions} expansions");
        _result = _result! with { Path = path, Verdict = verdict, End = end, Steps = steps };
    }

    private void End(SearchStatus status, string message)
    {
        Tell(SearchEventKind.Ended, -1, null, $"{status}: {message}");
        _result = new SearchResult
        {
            Problem = _task.Problem,
            Status = status,
            Message = message,
            Expansions = _expansions - _before.Expansions,
            VerifierCalls = _calls - _before.Calls,
            Tokens = _tokens - _before.Tokens,
            Nodes = _nodes.Count - _before.Nodes,
            Unknown = _unknown,
            Story = _story,
            Search = _task.Keep ? this : null,
            Root = Options.KeepTree && _nodes.Count > 0 ? _nodes[0] : null,
            WallSeconds = Stopwatch.GetElapsedTime(_started).TotalSeconds,
        };
    }

    private void CountUnknown(VerdictReason reason) => _unknown[reason] = _unknown.GetValueOrDefault(reason) + 1;

    private void Tell(SearchEventKind kind, int node, string? step, string message)
    {
        if (_story.Count < MostEvents || kind == SearchEventKind.Ended)
            _story.Add(new SearchEvent(kind, node, step, message));
    }
}

/// <summary>What running a step gave.</summary>
/// <param name="Outcome">Outcome.</param>
/// <param name="Verdict">Verdict of the full check on a finished path; null where there was none.</param>
internal sealed record StepRun(StepOutcome Outcome, Verdict? Verdict = null);
