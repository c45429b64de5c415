using Ratchet.Attempts;
using Ratchet.Domains.Propositional;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Recipes;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Verification;
using Ratchet.Verifiers.Coq;

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
        await SkipWithoutCoq();
        var recipe = TinyRun.Recipe with { Rounds = 1, Problems = new ProblemSettings { Seed = 40, Train = 12, Heldout = 6 }, Start = new StartSettings { Epochs = 30, Augment = 0 } };

        await TinyRun.StartAsync(recipe, _folder["kernel"]);
        await TinyRun.StartAsync(recipe with { Verify = new VerifySettings { Verifier = VerifierChoice.Coq } }, _folder["coq"]);

        var (kernel, coq) = (Rows("kernel"), Rows("coq"));
        Assert.All(coq, c => Assert.Equal("coq", c.Verdict.Verifier));
        Assert.Contains(kernel, k => k.Verdict.IsAccepted);
        Assert.Contains(kernel, k => !k.Verdict.IsAccepted);
        TinyRun.AssertSame(_folder["kernel"], _folder["coq"], sameRecipe: false);
    }

    /// <summary>
    /// Until a verdict differs the two runs have the same rows. What the kernel refuses and Coq takes is a known list (docs/domains/propositional.md), so in a
    /// long run some verdicts differ, and from the next round on the policies do. Then all attempts of both are judged by both.
    /// </summary>
    [Fact]
    public async Task On_the_attempts_of_a_model_the_kernel_accepts_nothing_that_coq_refuses()
    {
        Assert.SkipUnless(Long, "Runs with RATCHET_LONG_TESTS=1.");
        await SkipWithoutCoq();
        var recipe = FirstProofs();
        await TinyRun.StartAsync(recipe, _folder["kernel"]);
        await TinyRun.StartAsync(recipe with { Verify = new VerifySettings { Verifier = VerifierChoice.Coq } }, _folder["coq"]);

        var (kernel, coq) = (Rows("kernel"), Rows("coq"));
        var same = kernel.Zip(coq).Where(p => p.First.Attempt.Id.Round == 0 || p.First.Attempt.Id is { Round: 1, Phase: Phase.Train }).ToList();
        Assert.All(same, p => Assert.Equal((p.First.Attempt.Id, p.First.Attempt.Text), (p.Second.Attempt.Id, p.Second.Attempt.Text)));
        output.WriteLine($"rows with the same policy: {same.Count}, {same.Count(p => p.First.Verdict.Outcome != p.Second.Verdict.Outcome)} verdicts differ; rows of each run: {kernel.Count} and {coq.Count}");

        var attempts = kernel.Concat(coq).DistinctBy(a => (a.Problem.Id, a.Attempt.Text)).ToList();
        var domain = new PropositionalDomain();
        using var guide = new CoqVerifier(new CoqOptions { Threads = 2, Level = CoqLevel.Guide });
        var judge = new PropositionalCoqVerifier(guide);
        var verdicts = await Task.WhenAll(attempts.Select(async a => (
            Kernel: domain.PropositionalVerifier.Verify(a.Problem.Statement, a.Attempt.Text),
            Coq: await judge.VerifyAsync(a.Problem, a.Attempt.Text, TestContext.Current.CancellationToken))));
        var different = attempts.Zip(verdicts).Where(p => p.Second.Kernel.IsAccepted != p.Second.Coq.IsAccepted).ToList();
        foreach (var (attempt, verdict) in different)
            output.WriteLine($"DIFFERS {attempt.Problem.Statement} | {attempt.Attempt.Text} | kernel {verdict.Kernel.Outcome} {(verdict.Kernel.Feedback.Count > 0 ? verdict.Kernel.Feedback[0].Message.ReplaceLineEndings(" ") : "")} | coq {verdict.Coq.Outcome} {verdict.Coq.Reason}");
        output.WriteLine($"{attempts.Count} different attempts, {verdicts.Count(v => v.Kernel.IsAccepted)} accepted by the kernel, {verdicts.Count(v => v.Coq.IsAccepted)} by Coq, {different.Count} verdicts differ");
        Assert.DoesNotContain(different, p => p.Second.Kernel.IsAccepted);
        Assert.DoesNotContain(verdicts, v => v.Coq.IsUnknown);
        Assert.InRange(different.Count, 0, attempts.Count / 50);
        Assert.InRange(attempts.Count, 5000, int.MaxValue);
    }

    private static async Task SkipWithoutCoq()
    {
        var probe = await VerifierCatalog.Find("coq").ProbeAsync(new VerifierOptions(), TestContext.Current.CancellationToken);
        Assert.SkipUnless(probe.IsAvailable, "Coq is not installed (apt-get install coq).");
    }

    private List<JudgedAttempt> Rows(string run) => [.. TinyRun.Read(_folder[run], j => j.Attempts(new AttemptQuery()))];

    /// <summary>The recipe of first-proofs with fewer problems and rounds.</summary>
    private static ExpertIterationRecipe FirstProofs()
    {
        var recipe = (ExpertIterationRecipe)SystemRecipes.Catalog.ReadFile(Path.Combine(Repository.Root, "recipes", "first-proofs.yaml")).ThrowIfWrong();
        return recipe with { Rounds = 2, Threads = 2, Problems = recipe.Problems with { Train = 500, Heldout = 60 }, Propose = recipe.Propose with { BatchProblems = 50 } };
    }
}
