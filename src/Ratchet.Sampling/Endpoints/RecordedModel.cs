using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ratchet.Runs;

namespace Ratchet.Sampling.Endpoints;

/// <summary>What calls may cost.</summary>
public sealed record EndpointPrices
{
    /// <summary>Price of a million tokens of prompts, at least 0.</summary>
    public double InputPerMillion { get; init; }

    /// <summary>Price of a million tokens of texts, at least 0.</summary>
    public double OutputPerMillion { get; init; }

    /// <summary>Most that all recorded calls together may cost, in the currency of the prices; 0 sets no limit.</summary>
    public double Budget { get; init; }

    /// <summary>Price of some tokens.</summary>
    public double Of(long input, long output) => ((input * InputPerMillion) + (output * OutputPerMillion)) / 1e6;
}

/// <summary>What calls have come to.</summary>
/// <param name="Calls">Calls answered by the endpoint, in all sessions that the file holds.</param>
/// <param name="Replayed">Calls of this session that were answered from the file.</param>
/// <param name="InputTokens">Tokens of prompts.</param>
/// <param name="OutputTokens">Tokens of texts.</param>
/// <param name="Cost">Their price.</param>
public sealed record EndpointSpending(long Calls, long Replayed, long InputTokens, long OutputTokens, double Cost);

/// <summary>
/// Keeps every reply in a file, one JSON object a line, and answers equal calls from it: nothing is paid twice, a run that was killed goes on where it was, and tests
/// run without a network. Counts tokens and their price, and stops before a budget is passed.
/// </summary>
/// <remarks>A last line that is cut off by a kill is dropped. The file holds no key and no prompt, only their hash. Safe from many threads.</remarks>
public sealed class RecordedModel : ICompletionModel, IDisposable
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly ICompletionModel? _inner;
    private readonly EndpointPrices _prices;
    private readonly FileStream? _file;
    private readonly string? _path;
    private readonly Dictionary<string, CompletionReply> _known = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _calls;
    private long _replayed;
    private long _input;
    private long _output;
    private double _pending;
    private int _inWork;
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Opens a file of replies.</summary>
    /// <param name="inner">Answers what the file does not hold; null answers from the file alone.</param>
    /// <param name="path">File, made where it is not there; null keeps replies in memory only.</param>
    /// <param name="prices">Prices and budget; null for none.</param>
    /// <exception cref="RatchetException">The file cannot be read or written, or holds something else.</exception>
    public RecordedModel(ICompletionModel? inner, string? path, EndpointPrices? prices = null)
    {
        (_inner, _path, _prices) = (inner, path, prices ?? new EndpointPrices());
        if (path is null)
            return;
        try
        {
            _file = new FileStream(path, inner is null ? FileMode.Open : FileMode.OpenOrCreate, inner is null ? FileAccess.Read : FileAccess.ReadWrite, FileShare.Read);
            ReadAll();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The recorded replies in {path} cannot be used: {e.Message}", inner is null ? "Record them first, with the endpoint." : "Choose another place, or end the process that uses the file.", e);
        }
    }

    /// <summary>What all calls have come to.</summary>
    public EndpointSpending Spending
    {
        get
        {
            lock (_lock)
                return new EndpointSpending(_calls, _replayed, _input, _output, _prices.Of(_input, _output));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="RatchetException">The budget is used up; or there is no such reply, and nobody to ask.</exception>
    public async Task<CompletionReply> CompleteAsync(CompletionCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        var key = call.Key();
        var (known, reserved) = await ReserveAsync(call, key, cancellationToken).ConfigureAwait(false);
        if (known is not null)
            return known;
        try
        {
            var reply = await _inner!.CompleteAsync(call, cancellationToken).ConfigureAwait(false);
            if (_prices.Budget > 0 && (reply.InputTokens is null || reply.OutputTokens is null))
                throw new RatchetException("The endpoint does not say how many tokens it charges, so the budget cannot be held.", "Leave the budget out, or use another server.");
            lock (_lock)
            {
                if (_known.TryAdd(key, reply))
                    Keep(key, reply);
                return _known[key];
            }
        }
        finally
        {
            lock (_lock)
            {
                _pending = --_inWork == 0 ? 0 : _pending - reserved;
                _released.TrySetResult();
                _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    /// <summary>
    /// The recorded reply; or else room in the budget. A call in work counts at its worst: all the tokens that it may write, and as many for the prompt as it has
    /// bytes. Where that leaves no room for another call, it is waited for what the calls in work really cost,
    /// so that none that is paid is thrown away.
    /// </summary>
    private async Task<(CompletionReply? Known, double Reserved)> ReserveAsync(CompletionCall call, string key, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetByteCount(call.Prompt ?? "") + (call.Messages ?? []).Sum(m => Encoding.UTF8.GetByteCount(m.Content) + 16);
        var reserved = _prices.Of(bytes, (long)call.Count * call.MaxTokens);
        while (true)
        {
            Task released;
            lock (_lock)
            {
                if (_known.TryGetValue(key, out var known))
                {
                    _replayed++;
                    return (known, 0);
                }

                if (_inner is null)
                    throw new RatchetException($"There is no recorded reply to this call in {_path}.", "Replay with the problems, template and settings that were recorded, or record anew with the endpoint.");
                var spent = _prices.Of(_input, _output);
                if (_prices.Budget <= 0 || spent + _pending + reserved <= _prices.Budget)
                {
                    _pending += reserved;
                    _inWork++;
                    return (null, reserved);
                }

                if (_inWork == 0)
                {
                    throw new RatchetException(
                        FormattableString.Invariant($"The budget of {_prices.Budget:0.######} does not allow another call: {spent:0.######} are spent, and this call may cost {reserved:0.######}."),
                        "What was answered is recorded and will not be paid again: raise the budget (of a run: in its recipe.yaml) and continue, or ask for fewer or shorter texts.");
                }

                released = _released.Task;
            }

            await released.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Keep(string key, CompletionReply reply)
    {
        Count(reply);
        if (_file is null)
            return;
        try
        {
            _file.Write(JsonSerializer.SerializeToUtf8Bytes(new Line(key, reply), Json));
            _file.WriteByte((byte)'\n');
            _file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"The replies cannot be recorded in '{_path}'");
        }
    }

    private void Count(CompletionReply reply)
    {
        _calls++;
        _input += reply.InputTokens ?? 0;
        _output += reply.OutputTokens ?? 0;
    }

    private void ReadAll()
    {
        var bytes = new byte[_file!.Length];
        _file.ReadExactly(bytes);
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        var number = 0;
        foreach (var range in bytes.AsSpan(0, whole).Split((byte)'\n'))
        {
            number++;
            var line = bytes.AsSpan(0, whole)[range];
            if (line.IsEmpty)
                continue;
            try
            {
                var (key, reply) = JsonSerializer.Deserialize<Line>(line, Json) ?? throw new JsonException("the line holds null");
                if (_known.TryAdd(key, reply))
                    Count(reply);
            }
            catch (JsonException e)
            {
                throw new RatchetException($"{_path}:{number}: this is no recorded reply: {e.Message}", "Give a file that was recorded, or a new name.", e);
            }
        }

        if (_inner is null)
            return;
        _file.SetLength(whole);
        _file.Position = whole;
    }

    private sealed record Line(string Key, CompletionReply Reply);
}
