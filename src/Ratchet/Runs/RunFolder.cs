using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Ratchet.Runs;

/// <summary>
/// The folder of a run, held by one process at a time: <c>recipe.yaml</c>, <c>journal.db</c>, <c>checkpoints/</c>, <c>summary.json</c>,
/// <c>report.html</c>. The layout is a public contract, described in <c>docs/run-folder.md</c>.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private const string LockName = "run.lock";
    private readonly FileStream? _lock;

    private RunFolder(string path, FileStream? held)
    {
        Root = path;
        _lock = held;
    }

    /// <summary>Full path of the folder.</summary>
    public string Root { get; }

    /// <summary>The effective recipe.</summary>
    public string RecipePath => Path.Combine(Root, "recipe.yaml");

    /// <summary>The journal.</summary>
    public string JournalPath => Path.Combine(Root, "journal.db");

    /// <summary>The machine-readable result.</summary>
    public string SummaryPath => Path.Combine(Root, "summary.json");

    /// <summary>The report for people.</summary>
    public string ReportPath => Path.Combine(Root, "report.html");

    /// <summary>The folder of checkpoints.</summary>
    public string CheckpointsPath => Path.Combine(Root, "checkpoints");

    /// <summary>Folder of one checkpoint.</summary>
    public string CheckpointPath(string id) => Path.Combine(CheckpointsPath, id);

    /// <summary>Makes the folder of a new run and takes hold of it.</summary>
    /// <exception cref="RatchetException">The folder holds a run already, cannot be written, or is held by another process.</exception>
    public static RunFolder Create(string path, string recipeYaml)
    {
        var root = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(root);
            if (File.Exists(Path.Combine(root, "recipe.yaml")) || File.Exists(Path.Combine(root, "journal.db")))
            {
                throw new RatchetException(
                    $"The folder '{path}' holds a run already.",
                    $"Continue it with 'ratchet resume {path}', or choose another folder with --out.");
            }

            var folder = new RunFolder(root, TakeLock(root, path));
            try
            {
                Directory.CreateDirectory(folder.CheckpointsPath);
                WriteAtomically(folder.RecipePath, recipeYaml);
                return folder;
            }
            catch
            {
                folder.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explain(e, $"The run folder '{path}' cannot be written");
        }
    }

    /// <summary>Opens the folder of a run to continue it, and takes hold of it.</summary>
    /// <exception cref="RatchetException">There is no run, or another process holds it.</exception>
    public static RunFolder Open(string path)
    {
        var root = Require(path);
        try
        {
            return new RunFolder(root, TakeLock(root, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explain(e, $"The run folder '{path}' cannot be written");
        }
    }

    /// <summary>Opens the folder of a run to read it; another process may be running it.</summary>
    /// <exception cref="RatchetException">There is no run.</exception>
    public static RunFolder OpenReadOnly(string path) => new(Require(path), null);

    /// <summary>Reads <c>summary.json</c>.</summary>
    /// <exception cref="RatchetException">It is missing or damaged.</exception>
    public RunSummary ReadSummary()
    {
        try
        {
            return JsonSerializer.Deserialize<RunSummary>(File.ReadAllText(SummaryPath), RunSummary.JsonOptions)
                ?? throw new JsonException("The file is empty.");
        }
        catch (FileNotFoundException)
        {
            throw new RatchetException(
                $"'{SummaryPath}' is not there: the run ended before its first stage.", $"Continue it with 'ratchet resume {Root}'.");
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidOperationException or NotSupportedException or NullReferenceException or FormatException)
        {
            throw new RatchetException(
                $"'{SummaryPath}' cannot be read: {e.Message}", $"Write it anew with 'ratchet resume {Root}'.", e);
        }
    }

    /// <summary>Writes <c>summary.json</c> whole or not at all.</summary>
    public void WriteSummary(RunSummary summary) =>
        WriteAtomically(SummaryPath, JsonSerializer.Serialize(summary, RunSummary.JsonOptions) + "\n");

    /// <summary>Writes a text file whole or not at all: a temporary file beside it, flushed, then renamed.</summary>
    /// <exception cref="RatchetException">The disk is full or the folder cannot be written.</exception>
    public static void WriteAtomically(string path, string text)
    {
        var temporary = path + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explain(e, $"'{path}' cannot be written");
        }
    }

    /// <summary>Turns a file-system failure into a message with its remedy.</summary>
    public static RatchetException Explain(Exception cause, string what)
    {
        ArgumentNullException.ThrowIfNull(cause);
        const int NoSpace = 28, Quota = 122, ReadOnly = 30, WindowsDiskFull = unchecked((int)0x80070070);
        return cause.HResult switch
        {
            NoSpace or Quota or WindowsDiskFull => new RatchetException(
                $"{what}: the disk is full.", "Free some space, then continue with 'ratchet resume': all that was recorded is safe.", cause),
            ReadOnly => new RatchetException($"{what}: the file system is read-only.", "Choose another folder with --out; a run that has begun goes on in a copy on a disk that can be written.", cause),
            _ => new RatchetException($"{what}: {cause.Message}", "Check the path and its permissions, or choose another folder with --out.", cause),
        };
    }

    /// <summary>Lets go of the folder.</summary>
    public void Dispose() => _lock?.Dispose();

    private static string Require(string path)
    {
        var root = Path.GetFullPath(path);
        if (!Directory.Exists(root))
            throw new RatchetException($"There is no folder '{path}'.", "Give the folder of a run: the one that 'ratchet run' named, or --out.");
        if (!File.Exists(Path.Combine(root, "recipe.yaml")))
            throw new RatchetException($"The folder '{path}' holds no run: there is no recipe.yaml in it.", "Give the folder that 'ratchet run' named.");
        return root;
    }

    private static FileStream TakeLock(string root, string shown)
    {
        var path = Path.Combine(root, LockName);
        try
        {
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            try
            {
                stream.SetLength(0);
                stream.Write(Encoding.UTF8.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
                stream.Flush();
                return stream;
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
        catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020))
        {
            throw new RatchetException(
                $"Another process is running in '{shown}'.", "Wait for it to end, or choose another folder with --out.", e);
        }
    }
}
