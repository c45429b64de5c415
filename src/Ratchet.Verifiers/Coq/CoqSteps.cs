using Ratchet.Proving;

namespace Ratchet.Verifiers.Coq;

/// <summary>Coq sentences for a goal without a model: tactics that close goals, those that take the goal apart, and for each hypothesis those that use it.</summary>
/// <remarks>The names of hypotheses are read off the goal's text. Few of the sentences apply to any one goal; a refused one costs about a millisecond.</remarks>
public sealed class CoqSteps : IStepEnumerator
{
    /// <summary>Most hypotheses that sentences are made for, the newest first: others are still reached by <c>auto</c> and its like.</summary>
    public const int MostHypotheses = 12;

    private static readonly string[] Always =
        ["assumption.", "reflexivity.", "intros.", "split.", "left.", "right.", "lia.", "congruence.", "auto.", "simpl.", "constructor.", "exfalso.", "discriminate.", "f_equal.", "symmetry."];

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var names = Names(state.Goals[0]);
        var steps = new List<string>(Always);
        for (var i = names.Count - 1; i >= Math.Max(0, names.Count - MostHypotheses); i--)
            steps.AddRange([$"apply {names[i]}.", $"destruct {names[i]}.", $"rewrite {names[i]}.", $"rewrite <- {names[i]}.", $"induction {names[i]}."]);
        return steps;
    }

    private static List<string> Names(string goal)
    {
        var names = new List<string>();
        foreach (var line in goal.Split('\n'))
        {
            if (line.StartsWith("====", StringComparison.Ordinal))
                break;
            var colon = line.IndexOf(" : ", StringComparison.Ordinal);
            if (colon > 0 && line[0] != ' ')
                names.AddRange(line[..colon].Split([',', ' ', ':', '='], StringSplitOptions.RemoveEmptyEntries).TakeWhile(n => n.All(c => char.IsLetterOrDigit(c) || c is '_' or '\'')));
        }

        return names;
    }
}
