using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Propositional.Generation;

/// <summary>Fills the splits and strata with provable goals, no two with the same canonical hash.</summary>
internal sealed class ProblemGenerator(PropositionalDomain domain, PropositionalGeneratorOptions options)
{
    /// <summary>Nodes that the search for a reference script may look at; more finds few more and costs most of the time.</summary>
    private const int SearchNodes = 600;

    /// <summary>Candidates drawn for each wanted problem before the generator gives up and reports what is missing.</summary>
    private const int CandidatesPerProblem = 400;

    public ProblemSet Generate(ProblemCounts counts, RandomStream stream)
    {
        var wanted = Quotas(counts);
        var total = counts.Seed + counts.Train + counts.Heldout;
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        var filled = new Dictionary<(Split, int), List<(Formula Goal, string Script, string Hash)>>();
        foreach (var key in wanted.Keys)
            filled[key] = [];
        var removed = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var missing = wanted.Values.Sum();
        var maxSentences = options.Strata.Max(s => s.MaxSentences);
        for (long candidate = 0; missing > 0 && candidate < (long)CandidatesPerProblem * total + 10_000; candidate++)
        {
            var draw = stream.Derive("goal").Derive(candidate);
            var stratum = PickStratum(wanted, filled, ref draw);
            var goal = new GoalMaker(draw).Make(1 + Math.Min(5, options.Strata[stratum].MinSentences / 2));
            if (Reference(goal, maxSentences, removed) is not { } script)
                continue;
            var sentences = script.Sentences;
            var place = options.Strata.ToList().FindIndex(s => sentences >= s.MinSentences && sentences <= s.MaxSentences);
            if (place < 0)
            {
                Count(removed, "reference depth outside all strata");
                continue;
            }

            // The neediest split of that stratum; the order is fixed, so equal need goes to the seed first.
            var split = Enum.GetValues<Split>().Where(s => filled[(s, place)].Count < wanted[(s, place)])
                .OrderBy(s => (double)filled[(s, place)].Count / wanted[(s, place)]).Cast<Split?>().FirstOrDefault();
            if (split is null)
            {
                Count(removed, "stratum already full");
                continue;
            }

            var text = script.Write();
            if (Rejects(goal, text, removed))
                continue;
            var hash = CanonicalForm.Hash(goal);
            if (!hashes.Add(hash))
            {
                Count(removed, "same canonical hash as another problem");
                continue;
            }

            filled[(split.Value, place)].Add((goal, text, hash));
            missing--;
        }

        return Assemble(counts, filled, removed, stream);
    }

    private Dictionary<(Split, int), int> Quotas(ProblemCounts counts)
    {
        var wanted = new Dictionary<(Split, int), int>();
        foreach (var (split, count) in new[] { (Split.Seed, counts.Seed), (Split.Train, counts.Train), (Split.Heldout, counts.Heldout) })
        {
            var shares = options.Strata.Select(s => split == Split.Seed ? s.SeedShare : s.Share).ToArray();
            var sum = shares.Sum();
            var given = 0;
            var running = 0.0;
            for (var i = 0; i < shares.Length; i++)
            {
                running += shares[i] / sum;
                var until = i + 1 == shares.Length ? count : (int)Math.Round(running * count);
                wanted[(split, i)] = until - given;
                given = until;
            }
        }

        return wanted;
    }

    /// <summary>A stratum at random, in proportion to how many problems it still needs.</summary>
    private int PickStratum(
        Dictionary<(Split, int), int> wanted, Dictionary<(Split, int), List<(Formula Goal, string Script, string Hash)>> filled, ref RandomStream draw)
    {
        var missing = new int[options.Strata.Count];
        foreach (var ((split, stratum), count) in wanted)
            missing[stratum] += count - filled[(split, stratum)].Count;
        var pick = draw.NextInt(missing.Sum());
        var index = 0;
        while (pick >= missing[index])
            pick -= missing[index++];
        return index;
    }

    private static ProofStep? Reference(Formula goal, int maxSentences, SortedDictionary<string, int> removed)
    {
        if (!TruthTable.IsTautology(goal))
        {
            Count(removed, "not provable");
            return null;
        }

        var proof = ReferenceSearch.Find(goal, maxSentences + 2, SearchNodes);
        if (proof is null)
            Count(removed, "no short reference proof found");
        return proof;
    }

    private bool Rejects(Formula goal, string script, SortedDictionary<string, int> removed)
    {
        if (script.Contains($"h{PropositionalTokenizer.HypothesisCount}", StringComparison.Ordinal))
        {
            Count(removed, "more hypotheses than the vocabulary names");
            return true;
        }

        var tokens = domain.Tokenizer.Encode(FormulaPrinter.Print(goal)).Length + domain.Tokenizer.Encode(script).Length + 3;
        if (tokens > options.MaxTokens)
        {
            Count(removed, "longer than the token limit");
            return true;
        }

        if (domain.PropositionalVerifier.Verify(goal, script).IsAccepted)
            return false;
        throw new InvalidOperationException($"A reference script is wrong.\n{goal}\n{script}");
    }

    private ProblemSet Assemble(
        ProblemCounts counts, Dictionary<(Split, int), List<(Formula Goal, string Script, string Hash)>> filled, SortedDictionary<string, int> removed, RandomStream stream)
    {
        var problems = new List<Problem>();
        var references = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var split in Enum.GetValues<Split>())
        {
            var items = Enumerable.Range(0, options.Strata.Count)
                .SelectMany(i => filled[(split, i)].Select(item => (Stratum: options.Strata[i].Name, item.Goal, item.Script, item.Hash))).ToArray();
            stream.Derive("order").Derive((long)split).Shuffle(items.AsSpan());
            var prefix = split switch { Split.Seed => "s", Split.Train => "t", _ => "v" };
            for (var i = 0; i < items.Length; i++)
            {
                var id = $"{prefix}{i}";
                problems.Add(new Problem
                {
                    Id = id,
                    Domain = domain.Name,
                    Statement = FormulaPrinter.Print(items[i].Goal),
                    CanonicalHash = items[i].Hash,
                    Split = split,
                    Provenance = Provenance.Generated,
                    Stratum = items[i].Stratum,
                });
                references[id] = items[i].Script;
            }
        }

        var notFound = counts.Seed + counts.Train + counts.Heldout - problems.Count;
        if (notFound > 0)
            removed["wanted but not found"] = notFound;
        return new ProblemSet(problems, references, removed);
    }

    private static void Count(SortedDictionary<string, int> removed, string reason) => removed[reason] = removed.GetValueOrDefault(reason) + 1;
}
