using Ratchet.Runs;

namespace Ratchet.Systems.EchoChamber;

/// <summary>Evaluations of a run, a file each, written whole: one that is there is not made again.</summary>
internal sealed class EvaluationLog
{
    private readonly string _folder;
    private readonly string _runFolder;

    public EvaluationLog(string runFolder)
    {
        _runFolder = runFolder;
        _folder = Path.Combine(runFolder, "evaluations");
        Directory.CreateDirectory(_folder);
    }

    public bool Has(int rollout) => File.Exists(PathOf(rollout));

    public void Add(int rollout, IReadOnlyList<EchoRecord> records) => JsonLog.Write(PathOf(rollout), records);

    /// <summary>All records in order of points, also written as the run's <c>records.jsonl</c>.</summary>
    public IReadOnlyList<EchoRecord> Collect()
    {
        List<EchoRecord> records = [.. Directory.EnumerateFiles(_folder, "at-*.jsonl").Order(StringComparer.Ordinal).SelectMany(JsonLog.Read<EchoRecord>)];
        JsonLog.Write(Path.Combine(_runFolder, EchoRecord.FileName), records);
        return records;
    }

    private string PathOf(int rollout) => Path.Combine(_folder, FormattableString.Invariant($"at-{rollout:0000000}.jsonl"));
}

/// <summary>Counts by format of each batch, appended as they come. After a kill some come again: by number they are the same ones.</summary>
internal sealed class FormatLog(string runFolder)
{
    private readonly string _path = Path.Combine(runFolder, FormatCounts.FileName);

    public void Add(FormatCounts counts)
    {
        try
        {
            File.AppendAllText(_path, JsonLog.Line(counts) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"'{_path}' cannot be written");
        }
    }

    /// <summary>All of them by number, each once; the file is written anew like that. A last line that was cut off is left out: its batch comes again.</summary>
    public IReadOnlyList<FormatCounts> Collect()
    {
        if (!File.Exists(_path))
            return [];
        var byUpdate = new SortedDictionary<int, FormatCounts>();
        foreach (var line in File.ReadLines(_path))
        {
            try
            {
                if (JsonLog.Parse<FormatCounts>(line) is { } counts)
                    byUpdate[counts.Update] = counts;
            }
            catch (System.Text.Json.JsonException)
            {
                // Cut off by a kill.
            }
        }

        JsonLog.Write(_path, byUpdate.Values);
        return [.. byUpdate.Values];
    }
}
