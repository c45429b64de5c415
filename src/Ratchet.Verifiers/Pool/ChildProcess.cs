using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Ratchet.Runs;
using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Pool;

/// <summary>
/// A program in a session of its own, with limits, a scratch folder, and byte pipes on which every wait has a deadline. For any dialogue over
/// standard input and output: write a request, read through the mark that ends the answer.
/// </summary>
/// <remarks>
/// <para>One thread at a time talks to it; <see cref="Kill"/> and <see cref="Interrupt"/> may come from any other. Whatever happens to this
/// process, the child ends with it: the kernel ends the child itself, the <see cref="OrphanGuard"/> what the child has started. A program that
/// moves its own children into a new session gets away from <see cref="Kill"/>; only a sandbox holds such a one.</para>
/// <para>Standard error is read along with standard output and its last 4 KiB are kept for messages, so a chatty program never blocks.</para>
/// </remarks>
internal sealed unsafe class ChildProcess : IDisposable
{
    private const int ReadSize = 64 << 10;
    private const int ErrorTail = 4 << 10;
    private const int SliceMilliseconds = 50;

    private readonly Lock _gate = new();
    private readonly ProcessLimits _limits;
    private readonly long _memoryKills;
    private readonly byte[] _chunk = new byte[ReadSize];
    private readonly int _pidfd;
    private int _in;
    private int _out;
    private int _error;
    private byte[] _buffer = new byte[ReadSize];
    private int _start;
    private int _end;
    private long _answered;
    private byte[] _errorTail = [];
    private bool _ended;
    private bool _killed;
    private bool _reaped;
    private ChildExit _exit;

    private ChildProcess(int pid, int stdin, int stdout, int stderr, ProcessLimits limits, ScratchFolder scratch)
    {
        (Id, _in, _out, _error) = (pid, stdin, stdout, stderr);
        _limits = limits;
        Scratch = scratch;
        _memoryKills = MemoryKills();
        _pidfd = Libc.OpenPidfd(pid);
    }

    /// <summary>Process number, which is also the number of its group and session.</summary>
    public int Id { get; }

    /// <summary>The child's working folder, <c>HOME</c> and <c>TMPDIR</c>; goes when the child is disposed of.</summary>
    public ScratchFolder Scratch { get; }

    /// <summary>What it wrote to standard error last, at most 4 KiB.</summary>
    public string ErrorText => Encoding.UTF8.GetString(_errorTail).Trim();

    /// <summary>What the kernel says of the process, or null where it is gone.</summary>
    public ProcessStatus? Status => _ended ? null : ProcessStatus.Read(Id);

