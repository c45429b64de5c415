using Ratchet.Verdicts;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Coq;

/// <summary>Reads what a proof rests on, as Coq tells it, and compares it with what is allowed. What it does not understand, it refuses.</summary>
internal static class CoqAudit
{
    private const string Closed = "Closed under the global context";

    /// <summary>Audits a theorem that is in the worker's state.</summary>
    /// <param name="worker">Worker that stands after the theorem's <c>Qed</c>; it must be patient.</param>
    /// <param name="statement">Statement; what its source assumes is allowed.</param>
    /// <param name="name">Constant to audit.</param>
    /// <param name="allowed">Full names of allowed axioms.</param>
    /// <param name="deadline">When to stop.</param>
    /// <returns>What is not allowed, or null.</returns>
    public static CoqRefusal? Check(CoqWorker worker, CoqStatement statement, string name, IReadOnlyList<string> allowed, Deadline deadline)
    {
        var entries = Entries(worker.Query($"Print Assumptions {name}.", deadline), out var strange);
        if (strange is not null)
            return new CoqRefusal(VerdictReason.Cheat, new Feedback(-1, -1, strange));
        foreach (var entry in entries)
        {
            if (statement.Assumptions.Contains(entry) || IsAllowed(FullName(worker, entry, deadline), allowed))
                continue;

            // A lemma whose proof Coq could not read, for want of memory for example, is reported like an axiom. That is an outage.
            return HasBody(worker.Query($"About {entry}.", deadline))
                ? new CoqRefusal(VerdictReason.ResourceLimit, new Feedback(-1, -1, $"The audit did not come to an end: Coq could not read the proof of {entry}."))
                : new CoqRefusal(VerdictReason.Cheat, new Feedback(-1, -1, $"The proof rests on the axiom {entry}, which is not allowed."));
        }

        return null;
    }

    /// <summary>The names in the answer to <c>Print Assumptions</c>.</summary>
    /// <param name="answer">Coq's answer.</param>
    /// <param name="strange">A line that is neither a heading nor a name with a type: a switched-off check, or something unknown. Null where there is none.</param>
    public static IReadOnlyList<string> Entries(string answer, out string? strange)
    {
        strange = null;
        var names = new List<string>();
        if (answer.Trim() == Closed)
            return names;
        var lines = answer.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            if (line is "Axioms:" or "Section Variables:" || (i > 0 && (line.Length == 0 || line[0] is ' ' or ':')))
                continue;

            // "name : type", with the colon on the next line where the type is long.
            var words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            var alone = words.Length == 1 && i + 1 < lines.Length && lines[i + 1].TrimStart().StartsWith(':');
            if (i > 0 && (alone || (words.Length > 1 && words[1] == ":")))
            {
                names.Add(words[0]);
                continue;
            }

            strange = line.Trim().Length == 0 ? "Coq did not say what the proof rests on." : $"Coq says: {line.Trim()}";
            return names;
        }

        if (names.Count == 0)
            strange = "Coq did not say what the proof rests on.";
        return names;
    }

    private static string FullName(CoqWorker worker, string name, Deadline deadline)
    {
        // The first line is about what the short name means here: "Constant Coq.Logic.Classical_Prop.classic".
        var words = worker.Query($"Locate {name}.", deadline).Split('\n')[0].Split(' ');
        return words is ["Constant", var full, ..] ? full : name;
    }

    /// <summary>Whether Coq's description of a constant says that it has a definition or a proof.</summary>
    public static bool HasBody(string about) => about.Split('\n').Any(l => l.EndsWith(" is opaque", StringComparison.Ordinal) || l.EndsWith(" is transparent", StringComparison.Ordinal));

    private static bool IsAllowed(string full, IReadOnlyList<string> allowed) => allowed.Any(a => Normal(a) == Normal(full));

    private static string Normal(string name)
    {
        foreach (var root in (ReadOnlySpan<string>)["Stdlib.", "Corelib."])
        {
            if (name.StartsWith(root, StringComparison.Ordinal))
                return $"Coq.{name[root.Length..]}";
        }

        return name;
    }
}
