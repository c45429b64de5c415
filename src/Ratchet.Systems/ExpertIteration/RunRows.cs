using Ratchet.Attempts;
using Ratchet.Journal;
using Ratchet.Learning.External;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>The rows of a run as text, read from its journal.</summary>
public sealed class RunRows
{
    private readonly IDomain _domain;
    private readonly ProblemSet _problems;
    private readonly RunJournal _journal;

    /// <summary>Reads a journal that holds problems.</summary>
    /// <param name="domain">Domain of the problems, for the prompts.</param>
    /// <param name="journal">Journal; read anew at each call.</param>
    /// <exception cref="RatchetException">The journal holds no problems yet.</exception>
    public RunRows(IDomain domain, RunJournal journal)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(journal);
        _domain = domain;
        _journal = journal;
        _problems = journal.Problems() ?? throw new RatchetException("The run has no problems yet.", "Continue it with 'ratchet resume'.");
    }

    /// <summary>Texts of rows, in their order.</summary>
    /// <param name="rows">Rows by problem and by the attempts behind them; a row without attempts is the problem's reference solution.</param>
    /// <param name="format">
    /// With <see cref="RowFormat.Preference"/>, a row of an attempt is given one of the problem's rejected attempts, each text in turn; rows of problems that have none,
    /// and reference solutions, are left out.
    /// </param>
    /// <param name="lastRound">Attempts of later rounds are not read.</param>
    public IReadOnlyList<TextRow> Texts(IEnumerable<(string ProblemId, IReadOnlyList<string> AttemptIds)> rows, RowFormat format, int lastRound)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var attempts = _journal.Attempts(new AttemptQuery { Phase = Phase.Train }).Where(a => a.Attempt.Id.Round <= lastRound).ToList();
        var byId = attempts.ToDictionary(a => a.Attempt.Id.ToString(), StringComparer.Ordinal);
        var rejected = attempts.Where(a => !a.Verdict.IsAccepted && !a.Verdict.IsUnknown).GroupBy(a => a.Problem.Id, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Select(a => a.Attempt.Text).Distinct(StringComparer.Ordinal).ToList(), StringComparer.Ordinal);
        var used = new Dictionary<string, int>(StringComparer.Ordinal);
        var texts = new List<TextRow>();
        foreach (var (problemId, attemptIds) in rows)
        {
            var prompt = _domain.Prompt(_problems[problemId]);
            if (attemptIds.Count == 0)
            {
                if (format != RowFormat.Preference)
                    texts.Add(new TextRow(prompt, _problems.References[problemId]));
                continue;
            }

            // One text is behind all attempts of a row.
            var accepted = byId[attemptIds[0]].Attempt.Text;
            if (format != RowFormat.Preference)
            {
                texts.Add(new TextRow(prompt, accepted));
            }
            else if (rejected.TryGetValue(problemId, out var worse))
            {
                var turn = used.GetValueOrDefault(problemId);
                used[problemId] = turn + 1;
                texts.Add(new TextRow(prompt, accepted, worse[turn % worse.Count]));
            }
        }

        return texts;
    }
}
