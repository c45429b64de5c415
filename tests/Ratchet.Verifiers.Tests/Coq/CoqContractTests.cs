using Ratchet.Domains.Tests.Proving;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Verifiers.Tests.Coq;

[Collection("coq")]
public sealed class CoqContractTests(CoqFixture coq) : ProofEnvironmentContract
{
    protected override Problem Problem { get; } = CoqProblem.Create("p", "Theorem t : forall a b : Prop, a -> b -> b /\\ a.", Split.Train);

    protected override IReadOnlyList<string> Proof => ["intros a b x y.", "split.", "exact y.", "exact x."];

    protected override (IReadOnlyList<string> Path, int Same)? Detour => (["intros a b.", "intros x y."], 1);

    protected override IReadOnlyList<(string Step, VerdictReason Reason)> Wrong =>
        [("exact y.", VerdictReason.StepFailed), ("exact (.", VerdictReason.Syntax), ("", VerdictReason.Syntax), ("Admitted.", VerdictReason.Cheat)];

    protected override string Hole => "admit.";

    protected override Problem NoStatement => Problem with { Statement = "Theorem t : nowhere." };

    protected override Task<(IProofEnvironment Environment, IVerifier Verifier)> MakeAsync() => Task.FromResult<(IProofEnvironment, IVerifier)>((coq.Verifier().CreateEnvironment(), coq.Verifier()));
}
