using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Learning.Pretraining;

/// <summary>
/// Writes documents as token ids into a folder of shards: files of a fixed number of ids with a list of them, <c>shards.json</c>. Memory does not grow with the text. The folder
/// appears whole or not at all.
/// </summary>
public sealed class TokenShardWriter : IDisposable
{
    private const int BufferedIds = 1 << 14;

    private readonly string _folder;
    private readonly string _partial;
    private readonly int _vocabularySize;
    private readonly int _idBytes;
    private readonly long _idsPerShard;
    private readonly List<TokenShardFile> _files = [];
    private readonly byte[] _buffer;
    private FileStream? _file;
    private IncrementalHash? _hash;
    private int _buffered;
    private long _inShard;
    private bool _finished;

    /// <summary>Begins a folder.</summary>
    /// <param name="folder">Folder; its parent is made where missing.</param>
    /// <param name="vocabularySize">Every id is below; up to 65,536 an id takes two bytes, else four.</param>
    /// <param name="idsPerShard">Ids of a shard, at least 1.</param>
    /// <exception cref="RatchetException">The folder is there already, or cannot be written.</exception>
    public TokenShardWriter(string folder, int vocabularySize, long idsPerShard = 1 << 24)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(idsPerShard, 1);
        _folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _partial = _folder + ".partial";
        (_vocabularySize, _idsPerShard, _idBytes) = (vocabularySize, idsPerShard, vocabularySize <= ushort.MaxValue + 1 ? 2 : 4);
        _buffer = new byte[BufferedIds * _idBytes];
        if (Directory.Exists(_folder))
            throw new RatchetException($"The folder '{folder}' is there already.", "Choose another folder, or remove it.");
        Try(() =>
        {
            if (Directory.Exists(_partial))
                Directory.Delete(_partial, recursive: true);
            Directory.CreateDirectory(_partial);
        });
    }

    /// <summary>Ids written so far.</summary>
    public long Ids { get; private set; }

    /// <summary>Documents written so far.</summary>
    public long Documents { get; private set; }

    /// <summary>Adds a document; marks at its beginning and end are the caller's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    /// <exception cref="RatchetException">The disk is full, or the folder cannot be written.</exception>
    public void Add(ReadOnlySpan<int> ids)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)_vocabularySize)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"An id lies in [0, {_vocabularySize}).");
            var place = _buffer.AsSpan(_buffered * _idBytes, _idBytes);
            if (_idBytes == 2)
                BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)id);
            else
                BinaryPrimitives.WriteInt32LittleEndian(place, id);
            _inShard++;
            if (++_buffered == BufferedIds || _inShard == _idsPerShard)
                Write();
            if (_inShard == _idsPerShard)
                EndShard();
        }

        Ids += ids.Length;
        Documents++;
    }

    /// <summary>Ends the folder and puts it in its place.</summary>
    /// <exception cref="RatchetException">There is nothing in it, or it cannot be written.</exception>
    public void Finish()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (Ids == 0)
            throw new RatchetException($"There is no text to write into '{_folder}'.", "Give at least one document.");
        Write();
        EndShard();
        var list = new TokenShardList { VocabularySize = _vocabularySize, IdBytes = _idBytes, Ids = Ids, Documents = Documents, Files = _files };
        RunFolder.WriteAtomically(Path.Combine(_partial, TokenShardList.FileName), JsonSerializer.Serialize(list, RunSummary.JsonOptions) + "\n");
        Try(() => Directory.Move(_partial, _folder));
        _finished = true;
    }

    /// <summary>Closes the file in work; a folder that was not finished is removed.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _hash?.Dispose();
        if (_finished || !Directory.Exists(_partial))
            return;
        try
        {
            Directory.Delete(_partial, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What went wrong before is what gets reported; the next writer of this folder removes the rest.
        }
    }

    private void Write()
    {
        if (_buffered == 0)
            return;
        var bytes = _buffer.AsMemory(0, _buffered * _idBytes);
        Try(() =>
        {
            _file ??= new FileStream(Path.Combine(_partial, Name(_files.Count)), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            _file.Write(bytes.Span);
        });
        (_hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256)).AppendData(bytes.Span);
        _buffered = 0;
    }

    private void EndShard()
    {
        if (_file is null)
            return;
        Try(() => _file.Flush(flushToDisk: true));
        _files.Add(new TokenShardFile(Name(_files.Count), _inShard, Convert.ToHexStringLower(_hash!.GetHashAndReset())));
        _file.Dispose();
        _file = null;
        _inShard = 0;
    }

    private static string Name(int shard) => FormattableString.Invariant($"shard-{shard:00000}.ids");

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"The shards '{_folder}' cannot be written");
        }
    }
}
