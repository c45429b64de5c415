using System.Globalization;
using System.Text.RegularExpressions;
using Ratchet.Proving;

namespace Ratchet.Verifiers.Coq;

/// <summary>Cuts Coq goals by <c>assert</c>.</summary>
public sealed partial class CoqCuts : ISubgoalWorld
{
    /// <inheritdoc/>
    public string? Opening(ProofState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var conclusion = state.Goals[0][(state.Goals[0].LastIndexOf("====", StringComparison.Ordinal) + 4)..];
        return conclusion.Contains("forall", StringComparison.Ordinal) || conclusion.Contains("->", StringComparison.Ordinal) ? "intros." : null;
    }

    /// <inheritdoc/>
    public string Cut(ProofState state, string statement)
    {
        ArgumentNullException.ThrowIfNull(state);
        var next = 0;
        while (Regex.IsMatch(state.Goals[0], $@"\bcut{next.ToString(CultureInfo.InvariantCulture)}\b", RegexOptions.CultureInvariant))
            next++;
        return $"assert ({statement}) as cut{next.ToString(CultureInfo.InvariantCulture)}.";
    }

    /// <inheritdoc/>
    /// <remarks>Null: a hypothesis of Coq's may be a definition or depend on others, and cannot always be written as a premise.</remarks>
    public Subgoal? Alone(ProofState state, IReadOnlyList<string> assumed, string statement) => null;

    /// <inheritdoc/>
    public IReadOnlyList<string> ReadPlan(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = new List<string>();
        foreach (Match match in Assert().Matches(text))
        {
            var depth = 0;
            for (var i = match.Index + match.Length - 1; i < text.Length; i++)
            {
                depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
                if (depth > 0)
                    continue;
                var inside = text[(match.Index + match.Length)..i].Trim();

                // "assert (name : statement)" names it; the name is given here.
                var colon = inside.IndexOf(':', StringComparison.Ordinal);
                if (colon > 0 && inside[..colon].Trim().All(c => char.IsLetterOrDigit(c) || c == '_'))
                    inside = inside[(colon + 1)..].Trim();
                if (inside.Length > 0 && found.Count < 64)
                    found.Add(inside);
                break;
            }
        }

        return found;
    }

    [GeneratedRegex(@"\bassert\s*\(", RegexOptions.CultureInvariant)]
    private static partial Regex Assert();
}
