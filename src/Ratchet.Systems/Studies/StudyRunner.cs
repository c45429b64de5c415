using System.Globalization;
using Ratchet.Evaluation;
using Ratchet.Recipes;
using Ratchet.Reports;
using Ratchet.Runs;

namespace Ratchet.Systems.Studies;

/// <summary>Does one run of a study and returns when it has ended.</summary>
/// <param name="recipeFile">The run's recipe.</param>
/// <param name="folder">Folder of the run.</param>
/// <param name="resume">The folder holds a run that goes on; otherwise a new one begins.</param>
/// <param name="cancellationToken">Stops the run.</param>
/// <exception cref="RatchetException">The run failed; the study notes it and goes on with others.</exception>
public delegate Task StudyWork(string recipeFile, string folder, bool resume, CancellationToken cancellationToken);

/// <summary>
/// Runs a study in a folder: <c>runs/ARM/seed-N</c> is an ordinary run folder, <c>study.md</c>, <c>study.html</c> and <c>study.json</c> are the report. Called again
/// with the same folder it skips what has ended well, goes on with what was cut off, and tries again what failed.
/// </summary>
public sealed class StudyRunner
{
    /// <summary>Folder beside <c>runs</c> in which runs keep what several of them need, such as a base model.</summary>
    public const string SharedFolder = "shared";

    private readonly StudyRecipe _study;
    private readonly string _folder;
    private readonly List<(string Arm, string Settings, ulong Seed, Recipe Recipe)> _runs = [];
    private readonly Dictionary<string, string> _failures = [];

    /// <summary>Reads the recipe of every arm.</summary>
    /// <param name="study">Study, read and checked.</param>
    /// <param name="folder">Folder of the study.</param>
    /// <exception cref="RatchetException">The recipe under an arm's settings is wrong; the message names arm and mistakes.</exception>
    public StudyRunner(StudyRecipe study, string folder)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _study = study;
        _folder = Path.GetFullPath(folder);

