using Ratchet.Attempts;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Selection;

/// <summary>Selects fully checked, accepted attempts as training rows.</summary>
/// <remarks>
/// Rows come in a fixed order: seed rows as given, then attempts by problem identifier (ordinal), round and sample number.
/// Safe to call from many threads.
/// </remarks>
public sealed class VerifiedSelector : ISelector
{
    private readonly SelectionOptions _options;
    private readonly int _endId;

    /// <summary>Makes a selector.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="endId">The tokenizer's end id: an attempt that does not end with it is never selected.</param>
    /// <exception cref="RatchetException">The settings hold a mistake.</exception>
    public VerifiedSelector(SelectionOptions options, int endId)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid();
        _options = options;
        _endId = endId;
    }

    /// <summary>The rows, and what was kept and left out.</summary>
    /// <remarks>
    /// The permutation of the shuffled-verdicts control for round r is drawn from <c>Stream.Derive("shuffle").Derive(r)</c>:
    /// given the same stream after every round, a replayed round keeps its labels.
    /// </remarks>
    /// <exception cref="ArgumentException">An attempt belongs to a held-out problem or was made for evaluation.</exception>
    public (IReadOnlyList<Example> Examples, SelectionReport Report) Select(SelectionInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var judged in input.History)
        {
            if (judged.Problem.Split == Split.Heldout || judged.Attempt.Id.Phase != Phase.Train)
                throw new ArgumentException($"The attempt {judged.Attempt.Id} is for evaluation; it must not reach selection.", nameof(input));
        }

        var dropped = new SortedDictionary<DropReason, int>();
        var kept = Keep(input, dropped);
        var rows = SeedRows(input.SeedExamples);
        var seedRows = rows.Count;
        rows.AddRange(kept.Select(ToExample));
        if (_options.SeedOnly)
        {
            foreach (var _ in kept)
                Drop(dropped, DropReason.SeedOnly);
            kept = [];
            rows = Repeat(input.SeedExamples, rows.Count, input.Stream.Derive("seed only"));
            seedRows = rows.Count;
        }

        var report = new SelectionReport
        {
            Round = input.Round,
            Judged = input.History.Count,
            Selected = kept.Count,
            Problems = kept.Select(a => a.Problem.Id).Distinct(StringComparer.Ordinal).Count(),
            SeedRows = seedRows,
            Rows = rows.Count,
            TargetTokens = rows.Sum(r => (long)r.Targets),
            Dropped = dropped,
            Control = _options.ShuffleVerdicts ? "shuffled verdicts" : _options.SeedOnly ? "seed only" : null,
        };
        return (rows, report);
    }

    /// <summary>The rules in order; what is left are attempts to learn from.</summary>
    private List<JudgedAttempt> Keep(SelectionInput input, SortedDictionary<DropReason, int> dropped)
    {
        var judgeable = new List<JudgedAttempt>();
        var ended = new List<JudgedAttempt>();
        foreach (var judged in input.History)
        {
            if (judged.Attempt.Id.Round > input.Round || IsTooOld(judged, input.Round))
                Drop(dropped, DropReason.NotReplayed);
            else if (judged.Verdict.IsUnknown)
                Drop(dropped, DropReason.Unknown);
            else
            {
                judgeable.Add(judged);
                if (judged.Verdict.Trust != TrustLevel.Full)
                    Drop(dropped, DropReason.NotFullyChecked);
                else if (judged.Attempt.TokenIds.Count == 0 || judged.Attempt.TokenIds[^1] != _endId)
                    Drop(dropped, DropReason.NotEnded);
                else
                    ended.Add(judged);
            }
        }

        var accepted = _options.ShuffleVerdicts ? Shuffled(ended, input.Stream) : [.. ended.Where(a => a.Verdict.IsAccepted)];
        var isAccepted = accepted.Select(a => a.Attempt.Id).ToHashSet();
        var inWindow = InWindow(judgeable, isAccepted);
        var candidates = new Dictionary<string, List<JudgedAttempt>>(StringComparer.Ordinal);
        foreach (var judged in ended)
        {
            if (!isAccepted.Contains(judged.Attempt.Id))
                Drop(dropped, DropReason.Rejected);
            else if (!inWindow.Contains((judged.Attempt.Id.Round, judged.Problem.Id)))
                Drop(dropped, DropReason.OutsidePassRate);
            else if (candidates.TryGetValue(judged.Problem.Id, out var list))
                list.Add(judged);
            else
                candidates[judged.Problem.Id] = [judged];
        }

        var kept = new List<JudgedAttempt>();
        foreach (var (problem, attempts) in candidates.OrderBy(p => p.Key, StringComparer.Ordinal))
            kept.AddRange(Best(attempts, input.Stream.Derive("prefer").Derive(problem), dropped));
        return kept;
    }

    private bool IsTooOld(JudgedAttempt judged, int round) =>
        _options.ReplayRounds >= 0 && judged.Attempt.Id.Round < round - _options.ReplayRounds;

    /// <summary>
    /// As many attempts of each round as were accepted, drawn uniformly among those that could have been: with a verdict and ended.
    /// </summary>
    private static List<JudgedAttempt> Shuffled(List<JudgedAttempt> ended, RandomStream stream)
    {
        var accepted = new List<JudgedAttempt>();
        foreach (var round in ended.GroupBy(a => a.Attempt.Id.Round))
        {
            var attempts = round.OrderBy(a => a.Problem.Id, StringComparer.Ordinal).ThenBy(a => a.Attempt.Id.Sample).ToArray();
            var count = attempts.Count(a => a.Verdict.IsAccepted);
            stream.Derive("shuffle").Derive(round.Key).Shuffle(attempts.AsSpan());
            accepted.AddRange(attempts.Take(count));
        }

        return accepted;
    }

    /// <summary>Rounds and problems whose pass rate lies in the window; unknown verdicts are no part of the rate.</summary>
    private HashSet<(int Round, string Problem)> InWindow(List<JudgedAttempt> judgeable, HashSet<AttemptId> accepted)
    {
        var inside = new HashSet<(int, string)>();
        foreach (var group in judgeable.GroupBy(a => (a.Attempt.Id.Round, a.Problem.Id)))
        {
            var rate = (double)group.Count(a => accepted.Contains(a.Attempt.Id)) / group.Count();
            if (rate >= _options.MinPassRate && rate <= _options.MaxPassRate)
                inside.Add(group.Key);
        }

        return inside;
    }

    /// <summary>The proofs of one problem to keep: no two alike, at most the limit, the preferred ones.</summary>
    private IEnumerable<JudgedAttempt> Best(List<JudgedAttempt> attempts, RandomStream stream, SortedDictionary<DropReason, int> dropped)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var distinct = new List<JudgedAttempt>();
        foreach (var judged in attempts.OrderBy(a => a.Attempt.Id.Round).ThenBy(a => a.Attempt.Id.Sample))
        {
            if (seen.Add(judged.Attempt.Text))
                distinct.Add(judged);
            else
                Drop(dropped, DropReason.Duplicate);
        }

        if (_options.PerProblem == 0 || distinct.Count <= _options.PerProblem)
            return distinct;

        var ranked = distinct.ToArray();
        if (_options.Prefer == ProofPreference.Shortest)
            ranked = [.. ranked.OrderBy(a => a.Attempt.TokenIds.Count)];
        else if (_options.Prefer == ProofPreference.Random)
            stream.Shuffle(ranked.AsSpan());
        Drop(dropped, DropReason.OverLimit, ranked.Length - _options.PerProblem);
        return ranked.Take(_options.PerProblem).OrderBy(a => a.Attempt.Id.Round).ThenBy(a => a.Attempt.Id.Sample);
    }

    private List<Example> SeedRows(IReadOnlyList<Example> seeds) =>
        _options.IncludeSeed ? [.. seeds.Select(Weighted)] : [];

    private Example Weighted(Example seed) => seed with { Weight = seed.Weight * _options.SeedWeight };

    /// <summary>Whole passes over the seed rows, then a random part of one more; repetitions carry their number.</summary>
    private List<Example> Repeat(IReadOnlyList<Example> seeds, int count, RandomStream stream)
    {
        if (seeds.Count == 0 && count > 0)
            throw new RatchetException("The seed-only control has no seed rows to train on.", "Give seed problems with solutions, or turn selection.seed_only off.");
        var rows = new List<Example>(count);
        for (var pass = 1; rows.Count < count; pass++)
        {
            var order = Enumerable.Range(0, seeds.Count).ToArray();
            if (count - rows.Count < seeds.Count)
            {
                stream.Shuffle(order.AsSpan());
                order = [.. order.Take(count - rows.Count).Order()];
            }

            foreach (var index in order)
            {
                var row = Weighted(seeds[index]);
                rows.Add(pass == 1 ? row : row with { Id = $"{row.Id}/repeat{pass}" });
            }
        }

        return rows;
    }

    private static Example ToExample(JudgedAttempt judged) => new()
    {
        Id = judged.Attempt.Id.ToString(),
        Ids = [.. judged.Attempt.PromptIds, .. judged.Attempt.TokenIds],
        TargetStart = judged.Attempt.PromptIds.Count,
        Masked = [.. judged.Attempt.ToolSpans().Select(s => new IdSpan(s.Start + judged.Attempt.PromptIds.Count, s.End + judged.Attempt.PromptIds.Count))],
        ProblemId = judged.Problem.Id,
        AttemptIds = [judged.Attempt.Id.ToString()],
    };

    private static void Drop(SortedDictionary<DropReason, int> dropped, DropReason reason, int count = 1) =>
        dropped[reason] = dropped.GetValueOrDefault(reason) + count;
}
