using System.Diagnostics;

namespace Ratchet.Systems;

/// <summary>Resident memory of this process and its peak.</summary>
internal static class ProcessMemory
{
    /// <summary>Collects garbage and begins a new peak where the system can (Linux, <c>/proc/self/clear_refs</c>); returns the bytes resident now.</summary>
    public static long BeginPeak()
    {
        GC.Collect();
        try
        {
            if (OperatingSystem.IsLinux())
                File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The peak is then that of the whole process.
        }

        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>Most bytes resident at once since <see cref="BeginPeak"/>.</summary>
    public static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
