using System.Runtime.InteropServices;
using System.Text;

namespace Ratchet.Models;

/// <summary>Writing a folder so that a power cut or a kill leaves either the old folder, the new one or none, never a part.</summary>
internal static partial class DurableFolder
{
    private const int CurrentDirectory = -100;
    private const uint Exchange = 2;

    /// <summary>Writes a text file (UTF-8, no mark) and syncs it to the disk.</summary>
    public static void WriteText(string path, string text)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Puts a finished folder in place of another one, or where none is. Both lie in one parent.</summary>
    public static void Replace(string finished, string target)
    {
        Sync(finished);
        if (!Directory.Exists(target))
        {
            Directory.Move(finished, target);
        }
        else if (!OperatingSystem.IsLinux() || !TryExchange(finished, target))
        {
            // No exchange on this system: between the two moves there is no folder at all, which reads as missing, not as damaged.
            var old = finished + ".old";
            Directory.Move(target, old);
            Directory.Move(finished, target);
            Directory.Delete(old, recursive: true);
        }
        else
        {
            Directory.Delete(finished, recursive: true);
        }

        Sync(Path.GetDirectoryName(Path.GetFullPath(target))!);
    }

    /// <summary>Syncs a folder's entries to the disk, where the system can.</summary>
    public static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = OpenFile(folder, 0);
        if (descriptor < 0)
            return;
        _ = SyncFile(descriptor);
        _ = CloseFile(descriptor);
    }

    private static bool TryExchange(string a, string b)
    {
        try
        {
            return Rename(CurrentDirectory, a, CurrentDirectory, b, Exchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int SyncFile(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseFile(int descriptor);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int oldDirectory, string oldPath, int newDirectory, string newPath, uint flags);
}
