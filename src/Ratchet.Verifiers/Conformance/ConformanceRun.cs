using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Conformance;

/// <summary>Collects the checks of a kit; one that throws has failed, and the others go on.</summary>
internal sealed class ConformanceRun
{
    private readonly List<ConformanceCheck> _checks = [];

    /// <summary>Checks so far.</summary>
    public IReadOnlyList<ConformanceCheck> Checks => _checks;

    /// <summary>A problem with a statement.</summary>
    public static Problem Problem(string domain, string statement) =>
        new() { Id = "conformance", Domain = domain, Statement = statement, CanonicalHash = "conformance", Split = Split.Heldout };

    /// <summary>What a verdict says, in short: outcome, reason and the first message.</summary>
    public static string Shown(Verdict verdict)
    {
        var message = verdict.Feedback is [var first, ..] ? $" at {first.Start}-{first.End}: {first.Message.ReplaceLineEndings(" ")}" : "";
        return $"{verdict.Outcome} {verdict.Reason}{(message.Length <= 300 ? message : message[..300] + " ...")}";
    }

    /// <summary>Adds a check.</summary>
    /// <param name="name">Name.</param>
    /// <param name="expected">What must be seen: the beginning of what <paramref name="see"/> gives.</param>
    /// <param name="see">Looks.</param>
    public async Task AddAsync(string name, string expected, Func<Task<string>> see)
    {
        string seen;
        var passed = false;
        try
        {
            seen = await see();
            passed = seen.StartsWith(expected, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is RatchetException or StatementException or InvalidOperationException or IOException)
        {
            seen = e is RatchetException { Remedy: { } remedy } ? $"{e.Message} {remedy}" : e.Message;
        }

        _checks.Add(new ConformanceCheck(name, passed, expected, seen));
    }
}
