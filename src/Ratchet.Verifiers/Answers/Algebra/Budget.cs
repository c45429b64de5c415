namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>
/// The work that one comparison may do, in steps of roughly a microsecond. Steps are counted, not timed, so that the outcome is the
/// same on a fast machine and on a busy one.
/// </summary>
internal sealed class Budget(long steps)
{
    private readonly long _limit = steps;
    private long _left = steps;

    /// <summary>Steps spent so far.</summary>
    public long Spent => _limit - _left;

    /// <summary>Takes steps off.</summary>
    /// <exception cref="UndecidedException">None are left.</exception>
    public void Spend(long count)
    {
        _left -= count;
        if (_left < 0)
            throw new UndecidedException(AnswerReason.Limit, $"the comparison needs more than {_limit} steps");
    }

    /// <summary>Takes the cost of an operation on numbers of so many bits off.</summary>
    public void SpendBits(long bits)
    {
        // Multiplication of long numbers is a little worse than linear; this stays above it up to the longest numbers allowed.
        var words = bits >> 6;
        Spend(1 + (words >> 3) + (words * words >> 14));
    }
}
