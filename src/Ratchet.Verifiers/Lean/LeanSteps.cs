using Ratchet.Proving;

namespace Ratchet.Verifiers.Lean;

/// <summary>Lean tactics for a goal without a model: tactics that close goals, those that take the goal apart, and for each hypothesis those that use it.</summary>
public sealed class LeanSteps : IStepEnumerator
{
    /// <summary>Most hypotheses that tactics are made for, the newest first.</summary>
    public const int MostHypotheses = 12;

    private static readonly string[] Always = ["rfl", "assumption", "intro", "constructor", "left", "right", "omega", "simp", "decide", "exfalso", "contradiction", "simp_all", "ext"];

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var steps = new List<string>(Always);
        var names = new List<string>();
        foreach (var line in state.Goals[0].Split('\n'))
        {
            if (line.StartsWith('⊢'))
                break;
            var colon = line.IndexOf(" : ", StringComparison.Ordinal);
            if (colon > 0 && line[0] != ' ')
                names.AddRange(line[..colon].Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(n => !n.Contains('✝', StringComparison.Ordinal)));
        }

        for (var i = names.Count - 1; i >= Math.Max(0, names.Count - MostHypotheses); i--)
            steps.AddRange([$"exact {names[i]}", $"apply {names[i]}", $"cases {names[i]}", $"rw [{names[i]}]", $"induction {names[i]}"]);
        return steps;
    }
}
