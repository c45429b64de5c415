using Ratchet.Recipes;
using Ratchet.Sampling.Endpoints;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>A model elsewhere that proposes, asked in the OpenAI form. <c>propose.temperature</c>, <c>top_p</c> and <c>samples</c> hold for it too.</summary>
public sealed record EndpointSettings
{
    /// <summary>Base address, for example <c>http://127.0.0.1:8000/v1</c>.</summary>
    [Form("https?://.+", "an address that begins with http:// or https://")]
    public required string Url { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Form of the requests: <c>chat</c> (conversations) or <c>completions</c> (plain texts that are continued).</summary>
    public EndpointApi Api { get; init; } = EndpointApi.Chat;

    /// <summary>Environment variable that holds the key; the key itself stands nowhere. Null sends none.</summary>
    [Form("[A-Za-z_][A-Za-z0-9_]*", "a name of an environment variable")]
    public string? ApiKeyEnv { get; init; }

    /// <summary>Prompt template (JSON), relative to the recipe; null takes the domain's own.</summary>
    [RelativePath]
    public string? Template { get; init; }

    /// <summary>Limit on the tokens of an answer.</summary>
    [Between(1, 1_000_000)]
    public int MaxTokens { get; init; } = 1024;

    /// <summary>Attempts asked for in one call.</summary>
    [Between(1, 1024)]
    public int ChoicesPerCall { get; init; } = 1;

    /// <summary>Calls at one time.</summary>
    [Between(1, 1024)]
    public int Concurrency { get; init; } = 8;

    /// <summary>Calls a minute; 0 does not limit them.</summary>
    [AtLeast(0)]
    public double RequestsPerMinute { get; init; }

    /// <summary>Repetitions of a call that broke off, was put off (429) or met a fault of the server (5xx).</summary>
    [Between(0, 100)]
    public int Retries { get; init; } = 6;

    /// <summary>Longest time of one sending, seconds.</summary>
    [Between(0, 86_400, MinimumOutside = true)]
    public double TimeoutSeconds { get; init; } = 120;

    /// <summary>Longest time of a call with its repetitions, seconds.</summary>
    [Between(0, 604_800, MinimumOutside = true)]
    public double DeadlineSeconds { get; init; } = 600;

    /// <summary>Send a seed; some servers refuse one.</summary>
    public bool SendSeed { get; init; } = true;

    /// <summary>Price of a million tokens of prompts.</summary>
    [AtLeast(0)]
    public double PriceInput { get; init; }

    /// <summary>Price of a million tokens of answers.</summary>
    [AtLeast(0)]
    public double PriceOutput { get; init; }

    /// <summary>Most that the run may cost, in the currency of the prices; it stops before, and goes on with a higher one. 0 sets no limit.</summary>
    [AtLeast(0)]
    public double Budget { get; init; }
}
