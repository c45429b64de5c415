using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Vocabulary;

/// <summary>A problem that a generator drew.</summary>
/// <param name="Statement">Normal text.</param>
/// <param name="Solution">Reference solution.</param>
/// <param name="Hash">Canonical hash.</param>
/// <param name="Stratum">Number of its difficulty class.</param>
internal sealed record DrawnProblem(string Statement, string Solution, string Hash, int Stratum);

/// <summary>
/// Fills the splits of a problem set class by class in the shares asked for, no two problems with the same canonical hash, and says in
/// <see cref="ProblemSet.Removed"/> what was left out and what could not be found.
/// </summary>
/// <param name="domain">Name of the domain.</param>
/// <param name="strata">Name, share of the seed split and share of the others of each class.</param>
/// <param name="counts">Problems wanted.</param>
internal sealed class StratumFiller(string domain, IReadOnlyList<(string Name, double SeedShare, double Share)> strata, ProblemCounts counts)
{
    /// <summary>Candidates drawn for each wanted problem before the generator gives up.</summary>
    private const int CandidatesPerProblem = 200;

    private readonly SortedDictionary<string, int> _removed = new(StringComparer.Ordinal);

    /// <summary>Draws until all is filled or the candidates are used up.</summary>
    /// <param name="stream">Stream of the generator.</param>
    /// <param name="draw">Draws a candidate for a class; null, with a reason, where the draw is of no use. It may belong to another class than asked for.</param>
    public ProblemSet Fill(RandomStream stream, Func<int, RandomStream, (DrawnProblem? Problem, string Reason)> draw)
    {
        var wanted = Quotas();
        var filled = wanted.Select(w => w.Select(_ => new List<DrawnProblem>()).ToArray()).ToArray();
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        var total = counts.Seed + counts.Train + counts.Heldout;
        for (long candidate = 0; candidate < ((long)CandidatesPerProblem * total) + 10_000; candidate++)
        {
            var missing = Enumerable.Range(0, strata.Count).Select(s => wanted.Select((w, split) => w[s] - filled[split][s].Count).Sum()).ToArray();
            if (missing.Sum() == 0)
                break;
            var own = stream.Derive("problem").Derive(candidate);
            var (problem, reason) = draw(Pick(missing, own.Derive("stratum")), own);
            if (problem is null)
                Count(reason);
            else if (missing[problem.Stratum] == 0)
                Count("class already full");
            else if (!hashes.Add(problem.Hash))
                Count("same canonical hash as another problem");
            else
                Neediest(problem.Stratum, wanted, filled).Add(problem);
        }

        return Assemble(filled, stream, total);
    }

    private int[][] Quotas()
    {
        (int Count, bool IsSeed)[] splits = [(counts.Seed, true), (counts.Train, false), (counts.Heldout, false)];
        return [.. splits.Select(split =>
        {
            var shares = strata.Select(s => split.IsSeed ? s.SeedShare : s.Share).ToArray();
            var (sum, running, given) = (shares.Sum(), 0.0, 0);
            return shares.Select((share, i) =>
            {
                running += share / sum;
                var until = i + 1 == shares.Length ? split.Count : (int)Math.Round(running * split.Count);
                (var quota, given) = (until - given, until);
                return quota;
            }).ToArray();
        })];
    }

    /// <summary>A class at random, in proportion to how many problems it still needs.</summary>
    private static int Pick(int[] missing, RandomStream stream)
    {
        var pick = stream.NextInt(missing.Sum());
        var index = 0;
        while (pick >= missing[index])
            pick -= missing[index++];
        return index;
    }

    private static List<DrawnProblem> Neediest(int stratum, int[][] wanted, List<DrawnProblem>[][] filled)
    {
        var split = Enumerable.Range(0, wanted.Length).Where(s => filled[s][stratum].Count < wanted[s][stratum])
            .MinBy(s => (double)filled[s][stratum].Count / wanted[s][stratum]);
        return filled[split][stratum];
    }

    private ProblemSet Assemble(List<DrawnProblem>[][] filled, RandomStream stream, int total)
    {
        var problems = new List<Problem>();
        var references = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var split in Enum.GetValues<Split>())
        {
            var items = filled[(int)split].SelectMany(l => l).ToArray();
            stream.Derive("order").Derive((long)split).Shuffle(items.AsSpan());
            var prefix = split switch { Split.Seed => "s", Split.Train => "t", _ => "v" };
            for (var i = 0; i < items.Length; i++)
            {
                problems.Add(new Problem
                {
                    Id = $"{prefix}{i}",
                    Domain = domain,
                    Statement = items[i].Statement,
                    CanonicalHash = items[i].Hash,
                    Split = split,
                    Provenance = Provenance.Generated,
                    Stratum = strata[items[i].Stratum].Name,
                });
                references[$"{prefix}{i}"] = items[i].Solution;
            }
        }

        if (problems.Count < total)
            _removed["wanted but not found"] = total - problems.Count;
        return new ProblemSet(problems, references, _removed);
    }

    private void Count(string reason) => _removed[reason] = _removed.GetValueOrDefault(reason) + 1;
}
