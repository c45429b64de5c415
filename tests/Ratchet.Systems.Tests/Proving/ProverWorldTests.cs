using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Search;
using Ratchet.Search.Journal;
using Ratchet.Search.Policies;
using Ratchet.Search.Trees;
using Ratchet.Systems.Proving;
using Ratchet.Systems.Verification;
using Ratchet.Verdicts;

namespace Ratchet.Systems.Tests.Proving;

public sealed class ProverWorldTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Coq_hangs_on_one_tactic_and_the_search_goes_on_with_its_story_in_the_journal()
    {
        await using var world = await CoqAsync();
        var policy = new ScriptedPolicy("with a loop", s => [new("repeat (assert (0 = 0) by reflexivity).", -0.1), new("nonsense (((.", -0.2), new("Admitted.", -0.3), .. world.Steps.Steps(s).Select(t => new StepProposal(t, -1))]);
        var engine = new SearchEngine(world.Environment, world.Verifier, policy, new SearchEngineOptions { Workers = 2 });
        var options = new SearchOptions { Width = 24, Budget = new SearchBudget { Expansions = 3 } };
        var task = new SearchTask { Problem = world.Read("p", "Theorem t : forall a b : Prop, a -> b -> a."), Stream = RandomStream.FromSeed(1) };
        var result = (await engine.RunAsync([task], options, cancellationToken: TestContext.Current.CancellationToken))[0];

        Assert.Equal(SearchStatus.Proved, result.Status);
        Assert.True(result.Verdict is Verdict.Accepted { Verifier: "coq", Trust: TrustLevel.Full });
        Assert.True(result.Unknown[VerdictReason.TimedOut] >= 1);
        using var journal = SearchJournal.Open(_folder["search.db"]);
        journal.Add(TreeRecorder.Record("p", result, engine, options));
        Assert.Contains(journal.Story("p"), l => l.StartsWith("step unknown at #0, repeat", StringComparison.Ordinal) && l.Contains("TimedOut", StringComparison.Ordinal));
        Assert.Contains(result.Root!.Edges, e => e is { Step: "Admitted.", Reason: VerdictReason.Cheat });
    }

    [Fact]
    public async Task A_formula_alone_becomes_a_theorem_of_Coq()
    {
        await using var world = await CoqAsync();
        Assert.Equal("Theorem goal (P Q : Prop) : P /\\ Q -> Q.", world.Read("g", @"P /\ Q -> Q").Statement);
        Assert.Equal("Theorem goal : forall n : nat, n = n.", world.Read("g", "forall n : nat, n = n").Statement);
        Assert.Equal("Lemma l : True.", world.Read("g", "Lemma l : True. Proof.").Statement);
    }

    [Fact]
    public async Task What_is_not_there_says_what_to_do()
    {
        var unknown = await Assert.ThrowsAsync<RatchetException>(() => ProverWorld.OpenAsync("cooq", new VerifierOptions(), default));
        Assert.Contains("Did you mean 'coq'?", unknown.Remedy, StringComparison.Ordinal);
        Assert.Contains("--database", (await Assert.ThrowsAsync<RatchetException>(() => ProverWorld.OpenAsync("metamath", new VerifierOptions(), default))).Remedy, StringComparison.Ordinal);
        Assert.Throws<StatementException>(() => ProverWorld.Propositional().Read("p", "A ->"));
    }

    private static async Task<ProverWorld> CoqAsync()
    {
        try
        {
            return await ProverWorld.OpenAsync("coq", new VerifierOptions { Threads = 2 }, TestContext.Current.CancellationToken);
        }
        catch (RatchetException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
