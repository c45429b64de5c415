using System.Globalization;
using System.Net;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Ratchet.Service.Admission;
using Ratchet.Service.Completions;

namespace Ratchet.Service.Http;

/// <summary>What every request passes before its route: mistakes become answers, browsers are kept out, keys and rates are checked.</summary>
internal sealed class Pipeline(CheckService service, PartitionedRateLimiter<string> rates, ILogger log)
{
    private const string Challenge = "Bearer";
    private static readonly string[] Open = ["/", "/health"];
    private readonly ClientKeys _keys = new(service.Options.Keys);

    /// <summary>Makes the limiter of requests a second.</summary>
    public static PartitionedRateLimiter<string> Rates(ServiceOptions options) => PartitionedRateLimiter.Create<string, string>(client =>
        options.RequestsPerSecond == 0 ? RateLimitPartition.GetNoLimiter(client) : RateLimitPartition.GetTokenBucketLimiter(client, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = 2 * options.RequestsPerSecond, TokensPerPeriod = options.RequestsPerSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0,
        }));

    /// <summary>Name of the client, from the key that it showed or the address that it called from.</summary>
    public static string Client(HttpContext context) => context.User.Identity?.Name ?? "nobody";

    /// <summary>Runs a request.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            KeepBrowsersOut(context.Request);
            var client = Identify(context.Request);
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, client)], "key"));
            if (!Open.Contains(context.Request.Path.Value))
                Limit(client);
            await next(context).ConfigureAwait(false);
            if (context.Response is { HasStarted: false, StatusCode: >= 400 and < 500, ContentLength: null })
                await AnswerAsync(context, context.Response.StatusCode, Detail(context), null).ConfigureAwait(false);
        }
        catch (RequestRefusedException e)
        {
            await AnswerAsync(context, e.Status, e.Message, e.RetryAfter, e.Parameter, e.Code).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, e.StatusCode, e.Message, null).ConfigureAwait(false);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // Nobody is left to answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            log.Failed(context.Request.Method, context.Request.Path, e);
            await AnswerAsync(context, 500, "This is a bug in the service; its log says more.", null).ConfigureAwait(false);
        }
    }

    private static string Detail(HttpContext context) => context.Response.StatusCode switch
    {
        404 => "There is no such route. Routes: POST /api/check, POST /verify, POST /v1/verify, GET /v1/verifiers, POST /v1/completions, POST /v1/chat/completions, GET /v1/models, GET /health, GET /metrics, /mcp.",
        405 => "This route does not take this method.",
        var status => $"The request was refused with status {status}.",
    };

    /// <summary>
    /// A page in a browser can send requests to this machine. Such a request names the page in Origin, or the page's host where its name was
    /// made to lead here; programs do neither.
    /// </summary>
    private void KeepBrowsersOut(HttpRequest request)
    {
        if (request.Headers.Origin.Count > 0 && !(Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin) && IsLocal(origin.Host)))
            throw new RequestRefusedException(403, "Requests of web pages are not served.");
        if (!_keys.Required && !IsLocal(request.Host.Host))
            throw new RequestRefusedException(403, "Without keys the service is called by the name localhost or a loopback address.");
    }

    private static bool IsLocal(string host) => host is "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private string Identify(HttpRequest request)
    {
        var caller = $"ip-{request.HttpContext.Connection.RemoteIpAddress}";
        if (!_keys.Required || Open.Contains(request.Path.Value))
            return caller;
        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0)
            header = request.Headers["X-Auth-Token"].ToString();
        var key = header.StartsWith(Challenge + " ", StringComparison.OrdinalIgnoreCase) ? header[(Challenge.Length + 1)..].Trim() : header;
        if (_keys.Find(key) is { } known)
            return known;
        // Guessing keys is slowed down like any other calling.
        Limit(caller);
        throw new RequestRefusedException(401, key.Length == 0 ? "A key is needed: Authorization: Bearer KEY." : "This key is not known.");
    }

    private void Limit(string client)
    {
        using var lease = rates.AttemptAcquire(client);
        if (!lease.IsAcquired)
            throw new RequestRefusedException(429, $"At most {service.Options.RequestsPerSecond} requests a second.", lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1));
    }

    private async Task AnswerAsync(HttpContext context, int status, string detail, TimeSpan? retryAfter, string? parameter = null, string? code = null)
    {
        service.Metrics.Refused(status);
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Clear();
        context.Response.StatusCode = status;
        if (retryAfter is { } after)
            context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (status == 401)
            context.Response.Headers.WWWAuthenticate = Challenge;
        if (CompletionRoutes.Owns(context.Request.Path))
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.Body.WriteAsync(CompletionAnswer.Error(status, detail, parameter, code), context.RequestAborted).ConfigureAwait(false);
            return;
        }

        await context.Response.WriteAsJsonAsync(new { status, detail }, VerdictAnswer.Json, "application/problem+json", context.RequestAborted).ConfigureAwait(false);
    }
}
