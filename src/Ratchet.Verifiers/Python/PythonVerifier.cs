using System.Globalization;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Python;

/// <summary>Judges programs by running them against tests, behind the walls of a <see cref="PythonSandbox"/>.</summary>
/// <remarks>
/// <para>What is expected stays away from the program: outputs are compared in this process, and asserts run in a process of their own that calls
/// the program's functions from outside.</para>
/// <para>Limits, crashes and outages are unknown verdicts. A program that ends by itself without having passed is rejected.</para>
/// </remarks>
public sealed class PythonVerifier : IVerifier, IDisposable
{
    private readonly PythonSandbox _sandbox;
    private readonly Func<Problem, string?> _tests;

    /// <summary>Makes a verifier.</summary>
    /// <param name="sandbox">Sandbox; disposed with the verifier.</param>
    /// <param name="tests">The tests of a problem in a form of <see cref="PythonTests.Parse"/>, or null; called from many threads.</param>
    public PythonVerifier(PythonSandbox sandbox, Func<Problem, string?> tests)
    {
        ArgumentNullException.ThrowIfNull(sandbox);
        ArgumentNullException.ThrowIfNull(tests);
        (_sandbox, _tests) = (sandbox, tests);
        var options = sandbox.Options;
        Version = string.Create(CultureInfo.InvariantCulture, $"{sandbox.Version}+{options.Wall.TotalSeconds:0.###}s+{options.CpuSeconds}s+{options.MemoryBytes >> 20}MiB");
    }

    /// <inheritdoc/>
    public string Name => "python";

    /// <summary>Version of Python, the walls, the rules and the limits that a verdict depends on, for example <c>3.11.2/bubblewrap/1+15s+5s+1024MiB</c>.</summary>
    public string Version { get; }

    /// <inheritdoc/>
    public async ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(text);
        PythonTests tests;
        try
        {
            tests = PythonTests.Parse(_tests(problem) ?? "");
        }
        catch (StatementException e)
        {
            return Unknown(VerdictReason.Unavailable, e.Message, 0);
        }

        var code = PythonFences.Program(text);
        if (string.IsNullOrWhiteSpace(code))
            return Rejected(VerdictReason.Incomplete, "The text holds no program.", 0);
        return tests.Cases.Count > 0 ? await RunCases(code, tests.Cases, cancellationToken).ConfigureAwait(false) : await RunAsserts(code, tests.Asserts, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the sandbox.</summary>
    public void Dispose() => _sandbox.Dispose();

    private async Task<Verdict> RunCases(string code, IReadOnlyList<PythonCase> cases, CancellationToken cancellationToken)
    {
        for (var i = 0; i < cases.Count; i++)
        {
            var run = await _sandbox.RunAsync(new PythonProgram(code) { Input = cases[i].Input }, cancellationToken).ConfigureAwait(false);
            if (run.End != PythonEnd.Exited)
                return Unknown(run.Reason, $"Test {i + 1}: {run.Message}", i + 1);
            if (run.Code != 0)
                return Failed(run, $"Test {i + 1}: ", i + 1);
            if (!PythonTests.IsSameOutput(run.Output, cases[i].Output))
                return Rejected(VerdictReason.WrongAnswer, $"Test {i + 1}: the output is another one.", i + 1);
        }

        return Accepted(cases.Count);
    }

    private async Task<Verdict> RunAsserts(string code, string asserts, CancellationToken cancellationToken)
    {
        var run = await _sandbox.TestAsync(new PythonProgram(code), asserts, cancellationToken).ConfigureAwait(false);
        return run switch
        {
            { End: not PythonEnd.Exited } => Unknown(run.Reason, run.Message, 1),
            { Findings: { Passed: > 0 and var passed } } => Accepted(passed),
            { Findings: { Unreadable: { } message } } => Unknown(VerdictReason.Unavailable, message, 1),
            { Findings: { Failed: { } message, Refused: var refused } } => Rejected(refused ? VerdictReason.Cheat : VerdictReason.WrongAnswer, message, 1),
            { Code: not 0 } => Failed(run, "", 1),
            { Findings: { Gone: true } } => Rejected(VerdictReason.StepFailed, "The program ended or fell silent before the tests were done.", 1),
            _ => Unknown(VerdictReason.Unavailable, "The checker said nothing.", 1),
        };
    }

    private Verdict.Rejected Failed(PythonRun run, string place, int steps)
    {
        var error = run.LastErrorLine is { Length: > 0 } line ? line : $"It ended with exit code {run.Code}.";
        return Rejected(error.StartsWith("SyntaxError", StringComparison.Ordinal) || error.StartsWith("IndentationError", StringComparison.Ordinal) ? VerdictReason.Syntax : VerdictReason.StepFailed, place + error, steps);
    }

    private Verdict.Accepted Accepted(int steps) => new() { Reason = VerdictReason.Proved, Verifier = Name, VerifierVersion = Version, Steps = steps };

    private Verdict.Rejected Rejected(VerdictReason reason, string message, int steps) =>
        new() { Reason = reason, Verifier = Name, VerifierVersion = Version, Feedback = [new Feedback(-1, -1, message)], Steps = steps };

    private Verdict.Unknown Unknown(VerdictReason reason, string message, int steps) =>
        new() { Reason = reason, Verifier = Name, VerifierVersion = Version, Feedback = [new Feedback(-1, -1, message)], Steps = steps };
}
