using Microsoft.AspNetCore.Http;
using Ratchet.Service.Admission;

namespace Ratchet.Service.Http;

/// <summary>A request's body in memory, charged to the client's budget until it is disposed.</summary>
internal sealed class RequestBody : IDisposable
{
    private readonly ByteBudget _budget;
    private readonly string _client;
    private byte[] _buffer = [];
    private long _charged;
    private int _length;

    private RequestBody(ByteBudget budget, string client)
    {
        _budget = budget;
        _client = client;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>Reads the body of a JSON request.</summary>
    /// <exception cref="RequestRefusedException">It is too long (413), no JSON by its content type (415), or the budget is used up (429).</exception>
    public static async Task<RequestBody> ReadAsync(HttpContext context, CheckService service, string client)
    {
        var most = service.Options.MaxBodyBytes;
        if (context.Request.ContentType is not null && !context.Request.HasJsonContentType())
            throw new RequestRefusedException(415, "The body must be JSON, with the content type application/json.");
        if (context.Request.ContentLength > most)
            throw TooLong(most);
        var body = new RequestBody(service.Bodies, client);
        try
        {
            body.Grow((int)Math.Max(1, context.Request.ContentLength ?? 4096));
            while (true)
            {
                if (body._length == body._buffer.Length)
                {
                    // One byte more than the limit shows that there is more, and is never reached by an honest body.
                    if (body._length > most)
                        throw TooLong(most);
                    if (body._length == context.Request.ContentLength)
                        return body;
                    body.Grow((int)Math.Min(most + 1, body._length * 2L));
                }

                var read = await context.Request.Body.ReadAsync(body._buffer.AsMemory(body._length), context.RequestAborted).ConfigureAwait(false);
                if (read == 0)
                    return body;
                body._length += read;
                if (body._length > most)
                    throw TooLong(most);
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The bytes for a reader that wants a stream.</summary>
    public MemoryStream ToStream() => new(_buffer, 0, _length, writable: false);

    /// <summary>Gives up the bytes and keeps the charge: what was read from them is as large.</summary>
    public void Release() => _buffer = [];

    public void Dispose()
    {
        _buffer = [];
        _budget.Return(_client, _charged);
        _charged = 0;
    }

    private static RequestRefusedException TooLong(long most) => new(413, $"The body may have at most {most} bytes.");

    private void Grow(int size)
    {
        var more = size - _charged;
        if (!_budget.TryTake(_client, more))
            throw new RequestRefusedException(429, "Too many bytes of requests are pending.", TimeSpan.FromSeconds(1));
        _charged = size;
        Array.Resize(ref _buffer, size);
    }
}
