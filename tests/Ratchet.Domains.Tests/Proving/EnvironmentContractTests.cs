using Ratchet.Domains.Metamath;
using Ratchet.Domains.Propositional;
using Ratchet.Domains.Tests.Metamath;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Tests.Proving;

public sealed class PropositionalContractTests : ProofEnvironmentContract
{
    protected override Problem Problem { get; } = new PropositionalDomain().Parse("p", @"A /\ B -> B /\ A", Split.Train);

    protected override IReadOnlyList<string> Proof => ["intros h0.", "destruct h0 as [h1 h2].", "split.", "exact h2.", "exact h1."];

    protected override (IReadOnlyList<string> Path, int Same)? Detour => (["intros [h1 h2]."], 2);

    protected override IReadOnlyList<(string Step, VerdictReason Reason)> Wrong =>
        [("exact h7.", VerdictReason.StepFailed), ("intros h0", VerdictReason.Syntax), ("", VerdictReason.Syntax), ("intros h0. split.", VerdictReason.Syntax), ("rm -rf /.", VerdictReason.Syntax)];

    protected override string Hole => "admit.";

    protected override Problem NoStatement => Problem with { Statement = "A -> -> B" };

    protected override Task<(IProofEnvironment Environment, IVerifier Verifier)> MakeAsync() => Task.FromResult<(IProofEnvironment, IVerifier)>((new PropositionalEnvironment(), new PropositionalVerifier()));
}

public sealed class MetamathContractTests : ProofEnvironmentContract
{
    private static readonly MetamathDatabase Database = TinyLogic.Load();

    protected override Problem Problem { get; } = TinyLogic.Problem("all");

    protected override IReadOnlyList<string> Proof => ["a1", "ax-5"];

    protected override (IReadOnlyList<string> Path, int Same)? Detour => (["a1 { }"], 1);

    protected override IReadOnlyList<(string Step, VerdictReason Reason)> Wrong =>
        [("ax-k", VerdictReason.StepFailed), ("", VerdictReason.Syntax), ("a1 {", VerdictReason.Syntax), ("nowhere", VerdictReason.Syntax)];

    protected override string Hole => "?";

    protected override Problem NoStatement => TinyLogic.Problem("new $p |- ( p -> $.");

    protected override Task<(IProofEnvironment Environment, IVerifier Verifier)> MakeAsync() => Task.FromResult<(IProofEnvironment, IVerifier)>((new MetamathEnvironment(Database), new MetamathVerifier(Database)));
}
