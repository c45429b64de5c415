using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Loop;

/// <summary>A verifier that judges a text in this process, at once. Who derives from it says how; name and version are put on every verdict here.</summary>
/// <param name="name">Short name.</param>
/// <param name="version">Version; see <see cref="IVerifier.Version"/>.</param>
public abstract class InProcessVerifier(string name, string version) : IVerifier
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Version => version;

    /// <inheritdoc/>
    /// <exception cref="StatementException">The problem's statement is none that the verifier reads.</exception>
    public ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(text);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Judge(problem, text));
    }

    /// <summary>Judges one attempt. Safe to call from many threads.</summary>
    /// <exception cref="StatementException">The problem's statement is none that the verifier reads.</exception>
    protected abstract Verdict Judge(Problem problem, string text);

    /// <summary>The verdict on a text that is too long to be read; null where it is not.</summary>
    /// <param name="what">What the text is, for example <c>plan</c>.</param>
    /// <param name="text">Text.</param>
    /// <param name="most">Most characters that are read.</param>
    protected Verdict.Unknown? TooLong(string what, string text, int most)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= most ? null : Unknown(VerdictReason.ResourceLimit, new Feedback(most, text.Length, $"The {what} has {text.Length} characters; at most {most} are read."), 0);
    }

    /// <summary>An accepted proof.</summary>
    /// <param name="steps">Cost; see <see cref="Verdict.Steps"/>.</param>
    protected Verdict.Accepted Accepted(long steps) => new() { Reason = VerdictReason.Proved, Verifier = name, VerifierVersion = version, Steps = steps };

    /// <summary>A rejected text.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="feedback">Places and words, at least one.</param>
    /// <param name="steps">Cost.</param>
    protected Verdict.Rejected Rejected(VerdictReason reason, IReadOnlyList<Feedback> feedback, long steps) =>
        new() { Reason = reason, Verifier = name, VerifierVersion = version, Steps = steps, Feedback = feedback };

    /// <summary>A rejected text with one place.</summary>
    protected Verdict.Rejected Rejected(VerdictReason reason, int start, int end, string message, long steps) => Rejected(reason, [new Feedback(start, end, message)], steps);

    /// <summary>No verdict on the text.</summary>
    protected Verdict.Unknown Unknown(VerdictReason reason, Feedback feedback, long steps) =>
        new() { Reason = reason, Verifier = name, VerifierVersion = version, Steps = steps, Feedback = [feedback] };
}
