using Ratchet.Runs;

namespace Ratchet.Sampling.Endpoints;

/// <summary>Which of the two forms an endpoint is asked in.</summary>
public enum EndpointApi
{
    /// <summary>Conversations: <c>/v1/chat/completions</c>.</summary>
    Chat,

    /// <summary>Plain texts that are continued: <c>/v1/completions</c>.</summary>
    Completions,
}

/// <summary>Where an endpoint is, and how patiently it is asked.</summary>
public sealed record EndpointOptions
{
    /// <summary>Base address, for example <c>http://127.0.0.1:8000/v1</c>; <c>/v1</c> is added where the path is empty.</summary>
    public required Uri Url { get; init; }

    /// <summary>Form of the requests.</summary>
    public EndpointApi Api { get; init; } = EndpointApi.Chat;

    /// <summary>Environment variable that holds the key; null sends none. The key itself is written nowhere.</summary>
    public string? ApiKeyVariable { get; init; }

    /// <summary>A seed is sent; some servers refuse one.</summary>
    public bool SendSeed { get; init; } = true;

    /// <summary>Longest time of one sending, above 0.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Longest time of a call with all its repetitions, above 0.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Repetitions after the first sending, at least 0: where the connection broke, and after 408, 409, 429 and 5xx.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>Wait before the first repetition, doubled for each further one; a server's Retry-After goes before.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Sendings a minute; 0 does not limit them.</summary>
    public double RequestsPerMinute { get; init; }

    /// <summary>The address that requests go to.</summary>
    /// <exception cref="RatchetException">The base address is no HTTP address.</exception>
    internal Uri Address
    {
        get
        {
            if (!Url.IsAbsoluteUri || Url.Scheme is not ("http" or "https"))
                throw new RatchetException($"'{Url}' is no address of an endpoint.", "Give one such as http://127.0.0.1:8000/v1.") { ExitCode = 2 };
            var path = Url.AbsolutePath.TrimEnd('/');
            return new Uri(Url, (path.Length == 0 ? "/v1" : path) + (Api == EndpointApi.Chat ? "/chat/completions" : "/completions"));
        }
    }
}
