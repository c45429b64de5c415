using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Learning.External;

/// <summary>One call of a user's training command, with its output in a log file.</summary>
internal static class TrainerProcess
{
    private const int TailLines = 20;

    /// <summary>Runs a command to its end.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="folder">Folder that it starts in, or null for the current one.</param>
    /// <param name="log">File that gets all its output.</param>
    /// <param name="record">File that holds the process's identity while it works, see <see cref="EndLeftover"/>.</param>
    /// <param name="limit">Time that it may take, or null.</param>
    /// <param name="cancellationToken">Ends the process and all that it started.</param>
    /// <exception cref="RatchetException">The command is not found, fails or takes too long; the message ends with the last lines of its output.</exception>
    public static async Task RunAsync(IReadOnlyList<string> command, string? folder, string log, string record, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = folder ?? "",
        };
        using var process = new Process { StartInfo = start };
        await using var output = new StreamWriter(log, append: false, new UTF8Encoding(false)) { NewLine = "\n", AutoFlush = true };
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            throw new RatchetException(
                $"The trainer '{command[0]}' cannot be started: {e.Message}", "Correct learn.external.command: its first element is a program on the PATH or the path of one.", e);
        }

        process.StandardInput.Close();
        RunFolder.WriteAtomically(record, Identity(process));
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (limit is { } most)
            timer.CancelAfter(most);
        try
        {
            await Task.WhenAll(CopyAsync(process.StandardOutput, output, timer.Token), CopyAsync(process.StandardError, output, timer.Token), process.WaitForExitAsync(timer.Token));
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            cancellationToken.ThrowIfCancellationRequested();
            await output.FlushAsync(CancellationToken.None);
            throw new RatchetException($"The trainer took longer than {limit!.Value.TotalMinutes.ToString(CultureInfo.InvariantCulture)} minutes and was ended.{Tail(log)}", "Raise learn.external.timeout_minutes, or give it less to do.");
        }
        finally
        {
            File.Delete(record);
        }

        if (process.ExitCode != 0)
            throw new RatchetException($"The trainer ended with exit code {process.ExitCode}.{Tail(log)}", "Mend the command; 'ratchet resume' trains this round again.");
    }

    /// <summary>Ends a process that an earlier session started and that lives on, so that two do not write into one folder.</summary>
    public static void EndLeftover(string record)
    {
        try
        {
            if (!File.Exists(record) || JsonSerializer.Deserialize<long[]>(File.ReadAllText(record)) is not [var id, var started])
                return;
            using var process = Process.GetProcessById((int)id);
            if (Math.Abs((process.StartTime.ToUniversalTime().Ticks - started) / TimeSpan.TicksPerSecond) <= 2)
                Kill(process);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or JsonException or IOException or Win32Exception)
        {
            // It has ended.
        }
    }

    /// <summary>The last lines of a log, with where it lies.</summary>
    public static string Tail(string log)
    {
        try
        {
            var lines = File.ReadLines(log).TakeLast(TailLines).ToList();
            return lines.Count == 0 ? $" It printed nothing ('{log}')." : $" Its last lines ('{log}'):\n  " + string.Join("\n  ", lines);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string Identity(Process process)
    {
        try
        {
            return JsonSerializer.Serialize(new[] { process.Id, process.StartTime.ToUniversalTime().Ticks });
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
            return "[]";
        }
    }

    private static async Task CopyAsync(StreamReader from, StreamWriter to, CancellationToken cancellationToken)
    {
        while (await from.ReadLineAsync(cancellationToken) is { } line)
        {
            lock (to)
                to.WriteLine(line);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(TimeSpan.FromSeconds(10));
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended by itself.
        }
    }
}
