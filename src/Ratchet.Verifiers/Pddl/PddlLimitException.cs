namespace Ratchet.Verifiers.Pddl;

/// <summary>A stated limit on work or memory was reached; says nothing about the plan or the problem.</summary>
public sealed class PddlLimitException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which limit.</param>
    public PddlLimitException(string message)
        : base(message)
    {
    }
}
