namespace Ratchet.Verifiers.Lean;

/// <summary>How a Lean server with the routes of Kimina Lean Server is reached.</summary>
public sealed record LeanServerOptions
{
    /// <summary>Address of the server, for example <c>http://localhost:8000</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>Key, sent as <c>Authorization: Bearer KEY</c>, or null.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Which route is used. Default <see cref="LeanServerRoute.Check"/>.</summary>
    public LeanServerRoute Route { get; init; } = LeanServerRoute.Check;

    /// <summary>Revision of Mathlib on the server. The server does not tell it: state it, or verdicts carry "Mathlib unstated".</summary>
    public string? Mathlib { get; init; }

    /// <summary>Time that the server gives Lean for one file; whole seconds. Default 60 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Most files in one request, at least 1. Default 8. What waits goes along in the next request; nothing waits for a request to fill. The server
    /// answers a request when its slowest file is done.
    /// </summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Requests under way at one time, at least 1. Default 8.</summary>
    public int MaxRequests { get; init; } = 8;

    /// <summary>How often a request is sent again after 429, a 5xx status or a broken connection. Default 6.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>Wait before the first repetition where the server names none; doubles each time. Default 1 second.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait before a repetition; a longer <c>Retry-After</c> is cut to it. Default 30 seconds.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Clock for waits, for tests. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
