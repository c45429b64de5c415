namespace Ratchet.Runs;

/// <summary>
/// A mistake or a fault that a user can do something about: what is wrong, where, and what to do. The command line prints
/// the message without a stack trace and exits with <see cref="ExitCode"/>.
/// </summary>
public sealed class RatchetException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong and where.</param>
    /// <param name="remedy">What to do about it, or null.</param>
    /// <param name="inner">Cause, or null.</param>
    public RatchetException(string message, string? remedy = null, Exception? inner = null)
        : base(message, inner) => Remedy = remedy;

    /// <summary>What to do about it, or null.</summary>
    public string? Remedy { get; }

    /// <summary>Process exit code, 1 unless set.</summary>
    public int ExitCode { get; init; } = 1;
}
