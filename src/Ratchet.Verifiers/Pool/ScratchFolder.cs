using System.Globalization;
using System.Runtime.InteropServices;

namespace Ratchet.Verifiers.Pool;

/// <summary>
/// A private temporary folder (mode 700) that goes with whoever owns it. Folders left behind by a process that was killed are removed by the
/// next process that makes one.
/// </summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string Prefix = "ratchet-";

    // Process numbers mean something within one namespace only; a folder for temporary files may be shared by several.
    private static readonly string Namespace = string.Concat((File.ResolveLinkTarget("/proc/self/ns/pid", false)?.Name ?? "0").Where(char.IsAsciiDigit));
    private static readonly string Mine = $"{Prefix}{Namespace}-{Environment.ProcessId}-{StartTime(Environment.ProcessId)}-";
    private static readonly Lazy<bool> Swept = new(() =>
    {
        Sweep();
        return true;
    });

    private static int _next;

    /// <summary>Makes a folder under the system's folder for temporary files.</summary>
    /// <param name="owner">Numeric user and group that it is given to, or null for the user of this process. Only root can give a folder away.</param>
    public ScratchFolder(uint? owner = null)
    {
        _ = Swept.Value;
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), Mine + Interlocked.Increment(ref _next).ToString(CultureInfo.InvariantCulture));
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("Scratch folders need the file modes of Unix.");
        Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (owner is { } id && Libc.chown(Path, id, id) != 0)
            throw new IOException($"The folder {Path} cannot be given to user {id} (error {Marshal.GetLastPInvokeError()}).");
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose() => Remove(Path);

    /// <summary>Removes the folders of processes that are gone.</summary>
    public static void Sweep()
    {
        foreach (var folder in Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), $"{Prefix}{Namespace}-*"))
        {
            var parts = System.IO.Path.GetFileName(folder)[Prefix.Length..].Split('-');
            if (parts.Length == 4 && int.TryParse(parts[1], out var pid) && ulong.TryParse(parts[2], out var start) && StartTime(pid) != start)
                Remove(folder);
        }
    }

    /// <summary>When a process started, in the kernel's ticks since it came up; 0 where there is no such process.</summary>
    private static ulong StartTime(int pid) => ProcessStatus.Read(pid)?.StartTicks ?? 0;

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's, or a process that is just ending still writes there: the next sweep takes it.
        }
    }
}
