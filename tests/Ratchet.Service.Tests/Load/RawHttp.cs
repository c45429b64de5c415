using System.Net.Sockets;
using System.Text;

namespace Ratchet.Service.Tests.Load;

/// <summary>Bytes over a connection, for requests that no client library would send.</summary>
internal static class RawHttp
{
    /// <summary>Sends bytes and reads the status of the answer; 0 where the connection ends without one, or none comes because the server waits for more.</summary>
    /// <param name="url">Address of the service.</param>
    /// <param name="bytes">What to send.</param>
    /// <param name="patience">How long to wait for an answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<int> SendAsync(Uri url, ReadOnlyMemory<byte> bytes, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        using var socket = new TcpClient();
        await socket.ConnectAsync(url.Host, url.Port, cancellationToken);
        var stream = socket.GetStream();
        var answer = new byte[64];
        var length = 0;
        try
        {
            await stream.WriteAsync(bytes, limit.Token);
            while (length < answer.Length && await stream.ReadAsync(answer.AsMemory(length), limit.Token) is > 0 and var read)
                length += read;
        }
        catch (Exception e) when (e is IOException or SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The server ended the connection before it had read everything, or still waits; what it said first counts.
        }

        var line = Encoding.ASCII.GetString(answer, 0, length);
        return line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && line.Length >= 12 && int.TryParse(line.AsSpan(9, 3), out var status) ? status : 0;
    }

    /// <summary>A POST request as bytes.</summary>
    public static byte[] Post(string path, string body, string? key = null, int? length = null) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nConnection: close\r\n"
        + (key is null ? "" : $"Authorization: Bearer {key}\r\n") + $"Content-Length: {length ?? Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
}
