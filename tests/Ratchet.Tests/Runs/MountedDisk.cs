using System.Diagnostics;

namespace Ratchet.Tests.Runs;

/// <summary>A small file system in memory. Making one takes the rights of root; tests skip elsewhere.</summary>
internal sealed class MountedDisk : IDisposable
{
    private MountedDisk(string path) => Path = path;

    public string Path { get; }

    /// <summary>Mounts a disk, or gives null where that is not allowed.</summary>
    public static MountedDisk? TryMount(string path, int bytes)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        Directory.CreateDirectory(path);
        return Run("mount", "-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", path) ? new MountedDisk(path) : null;
    }

    public void MakeReadOnly() => Assert.True(Run("mount", "-o", "remount,ro", Path));

    /// <summary>Writes until nothing more fits.</summary>
    public string Fill()
    {
        var path = System.IO.Path.Combine(Path, "filler");
        using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in (int[])[65536, 4096, 1])
        {
            try
            {
                while (true)
                    stream.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full for this size.
            }
        }

        return path;
    }

    public void Dispose() => Run("umount", "-l", Path);

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
