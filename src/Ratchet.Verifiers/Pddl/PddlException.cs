namespace Ratchet.Verifiers.Pddl;

/// <summary>A text that is no PDDL, or PDDL that is not supported; holds all mistakes that were found.</summary>
public sealed class PddlException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="errors">The mistakes, at least one, in order of place.</param>
    public PddlException(IReadOnlyList<PddlError> errors)
        : base(Describe(errors)) => Errors = errors;

    /// <summary>The mistakes, in order of place; at most 100 of one text.</summary>
    public IReadOnlyList<PddlError> Errors { get; }

    private static string Describe(IReadOnlyList<PddlError> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        ArgumentOutOfRangeException.ThrowIfZero(errors.Count);
        return string.Join('\n', errors);
    }
}