        // Seed by seed, so that a study that is cut off has whole pairs.
        foreach (var seed in SeedList())
        {
            foreach (var arm in study.Arms)
            {
                var name = StudyRecipe.NameOf(arm);
                var overrides = StudyRecipe.Settings(arm).Select(s => s.Split('=', 2)).Select(s => new RecipeOverride(s[0], s[1], $"arm {name}: {s[0]}={s[1]}"))
                    .Append(new RecipeOverride("seed", seed.ToString(CultureInfo.InvariantCulture), "seeds")).ToList();

                var recipe = SystemRecipes.Catalog.ReadFile(study.Base, overrides).ThrowIfWrong();
                if (recipe is StudyRecipe)
                    throw new RatchetException($"The base '{study.Base}' of the study is a study itself.", "Name a recipe that 'ratchet run' takes.");
                _runs.Add((name, string.Join(' ', StudyRecipe.Settings(arm)), seed, recipe));
            }
        }
    }

    /// <summary>Works until every run has ended, and writes the report after each.</summary>
    /// <param name="work">Does a run.</param>
    /// <param name="log">Takes a line whenever a run begins or ends; may be called from several threads.</param>
    /// <param name="cancellationToken">Stops the study; it goes on when it is run again.</param>
    /// <exception cref="RatchetException">The folder cannot be written.</exception>
    public async Task<StudyResult> RunAsync(StudyWork work, Action<string> log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(log);
        try
        {
            Directory.CreateDirectory(Path.Combine(_folder, "recipes"));
            Directory.CreateDirectory(Path.Combine(_folder, SharedFolder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.Explain(e, $"The study's folder '{_folder}' cannot be written");
        }

        var done = 0;
        var writing = new Lock();
        await Parallel.ForEachAsync(_runs, new ParallelOptions { MaxDegreeOfParallelism = _study.Parallel, CancellationToken = cancellationToken }, async (run, token) =>
        {
            var name = $"{run.Arm}, seed {run.Seed}";
            var end = "done already";
            if (!IsDone(FolderOf(run.Arm, run.Seed), RecipeWriter.Write(run.Recipe)))
            {
                log($"{name}: begins");
                end = await TryAsync(work, run.Arm, run.Seed, run.Recipe, token) is { } failure ? $"FAILED: {failure}" : "done";
            }

            lock (writing)
            {
                log($"{name}: {end} ({++done} of {_runs.Count})");
                StudyReport.Write(Result(), _folder);
            }
        });
        return Result();
    }

    /// <summary>
    /// Where a run keeps what others may need too: in the study whose run it is (<c>STUDY/runs/ARM/seed-N</c>), else in its own folder. A folder of that name
    /// somewhere above a run by itself is nobody's to write into.
    /// </summary>
    /// <param name="run">Folder of the run.</param>
    internal static string SharedFolderOf(string run)
    {
        var runs = Path.GetFullPath(Path.Combine(run, "..", ".."));
        var study = Path.GetDirectoryName(runs) ?? runs;
        var shared = Path.Combine(study, SharedFolder);
        return Path.GetFileName(Path.TrimEndingDirectorySeparator(run)).StartsWith("seed-", StringComparison.Ordinal) && Path.GetFileName(runs) == "runs"
            && Directory.Exists(Path.Combine(study, "recipes")) && Directory.Exists(shared) ? shared : Path.Combine(run, SharedFolder);
    }

    /// <summary>What the folder holds at this moment.</summary>
    public StudyResult Result()
    {
        var arms = _study.Arms.Select(arm =>
        {
            var name = StudyRecipe.NameOf(arm);
            return new StudyArm { Name = name, Settings = string.Join(' ', StudyRecipe.Settings(arm)), Runs = [.. SeedList().Select(seed => Read(name, seed))] };
        }).ToList();
        var finished = arms.SelectMany(a => a.Runs.Where(r => r.Status == "completed").Select(r =>
            new FinishedRun(a.Name, r.Seed, _runs.First(x => x.Arm == a.Name && x.Seed == r.Seed).Recipe, FolderOf(a.Name, r.Seed), r.Values))).ToList();
        var findings = StudyFindings.Of(_runs[0].Recipe, finished);
        return new StudyResult
        {
            Name = _study.Name,
            Description = _study.Description,
            Measure = _study.Measure,
            LowerIsBetter = _study.LowerIsBetter,
            Measures = _study.Measures,
            Seeds = SeedList(),
            Arms = arms,
            Comparisons = [.. _study.Comparisons.Select(c => Compare(c, arms))],
            Gates = [.. _study.Gates.Select(g => Check(g, arms))],
            Checks = findings.Checks,
            Sections = findings.Sections,
            Environment = Environment(),
        };
    }

    private List<ulong> SeedList() => [.. Enumerable.Range(0, _study.Seeds).Select(i => _study.Seed + (ulong)i)];

    private string FolderOf(string arm, ulong seed) => Path.Combine(_folder, "runs", arm, $"seed-{seed}");

    private async Task<string?> TryAsync(StudyWork work, string arm, ulong seed, Recipe recipe, CancellationToken cancellationToken)
    {
        var folder = FolderOf(arm, seed);
        var text = RecipeWriter.Write(recipe);
        string? failure = null;
        try
        {
            var file = Path.Combine(_folder, "recipes", $"{arm}-seed-{seed}.yaml");
            RunFolder.WriteAtomically(file, text);
            var begun = Path.Combine(folder, "recipe.yaml");
            if (File.Exists(begun) && await File.ReadAllTextAsync(begun, cancellationToken) != text)
                throw new RatchetException($"The run in '{folder}' was begun with other settings than the study has now.", "Choose another folder with --out, or remove that run.");
            await work(file, folder, File.Exists(begun), cancellationToken);
            if (!IsDone(folder, text))
                failure = "it ended without a result";
        }
        catch (RatchetException e)
        {
            failure = e.Message;
        }

        lock (_failures)
        {
            if (failure is null)
                _failures.Remove(folder);
            else
                _failures[folder] = failure;
        }

        return failure;
    }

    private static bool IsDone(string folder, string recipe) =>
        Summary(folder) is { Status: "completed" } && File.Exists(Path.Combine(folder, "recipe.yaml")) && File.ReadAllText(Path.Combine(folder, "recipe.yaml")) == recipe;

    private static RunSummary? Summary(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "recipe.yaml")) || !File.Exists(Path.Combine(folder, "summary.json")))
            return null;
        using var run = RunFolder.OpenReadOnly(folder);
        return run.ReadSummary();
    }

    private StudyRun Read(string arm, ulong seed)
    {
        var folder = FolderOf(arm, seed);
        string? failure;
        lock (_failures)
            failure = _failures.GetValueOrDefault(folder);
        var summary = failure is null ? Summary(folder) : null;
        return summary is { Status: "completed" }
            ? new StudyRun { Seed = seed, Status = "completed", Values = ValuesOf(summary) }
            : new StudyRun { Seed = seed, Status = failure is not null || summary is { Status: "failed" } ? "failed" : "missing", Message = failure ?? summary?.Message };
    }

    /// <summary>All numbers of a run that a study can show.</summary>
    private static Dictionary<string, double> ValuesOf(RunSummary summary)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["parameters"] = summary.Parameters,
            ["train_tokens_per_s"] = summary.Speed.TrainTokensPerS,
            ["wall_seconds"] = summary.WallSeconds,
        };
        if (summary.TrainingMemoryBytes is { } bytes)
            values["training_memory_mb"] = bytes / 1e6;
        if (summary.Rounds is [.., var last])
        {
            foreach (var (k, estimate) in last.Heldout.PassAtK)
                values[$"pass@{k}"] = estimate.Value;
            if (last.Heldout.Greedy is { } greedy)
                values["greedy"] = greedy.Value;
        }

        foreach (var (name, value) in summary.Measures ?? new Dictionary<string, double>())
            values[name] = value;
        return values;
    }

    private StudyComparison Compare(string line, List<StudyArm> arms)
    {
        var (left, right, text) = StudyRecipe.Sides(line, " vs ");
        var pairs = Pairs(left, right, arms).Select(p => p.Left - p.Right).ToList();
        return new StudyComparison { Left = left, Right = right, Text = text, Difference = pairs.Count == 0 ? null : PairedDifference.Of(pairs) };
    }

    private StudyGate Check(string line, List<StudyArm> arms)
    {
        var (left, right, text) = StudyRecipe.Sides(line, " > ");
        var pairs = Pairs(left, right, arms).ToList();
        return new StudyGate($"{left} > {right}", text, pairs.Count(p => p.Left > p.Right), pairs.Count);
    }

    private IEnumerable<(double Left, double Right)> Pairs(string left, string right, List<StudyArm> arms) =>
        SeedList().Select((_, i) => (Left: Side(left, i, arms), Right: Side(right, i, arms))).Where(p => p.Left is not null && p.Right is not null).Select(p => (p.Left!.Value, p.Right!.Value));

    private double? Side(string text, int seed, List<StudyArm> arms)
    {
        if (double.TryParse(text, CultureInfo.InvariantCulture, out var number))
            return number;
        var parts = text.Split('.', 2);
        return arms.Find(a => a.Name == parts[0])?.Runs[seed].Values.TryGetValue(parts.Length == 2 ? parts[1] : _study.Measure, out var value) == true ? value : null;
    }

    private Dictionary<string, string> Environment()
    {
        foreach (var (arm, _, seed, _) in _runs)
        {
            if (Summary(FolderOf(arm, seed)) is { Status: "completed" } summary)
                return new Dictionary<string, string>(summary.Environment);
        }

        return [];
    }
}
