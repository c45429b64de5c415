using Ratchet.Attempts;
using Ratchet.Evaluation;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Reports;

public sealed partial record ReportData
{
    private const int ShownPairs = 6;
    private const int Resamples = 2000;

    /// <summary>Reads a run folder; another process may be running it. The same folder gives the same data.</summary>
    /// <param name="path">Folder with <c>summary.json</c>, <c>recipe.yaml</c> and <c>journal.db</c>.</param>
    /// <exception cref="RatchetException">The folder holds no run, or a file of it cannot be read.</exception>
    public static ReportData Load(string path)
    {
        using var folder = RunFolder.OpenReadOnly(path);
        using var journal = RunJournal.OpenReadOnly(folder.JournalPath);
        return Load(folder, journal, folder.ReadSummary());
    }

    /// <summary>Reads a run whose folder and journal are open already.</summary>
    public static ReportData Load(RunFolder folder, RunJournal journal, RunSummary summary)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(summary);
        var data = new ReportData
        {
            Summary = summary,
            Recipe = File.Exists(folder.RecipePath) ? File.ReadAllText(folder.RecipePath) : "",
            Command = $"ratchet run recipe.yaml --seed {summary.Seed} --out again",
            Sections = ReportSection.Read(folder.Root),
        };
        if (summary.Rounds.Count == 0 || journal.Problems() is null)
            return data with { Loss = [.. journal.LearningCurves().Select(p => new LossPoint(p.Round, p.Step.Step, p.Step.Loss))] };

        var first = summary.Rounds[0].Round;
        var last = summary.Rounds[^1].Round;
        var before = journal.Attempts(new AttemptQuery { Round = first, Phase = Phase.Heldout });
        var after = first == last ? before : journal.Attempts(new AttemptQuery { Round = last, Phase = Phase.Heldout });
        data = data with
        {
            ProofLengths = new SortedDictionary<int, IReadOnlyList<int>> { [first] = Lengths(before), [last] = Lengths(after) },
            Rejections = new SortedDictionary<VerdictReason, long>(after.Where(a => a.Verdict is Verdict.Rejected)
                .GroupBy(a => a.Verdict.Reason).ToDictionary(g => g.Key, g => g.LongCount())),
            AcceptedByProblem = new SortedDictionary<string, int>(
                journal.Attempts(new AttemptQuery { Phase = Phase.Train, Outcome = "accepted" }).GroupBy(a => a.Problem.Id).ToDictionary(g => g.Key, g => g.Count()), StringComparer.Ordinal),
            Selections = journal.Selections(),
            Loss = [.. journal.LearningCurves().Select(p => new LossPoint(p.Round, p.Step.Step, p.Step.Loss))],
        };
        if (first == last)
            return data;

        var solved = NewlySolvedProblems(before, after);
        return data with { NewlySolved = solved.Count, Pairs = PairsOf(solved), Gain = GainOf(summary, before, after) };
    }

    private static List<int> Lengths(IReadOnlyList<JudgedAttempt> attempts) => [.. attempts.Where(a => a.Verdict.IsAccepted).Select(a => a.Attempt.TokenIds.Count)];

    private static RoundComparison? GainOf(RunSummary summary, IReadOnlyList<JudgedAttempt> before, IReadOnlyList<JudgedAttempt> after)
    {
        if (Findings.HeadlineK(summary) is not { } k || before.Count == 0 || after.Count == 0)
            return null;
        var stream = RandomStream.FromSeed(summary.Seed).Derive("report").Derive("gain");
        return new RoundComparison(k, PairedBootstrap.Compare([ProblemScores.PassAt(k, summary.Seed, before)], [ProblemScores.PassAt(k, summary.Seed, after)], Resamples, stream));
    }

    /// <summary>Problems without an accepted attempt before and with one after: the attempt that came furthest, and the shortest proof.</summary>
    private static List<(Problem Problem, JudgedAttempt Failed, JudgedAttempt Proof)> NewlySolvedProblems(
        IReadOnlyList<JudgedAttempt> before, IReadOnlyList<JudgedAttempt> after)
    {
        var earlier = before.ToLookup(a => a.Problem.Id, StringComparer.Ordinal);
        var solved = new List<(Problem, JudgedAttempt, JudgedAttempt)>();
        foreach (var group in after.Where(a => a.Verdict.IsAccepted).GroupBy(a => a.Problem.Id, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var failed = earlier[group.Key].Where(a => a.Verdict is Verdict.Rejected)
                .OrderByDescending(a => a.Verdict.Feedback.Select(f => f.Start).DefaultIfEmpty(-1).Max()).ThenBy(a => a.Attempt.Id.Sample).FirstOrDefault();
            if (failed is null || earlier[group.Key].Any(a => a.Verdict.IsAccepted))
                continue;
            solved.Add((group.First().Problem, failed, group.OrderBy(a => a.Attempt.TokenIds.Count).ThenBy(a => a.Attempt.Id.Sample).First()));
        }

        return solved;
    }

    /// <summary>Some of each difficulty class in turn, starting with proofs of middle length: neither trivial nor a page long.</summary>
    private static List<ProofPair> PairsOf(List<(Problem Problem, JudgedAttempt Failed, JudgedAttempt Proof)> solved)
    {
        var queues = solved.GroupBy(s => s.Problem.Stratum, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g =>
        {
            var byLength = g.OrderBy(s => s.Proof.Attempt.TokenIds.Count).ThenBy(s => s.Problem.Id, StringComparer.Ordinal).ToList();
            var middle = byLength.Count / 2;
            return byLength.Select((s, i) => (s, i)).OrderBy(x => Math.Abs(x.i - middle)).ThenBy(x => x.i).Select(x => x.s).ToList();
        }).ToList();
        var pairs = new List<ProofPair>();
        for (var turn = 0; pairs.Count < ShownPairs && queues.Any(q => q.Count > turn); turn++)
        {
            foreach (var queue in queues.Where(q => q.Count > turn).Take(ShownPairs - pairs.Count))
            {
                var (problem, failed, proof) = queue[turn];
                pairs.Add(new ProofPair(problem.Id, problem.Stratum, problem.Statement, failed.Attempt.Text, failed.Verdict.Feedback, proof.Attempt.Text));
            }
        }

        return pairs;
    }
}
