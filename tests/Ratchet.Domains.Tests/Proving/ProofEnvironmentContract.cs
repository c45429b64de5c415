using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Tests.Proving;

/// <summary>What every proving environment keeps. An environment of one's own gets the whole suite by inheriting it.</summary>
public abstract class ProofEnvironmentContract
{
    /// <summary>An environment and its verifier, which may share processes; a new call gives one without any session of an earlier one.</summary>
    protected abstract Task<(IProofEnvironment Environment, IVerifier Verifier)> MakeAsync();

    /// <summary>A problem.</summary>
    protected abstract Problem Problem { get; }

    /// <summary>A proof of it, at least two steps.</summary>
    protected abstract IReadOnlyList<string> Proof { get; }

    /// <summary>Another way to a state of the proof: the steps, and after how many of the proof's the goals are the same; null where the world has no second way.</summary>
    protected abstract (IReadOnlyList<string> Path, int Same)? Detour { get; }

    /// <summary>Steps that do not apply at the start, each with its reason.</summary>
    protected abstract IReadOnlyList<(string Step, VerdictReason Reason)> Wrong { get; }

    /// <summary>A step that leaves a hole at the start.</summary>
    protected abstract string Hole { get; }

    /// <summary>A statement that is none.</summary>
    protected abstract Problem NoStatement { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Steps_lead_from_state_to_state_and_the_last_one_finishes()
    {
        var (environment, _) = await MakeAsync();
        var state = await OpenAsync(environment);
        Assert.Empty(state.Path);
        Assert.NotEmpty(state.Goals);
        Assert.Equal(Problem, state.Problem);
        for (var i = 0; i < Proof.Count - 1; i++)
        {
            state = Assert.IsType<StepOutcome.Moved>(await environment.RunAsync(state, Proof[i], Stop)).State;
            Assert.Equal(Proof.Take(i + 1), state.Path);
            Assert.NotEmpty(state.Goals);
        }

        Assert.Equal(Proof, Assert.IsType<StepOutcome.Finished>(await environment.RunAsync(state, Proof[^1], Stop)).Path);
    }

    [Fact]
    public async Task A_state_stays_as_it_is_and_is_returned_to_in_any_order()
    {
        var (environment, _) = await MakeAsync();
        var start = await OpenAsync(environment);
        var once = Assert.IsType<StepOutcome.Moved>(await environment.RunAsync(start, Proof[0], Stop)).State;
        Assert.IsNotType<StepOutcome.Moved>(await environment.RunAsync(start, Wrong[0].Step, Stop));
        await environment.RunAsync(once, Proof[1], Stop);
        var again = Assert.IsType<StepOutcome.Moved>(await environment.RunAsync(start, Proof[0], Stop)).State;
        Assert.Equal(once.Key, again.Key);
        Assert.NotEqual(start.Key, once.Key);
    }

    [Fact]
    public async Task A_session_is_rebuilt_from_a_path_alone()
    {
        var (first, _) = await MakeAsync();
        var state = await WalkAsync(first, Proof.Count - 1);
        var (second, _) = await MakeAsync();
        var written = new ProofState { Problem = state.Problem, Path = [.. state.Path], Goals = [.. state.Goals], Key = state.Key };
        Assert.Equal(Proof, Assert.IsType<StepOutcome.Finished>(await second.RunAsync(written, Proof[^1], Stop)).Path);
    }

    [Fact]
    public async Task A_path_that_does_not_go_through_is_unknown_and_nothing_is_thrown()
    {
        var (environment, _) = await MakeAsync();
        var start = await OpenAsync(environment);
        var lost = start with { Path = [Wrong[0].Step], Key = "lost" };
        var unknown = Assert.IsType<StepOutcome.Unknown>(await environment.RunAsync(lost, Proof[0], Stop));
        Assert.Equal(VerdictReason.Unavailable, unknown.Reason);
    }

    [Fact]
    public async Task States_with_the_same_content_are_the_same()
    {
        Assert.SkipWhen(Detour is null, "This world has no second way to a state.");
        var detour = Detour!.Value;
        var (environment, _) = await MakeAsync();
        var straight = await WalkAsync(environment, detour.Same);
        var around = Assert.IsType<StepOutcome.Moved>((await ProofReplay.RunAsync(environment, Problem, detour.Path, Stop)).Outcome).State;
        Assert.Equal(straight.Key, around.Key);
        Assert.NotEqual(straight.Path, around.Path);
    }

    [Fact]
    public async Task What_does_not_apply_fails_with_its_reason_and_a_hole_is_no_step()
    {
        var (environment, _) = await MakeAsync();
        var start = await OpenAsync(environment);
        foreach (var (step, reason) in Wrong)
        {
            var failed = Assert.IsType<StepOutcome.Failed>(await environment.RunAsync(start, step, Stop));
            Assert.Equal(reason, failed.Reason);
            Assert.NotEmpty(failed.Feedback.Message);
        }

        Assert.True(await environment.RunAsync(start, Hole, Stop) is StepOutcome.GaveUp or StepOutcome.Failed);
    }

    [Fact]
    public async Task Finished_means_a_full_replay_and_a_full_check()
    {
        var (environment, verifier) = await MakeAsync();
        var verdict = await ProofReplay.ValidateAsync(environment, verifier, Problem, Proof, Stop);
        Assert.IsType<Verdict.Accepted>(verdict);
        Assert.Equal(TrustLevel.Full, verdict.Trust);
        var cut = Assert.IsType<Verdict.Rejected>(await ProofReplay.ValidateAsync(environment, verifier, Problem, [.. Proof.SkipLast(1)], Stop));
        Assert.Equal(VerdictReason.Incomplete, cut.Reason);
        Assert.IsType<Verdict.Rejected>(await ProofReplay.ValidateAsync(environment, verifier, Problem, [Wrong[0].Step, .. Proof], Stop));
        Assert.IsNotType<Verdict.Accepted>(await ProofReplay.ValidateAsync(environment, verifier, Problem, [Hole], Stop));
    }

    [Fact]
    public async Task What_is_no_statement_cannot_be_opened()
    {
        var (environment, _) = await MakeAsync();
        Assert.IsType<StepOutcome.Failed>(await environment.OpenAsync(NoStatement, Stop));
    }

    [Fact]
    public async Task Who_has_cancelled_gets_no_outcome()
    {
        var (environment, _) = await MakeAsync();
        var start = await OpenAsync(environment);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await environment.RunAsync(start, Proof[0], new CancellationToken(true)));
        Assert.IsType<StepOutcome.Moved>(await environment.RunAsync(start, Proof[0], Stop));
    }

    private async Task<ProofState> OpenAsync(IProofEnvironment environment) => Assert.IsType<StepOutcome.Moved>(await environment.OpenAsync(Problem, Stop)).State;

    private async Task<ProofState> WalkAsync(IProofEnvironment environment, int steps) =>
        Assert.IsType<StepOutcome.Moved>((await ProofReplay.RunAsync(environment, Problem, [.. Proof.Take(steps)], Stop)).Outcome).State;
}
