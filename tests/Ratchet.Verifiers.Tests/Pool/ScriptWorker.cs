using System.Globalization;
using System.Text;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Pool;

/// <summary>
/// A worker around a small shell program that says <c>ready</c>, then answers each line: <c>echo X</c>, and the ways to go wrong that the tests
/// need. The answer to a request ends with a line that holds a dot.
/// </summary>
internal sealed class ScriptWorker : IPoolWorker
{
    public const string Program = """
        [ "$1" = silent ] && exec sleep 1000
        [ "$1" = dead ] && { echo broken >&2; exit 3; }
        echo ready
        count=0
        while read -r verb rest; do
          count=$((count + 1))
          case $verb in
            echo) echo "$rest" ;;
            count) echo "$count" ;;
            pid) echo $$ ;;
            crash) exit 7 ;;
            signal) kill -SEGV $$ ;;
            hang) sleep 1000 ;;
            stubborn) trap '' TERM INT; while :; do sleep 1000; done ;;
            deaf) exec >&-; sleep 1000 ;;
            flood) while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done ;;
            chatter) i=0; while [ $i -lt 20000 ]; do echo "warning $i" >&2; i=$((i + 1)); done; echo quiet ;;
            bear) sleep 1000 & echo $! ;;
            bomb) f() { f & f; }; f ;;
            once) if [ -e "$rest" ]; then echo again; else : > "$rest"; exit 9; fi ;;
            eat) exec awk 'BEGIN { s = "0123456789abcdef"; while (1) s = s s }' ;;
            burn) while :; do :; done ;;
            file) head -c 3000000 /dev/zero > big; echo "code $?" ;;
            where) pwd; env | sort ;;
            user) id -u ;;
            parts) printf 'one\ntw'; sleep 0.2; printf 'o\n' ;;
          esac
          echo .
        done
        """;

    private readonly ChildProcess _child;
    private bool _busy;

    public ScriptWorker(string argument, Deadline deadline, ProcessLimits? limits = null)
    {
        _child = StartChild(limits ?? new ProcessLimits(), argument);
        try
        {
            _child.ReadThrough("ready\n"u8, deadline);
        }
        catch
        {
            _child.Dispose();
            throw;
        }
    }

    public int ProcessId => _child.Id;

    public string Folder => _child.Scratch.Path;

    public bool IsReady => !_busy && _child.IsRunning;

    public ProcessStatus? Status => _child.Status;

    public static ChildProcess StartChild(ProcessLimits limits, string argument = "", bool dropRoot = true) =>
        ChildProcess.Start(new ChildProcessOptions { Program = "/bin/sh", Arguments = ["-c", Program, "sh", argument], Limits = limits, DropRoot = dropRoot });

    public static string Ask(ChildProcess child, string line, Deadline deadline)
    {
        child.BeginRequest();
        child.Write(Encoding.UTF8.GetBytes(line + "\n"), deadline);
        return Encoding.UTF8.GetString(child.ReadThrough(".\n"u8, deadline))[..^2].TrimEnd('\n');
    }

    public static WorkerPool<ScriptWorker> Pool(PoolOptions options, ProcessLimits? limits = null) =>
        new("script", options, TimeSpan.FromSeconds(20), (key, deadline) => new ScriptWorker(key, deadline, limits));

    public static bool Exists(string pid) => ProcessStatus.Read(int.Parse(pid, CultureInfo.InvariantCulture)) is not null;

    public string Ask(string line, Deadline deadline)
    {
        _busy = true;
        var answer = Ask(_child, line, deadline);
        _busy = false;
        return answer;
    }

    public void Abort() => _child.Kill();

    public void Dispose() => _child.Dispose();
}
