using Microsoft.Extensions.Logging;

namespace Ratchet.Service.Http;

/// <summary>What the service writes to its log.</summary>
internal static partial class ServiceLog
{
    /// <summary>A request met a bug.</summary>
    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} met a bug.")]
    public static partial void Failed(this ILogger log, string method, string path, Exception exception);
}
