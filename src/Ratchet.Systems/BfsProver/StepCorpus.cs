using Ratchet.Domains.Metamath;
using Ratchet.Domains.Propositional;
using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Runs;
using Ratchet.Systems.Proving;
using Ratchet.Systems.Verification.Forms;
using Ratchet.Tokenization;

namespace Ratchet.Systems.BfsProver;

/// <summary>Theorems with a world to prove them in: problems by split, the steps of the seed proofs, a tokenizer, and a symmetry to renew rows by.</summary>
internal sealed class StepCorpus
{
    private StepCorpus(ProverWorld world, ProblemSet problems, ITokenizer tokenizer, IReadOnlyList<StepPair> seedPairs, RowAugmentation? renaming) =>
        (World, Problems, Tokenizer, SeedPairs, Renaming) = (world, problems, tokenizer, seedPairs, renaming);

    public ProverWorld World { get; }

    public ProblemSet Problems { get; }

    public ITokenizer Tokenizer { get; }

    /// <summary>Steps of the seed problems' proofs.</summary>
    public IReadOnlyList<StepPair> SeedPairs { get; }

    /// <summary>Steps of the proofs that a database has, by problem; empty in other worlds. Of a held-out theorem nothing but this number is known, and nobody learns from it.</summary>
    public IReadOnlyDictionary<string, int> KnownLengths { get; private init; } = new Dictionary<string, int>();

    /// <summary>Renames what a row may be renamed by; null where the world has no such symmetry.</summary>
    public RowAugmentation? Renaming { get; }

    /// <summary>Makes the corpus that a recipe names.</summary>
    /// <param name="settings">Theorems.</param>
    /// <param name="stream">Master stream of the run.</param>
    /// <param name="recorded">Problems of a run that is continued, or null to make them.</param>
    public static StepCorpus Make(StepProblemSettings settings, RandomStream stream, ProblemSet? recorded) => settings.World == StepWorldKind.Metamath
        ? Metamath(settings, recorded)
        : Propositional(settings, stream, recorded);

    private static StepCorpus Propositional(StepProblemSettings settings, RandomStream stream, ProblemSet? recorded)
    {
        // Strata by the length of the reference proof, as in the reproduction that the paper's notes ask for: up to 5, 6 to 10, 11 to 20 sentences.
        var domain = new PropositionalDomain(new PropositionalGeneratorOptions { Strata = [new(1, 5, 0.7, 0.4), new(6, 10, 0.25, 0.4), new(11, 20, 0.05, 0.2)], MaxTokens = 192 });
        var problems = recorded ?? domain.Generate(new ProblemCounts(settings.Seed, settings.Train, settings.Heldout), stream.Derive("problems"));
        var world = ProverWorld.Propositional();
        var pairs = new List<StepPair>();
        foreach (var problem in problems.In(Split.Seed))
            pairs.AddRange(Replay(world, problem, PropositionalEnvironment.Sentences(problems.References[problem.Id])));
        return new StepCorpus(world, problems, domain.Tokenizer, pairs, Rename(domain.Tokenizer));
    }

    private static StepCorpus Metamath(StepProblemSettings settings, ProblemSet? recorded)
    {
        var database = MetamathFile.Load(settings.Database!);
        var problems = recorded ?? MetamathProblems.Of(database, settings.First, seedShare: 1, settings.HeldoutShare);

        // A held-out theorem may be proved from, once it has been stated; what says the same as one and comes earlier was left out with the repeated ones.
        var world = ProverWorld.Metamath(database, new HashSet<string>());
        var environment = (MetamathEnvironment)world.Environment;
        var (pairs, lengths) = (new List<StepPair>(), new Dictionary<string, int>(StringComparer.Ordinal));
        var texts = new List<string> { $"{ProverWorld.Separator} {{ }} :=" };
        foreach (var problem in problems.All)
        {
            IReadOnlyList<string> steps;
            try
            {
                steps = environment.KnownSteps(problem);
            }
            catch (RatchetException)
            {
                // A proof that steps cannot say teaches nothing here; the problem stays.
                continue;
            }

            lengths[problem.Id] = steps.Count;

            // The symbols of a held-out goal are in the vocabulary, its proof is not looked at.
            if (problem.Split == Split.Heldout)
            {
                if (Open(world, problem) is { } start)
                    texts.Add(start.Goals[0]);
                continue;
            }

            var made = Replay(world, problem, steps);
            pairs.AddRange(made);
            texts.AddRange(made.SelectMany(p => (string[])[p.Prompt, p.Step]));
        }

        // All theorems that are not held out have proofs and are searched too: what a search finds beside the database's own proof is new to learn from.
        var all = problems.All.Select(p => p.Split == Split.Seed ? p with { Split = Split.Train } : p).ToList();
        var labels = Enumerable.Range(0, database.Count).Where(i => database[i].Kind is MetamathStatementKind.Axiom or MetamathStatementKind.Theorem).Select(i => database[i].Label);
        var last = problems.All.Count == 0 ? "" : problems.All[^1].Id;
        texts.Add(string.Join(' ', labels.TakeWhile(l => l != last)));
        return new StepCorpus(world, new ProblemSet(all, new Dictionary<string, string>(), problems.Removed), MetamathTokenizer.Of(texts), pairs, null) { KnownLengths = lengths };
    }

    private static ProofState? Open(ProverWorld world, Problem problem) =>
        world.Environment.OpenAsync(problem, CancellationToken.None).AsTask().GetAwaiter().GetResult() is StepOutcome.Moved moved ? moved.State : null;

    /// <summary>The steps of a proof with the states that they were taken in; none where the proof does not go through.</summary>
    private static List<StepPair> Replay(ProverWorld world, Problem problem, IReadOnlyList<string> steps)
    {
        var pairs = new List<StepPair>();
        var state = Open(world, problem);
        for (var i = 0; i < steps.Count && state is not null; i++)
        {
            pairs.Add(new StepPair { ProblemId = problem.Id, Prompt = world.Language.Prompt(state), Step = steps[i].Trim(), MeanNll = 0, Depth = i, ToEnd = steps.Count - 1 - i, Round = 0 });
            switch (world.Environment.RunAsync(state, steps[i], CancellationToken.None).AsTask().GetAwaiter().GetResult())
            {
                case StepOutcome.Moved moved:
                    state = moved.State;
                    break;
                case StepOutcome.Finished when i == steps.Count - 1:
                    return pairs;
                default:
                    return [];
            }
        }

        return [];
    }

    /// <summary>Permutes the atoms of a row.</summary>
    private static RowAugmentation Rename(ITokenizer tokenizer)
    {
        var atoms = tokenizer.Encode("A B C D E F");
        return (row, epoch, stream) =>
        {
            var order = atoms.ToArray();
            stream.Shuffle(order.AsSpan());
            return row with { Ids = [.. row.Ids.Select(id => Array.IndexOf(atoms, id) is var i and >= 0 ? order[i] : id)] };
        };
    }
}
