using System.Globalization;

namespace Ratchet.Verifiers.Pool;

/// <summary>What the kernel says of a process.</summary>
/// <param name="ResidentBytes">Memory that it holds.</param>
/// <param name="CpuSeconds">Processor time that it has used.</param>
/// <param name="StartTicks">When it started, in clock ticks since the machine came up; tells two processes with one number apart.</param>
internal readonly record struct ProcessStatus(long ResidentBytes, double CpuSeconds, ulong StartTicks)
{
    // The kernel reports in these units to programs on all common architectures.
    private const double TicksPerSecond = 100;

    /// <summary>Reads the status; null where there is no such process.</summary>
    public static ProcessStatus? Read(int pid)
    {
        string text;
        try
        {
            text = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The second field is the program's name in parentheses and may hold anything; what follows the last of them is regular.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessStatus(Number(fields[21]) * Environment.SystemPageSize, (Number(fields[11]) + Number(fields[12])) / TicksPerSecond, (ulong)Number(fields[19]));
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
