using System.Text.RegularExpressions;
using Ratchet.Verifiers.Pddl;

namespace Ratchet.Verifiers.Tests.Pddl;

/// <summary>The benchmark's English for its three domains, read into PDDL.</summary>
internal static class PlanBenchText
{
    private static readonly string[] Colours = ["red", "blue", "orange", "yellow", "white", "magenta", "black", "cyan", "green", "violet", "silver", "gold"];

    /// <summary>Actions and facts of a domain: what the English looks like, what it is in PDDL.</summary>
    private static readonly Dictionary<string, (string Pattern, string Pddl)[]> Sentences = new()
    {
        ["blocks"] =
        [
            ("pick up the (.+) block", "(pick-up $1)"), ("put down the (.+) block", "(put-down $1)"),
            ("unstack the (.+) block from on top of the (.+) block", "(unstack $1 $2)"), ("stack the (.+) block on top of the (.+) block", "(stack $1 $2)"),
            ("the (.+) block is clear", "(clear $1)"), ("the (.+) block is on top of the (.+) block", "(on $1 $2)"), ("the (.+) block is on the table", "(ontable $1)"),
            ("the hand is (?:currently )?empty", "(handempty)"), ("the hand is currently holding (?:the )?(.+) block", "(holding $1)"),
        ],
        ["mystery"] =
        [
            ("feast object (.+) from object (.+)", "(feast $1 $2)"), ("succumb object (.+)", "(succumb $1)"), ("attack object (.+)", "(attack $1)"),
            ("overcome object (.+) from object (.+)", "(overcome $1 $2)"), ("object (.+) craves object (.+)", "(craves $1 $2)"), ("harmony", "(harmony)"),
            ("(province|planet|pain) object (.+)", "($1 $2)"),
        ],
        ["logistics"] =
        [
            ("load (.+) into (airplane.+) at (.+)", "(load-airplane $1 $2 $3)"), ("load (.+) into (truck.+) at (.+)", "(load-truck $1 $2 $3)"),
            ("unload (.+) from (airplane.+) at (.+)", "(unload-airplane $1 $2 $3)"), ("unload (.+) from (truck.+) at (.+)", "(unload-truck $1 $2 $3)"),
            ("fly (.+) from (.+) to (.+)", "(fly-airplane $1 $2 $3)"), ("drive (.+) from (.+) to (.+) in (.+)", "(drive-truck $1 $2 $3 $4)"),
            ("(.+) is in the city (.+)", "(in-city $1 $2)"), ("(.+) is an airport", "(airport $1)"), ("(.+) is a truck", "(truck $1)"), ("(.+) is an airplane", "(airplane $1)"),
            ("(.+) is a location", "(location $1)"), ("(.+) is a city", "(city $1)"), ("(.+) is an? (?:obj|object|package)", "(obj $1)"),
            ("(.+) is at (.+)", "(at $1 $2)"), ("(.+) is in (.+)", "(in $1 $2)"),
        ],
    };

    /// <summary>The plan between two marks of a prompt.</summary>
    public static IReadOnlyList<PlanStep> Plan(string prompt, string from, string to, string set)
    {
        var start = prompt.IndexOf(from, StringComparison.Ordinal) + from.Length;
        var lines = prompt[start..prompt.IndexOf(to, start, StringComparison.Ordinal)].Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return PlanReader.Read(string.Join('\n', lines.Select(l => Translate(l, set))));
    }

    /// <summary>What the benchmark's answer says: valid, or what is unmet where.</summary>
    public static string Verdict(string answer, string set)
    {
        if (answer.Contains("The above plan is valid", StringComparison.Ordinal))
            return "valid";
        var lines = answer.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var unmet = string.Join(' ', lines[^1].Split([", ", " and "], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(f => Translate(f, set)).Order(StringComparer.Ordinal));
        var step = Regex.Match(answer, @"at step (\d+)");
        return step.Success ? $"step fails|{step.Groups[1].Value} {Translate(lines[1], set)}: {unmet}" : $"goal not reached|{unmet}";
    }

    /// <summary>The same of a report.</summary>
    public static string Verdict(PlanReport report, string set)
    {
        if (report.IsValid)
            return "valid";
        return report.FailedStep is { } step
            ? $"step fails|{report.Executed + 1} {step}: {string.Join(' ', report.Causes.Order(StringComparer.Ordinal))}"
            : $"goal not reached|{string.Join(' ', report.UnmetGoals.Order(StringComparer.Ordinal))}";
    }

    /// <summary>A plan whose blocks are called by colour, with the names of the problem.</summary>
    public static string Plain(string plan, string set) =>
        set.StartsWith("blocks", StringComparison.Ordinal) ? Regex.Replace(plan, @"(?<=\s)[a-z]+(?=[\s)])", m => Name(m.Value, "blocks")) : plan;

    private static string Translate(string sentence, string set)
    {
        var kind = set.StartsWith("blocks", StringComparison.Ordinal) ? "blocks" : set.StartsWith("mystery", StringComparison.Ordinal) ? "mystery" : "logistics";
        foreach (var (pattern, pddl) in Sentences[kind])
        {
            var match = Regex.Match(sentence.TrimEnd('.'), $"^{pattern}$");
            if (match.Success)
                return Regex.Replace(pddl, @"\$(\d)", m => Name(match.Groups[int.Parse(m.Groups[1].Value)].Value, kind));
        }

        throw new InvalidOperationException($"'{sentence}' is no sentence of {set}.");
    }

    private static string Name(string name, string kind) => kind switch
    {
        "blocks" => Array.IndexOf(Colours, name) is >= 0 and var i ? ((char)('a' + i)).ToString() : name,
        "logistics" => Regex.Replace(name, "^(airplane|truck|package|location|city)_", m => m.Groups[1].Value[..1]).Replace('_', '-'),
        _ => name,
    };
}
