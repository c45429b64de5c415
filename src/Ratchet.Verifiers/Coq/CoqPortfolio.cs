using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Loop;

namespace Ratchet.Verifiers.Coq;

/// <summary>
/// A proposer without a model: one fixed tactic script a sample, cheapest first. What it proves is the floor that a trained model has to beat.
/// </summary>
/// <remarks>
/// Sample i of any problem is script i, counted round, so <c>k</c> = <see cref="Scripts"/>.Count asks for the whole portfolio. The scripts use
/// the tactics of <see cref="Imports"/>; give these to <see cref="CoqOptions.Imports"/>.
/// </remarks>
public sealed class CoqPortfolio : IProposer
{
    private const string Take = "intros; repeat match goal with H : _ /\\ _ |- _ => destruct H | H : exists _, _ |- _ => destruct H end; subst";

    // Functions that hypotheses define by equations are unfolded, in the goal and in the other hypotheses.
    private const string Unfold = Take
        + "; repeat match goal with H : forall _, ?f _ = _ |- context [?f ?x] => rewrite (H x)"
        + " | H : forall _, ?f _ = _, K : context [?f ?x] |- _ => rewrite (H x) in K end";

    private const string Instances = "intros; repeat match goal with H : forall _ : _, _ = _ |- _ => generalize (H 0), (H 1), (H 2), (H 3), (H 4), (H 5), (H 6), (H 7); clear H; intros end";
    private const string InstancesInNat = "intros; repeat match goal with H : forall _ : nat, _ = _ |- _ => generalize (H 0%nat), (H 1%nat), (H 2%nat), (H 3%nat), (H 4%nat), (H 5%nat), (H 6%nat), (H 7%nat); clear H; intros end";

    /// <summary>Modules whose tactics the scripts use.</summary>
    public static IReadOnlyList<string> Imports { get; } = ["Coq.micromega.Lia", "Coq.micromega.Lra", "Coq.micromega.Psatz"];

    /// <summary>The scripts, cheapest to fail first.</summary>
    public static IReadOnlyList<string> Scripts { get; } =
    [
        "intros; reflexivity.",
        "intros; lia.",
        "intros; lra.",
        "intros; assumption.",
        "intros; auto.",
        "intros; vm_compute; reflexivity.",
        $"{Take}; lia.",
        $"{Take}; lra.",
        $"{Take}; repeat split; lra.",
        $"{Unfold}; lra.",
        $"{Unfold}; lia.",
        "intros; ring.",
        $"{Unfold}; ring.",
        $"{InstancesInNat}; lra.",
        $"{Instances}; lra.",
        "intros; field.",
        $"{Unfold}; field.",
        $"{Take}; ring_simplify; lra.",
        $"{Take}; field_simplify; lra.",
        $"{Take}; repeat split; nra.",
        $"{Take}; repeat split; nia.",
        $"{Unfold}; nra.",
        "intros; intuition lia.",
        "intros; intuition lra.",
        "intros; tauto.",
        "intros; firstorder.",
        "intros; easy.",
        $"{Take}; psatz R 2.",
    ];

    /// <inheritdoc/>
    public Task<IReadOnlyList<Attempt>> ProposeAsync(ProposalRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var attempts = request.Items.SelectMany(item => Enumerable.Range(item.FirstSample, item.Count).Select(sample => new Attempt
        {
            Id = new AttemptId(request.Round, request.Phase, item.Problem.Id, sample),
            PromptIds = [],
            TokenIds = [],
            LogProbabilities = [],
            Text = Scripts[sample % Scripts.Count],
            Seed = 0,
            Policy = "coq-portfolio",
            Stop = StopReason.EndToken,
        }));
        return Task.FromResult<IReadOnlyList<Attempt>>([.. attempts]);
    }

    /// <summary>Does nothing: the scripts are fixed.</summary>
    public void Load(Checkpoint checkpoint)
    {
    }
}
