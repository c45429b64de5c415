using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Ratchet.Runs;

namespace Ratchet.Learning.Pretraining;

/// <summary>A file of a folder of shards.</summary>
/// <param name="File">Name.</param>
/// <param name="Ids">Ids in it.</param>
/// <param name="Sha256">SHA-256 of its bytes.</param>
public sealed record TokenShardFile(string File, long Ids, string Sha256);

/// <summary>What <c>shards.json</c> holds.</summary>
public sealed record TokenShardList
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "shards.json";

    /// <summary>Version of the layout.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Every id is below.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Bytes of an id, 2 or 4; lowest byte first.</summary>
    public required int IdBytes { get; init; }

    /// <summary>Ids in all files.</summary>
    public required long Ids { get; init; }

    /// <summary>Documents.</summary>
    public required long Documents { get; init; }

    /// <summary>Files in order.</summary>
    public required IReadOnlyList<TokenShardFile> Files { get; init; }
}

/// <summary>A folder of shards, read at any place without loading it: one row of ids, document behind document. Safe to read from many threads.</summary>
public sealed class TokenShards : IDisposable
{
    private readonly SafeFileHandle[] _handles;
    private readonly long[] _starts;
    private readonly string _folder;

    private TokenShards(string folder, TokenShardList list, SafeFileHandle[] handles)
    {
        (_folder, List, _handles) = (folder, list, handles);
        _starts = new long[handles.Length];
        for (var i = 1; i < _starts.Length; i++)
            _starts[i] = _starts[i - 1] + list.Files[i - 1].Ids;
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', list.Files.Select(f => f.Sha256).Prepend($"{list.VocabularySize} {list.IdBytes}")))));
    }

    /// <summary>What is in the folder.</summary>
    public TokenShardList List { get; }

    /// <summary>Ids in all.</summary>
    public long Ids => List.Ids;

    /// <summary>SHA-256 of the contents, made from the files' own.</summary>
    public string Hash { get; }

    /// <summary>Opens a folder; sizes are checked, contents are not read.</summary>
    /// <exception cref="RatchetException">Something is missing, cut off or of another version.</exception>
    public static TokenShards Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var handles = new List<SafeFileHandle>();
        try
        {
            var list = JsonSerializer.Deserialize<TokenShardList>(File.ReadAllText(Path.Combine(folder, TokenShardList.FileName)), RunSummary.JsonOptions) ?? throw new JsonException("The file is empty.");
            if (list.Version != 1 || list.IdBytes is not (2 or 4) || list.Files.Sum(f => f.Ids) != list.Ids)
                throw new JsonException($"Version {list.Version} with {list.IdBytes} bytes an id is not known, or the numbers of ids do not fit together.");
            foreach (var file in list.Files)
            {
                handles.Add(File.OpenHandle(Path.Combine(folder, Path.GetFileName(file.File))));
                if (RandomAccess.GetLength(handles[^1]) != file.Ids * list.IdBytes)
                    throw new IOException($"'{file.File}' has {RandomAccess.GetLength(handles[^1])} bytes in the place of {file.Ids * list.IdBytes}.");
            }

            return new TokenShards(folder, list, [.. handles]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            handles.ForEach(h => h.Dispose());
            throw new RatchetException($"The shards '{folder}' cannot be read: {e.Message}", "Write them anew.", e);
        }
    }

    /// <summary>Reads ids from a place on.</summary>
    /// <param name="start">Place of the first id.</param>
    /// <param name="ids">Takes the ids; all of them must be there.</param>
    /// <exception cref="RatchetException">The file cannot be read.</exception>
    public void Read(long start, Span<int> ids)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + ids.Length, Ids, nameof(start));
        var shard = Array.BinarySearch(_starts, start);
        shard = shard < 0 ? ~shard - 1 : shard;
        Span<byte> bytes = stackalloc byte[4096];
        while (ids.Length > 0)
        {
            var offset = start - _starts[shard];
            var count = (int)Math.Min(Math.Min(ids.Length, List.Files[shard].Ids - offset), bytes.Length / List.IdBytes);
            if (count == 0)
            {
                shard++;
                continue;
            }

            var part = bytes[..(count * List.IdBytes)];
            Fill(shard, part, offset * List.IdBytes);
            for (var i = 0; i < count; i++)
                ids[i] = List.IdBytes == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(part[(2 * i)..]) : BinaryPrimitives.ReadInt32LittleEndian(part[(4 * i)..]);
            ids = ids[count..];
            start += count;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var handle in _handles)
            handle.Dispose();
    }

    private void Fill(int shard, Span<byte> bytes, long offset)
    {
        try
        {
            while (bytes.Length > 0)
            {
                var read = RandomAccess.Read(_handles[shard], bytes, offset);
                if (read == 0)
                    throw new IOException($"'{List.Files[shard].File}' is shorter than it was.");
                bytes = bytes[read..];
                offset += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The shards '{_folder}' cannot be read: {e.Message}", "Check the disk, or write them anew.", e);
        }
    }
}