    /// <summary>Whether the process runs, as far as anybody can tell.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_gate)
                return !_ended && !_killed && !HasEnded();
        }
    }

    /// <summary>Starts a program. It may not be ready yet: give a first request the time of <see cref="ProcessLimits.StartUp"/>.</summary>
    /// <exception cref="RatchetException">The program, util-linux or Linux is missing, or the system starts no more processes.</exception>
    public static ChildProcess Start(ChildProcessOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!OperatingSystem.IsLinux())
            throw new RatchetException("Verifier processes are started on Linux only.", "Run Ratchet on Linux, in a container or in the Windows Subsystem for Linux.");
        if (ProgramFinder.Find(options.Program) is null)
            throw new RatchetException($"There is no program {options.Program}.", "Give the full path of an executable file.");
        var user = LimitedCommand.UserFor(options);
        var scratch = new ScratchFolder(user);
        try
        {
            var environment = new Dictionary<string, string>
            {
                ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
                ["LANG"] = "C.UTF-8",
                ["HOME"] = scratch.Path,
                ["TMPDIR"] = scratch.Path,
            };
            foreach (var (name, value) in options.Environment)
                environment[name] = value;
            var (pid, stdin, stdout, stderr) = ChildSpawner.Start(LimitedCommand.For(options, user), environment, scratch.Path, options.Sealed);
            OrphanGuard.Add(pid);
            return new ChildProcess(pid, stdin, stdout, stderr, options.Limits, scratch);
        }
        catch
        {
            scratch.Dispose();
            throw;
        }
    }

    /// <summary>Begins a request: what was left unread is dropped and the count of output bytes starts again.</summary>
    public void BeginRequest()
    {
        (_start, _end, _answered) = (0, 0, 0);
        if (_buffer.Length > 4 * ReadSize)
            _buffer = new byte[ReadSize];
    }

    /// <summary>Writes all bytes, while what the child says meanwhile is taken in.</summary>
    /// <exception cref="ChildFailureException">The deadline passed, the child ended or closed its input, or wrote more than the limit.</exception>
    /// <exception cref="OperationCanceledException">The deadline's token was cancelled.</exception>
    public void Write(ReadOnlySpan<byte> bytes, Deadline deadline)
    {
        while (bytes.Length > 0)
        {
            nint count;
            fixed (byte* p = bytes)
                count = _in < 0 ? throw Failed(ChildFailure.PipeClosed) : Libc.write(_in, p, bytes.Length);
            if (count > 0)
                bytes = bytes[(int)count..];
            else if (Marshal.GetLastPInvokeError() is not (Libc.EAGAIN or Libc.EINTR))
                throw Failed(ChildFailure.PipeClosed);
            else
                Pump(deadline, writing: true);
        }
    }

    /// <summary>Closes the child's standard input: the program sees its end.</summary>
    public void CloseInput()
    {
        lock (_gate)
            Close(ref _in);
    }

    /// <summary>Reads up to and including a mark.</summary>
    /// <param name="mark">Bytes that end an answer, for example <c>\n\n</c>; not empty.</param>
    /// <param name="deadline">When to stop waiting.</param>
    /// <returns>The bytes with the mark, in a buffer that the next call on this object may overwrite. What follows the mark stays for the next read.</returns>
    /// <exception cref="ChildFailureException">The deadline passed, the child ended or closed its output, or wrote more than the limit.</exception>
    /// <exception cref="OperationCanceledException">The deadline's token was cancelled.</exception>
    public ReadOnlySpan<byte> ReadThrough(ReadOnlySpan<byte> mark, Deadline deadline)
    {
        ArgumentOutOfRangeException.ThrowIfZero(mark.Length);
        var scanned = _start;
        while (true)
        {
            var from = Math.Max(_start, scanned - mark.Length + 1);
            var at = _buffer.AsSpan(from, _end - from).IndexOf(mark);
            if (at >= 0)
            {
                var answer = _buffer.AsSpan(_start, from + at + mark.Length - _start);
                _start += answer.Length;
                return answer;
            }

            var offset = _end - _start;
            More(deadline);
            scanned = _start + offset;
        }
    }

    /// <summary>Reads what there is, at least one byte; an empty span at the end of the child's output.</summary>
    /// <inheritdoc cref="ReadThrough"/>
    public ReadOnlySpan<byte> ReadSome(Deadline deadline)
    {
        while (_start == _end)
        {
            if (_out < 0)
                return [];
            Pump(deadline, writing: false);
        }

        var some = _buffer.AsSpan(_start, _end - _start);
        _start = _end;
        return some;
    }

    /// <summary>Sends an interrupt (as Ctrl-C does) to the child alone.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            if (!_reaped)
                _ = Libc.kill(Id, Libc.SIGINT);
        }
    }

    /// <summary>Ends the child and everything in its group, at once. More calls do nothing.</summary>
    public void Kill()
    {
        lock (_gate)
        {
            if (_reaped)
                return;

            // A child that is a zombie by now ended by itself, and its exit says so.
            _killed |= !HasEnded();
            _ = Libc.kill(-Id, Libc.SIGKILL);
        }
    }

    /// <summary>Waits until the child has ended; what it says meanwhile is taken in. What it left running in its group is ended.</summary>
    /// <exception cref="ChildFailureException">The deadline passed, or the child wrote more than the limit.</exception>
    /// <exception cref="OperationCanceledException">The deadline's token was cancelled.</exception>
    public ChildExit WaitForExit(Deadline deadline)
    {
        while (!_ended)
            Pump(deadline, writing: false);
        return Reap();
    }

    /// <summary>Ends the child with its group, waits for it, closes the pipes and removes the scratch folder.</summary>
    public void Dispose()
    {
        Kill();
        Reap();
        lock (_gate)
        {
            Close(ref _in);
            Close(ref _out);
            Close(ref _error);
        }

        Scratch.Dispose();
    }

    private void More(Deadline deadline)
    {
        var before = _end - _start;
        while (_end - _start == before)
        {
            if (_out < 0)
                throw Failed(ChildFailure.PipeClosed);
            Pump(deadline, writing: false);
        }
    }

    /// <summary>Waits until something happens, or for a short slice, and takes in what was said.</summary>
    private void Pump(Deadline deadline, bool writing)
    {
        deadline.Token.ThrowIfCancellationRequested();
        var left = deadline.Left;
        if (left == TimeSpan.Zero)
            throw Failed(ChildFailure.TimedOut);
        var fds = stackalloc Libc.PollFd[4];
        fds[0] = new Libc.PollFd { Fd = _out, Events = Libc.POLLIN };
        fds[1] = new Libc.PollFd { Fd = _error, Events = Libc.POLLIN };
        fds[2] = new Libc.PollFd { Fd = _ended ? -1 : _pidfd, Events = Libc.POLLIN };
        fds[3] = new Libc.PollFd { Fd = writing ? _in : -1, Events = Libc.POLLOUT };
        var slice = (int)Math.Ceiling(Math.Min(left.TotalMilliseconds, SliceMilliseconds));
        if (Libc.poll(fds, 4, slice) <= 0 && _pidfd >= 0)
            return;
        var ended = !_ended && (_pidfd >= 0 ? fds[2].Revents != 0 : HasEnded());
        if (fds[0].Revents != 0)
            TakeOutput();
        if (fds[1].Revents != 0)
            TakeError();
        if (!ended)
            return;

        // What the child wrote before it ended is in the pipes; what a grandchild may still write there is of no interest.
        _ended = true;
        while (_out >= 0 && TakeOutput())
        {
        }

        while (_error >= 0 && TakeError())
        {
        }

        Close(ref _out);
        Close(ref _error);
    }

    /// <summary>Reads once; false where nothing is there or the pipe has ended.</summary>
    private bool TakeOutput()
    {
        var count = Take(ref _out);
        if (count <= 0)
            return false;
        _answered += count;
        if (_answered > _limits.OutputBytes)
            throw Failed(ChildFailure.OutputLimit);
        if (_start == _end)
            (_start, _end) = (0, 0);
        if (_end + count > _buffer.Length)
        {
            var target = _end - _start + count > _buffer.Length ? new byte[Math.Max(2 * _buffer.Length, _end - _start + count)] : _buffer;
            _buffer.AsSpan(_start, _end - _start).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, _end - _start);
        }

        _chunk.AsSpan(0, count).CopyTo(_buffer.AsSpan(_end));
        _end += count;
        return true;
    }

    private bool TakeError()
    {
        var count = Take(ref _error);
        if (count <= 0)
            return false;
        byte[] all = [.. _errorTail, .. _chunk.AsSpan(0, count)];
        _errorTail = all.Length > ErrorTail ? all[^ErrorTail..] : all;
        return true;
    }

    private int Take(ref int fd)
    {
        nint count;
        fixed (byte* p = _chunk)
            count = Libc.read(fd, p, ReadSize);
        if (count == 0 || (count < 0 && Marshal.GetLastPInvokeError() is not (Libc.EAGAIN or Libc.EINTR)))
            Close(ref fd);
        return (int)count;
    }

    private bool HasEnded()
    {
        // The layout of the answer differs between machines, its first number (the signal) does not: not zero where there is one.
        var info = stackalloc byte[128];
        *(int*)info = 0;
        return Libc.waitid(Libc.P_PID, Id, info, Libc.WEXITED | Libc.WNOHANG | Libc.WNOWAIT) == 0 && *(int*)info != 0;
    }

    /// <summary>Collects the exit status. Blocks until the child has ended.</summary>
    private ChildExit Reap()
    {
        lock (_gate)
        {
            if (_reaped)
                return _exit;
        }

        // While the child is not collected its number cannot be given to another process, so its group is the right one to end.
        var info = stackalloc byte[128];
        while (Libc.waitid(Libc.P_PID, Id, info, Libc.WEXITED | Libc.WNOWAIT) != 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
        {
        }

        lock (_gate)
        {
            if (_reaped)
                return _exit;
            _ = Libc.kill(-Id, Libc.SIGKILL);
            OrphanGuard.Remove(Id);
            int status = 0;
            while (Libc.waitpid(Id, &status, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
            {
            }

            var signal = status & 0x7f;
            _exit = new ChildExit(signal == 0 ? (status >> 8) & 0xff : -1, signal, _killed && signal == Libc.SIGKILL, MemoryKills() > _memoryKills);
            (_reaped, _ended) = (true, true);
            if (_pidfd >= 0)
                _ = Libc.close(_pidfd);
            return _exit;
        }
    }

    private ChildFailureException Failed(ChildFailure failure)
    {
        // A pipe that ends is mostly the first sign of the end of the process.
        if (failure == ChildFailure.PipeClosed && !_ended)
            _ended = EndsWithin(milliseconds: 200);

        // What it said last may still be in the pipe, where a write was the first to fail; one read takes in all that a pipe holds.
        if (_error >= 0)
            _ = TakeError();
        var said = ErrorText is { Length: > 0 } text ? $" It said: {text}" : "";
        if (failure == ChildFailure.PipeClosed && _ended)
        {
            var exit = Reap();
            return new ChildFailureException(ChildFailure.Exited, exit.Reason, $"The process is gone: {exit}.{said}");
        }

        return failure switch
        {
            ChildFailure.TimedOut => new(failure, VerdictReason.TimedOut, $"The process gave no answer in time.{said}"),
            ChildFailure.OutputLimit => new(failure, VerdictReason.ResourceLimit, $"The process wrote more than {_limits.OutputBytes} bytes."),
            _ => new(failure, VerdictReason.Crashed, $"The process closed its pipe.{said}"),
        };
    }

    private bool EndsWithin(int milliseconds)
    {
        var fd = new Libc.PollFd { Fd = _pidfd, Events = Libc.POLLIN };
        _ = Libc.poll(&fd, 1, milliseconds);
        return HasEnded();
    }

    private static void Close(ref int fd)
    {
        if (fd >= 0)
            _ = Libc.close(fd);
        fd = -1;
    }

    /// <summary>How many processes the kernel has ended for want of memory since the machine came up.</summary>
    internal static long MemoryKills()
    {
        try
        {
            const string Name = "oom_kill ";
            return File.ReadLines("/proc/vmstat").FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal)) is { } line
                ? long.Parse(line.AsSpan(Name.Length), System.Globalization.CultureInfo.InvariantCulture)
                : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
