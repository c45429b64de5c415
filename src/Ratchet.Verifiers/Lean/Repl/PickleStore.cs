using System.Security.Cryptography;
using System.Text;

namespace Ratchet.Verifiers.Lean.Repl;

/// <summary>Files in which REPL processes leave environments and proof states for each other.</summary>
/// <remarks>
/// A pickle is loaded by Lean without a check, so nobody but this process may write into the folder. It is readable by all, because each REPL
/// may run as a user of its own.
/// </remarks>
internal sealed class PickleStore
{
    private readonly string _folder;
    private readonly string _toolchain;

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">Folder; made where it is missing.</param>
    /// <param name="toolchain">Which Lean and project the pickles are for: others do not read them.</param>
    public PickleStore(string folder, string toolchain)
    {
        _folder = folder;
        _toolchain = toolchain;
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }

    /// <summary>The pickle of a key, or null.</summary>
    public string? Find(string key) => PathOf(key) is var path && File.Exists(path) ? path : null;

    /// <summary>Takes a file in as the pickle of a key, whole or not at all; a file that cannot be taken is left out.</summary>
    public void Keep(string key, string file)
    {
        var target = PathOf(key);
        var part = $"{target}.{Path.GetRandomFileName()}";
        try
        {
            File.Copy(file, part);
            File.Delete(file);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(part, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            File.Move(part, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A pickle only saves time. Without it the next process imports or replays.
            File.Delete(part);
        }
    }

    /// <summary>Removes the pickle of a key.</summary>
    public void Remove(string key) => File.Delete(PathOf(key));

    private string PathOf(string key) =>
        Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{_toolchain}\n{key}")).AsSpan(0, 16)) + ".olean");
}
