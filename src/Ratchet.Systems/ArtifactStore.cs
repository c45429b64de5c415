using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Systems;

/// <summary>
/// A folder of results that several runs share, each found by the hash of all that it depends on: whoever needs one first makes it, the others wait and take it.
/// </summary>
/// <remarks>
/// <c>STAGE-HASH/artifact.json</c> holds what the result depends on and is written last: a folder without it is unfinished, and is made again (or gone on with, where its maker can). A lock
/// file beside the folder, held by the process that works on it, ends with that process.
/// </remarks>
internal sealed class ArtifactStore
{
    private const string Marker = "artifact.json";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly string _root;
    private readonly SortedDictionary<string, string> _used = new(StringComparer.Ordinal);

    /// <summary>Opens or makes the folder.</summary>
    /// <exception cref="RatchetException">It cannot be made.</exception>
    public ArtifactStore(string root)
    {
        _root = Path.GetFullPath(root);
        try
        {
            Directory.CreateDirectory(_root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"The folder of shared results '{root}' cannot be made");
        }
    }

    /// <summary>Results that were asked for: stage to folder name.</summary>
    public IReadOnlyDictionary<string, string> Used => _used;

    /// <summary>Hash of what a result depends on, in hexadecimal.</summary>
    public static string HashOf(object identity) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text(identity))).AsSpan(0, 8));

    /// <summary>The folder of a result, made where it is not there.</summary>
    /// <param name="stage">What it is, a short name.</param>
    /// <param name="identity">All that it depends on; written as JSON.</param>
    /// <param name="make">Makes it in an existing folder, in which the remains of an earlier try may lie.</param>
    /// <param name="cancellationToken">Stops waiting and making.</param>
    public async Task<string> GetAsync(string stage, object identity, Func<string, CancellationToken, Task> make, CancellationToken cancellationToken)
    {
        var name = $"{stage}-{HashOf(identity)}";
        var folder = Path.Combine(_root, name);
        lock (_used)
            _used[stage] = name;
        if (File.Exists(Path.Combine(folder, Marker)))
            return folder;
        using var held = await LockAsync(folder + ".lock", cancellationToken);
        if (File.Exists(Path.Combine(folder, Marker)))
            return folder;
        Directory.CreateDirectory(folder);
        await make(folder, cancellationToken);
        RunFolder.WriteAtomically(Path.Combine(folder, Marker), Text(identity));
        return folder;
    }

    private static string Text(object identity) => JsonSerializer.Serialize(identity, RunSummary.JsonOptions) + "\n";

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020))
            {
                await Task.Delay(Pause, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw RunFolder.Explain(e, $"'{path}' cannot be written");
            }
        }
    }
}
