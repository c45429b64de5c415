using System.Runtime.Versioning;
using Ratchet.Domains.Tests.Proving;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean;

namespace Ratchet.Verifiers.Tests.Lean;

/// <summary>The contract over the scripted REPL: Lean itself is not needed.</summary>
[SupportedOSPlatform("linux")]
public sealed class LeanContractTests : ProofEnvironmentContract, IAsyncLifetime
{
    private readonly ReplScript _script = new(LeanEnvironmentTests.Swap);
    private readonly List<IDisposable> _worlds = [];
    private readonly List<LeanReplBackend> _backends = [];

    protected override Problem Problem { get; } =
        new() { Id = "p", Domain = "lean", Statement = LeanEnvironmentTests.Statement, CanonicalHash = "", Split = Split.Train };

    protected override IReadOnlyList<string> Proof => ["constructor", "exact h.2", "exact h.1"];

    protected override (IReadOnlyList<string> Path, int Same)? Detour => null;

    protected override IReadOnlyList<(string Step, VerdictReason Reason)> Wrong =>
        [("exact wrong", VerdictReason.StepFailed), ("first\n    | konstructor", VerdictReason.Syntax), (" -- nothing", VerdictReason.Syntax), ("native_decide", VerdictReason.Cheat)];

    protected override string Hole => "sorry";

    protected override Problem NoStatement => Problem with { Statement = "theorem" };

    protected override async Task<(IProofEnvironment Environment, IVerifier Verifier)> MakeAsync()
    {
        var backend = new LeanReplBackend(_script.Options);
        _backends.Add(backend);
        var world = await LeanEnvironment.CreateAsync(backend);
        _worlds.Add(world);
        return (world, await LeanVerifier.CreateAsync(backend));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var world in _worlds)
            world.Dispose();
        foreach (var backend in _backends)
            await backend.DisposeAsync();
        _script.Dispose();
    }
}
