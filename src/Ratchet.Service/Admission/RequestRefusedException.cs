namespace Ratchet.Service.Admission;

/// <summary>A request that is not served, for a reason on the client's side: a status from 400 to 499 and what is wrong.</summary>
internal sealed class RequestRefusedException(int status, string detail, TimeSpan? retryAfter = null) : Exception(detail)
{
    /// <summary>HTTP status, 400 to 499.</summary>
    public int Status { get; } = status;

    /// <summary>When to try again, where trying again helps.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Field of the request that is wrong, or null.</summary>
    public string? Parameter { get; init; }

    /// <summary>Word for programs, in the answers of the completion routes, or null.</summary>
    public string? Code { get; init; }
}
