using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Search.Policies;
using Ratchet.Verdicts;

namespace Ratchet.Search.Tests;

/// <summary>What search tests share.</summary>
internal static class Worlds
{
    public static readonly PropositionalDomain Domain = new();

    public static readonly PropositionalEnvironment Propositional = new();

    public static Problem Goal(string statement, string id = "p") => Domain.Parse(id, statement, Split.Heldout);

    public static SearchTask Task(string statement, string id = "p", ulong seed = 1) => new() { Problem = Goal(statement, id), Stream = RandomStream.FromSeed(seed).Derive(id) };

    public static SearchEngine Engine(IStepPolicy? policy = null, IProofEnvironment? environment = null, IVerifier? verifier = null, int workers = 1, int batch = 128) =>
        new(environment ?? Propositional, verifier ?? Domain.Verifier, policy ?? new UniformPolicy(Propositional), new SearchEngineOptions { Workers = workers, Batch = batch });

    /// <summary>Provable goals of some depth.</summary>
    public static IReadOnlyList<SearchTask> Corpus(int count, ulong seed = 7) =>
        [.. Domain.Generate(new ProblemCounts(0, count, 0), RandomStream.FromSeed(seed)).All.Select(p => new SearchTask { Problem = p, Stream = RandomStream.FromSeed(seed).Derive(p.Id) })];

    public static async Task<SearchResult> SearchAsync(this SearchEngine engine, SearchTask task, SearchOptions? options = null, CancellationToken cancellationToken = default) =>
        (await engine.RunAsync([task], options ?? Wide, cancellationToken: cancellationToken))[0];

    public static SearchOptions Wide { get; } = new() { Width = 64, Budget = new SearchBudget { Expansions = 400 } };

    /// <summary>All of a result that must be the same in every replay.</summary>
    public static string Essence(SearchResult r) =>
        $"{r.Problem.Id} {r.Status} {r.Message} {r.Expansions} {r.VerifierCalls} {r.Tokens} {r.Nodes} [{string.Join('|', r.Path)}] {string.Join('|', r.Story.Select(s => s.ToString()))}";
}

/// <summary>A world that does something else where a step says so.</summary>
/// <param name="inner">World.</param>
/// <param name="special">What happens for a step; null for what the world does.</param>
internal sealed class TrickWorld(IProofEnvironment inner, Func<string, CancellationToken, Task<StepOutcome>?> special) : IProofEnvironment
{
    private int _runs;

    public string Name => inner.Name;

    public string Version => inner.Version;

    public int Runs => _runs;

    public ValueTask<StepOutcome> OpenAsync(Problem problem, CancellationToken cancellationToken) => inner.OpenAsync(problem, cancellationToken);

    public async ValueTask<StepOutcome> RunAsync(ProofState state, string step, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _runs);
        return special(step, cancellationToken) is { } other ? await other : await inner.RunAsync(state, step, cancellationToken);
    }

    public string ProofText(Problem problem, IReadOnlyList<string> path) => inner.ProofText(problem, path);
}

/// <summary>A verifier that says one thing.</summary>
internal sealed class OneVerdict(Func<Verdict> verdict) : IVerifier
{
    public string Name => "one";

    public string Version => "1";

    public ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken) => ValueTask.FromResult(verdict());
}
