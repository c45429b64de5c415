using Ratchet.Journal;
using Ratchet.Recipes;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Verification;

namespace Ratchet.Systems.Tests.ExpertIteration;

/// <summary>Small by default; with RATCHET_LONG_TESTS=1 over five thousand different attempts of a model.</summary>
public sealed class CoqRunTests(ITestOutputHelper output) : IDisposable
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_judged_by_coq_has_the_rows_of_one_judged_by_the_kernel()
    {
        var probe = await VerifierCatalog.Find("coq").ProbeAsync(new VerifierOptions(), TestContext.Current.CancellationToken);
        Assert.SkipUnless(probe.IsAvailable, "Coq is not installed (apt-get install coq).");
        var recipe = Long ? FirstProofs() : TinyRun.Recipe with { Rounds = 1, Problems = new ProblemSettings { Seed = 40, Train = 12, Heldout = 6 }, Start = new StartSettings { Epochs = 30, Augment = 0 } };

        await TinyRun.StartAsync(recipe, _folder["kernel"]);
        await TinyRun.StartAsync(recipe with { Verify = new VerifySettings { Verifier = VerifierChoice.Coq } }, _folder["coq"]);

        var (kernel, coq) = (Verdicts("kernel"), Verdicts("coq"));
        var different = kernel.Zip(coq).Where(p => p.First.Outcome != p.Second.Outcome).ToList();
        foreach (var (ours, theirs) in different)
            output.WriteLine($"{ours.Statement} | {ours.Text} | kernel {ours.Outcome}, coq {theirs.Outcome}");
        output.WriteLine($"{kernel.Count} rows, {kernel.Select(k => (k.Statement, k.Text)).Distinct().Count()} different attempts, {kernel.Count(k => k.Outcome == "accepted")} accepted, {different.Count} verdicts differ");
        Assert.All(coq, c => Assert.Equal("coq", c.Verifier));
        Assert.Contains(kernel, k => k.Outcome == "accepted");
        Assert.Contains(kernel, k => k.Outcome == "rejected");
        TinyRun.AssertSame(_folder["kernel"], _folder["coq"], sameRecipe: false);
        if (Long)
            Assert.InRange(kernel.Select(k => (k.Statement, k.Text)).Distinct().Count(), 5000, int.MaxValue);

        List<(string Statement, string Text, string Outcome, string Verifier)> Verdicts(string run) =>
            TinyRun.Read(_folder[run], j => j.Attempts(new AttemptQuery()).Select(a => (a.Problem.Statement, a.Attempt.Text, a.Verdict.Outcome, a.Verdict.Verifier)).ToList());
    }

    /// <summary>The recipe of first-proofs with fewer problems and rounds.</summary>
    private static ExpertIterationRecipe FirstProofs()
    {
        var recipe = (ExpertIterationRecipe)SystemRecipes.Catalog.ReadFile(Path.Combine(Repository.Root, "recipes", "first-proofs.yaml")).ThrowIfWrong();
        return recipe with { Rounds = 2, Threads = 2, Problems = recipe.Problems with { Train = 450, Heldout = 60 }, Propose = recipe.Propose with { BatchProblems = 50 } };
    }
}
