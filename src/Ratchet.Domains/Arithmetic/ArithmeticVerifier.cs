using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Arithmetic;

/// <summary>Judges the answer of a solution, whatever its format, in process.</summary>
/// <remarks>
/// The response alone is judged, never prompt and response together, and it must be whole: see <see cref="ArithmeticClassifier"/>. Reasons: <see cref="VerdictReason.Proved"/>;
/// <see cref="VerdictReason.Syntax"/> for a malformed text, <see cref="VerdictReason.StepFailed"/> where the computation fails, both with the place;
/// <see cref="VerdictReason.WrongAnswer"/>, which does not say what the answer is; unknown with <see cref="VerdictReason.ResourceLimit"/> where the text is too long or
/// nested, or a number too large. Safe to call from many threads.
/// </remarks>
public sealed class ArithmeticVerifier() : InProcessVerifier("arithmetic", "1")
{
    /// <summary>Judges a solution.</summary>
    /// <param name="statement">Word problem.</param>
    /// <param name="solution">Solution.</param>
    /// <exception cref="StatementException">The text is no word problem of the domain.</exception>
    public Verdict Verify(string statement, string solution)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(solution);
        var expected = ArithmeticStoryReader.Read(statement).Answer;
        var reading = ArithmeticClassifier.Read(solution);
        if (reading.HitLimit)
            return Unknown(VerdictReason.ResourceLimit, new Feedback(reading.Position, solution.Length, reading.Mistake!), reading.Steps);
        if (reading.Mistake is { } mistake)
            return Rejected(reading.Format is null ? VerdictReason.Syntax : VerdictReason.StepFailed, reading.Position, reading.Position, mistake, reading.Steps);
        return reading.Answer == expected
            ? Accepted(reading.Steps)
            : Rejected(VerdictReason.WrongAnswer, -1, -1, $"{reading.Answer} is not the answer.", reading.Steps);
    }

    /// <inheritdoc/>
    protected override Verdict Judge(Problem problem, string text)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return Verify(problem.Statement, text);
    }
}
