using System.Text.Json;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Lean;

namespace Ratchet.Verifiers.Tests.Lean;

/// <summary>Cheats, each refused by the audit that should refuse it, and honest texts that look like them.</summary>
public sealed class LeanRedTeamTests
{
    public static TheoryData<string> Cheats => [.. LeanData.Embedded("Ratchet.Verifiers.Tests.Lean.red-team.jsonl").Select(r => r.GetProperty("name").GetString()!)];

    public static TheoryData<string> Honest => [.. LeanData.Embedded("Ratchet.Verifiers.Tests.Lean.honest.jsonl").Select(r => r.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Cheats))]
    public async Task A_cheat_is_refused_by_its_audit(string name)
    {
        var row = LeanData.Embedded("Ratchet.Verifiers.Tests.Lean.red-team.jsonl").Single(r => r.GetProperty("name").GetString() == name);
        Assert.NotEmpty(row.GetProperty("why").GetString()!);
        await using var verifier = await LeanVerifier.CreateAsync(new StandInBackend(source => Answer(source, row)));

        var verdict = await verifier.VerifyAsync(LeanData.Problem(), LeanData.Text(row, "text"), CancellationToken.None);

        Assert.IsType<Verdict.Rejected>(verdict);
        Assert.StartsWith($"Audit {row.GetProperty("audit").GetString()}:", verdict.Feedback[0].Message);
    }

    [Theory]
    [MemberData(nameof(Honest))]
    public async Task An_honest_text_that_looks_like_a_cheat_reaches_Lean_and_is_accepted(string name)
    {
        var row = LeanData.Embedded("Ratchet.Verifiers.Tests.Lean.honest.jsonl").Single(r => r.GetProperty("name").GetString() == name);
        var backend = new StandInBackend(source => StandInBackend.Fine(source, ["propext", "Classical.choice", "Quot.sound"]));
        await using var verifier = await LeanVerifier.CreateAsync(backend);

        var verdict = await verifier.VerifyAsync(LeanData.Problem(), row.GetProperty("text").GetString()!, CancellationToken.None);

        Assert.Equal("", string.Join('\n', verdict.Feedback.Select(f => f.Message)));
        Assert.IsType<Verdict.Accepted>(verdict);
        Assert.Equal(1, backend.Checks);
    }

    /// <summary>What Lean says of the cases that it has to see itself; all others must not come this far, so that they would be accepted.</summary>
    private static LeanAnswer Answer(LeanSource source, JsonElement row)
    {
        var axioms = row.TryGetProperty("axioms", out var list) ? list.EnumerateArray().Select(a => a.GetString()!).ToArray() : [];
        var answer = StandInBackend.Fine(source, axioms, row.TryGetProperty("warns", out _) ? [StandInBackend.Warning(1, 8, "declaration uses 'sorry'")] : []);
        return row.TryGetProperty("hole", out var hole) ? answer with { Holes = [new LeanHole(null, null, hole.GetString()!, 0)] } : answer;
    }
}
