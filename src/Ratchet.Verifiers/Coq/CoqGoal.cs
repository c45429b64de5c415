using System.Text;

namespace Ratchet.Verifiers.Coq;

/// <summary>A goal: what is known, and what is to be shown.</summary>
/// <param name="Hypotheses">One text each, for example <c>n, m : nat</c>, in order of introduction.</param>
/// <param name="Conclusion">What is to be shown.</param>
internal sealed record CoqGoal(IReadOnlyList<string> Hypotheses, string Conclusion)
{
    /// <summary>As Coq shows it: hypotheses, a line, the conclusion.</summary>
    public override string ToString()
    {
        var builder = new StringBuilder();
        foreach (var hypothesis in Hypotheses)
            builder.Append(hypothesis).Append('\n');
        return builder.Append("============================\n").Append(Conclusion).ToString();
    }
}

/// <summary>The goals of an open proof.</summary>
/// <param name="Focused">Goals that the next tactic sees.</param>
/// <param name="Background">Goals outside the current bullet or brace, nearest first.</param>
/// <param name="Shelved">Goals put aside.</param>
/// <param name="GivenUp">Goals admitted.</param>
internal sealed record CoqGoals(IReadOnlyList<CoqGoal> Focused, IReadOnlyList<CoqGoal> Background, IReadOnlyList<CoqGoal> Shelved, IReadOnlyList<CoqGoal> GivenUp)
{
    /// <summary>All goals that are not closed.</summary>
    public int Count => Focused.Count + Background.Count + Shelved.Count + GivenUp.Count;

    /// <summary>Reads the answer to a question for goals: <c>option</c> around <c>goals</c>. Null where no proof is open.</summary>
    /// <exception cref="FormatException">It is no such answer.</exception>
    public static CoqGoals? Read(XmlNode option)
    {
        if (option.Attribute("val") == "none")
            return null;
        var lists = option[0];
        return new CoqGoals(Goals(lists[0]), [.. lists[1].Children.SelectMany(pair => (CoqGoal[])[.. Goals(pair[0]), .. Goals(pair[1])])], Goals(lists[2]), Goals(lists[3]));
    }

    private static List<CoqGoal> Goals(XmlNode list) => [.. list.Children.Select(goal => new CoqGoal([.. goal[1].Children.Select(h => h.Text)], goal[2].Text))];
}
